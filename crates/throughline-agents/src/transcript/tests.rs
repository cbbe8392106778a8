//! Tests of `transcript`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::agent::AGENTS;
use crate::codex;

/// A transcript on disk for as long as it lives.
struct Written {
    _folder: TempDir,
    path: PathBuf,
}

fn written(bytes: &[u8]) -> Written {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("rollout.jsonl");
    fs::write(&path, bytes).expect("a file");
    Written { _folder: folder, path }
}

fn read_all(file: &Written, from: Offset, limits: &Limits) -> (Vec<Item>, Tail) {
    read_as(&codex::SPEC.transcript, file, from, limits)
}

fn read_as(dialect: &Dialect, file: &Written, from: Offset, limits: &Limits) -> (Vec<Item>, Tail) {
    let mut reader = read_from(&file.path, from, limits, dialect).expect("a transcript");
    let items = reader.by_ref().collect::<Result<_, _>>().expect("readable");
    (items, reader.finish())
}

fn read_bytes(bytes: &[u8]) -> (Vec<Item>, Tail) {
    read_all(&written(bytes), Offset::default(), &Limits::default())
}

/// One item a line: turn, kind and members.
fn shown(items: &[Item]) -> String {
    items.iter().fold(String::new(), |mut text, item| {
        let turn = item.turn.as_deref().unwrap_or("-");
        writeln!(text, "{turn} {:?}", item.kind).expect("a string takes all");
        text
    })
}

fn line(kind: &str, payload: &str) -> String {
    let at = "2026-01-02T03:04:05.006Z";
    format!("{{\"timestamp\":\"{at}\",\"ordinal\":7,\"type\":\"{kind}\",\"payload\":{payload}}}\n")
}

fn legacy(kind: &str, payload: &str) -> String {
    line(kind, payload).replace("\"ordinal\":7,", "")
}

fn event(payload: &str) -> String {
    line("event_msg", payload)
}

fn completed(item: &str) -> String {
    event(&format!(r#"{{"type":"item_completed","thread_id":"th","turn_id":"t1","item":{item}}}"#))
}

fn prompt(text: &str) -> String {
    let text = serde_json::Value::from(text);
    completed(&format!(r#"{{"type":"UserMessage","content":[{{"type":"text","text":{text}}}]}}"#))
}

fn paginated() -> String {
    [
        line("session_meta", r#"{"id":"child","session_id":"root","cwd":"/w","git":{"commit_hash":"c0ffee","branch":"main","repository_url":"https://me:secret@example.org/w.git"},"timestamp":"2026-01-02T03:04:05Z","originator":"codex_exec","model_provider":"openai","cli_version":"0.169.0","source":{"subagent":{"thread_spawn":{"parent_thread_id":"root","agent_path":"/top/helper","agent_nickname":"Ada","agent_role":null}}},"forked_from_id":"f","history_base":{"thread_id":"f","end_ordinal_exclusive":9,"end_byte_offset":81352}}"#),
        event(r#"{"type":"task_started","turn_id":"t1","started_at":1}"#),
        line("turn_context", r#"{"turn_id":"t1","cwd":"/w","model":"gpt","effort":"high","collaboration_mode":{"mode":"default","settings":{"reasoning_effort":"low"}}}"#),
        line("turn_context", r#"{"turn_id":"t1","collaboration_mode":{"settings":{"reasoning_effort":"low"}}}"#),
        line("turn_context", r#"{"turn_id":"t1","model":{"of":"another shape"}}"#),
        line("response_item", r#"{"type":"message","role":"developer","content":[{"text":"brief"}],"internal_chat_message_metadata_passthrough":{"turn_id":"t1","content_item_kinds":["hooks.additional_context"]}}"#),
        line("response_item", r#"{"type":"message","role":"user","content":[{"text":"do it"}],"internal_chat_message_metadata_passthrough":{"content_item_metadata":[{"provenance":{"type":"user"}}]}}"#),
        prompt("do it\nsee data:image/png;base64,AAAA+/= above"),
        prompt("<hook_prompt hook_run_id=\"1\">go on</hook_prompt>"),
        line("response_item", r#"{"type":"function_call","name":"update_plan","arguments":"{\"plan\":[{\"step\":\"a\",\"status\":\"in_progress\"}]}","call_id":"1"}"#),
        line("response_item", r#"{"type":"custom_tool_call","name":"exec","input":"await tools.update_plan({plan:[]})"}"#),
        line("response_item", r#"{"type":"function_call","name":"next","namespace":"mcp__thru","arguments":"{}"}"#),
        line("response_item", r#"{"type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}"#),
        line("response_item", r#"{"type":"function_call","name":"shell","arguments":"{\"command\":[\"secret\"]}"}"#),
        line("response_item", r#"{"type":"function_call_output","call_id":"1","output":"secret output"}"#),
        completed(r#"{"type":"CommandExecution","command":["/bin/bash","-lc","ls | wc"],"cwd":"file:///w%20x","source":"unified_exec_startup","status":"completed","aggregated_output":"secret output","exit_code":0}"#),
        completed(r#"{"type":"CommandExecution","command":["bash","-lc","git commit -m x"],"aggregated_output":"secret\n[main 1a2b3c4] secret\n","exit_code":0}"#),
        completed(r#"{"type":"CommandExecution","command":["echo"],"aggregated_output":"[main 1a2b3c4] secret\n"}"#),
        completed(r#"{"type":"CommandExecution","command":["rm"],"status":"declined"}"#),
        completed(r#"{"type":"CommandExecution","command":["ls"],"source":"unified_exec_interaction"}"#),
        completed(r#"{"type":"FileChange","changes":{"/w/b":{"type":"update","move_path":"/w/c","unified_diff":"secret"},"/w/a":{"type":"add"}},"status":"completed"}"#),
        completed(r#"{"type":"FileChange","changes":{"/w/b":{"type":"delete"}},"status":"failed"}"#),
        completed(r#"{"type":"McpToolCall","server":"thru","tool":"next","result":{"content":"secret output"}}"#),
        completed(r#"{"type":"SubAgentActivity","kind":"started","agent_thread_id":"x","agent_path":"/top/x"}"#),
        line("compacted", r#"{"message":"summary"}"#),
        completed(r#"{"type":"ContextCompaction","id":"1"}"#),
        completed(r#"{"type":"SomethingNew","id":{}}"#),
        completed(r#"{"type":"AgentMessage","content":[{"type":"Text","text":"done"}]}"#),
        line("token_usage_record", r#"{"turn_id":"t1","turn_token_usage":{"input_tokens":5,"cached_input_tokens":4,"output_tokens":3,"reasoning_output_tokens":2}}"#),
        event(r#"{"type":"token_count","info":{"total_token_usage":{"input_tokens":9}}}"#),
        event(r#"{"type":"token_count","info":null}"#),
        event(r#"{"type":"task_complete","turn_id":"t1","last_agent_message":"done"}"#),
        event(r#"{"type":"turn_aborted","turn_id":"t2","reason":"interrupted"}"#),
    ]
    .concat()
}

#[test]
fn the_paginated_dialect() {
    let (items, tail) = read_bytes(paginated().as_bytes());
    assert!(tail.skipped.is_none(), "{:?}", tail.skipped);
    assert!(!shown(&items).contains("secret") && !shown(&items).contains("base64"));
    insta::assert_snapshot!(shown(&items), @r#"
    - Meta(Meta { thread: "child", session: "root", cwd: Some("/w"), commit: Some("c0ffee"), branch: Some("main"), forked_from: Some("f"), base: Some(ForkBase { thread: "f", end: 81352 }), parent: Some("root"), nickname: Some("Ada"), agent_path: Some("/top/helper"), role: None, started: Some(2026-01-02T03:04:05Z), originator: Some("codex_exec"), source: Some("subagent"), provider: Some("openai"), agent_version: Some("0.169.0"), repository: Some("https://example.org/w.git") })
    t1 TurnStarted
    t1 Settings { model: Some("gpt"), effort: Some("high") }
    t1 Settings { model: None, effort: Some("low") }
    t1 Injected
    t1 Prompt { text: "do it\nsee [image] above" }
    t1 Injected
    t1 Plan { steps: [PlanStep { text: "a", status: InProgress }] }
    t1 ToolCall { tool: "exec" }
    t1 ToolCall { tool: "web_search" }
    t1 ToolCall { tool: "shell" }
    t1 Command { command: "ls | wc", exit_code: Some(0), cwd: Some("/w x"), commit: None }
    t1 Command { command: "git commit -m x", exit_code: Some(0), cwd: None, commit: Some("1a2b3c4") }
    t1 Command { command: "echo", exit_code: None, cwd: None, commit: None }
    t1 FilesChanged { files: [FileChange { path: "/w/a", change: Added, moved_to: None }, FileChange { path: "/w/b", change: Updated, moved_to: Some("/w/c") }] }
    t1 McpCall { server: "thru", tool: "next" }
    t1 Subagent(SubagentActivity { thread: "x", agent_path: Some("/top/x"), activity: "started" })
    t1 Compacted
    t1 Answer { text: "done" }
    t1 Usage { of: Turn, tokens: TokenCount { input: 5, cached: 4, output: 3, reasoning: 2 } }
    t1 Usage { of: Thread, tokens: TokenCount { input: 9, cached: 0, output: 0, reasoning: 0 } }
    t1 TurnEnded { last_message: Some("done") }
    t2 TurnAborted { reason: "interrupted" }
    "#);
}

#[test]
fn the_legacy_dialect() {
    let text = [
        legacy("session_meta", r#"{"id":"old","cwd":"/w","source":"cli","git":null}"#),
        legacy("event_msg", r#"{"type":"user_message","message":"hello","kind":"plain","images":["data:image/png;base64,AA"]}"#),
        legacy("event_msg", r#"{"type":"user_message","message":"rules","kind":"user_instructions"}"#),
        legacy("turn_context", r#"{"cwd":"/w","model":"gpt"}"#),
        legacy("response_item", r#"{"type":"message","role":"user","content":[{"text":"hello"}]}"#),
        legacy("event_msg", r#"{"type":"exec_command_end","call_id":"1","command":["bash","-lc","make && git commit"],"cwd":"/w","stdout":"secret\n[main beef123] secret","exit_code":2}"#),
        legacy("event_msg", r#"{"type":"patch_apply_end","success":true,"changes":{"a":{"add":{"content":"secret"}},"b":{"update":{"unified_diff":"","move_path":"c"}},"d":{"delete":{"content":""}}}}"#),
        legacy("event_msg", r#"{"type":"patch_apply_end","success":false,"changes":{"a":{"add":{}}}}"#),
        legacy("event_msg", r#"{"type":"mcp_tool_call_end","invocation":{"server":"s","tool":"t"},"result":{}}"#),
        legacy("event_msg", r#"{"type":"agent_message","message":"hi"}"#),
        legacy("event_msg", r#"{"type":"token_count","info":{"total_token_usage":{"input_tokens":1,"output_tokens":2}}}"#),
        legacy("compacted", r#"{"message":"summary"}"#),
        legacy("event_msg", r#"{"type":"turn_aborted","reason":"interrupted"}"#),
    ]
    .concat();
    let (items, tail) = read_bytes(text.as_bytes());
    assert!(tail.skipped.is_none(), "{:?}", tail.skipped);
    insta::assert_snapshot!(shown(&items), @r#"
    - Meta(Meta { thread: "old", session: "old", cwd: Some("/w"), commit: None, branch: None, forked_from: None, base: None, parent: None, nickname: None, agent_path: None, role: None, started: None, originator: None, source: Some("cli"), provider: None, agent_version: None, repository: None })
    - Prompt { text: "hello" }
    - Injected
    - Settings { model: Some("gpt"), effort: None }
    - Command { command: "make && git commit", exit_code: Some(2), cwd: Some("/w"), commit: Some("beef123") }
    - FilesChanged { files: [FileChange { path: "a", change: Added, moved_to: None }, FileChange { path: "b", change: Updated, moved_to: Some("c") }, FileChange { path: "d", change: Deleted, moved_to: None }] }
    - McpCall { server: "s", tool: "t" }
    - Answer { text: "hi" }
    - Usage { of: Thread, tokens: TokenCount { input: 1, cached: 0, output: 2, reasoning: 0 } }
    - Compacted
    - TurnAborted { reason: "interrupted" }
    "#);
}

#[test]
fn a_damaged_file_gives_what_is_whole_and_counts_the_rest() {
    let good = prompt("good");
    let glued = format!("{}{}", prompt("one").trim_end(), prompt("two"));
    let torn = format!("{}{good}", &good[..good.len() / 2]);
    let hole = format!("{}\0\0\0\0{good}", &good[..40]);
    let nested = |n| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let deep = line("session_meta", &format!("{{\"id\":\"x\",\"source\":{}}}", nested(100_000)));
    let tiny = format!("{}\n", "{\"type\":\"x\"}".repeat(1000));
    let odd = Skipped { odd: 1, ..Skipped::default() };
    let torn_and_more = format!("{}]\n", torn.trim_end());
    let cases: [(&str, &[u8], usize, Skipped); 12] = [
        (
            "torn, and what looks whole isn't the end",
            torn_and_more.as_bytes(),
            0,
            Skipped { bad_json: 1, ..Skipped::default() },
        ),
        ("deep", deep.as_bytes(), 0, odd),
        ("tiny", tiny.as_bytes(), 0, Skipped { bad_json: 1, ..Skipped::default() }),
        ("empty lines", b"\n  \n\r\n", 0, Skipped::default()),
        ("not JSON", b"hello\n", 0, Skipped { bad_json: 1, ..Skipped::default() }),
        ("a list", b"[1]\n", 0, Skipped { bad_json: 1, ..Skipped::default() }),
        ("not UTF-8", b"{\"type\":\"\xff\"}\n", 0, Skipped { bad_json: 1, ..Skipped::default() }),
        ("glued", glued.as_bytes(), 2, Skipped::default()),
        ("torn", torn.as_bytes(), 1, Skipped { bad_json: 1, ..Skipped::default() }),
        ("hole", hole.as_bytes(), 1, Skipped { bad_json: 1, nul_holes: 1, ..Skipped::default() }),
        ("only NUL", b"\0\0\0\n", 0, Skipped { nul_holes: 1, ..Skipped::default() }),
        (
            "odd",
            b"{\"type\":\"event_msg\",\"payload\":{\"type\":\"turn_aborted\",\"reason\":1}}\n",
            0,
            Skipped { odd: 1, ..Skipped::default() },
        ),
    ];
    for (name, bytes, prompts, skipped) in cases {
        let bytes = [bytes, good.as_bytes()].concat();
        let (items, tail) = read_bytes(&bytes);
        assert_eq!((items.len(), tail.skipped), (prompts + 1, skipped), "{name}");
        assert_eq!(tail.next_offset.bytes, bytes.len() as u64, "{name}");
    }
}

#[test]
fn a_long_line_is_skipped_and_a_long_text_loses_its_middle() {
    let limits = Limits { longest_line: 300, longest_text: 20 };
    let text =
        [prompt(&"x".repeat(400)), prompt("näxt begins and näxt ends"), prompt("ok")].concat();
    let (items, tail) = read_all(&written(text.as_bytes()), Offset::default(), &limits);
    assert_eq!(tail.skipped, Skipped { too_long: 1, ..Skipped::default() });
    insta::assert_snapshot!(shown(&items), @r#"
    t1 Prompt { text: "näxt begi\n[…]\nnäxt ends" }
    t1 Prompt { text: "ok" }
    "#);
}

#[test]
fn a_line_without_its_end_waits() {
    let file = written(prompt("one").as_bytes());
    let (_, tail) = read_all(&file, Offset::default(), &Limits::default());
    let two = prompt("two");
    let mut writer = fs::OpenOptions::new().append(true).open(&file.path).expect("a file");
    writer.write_all(&two.as_bytes()[..two.len() - 1]).expect("written");
    let (items, same) = read_all(&file, tail.next_offset.clone(), &Limits::default());
    assert_eq!((items.len(), &same.next_offset), (0, &tail.next_offset));
    writer.write_all(b"\n").expect("written");
    let (items, _) = read_all(&file, tail.next_offset, &Limits::default());
    assert_eq!(shown(&items), "t1 Prompt { text: \"two\" }\n");
}

#[test]
fn a_reading_that_stops_early_loses_nothing() {
    let text = format!("{}{}{}", prompt("a"), prompt("b").trim_end(), prompt("c"));
    let file = written(text.as_bytes());
    for taken in 0..4 {
        let mut reader =
            read_from(&file.path, Offset::default(), &Limits::default(), &codex::SPEC.transcript)
                .expect("a transcript");
        let first: Vec<_> =
            reader.by_ref().take(taken).map(|item| item.expect("readable")).collect();
        let (rest, _) = read_all(&file, reader.finish().next_offset, &Limits::default());
        // The line of "b" and "c" was half given after two, so it is given again.
        let again = usize::from(taken == 2);
        let given = [&first[..taken.min(3) - again], &rest].concat();
        assert_eq!(given, read_all(&file, Offset::default(), &Limits::default()).0, "{taken}");
    }
}

#[test]
fn another_file_in_its_place_is_noticed() {
    let file = written(prompt("one").as_bytes());
    let read = |bytes| {
        let from = Offset { bytes, turn: None };
        read_from(&file.path, from, &Limits::default(), &codex::SPEC.transcript).map(|_| ())
    };
    let end = fs::metadata(&file.path).expect("a file").len();
    assert!(read(end).is_ok());
    let shrunk = read(end + 1).expect_err("it is shorter");
    assert!(matches!(shrunk, TranscriptError::Shrunk { .. }) && shrunk.must_restart());
    let rewritten = read(end - 1).expect_err("no line starts there");
    assert!(matches!(rewritten, TranscriptError::Rewritten { .. }) && rewritten.must_restart());

    let folder = file.path.parent().expect("a folder");
    let error = read_from(folder, Offset::default(), &Limits::default(), &codex::SPEC.transcript);
    assert!(matches!(error, Err(TranscriptError::NotAFile { .. })));
    let error = read_from(
        &folder.join("none"),
        Offset::default(),
        &Limits::default(),
        &codex::SPEC.transcript,
    );
    assert!(matches!(error, Err(TranscriptError::Open { .. })));
}

#[test]
fn one_line_is_read_where_it_starts() {
    let text = format!("{}{}{}", paginated(), prompt("a").trim_end(), prompt("b"));
    let plain = written(text.as_bytes());
    let packed = plain.path.with_file_name("packed.jsonl.zst");
    fs::write(&packed, zstd::encode_all(text.as_bytes(), 3).expect("compressed")).expect("a file");
    let (items, tail) = read_all(&plain, Offset::default(), &Limits::default());
    for path in [&plain.path, &packed] {
        let at = |offset| item_at(path, offset, &Limits::default(), &codex::SPEC.transcript);
        for item in &items {
            let found = at(item.offset).expect("a line");
            let told = |of: &Item| (of.offset, of.len, of.at, of.kind.clone());
            assert!(found.iter().any(|one| told(one) == told(item)), "{item:?}");
        }
        assert_eq!(at(items.last().expect("some").offset).expect("a line").len(), 2);
        assert_eq!(at(tail.next_offset.bytes).expect("the end"), []);
        assert!(at(7).is_err_and(|error| error.must_restart()));
    }
    let short = Limits { longest_line: 100, ..Limits::default() };
    assert_eq!(item_at(&plain.path, 0, &short, &codex::SPEC.transcript).expect("a line"), []);
}

#[test]
fn a_transcript_that_was_compressed_goes_on_at_the_same_offset() {
    let text = paginated();
    let file = written(text.as_bytes());
    let (expected, tail) = read_all(&file, Offset::default(), &Limits::default());
    let compressed = zstd::encode_all(text.as_bytes(), 3).expect("compressed");
    let beside = file.path.with_extension("jsonl.zst");
    fs::write(&beside, &compressed).expect("a file");
    fs::remove_file(&file.path).expect("removed");
    assert_eq!(read_all(&file, Offset::default(), &Limits::default()), (expected.clone(), tail));

    let from = Offset { bytes: expected[4].offset, turn: expected[3].turn.clone() };
    assert_eq!(read_all(&file, from, &Limits::default()).0, expected[4..]);
    let past = Offset { bytes: text.len() as u64 + 1, turn: None };
    let error = read_from(&file.path, past, &Limits::default(), &codex::SPEC.transcript);
    assert!(matches!(error, Err(TranscriptError::Shrunk { .. })));

    fs::write(&beside, &compressed[..compressed.len() / 2]).expect("a file");
    let mut torn =
        read_from(&file.path, Offset::default(), &Limits::default(), &codex::SPEC.transcript)
            .expect("it begins well");
    assert!(matches!(torn.find(Result::is_err), Some(Err(TranscriptError::Read { .. }))));
    assert!(torn.next().is_none());
}

/// Without what a second reading may tell again.
fn once(items: Vec<Item>) -> Vec<Item> {
    let (mut settings, mut usage) = (None, None);
    let mut is_new = |item: &Item| {
        let told = Some((item.turn.clone(), item.kind.clone()));
        match &item.kind {
            ItemKind::Settings { .. } => std::mem::replace(&mut settings, told.clone()) != told,
            ItemKind::Usage { of: UsageOf::Message { .. }, .. } => {
                std::mem::replace(&mut usage, told.clone()) != told
            }
            _told_once => true,
        }
    };
    let mut items = items;
    items.retain(|item| is_new(item));
    items
}

const CLAUDE: &str = r#"{"parentUuid":null,"type":"user","uuid":"u","sessionId":"s","cwd":"/w","message":{"content":"go"}}
{"parentUuid":"u","type":"assistant","uuid":"a","message":{"id":"m","model":"x","content":[{"type":"text","text":"yes"},{"type":"tool_use","name":"Bash","input":{"command":"ls"}}],"usage":{"output_tokens":1}}}
{"parentUuid":"a","type":"user","uuid":"r","message":{"content":[{"type":"tool_result"}]},"toolUseResult":{"type":"create","filePath":"/w/a"}}
"#;

/// Good lines, bad lines, and pieces without ends.
fn any_piece() -> impl Strategy<Value = Vec<u8>> {
    let good = paginated() + CLAUDE;
    let lines: Vec<Vec<u8>> =
        good.split_inclusive('\n').map(|line| line.as_bytes().to_vec()).collect();
    let torn = (prop::sample::select(lines.clone()), any::<prop::sample::Index>())
        .prop_map(|(line, at)| line[..at.index(line.len())].to_vec());
    prop_oneof![
        4 => prop::sample::select(lines),
        1 => torn,
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => Just(b"\0\0\0".to_vec()),
        1 => Just(b"\n".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn reading_in_two_parts_is_reading_at_once(
        pieces in prop::collection::vec(any_piece(), 0..12),
        longest_line in prop_oneof![Just(200_usize), Just(8 << 20)],
        agent in 0..AGENTS.len(),
    ) {
        let dialect = AGENTS[agent].transcript;
        let bytes = pieces.concat();
        let limits = Limits { longest_line, ..Limits::default() };
        let whole = written(&bytes);
        let (expected, end) = read_as(&dialect, &whole, Offset::default(), &limits);
        for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            let (mut items, first) =
                read_as(&dialect, &written(&bytes[..=at]), Offset::default(), &limits);
            prop_assert_eq!(first.next_offset.bytes, at as u64 + 1);
            let (rest, second) = read_as(&dialect, &whole, first.next_offset, &limits);
            items.extend(rest);
            prop_assert_eq!(&once(items), &expected);
            prop_assert_eq!(&second.next_offset, &end.next_offset);
        }
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (_, tail) = read_bytes(&bytes);
        let consumed = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        prop_assert_eq!(tail.next_offset.bytes, consumed as u64);
    }
}
