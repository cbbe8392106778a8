//! The provider over a bare connection.

use std::io::{Read, Write};

use super::*;

/// What a client sees when it posts `body` and reads to the end.
fn post(provider: &Provider, path: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(provider.address).unwrap();
    let length = body.len();
    write!(connection, "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer.replace("\r\n", "\n")
}

fn text_in(answer: &str) -> Option<String> {
    let data = answer.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.map(|data| serde_json::from_str::<Value>(data).unwrap());
    let mut deltas = events.filter(|event| event["type"] == "response.output_text.delta");
    Some(deltas.next()?["delta"].as_str()?.to_owned())
}

#[test]
fn an_answer_is_a_whole_event_stream() {
    let step = Step::text("Done.").shell("ls").usage(7, 3, 2);
    let provider = Provider::start(Script::steps([step]));
    insta::assert_snapshot!(post(&provider, "/v1/responses", r#"{"input":[]}"#), @r#"
    HTTP/1.1 200 OK
    content-type: text/event-stream
    connection: close

    event: response.created
    data: {"response":{"id":"resp_1"},"type":"response.created"}

    event: response.output_item.added
    data: {"item":{"content":[],"id":"msg_1_0","role":"assistant","type":"message"},"output_index":0,"type":"response.output_item.added"}

    event: response.output_text.delta
    data: {"content_index":0,"delta":"Done.","item_id":"msg_1_0","output_index":0,"type":"response.output_text.delta"}

    event: response.output_item.done
    data: {"item":{"content":[{"annotations":[],"text":"Done.","type":"output_text"}],"id":"msg_1_0","role":"assistant","type":"message"},"output_index":0,"type":"response.output_item.done"}

    event: response.output_item.added
    data: {"item":{"arguments":"{\"cmd\":\"ls\"}","call_id":"call_1_1","id":"fc_1_1","name":"exec_command","type":"function_call"},"output_index":1,"type":"response.output_item.added"}

    event: response.output_item.done
    data: {"item":{"arguments":"{\"cmd\":\"ls\"}","call_id":"call_1_1","id":"fc_1_1","name":"exec_command","type":"function_call"},"output_index":1,"type":"response.output_item.done"}

    event: response.completed
    data: {"response":{"end_turn":null,"id":"resp_1","output":[{"content":[{"annotations":[],"text":"Done.","type":"output_text"}],"id":"msg_1_0","role":"assistant","type":"message"},{"arguments":"{\"cmd\":\"ls\"}","call_id":"call_1_1","id":"fc_1_1","name":"exec_command","type":"function_call"}],"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":3},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":9}},"type":"response.completed"}
    "#);
}

#[test]
fn rules_go_first_and_steps_in_order() {
    let script = Script::steps([Step::text("one"), Step::text("two")])
        .rule_times("cat", 1, Step::text("first cat"))
        .rule("dog", Step::text("any dog"))
        .default_step(Step::text("nothing left"));
    let provider = Provider::start(script);
    let said = |prompt: &str| text_in(&post(&provider, "/v1/responses", prompt)).unwrap();
    let answers = ["dog", "cat", "cat", "dog", "cow", "cow"].map(said);
    assert_eq!(answers, ["any dog", "first cat", "one", "any dog", "two", "nothing left"]);
    provider.set_script(Script::steps([Step::text("anew"), Step::text("left")]));
    assert_eq!(said("cow"), "anew");
    assert_eq!((provider.requests().len(), provider.steps_left()), (7, 1));
}

#[test]
fn failures_have_their_own_forms() {
    let script = Script::steps([
        Step::new().status(429),
        Step::new().fail("context_length_exceeded", "too long"),
        Step::text("the summary"),
    ]);
    let provider = Provider::start(script);
    assert!(post(&provider, "/v1/responses", "{}").starts_with("HTTP/1.1 429 "));
    let failed = post(&provider, "/v1/responses", "{}");
    assert!(failed.contains("event: response.failed\n"), "{failed}");
    assert!(failed.contains("context_length_exceeded"), "{failed}");
    let compacted = post(&provider, "/v1/responses/compact", "{}");
    assert!(compacted.contains("the summary"), "{compacted}");
    assert!(post(&provider, "/v1/elsewhere", "{}").starts_with("HTTP/1.1 404 "));
}

#[test]
fn what_is_not_spoken_here_is_refused_with_its_name() {
    let provider = Provider::start(Script::new());
    let mut connection = TcpStream::connect(provider.address).unwrap();
    write!(connection, "POST /v1/responses HTTP/1.1\r\nContent-Encoding: zstd\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("content-encoding: zstd"), "{answer}");
}

#[test]
fn a_hanging_answer_ends_with_the_provider() {
    let provider = Provider::start(Script::steps([Step::new().hang()]));
    let address = provider.address;
    let client = thread::spawn(move || {
        let mut connection = TcpStream::connect(address).unwrap();
        write!(connection, "POST /v1/responses HTTP/1.1\r\ncontent-length: 0\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    });
    provider.wait_for_requests(1, Duration::from_secs(20));
    drop(provider);
    let answer = client.join().unwrap();
    assert!(answer.contains("response.created"), "{answer}");
    assert!(!answer.contains("response.completed"), "{answer}");
}

#[test]
fn a_request_tells_who_said_what() {
    let provider = Provider::start(Script::new());
    let body = json!({"input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "rules"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "say \"hi\""}]},
        {"type": "function_call", "arguments": "{\"cmd\":\"ls\"}", "call_id": "c"},
        {"type": "function_call_output", "output": "a.txt", "call_id": "c"},
    ]});
    post(&provider, "/v1/responses", &body.to_string());
    let requests = provider.requests();
    assert_eq!(requests[0].developer_texts(), ["rules"]);
    assert_eq!(requests[0].user_texts(), ["say \"hi\""]);
    assert_eq!(requests[0].input_texts(), ["rules", "say \"hi\"", "{\"cmd\":\"ls\"}", "a.txt"]);
    assert!(requests[0].contains("say \"hi\"") && !requests[0].contains("say hi"));
    assert_eq!(requests[0].header("host"), Some("a"));
}
