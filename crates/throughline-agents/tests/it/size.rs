//! Transcripts far bigger than memory: how much more is needed than for a small one, and how fast
//! they are read. `cargo xtask bench transcripts` runs this with gigabytes.
//!
//! Each file is read in a process of its own, whose peak is the kernel's figure (`VmHWM`). Speed is
//! that of one core: bytes by the time that the reading thread ran.

#![expect(clippy::disallowed_methods, reason = "the test starts itself, and reads its size")]

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

use serde_json::json;
use throughline_agents::agent;
use throughline_agents::transcript::{Limits, Offset, Skipped, read_from};
use throughline_testkit::Effort;

use crate::shapes::{SHAPES, claude_line, codex_line, completed};

/// In MiB: of ordinary lines, and of a single line. The default is a sample for every run.
const SIZES: &str = "THRU_TEST_TRANSCRIPT_MIB";

/// What the process reads: an agent and a file.
const TO_READ: &str = "THRU_TEST_TRANSCRIPT";

/// How much more memory a big transcript may take than one of 10 MiB.
const MOST_GROWTH_KIB: u64 = 16 * 1024;

const MIB: u64 = 1024 * 1024;

#[test]
fn a_huge_transcript_takes_no_more_memory_than_a_small_one() {
    let asked = env::var(SIZES).ok();
    let mut sizes = asked.as_deref().unwrap_or("24 48").split(' ').map(|n| n.parse().unwrap());
    let (ordinary, single) = (sizes.next().unwrap(), sizes.next().unwrap());
    for (agent, unit) in [("codex", codex_turn()), ("claude", claude_turn())] {
        let small = measured(agent, "10 MiB", |file| ordinary_lines(file, &unit, 10));
        let big = measured(agent, "ordinary lines", |file| ordinary_lines(file, &unit, ordinary));
        let line = measured(agent, "one line", |file| one_line(file, single));
        assert_eq!(line.skipped, 1, "the long line");
        for read in [big, line] {
            let growth = read.peak_kib.saturating_sub(small.peak_kib);
            assert!(growth <= MOST_GROWTH_KIB, "{agent}: {growth} KiB more");
        }
    }
}

/// Lines just short enough to be read whole.
#[test]
fn the_longest_lines_take_their_length_and_little_more() {
    let text = "x".repeat(Limits::default().longest_line - 4096);
    for (shape, agent) in SHAPES.iter().zip(["codex", "codex", "claude"]) {
        let line = (shape.prompt)(&text);
        let small = measured(agent, "10 MiB", |file| ordinary_lines(file, &codex_turn(), 10));
        let long = measured(agent, "long lines", |file| {
            for _ in 0..3 {
                file.write_all(line.as_bytes()).unwrap();
            }
        });
        assert_eq!((long.items > 0, long.skipped), (true, 0), "{}", shape.name);
        let growth = long.peak_kib.saturating_sub(small.peak_kib);
        // The line and its text.
        assert!(growth <= MOST_GROWTH_KIB + 4096, "{}: {growth} KiB more", shape.name);
    }
}

/// What the reading process says.
struct Read {
    items: u64,
    skipped: u64,
    peak_kib: u64,
}

fn measured(agent: &str, name: &str, write: impl FnOnce(&mut BufWriter<File>)) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    let mut file = BufWriter::with_capacity(/*bytes*/ 1 << 20, File::create(&path).unwrap());
    write(&mut file);
    file.into_inner().unwrap().sync_all().unwrap();
    let length = fs::metadata(&path).unwrap().len();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "size::reads_what_it_is_told", "--ignored", "--nocapture"])
        .env(TO_READ, format!("{agent} {}", path.display()))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    let figures = said.lines().find_map(|line| line.split_once("figures: "));
    let (_, figures) = figures.unwrap_or_else(|| panic!("{said}"));
    let figures: Vec<u64> = figures.split(' ').map(|n| n.parse().unwrap()).collect();
    let [items, skipped, micros, peak_kib] = figures[..] else { panic!("{said}") };
    let speed = length / micros.max(1);
    let mib = length / MIB;
    Effort::report(&format!(
        "{agent}, {name}: {mib} MiB, {items} items, {speed} MB/s, peak {peak_kib} KiB"
    ));
    Read { items, skipped, peak_kib }
}

#[test]
#[ignore = "the other tests start it in processes of their own"]
fn reads_what_it_is_told() {
    let told = env::var(TO_READ).expect("started by the other tests");
    let (agent, path) = told.split_once(' ').unwrap();
    let agent = agent::find(agent).unwrap();
    let began = nanos_on_a_core();
    let mut reader =
        read_from(Path::new(path), Offset::default(), &Limits::default(), &agent.transcript)
            .unwrap();
    let items = reader.by_ref().map(Result::unwrap).count();
    let skipped = reader.finish().skipped;
    let micros = (nanos_on_a_core() - began) / 1000;
    assert_eq!(skipped, Skipped { too_long: skipped.too_long, ..Skipped::default() });
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB");
    Effort::report(&format!("figures: {items} {} {micros} {peak}", skipped.too_long));
}

/// Of this thread: what others run meanwhile doesn't count.
fn nanos_on_a_core() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn ordinary_lines(file: &mut BufWriter<File>, unit: &str, mib: u64) {
    for _ in 0..(mib * MIB).div_ceil(unit.len() as u64) {
        file.write_all(unit.as_bytes()).unwrap();
    }
}

fn one_line(file: &mut BufWriter<File>, mib: u64) {
    let text = vec![b'x'; usize::try_from(MIB).unwrap()];
    for _ in 0..mib {
        file.write_all(&text).unwrap();
    }
    file.write_all(b"\n").unwrap();
}

/// Prose as models write it, quotes and line breaks included.
fn words(length: usize) -> String {
    let sentence =
        "The lexer keeps \"unterminated\" strings as one token;\nthe parser says where. ";
    sentence.chars().cycle().take(length).collect()
}

/// The lines of one turn, in the proportions of real rollouts: two thirds are the model's own
/// stream, of 2 kB a line, and most of the rest are settings and counts.
fn codex_turn() -> String {
    let mark = json!({"turn_id": "t1"});
    let message = |length| {
        let content = json!([{"type": "input_text", "text": words(length)}]);
        let message = json!({"type": "message", "role": "developer", "content": content,
            "internal_chat_message_metadata_passthrough": mark});
        codex_line("response_item", &message)
    };
    let usage = json!({"input_tokens": 9000, "cached_input_tokens": 8000, "output_tokens": 300,
        "reasoning_output_tokens": 100, "total_tokens": 9300});
    let output = json!({"type": "function_call_output", "call_id": "c", "output": words(1500)});
    let call = json!({"type": "function_call", "name": "exec_command", "call_id": "c",
        "arguments": "{\"cmd\":\"cargo check\"}",
        "internal_chat_message_metadata_passthrough": mark});
    let command = json!({"type": "CommandExecution", "id": "c", "cwd": "file:///w",
        "command": ["/bin/bash", "-lc", "cargo check"], "status": "completed",
        "aggregated_output": words(1500), "exit_code": 0});
    let said = |kind| json!({"type": kind, "content": [{"type": "text", "text": words(300)}]});
    let context = json!({"turn_id": "t1", "cwd": "/w", "model": "m", "effort": "high",
        "sandbox_policy": {"type": "danger-full-access"}, "instructions": words(600)});
    let counts = json!({"turn_id": "t1", "turn_token_usage": usage});
    let total = json!({"type": "token_count", "info": {"total_token_usage": usage}});
    let call_and_result = [
        codex_line("response_item", &call),
        completed(&command),
        codex_line("response_item", &output),
        codex_line("token_usage_record", &counts),
        codex_line("event_msg", &total),
    ];
    let mut lines = vec![
        codex_line("event_msg", &json!({"type": "task_started", "turn_id": "t1"})),
        codex_line("turn_context", &context),
        codex_line("world_state", &json!({"type": "world_state", "files": words(4500)})),
        completed(&said("UserMessage")),
    ];
    lines.extend((0..6).map(|n| message(1000 + n * 500)));
    lines.extend(call_and_result.iter().cycle().take(10).cloned());
    lines.push(completed(&said("AgentMessage")));
    lines.push(codex_line("event_msg", &json!({"type": "task_complete", "turn_id": "t1"})));
    lines.concat()
}

fn claude_turn() -> String {
    let usage = json!({"input_tokens": 9, "cache_read_input_tokens": 8000, "output_tokens": 300});
    let answer = |content| {
        let message = json!({"id": "m", "model": "x", "role": "assistant", "content": [content],
            "usage": usage, "stop_reason": null});
        claude_line("assistant", &json!({"message": message}))
    };
    let result = json!([{"type": "tool_result", "tool_use_id": "c", "content": words(2000)}]);
    let read = json!({"type": "text", "file": {"filePath": "/w/a", "content": words(2000)}});
    let call = json!({"type": "tool_use", "id": "c", "name": "Bash",
        "input": {"command": "cargo check"}});
    let lines = [
        claude_line("user", &json!({"message": {"role": "user", "content": words(300)}})),
        answer(json!({"type": "thinking", "thinking": words(800), "signature": "s"})),
        answer(json!({"type": "text", "text": words(300)})),
        answer(call),
        claude_line("user", &json!({"message": {"content": result}, "toolUseResult": read})),
    ];
    lines.concat()
}
