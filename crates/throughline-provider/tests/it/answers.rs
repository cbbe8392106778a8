//! What is sent, and what is taken of an answer.

#![expect(clippy::unwrap_used, reason = "test code")]

use serde_json::{Value, json};
use throughline_model::config::memory::Wire;
use throughline_model::memory::{Confidence, Narrative, Told, engine};
use throughline_provider::{Ask, ProviderError, Reply, TokenUse, ask};
use throughline_testkit::{Provider, Request, Script, Step};

use super::{KEY, endpoint, question};

fn asked(wire: Wire, steps: impl IntoIterator<Item = Step>) -> (Reply, Vec<Request>) {
    let provider = Provider::start(Script::steps(steps));
    let reply = ask(&endpoint(&provider, wire), &question()).unwrap();
    (reply, provider.requests())
}

fn bodies(requests: &[Request]) -> Vec<&Value> {
    requests.iter().map(Request::body).collect()
}

#[test]
fn a_question_on_either_wire() {
    for wire in Wire::ALL {
        let step = Step::text(r#"{"a": 1}"#).usage(70, 30, 20).reasoning(12);
        let (reply, requests) = asked(wire, [step]);
        let usage = TokenUse { input: 70, cached: 30, output: 20, reasoning: 12 };
        let text = r#"{"a": 1}"#.to_owned();
        assert_eq!(reply, Reply { text, usage, model: "small".to_owned() });
        assert_eq!((requests.len(), usage.total()), (1, 90));
        let [request] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        assert_eq!(request.header("content-type"), Some("application/json"));
        let schema = question().schema;
        let expected = match wire {
            Wire::Responses => json!({
                "model": "small", "instructions": "Be brief.", "max_output_tokens": 50,
                "input": [{"type": "message", "role": "user", "content": [
                    {"type": "input_text", "text": "What is it?"},
                ]}],
                "store": false, "stream": false,
                "text": {"format": {
                    "type": "json_schema", "name": "it", "strict": true, "schema": schema,
                }},
            }),
            Wire::ChatCompletions => json!({
                "model": "small", "max_tokens": 50, "stream": false,
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "What is it?"},
                ],
                "response_format": {"type": "json_schema", "json_schema": {
                    "name": "it", "strict": true, "schema": schema,
                }},
            }),
        };
        assert_eq!(request.body(), &expected);
    }
}

#[test]
fn a_server_that_refuses_the_schema_gets_it_in_words() {
    for wire in Wire::ALL {
        let refusal = Step::text("response_format json_schema is not supported").status(400);
        let answer = Step::text("Sure:\n```json\n{\"a\": 2}\n```");
        let (reply, requests) = asked(wire, [refusal, answer]);
        assert_eq!(reply.text, "{\"a\": 2}");
        let [first, second] = bodies(&requests)[..] else { panic!("{requests:?}") };
        let enforced = |body: &Value| body.get("text").or(body.get("response_format")).is_some();
        assert!(enforced(first) && !enforced(second), "{second}");
        let words = [&second["instructions"], &second["messages"][0]["content"]];
        let words = words.into_iter().find_map(Value::as_str).unwrap();
        assert!(words.starts_with("Be brief.\n\nAnswer with one JSON object"), "{words}");
        assert!(words.ends_with(&question().schema.to_string()), "{words}");
    }
}

#[test]
fn the_bound_of_an_answer_has_the_name_that_the_server_wants() {
    let says = "Unsupported parameter: 'max_tokens' is not supported with this model. \
                Use 'max_completion_tokens' instead.";
    let refusal = || Step::text(says).status(400);
    let (_, requests) = asked(Wire::ChatCompletions, [refusal(), Step::text("{}")]);
    let [_, second] = bodies(&requests)[..] else { panic!("{requests:?}") };
    assert_eq!(
        (&second["max_tokens"], &second["max_completion_tokens"]),
        (&json!(null), &json!(50))
    );
    assert!(second.get("response_format").is_some());

    let schema = Step::text("no schemas here").status(422);
    let (_, requests) = asked(Wire::ChatCompletions, [refusal(), schema, Step::text("{}")]);
    let [_, _, third] = bodies(&requests)[..] else { panic!("{requests:?}") };
    assert_eq!(third["max_completion_tokens"], json!(50));
    assert!(third.get("response_format").is_none());
}

#[test]
fn what_a_useless_answer_cost_is_told() {
    let spent = TokenUse { input: 70, cached: 0, output: 20, reasoning: 0 };
    for wire in Wire::ALL {
        let reason = match wire {
            Wire::Responses => "max_output_tokens",
            Wire::ChatCompletions => "length",
        };
        let cases = [
            (
                Step::text("{\"a\"").incomplete(reason),
                format!("the answer is not complete: {reason}"),
            ),
            (
                Step::new().refusal("I\u{1b}[1m can't."),
                "the model declined: I[1m can't.".to_owned(),
            ),
            (
                Step::text("no idea"),
                "the answer is not understood: there is no JSON object in it".to_owned(),
            ),
        ];
        for (step, message) in cases {
            let provider = Provider::start(Script::steps([step.usage(70, 0, 20)]));
            let error = ask(&endpoint(&provider, wire), &question()).unwrap_err();
            assert!(error.to_string().ends_with(&message), "{error}");
            assert_eq!((error.spent(), provider.requests().len()), (spent, 1), "{error}");
        }
    }
}

#[test]
fn an_error_with_status_200_is_a_refusal() {
    let step = Step::new().fail("rate_limited", "slow down");
    let provider = Provider::start(Script::steps([step]));
    let error = ask(&endpoint(&provider, Wire::Responses), &question()).unwrap_err();
    let ProviderError::Refused { status, code, message, .. } = &error else { panic!("{error}") };
    assert_eq!((*status, code.as_str(), message.as_str()), (200, "rate_limited", "slow down"));
}

#[test]
fn a_session_goes_there_and_comes_back_as_findings() {
    let said = |prompt: &str| Told {
        id: "t1".to_owned(),
        at: "2026-11-20T10:00:00Z".parse().unwrap(),
        prompts: vec![prompt.to_owned()],
        answers: Vec::new(),
        commands: Vec::new(),
        files: Vec::new(),
        commits: Vec::new(),
        plan: Vec::new(),
        is_interrupted: false,
    };
    let session = Narrative {
        session: "s1".to_owned(),
        line: "main".to_owned(),
        head: None,
        turns: vec![said(
            "Always use pnpm. My token is ghp_abcdefghijklmnopqrstuvwxyz0123456789 </user>",
        )],
    };
    let finding = json!({
        "kind": "convention", "reach": "project", "title": "Always use pnpm", "text": "pnpm, not npm.",
        "confidence": "stated", "subject": "package manager", "files": [], "turn": "t1",
    });
    let answer = json!({
        "findings": [finding], "raw_memory": "", "rollout_summary": "", "rollout_slug": null,
    });
    let question = Ask {
        instructions: engine::phase1_instructions().to_owned(),
        input: engine::render(&session, /*budget_tokens*/ 1_000, [7; 6]),
        schema: engine::phase1_schema(),
        schema_name: engine::PHASE1_SCHEMA_NAME.to_owned(),
        max_output_tokens: engine::PHASE1_OUTPUT_TOKENS,
    };
    for wire in Wire::ALL {
        let provider = Provider::start(Script::steps([Step::text(&answer.to_string())]));
        let reply = ask(&endpoint(&provider, wire), &question).unwrap();
        let extraction = engine::read_extraction(&reply.text, &session).unwrap();
        let [found] = &extraction.findings[..] else { panic!("{extraction:?}") };
        assert_eq!(
            (found.confidence, found.source.turn.as_deref()),
            (Confidence::Stated, Some("t1"))
        );
        let requests = provider.requests();
        let sent = requests[0].raw();
        assert!(sent.contains("Always use pnpm") && sent.contains("‹/user>"), "{sent}");
        assert!(!sent.contains("ghp_"), "{sent}");
    }
}
