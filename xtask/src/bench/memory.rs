//! Memories: what hooks and the reading of sessions cost with few and with many of them.
//!
//! The memories are those of `cargo xtask eval memory`, crossed with each other: the first half of one says the
//! title and a part of the text, another says the rest, so that common words are as common, and rare ones as rare,
//! as people write them. The questions are those of the evaluation; a hook gets them as prompts.

use std::path::Path;

use serde_json::{Value, json};
use throughline_testkit::HookEvent;
use throughline_testkit::history::{Ballast, HistoryOptions, write_history};

use super::Report;
use super::ground::Ground;
use super::hooks::HOOK;
use super::samples::{Reference, Row, Samples};
use crate::XtaskError;
use crate::eval::{MEMORIES, questions_asked};

/// How many memories there are in turn.
const SIZES: [usize; 3] = [0, 300, 10_000];

/// Sessions that are read, without a model.
const SESSIONS: usize = 1_000;

/// So many a second.
const SLOWEST: f64 = 20.0;

pub(crate) fn measure(
    binary: &Path,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let ground = Ground::new(binary);
    let questions = questions_asked();
    let mut made = 0;
    for size in SIZES {
        import(&ground, made..size);
        made = size;
        told(&ground, &questions, size, rounds, report)?;
    }
    read(binary, report)
}

fn import(ground: &Ground, numbers: std::ops::Range<usize>) {
    if numbers.is_empty() {
        return;
    }
    let known: Vec<Value> =
        MEMORIES.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let lines: Vec<String> = numbers.map(|number| crossed(&known, number).to_string()).collect();
    let words = ["memory", "import", "-"];
    ground.run(ground.world.binary(), &words, &lines.join("\n"));
}

/// The memory of a number: one has its title and half of its text from one, the rest from another.
fn crossed(known: &[Value], number: usize) -> Value {
    let one = &known[number % known.len()];
    let other = &known[(number / known.len() * 7 + number * 13 + 1) % known.len()];
    let half = |value: &Value, second: bool| {
        let text = value["text"].as_str().expect("a text");
        let words: Vec<&str> = text.split(' ').collect();
        let (first, rest) = words.split_at(words.len() / 2);
        if second { rest.join(" ") } else { first.join(" ") }
    };
    let title = one["title"].as_str().expect("a title");
    json!({
        "scope": "project",
        "kind": one["kind"],
        "title": format!("{title} {number}"),
        "text": format!("{} {}", half(one, /*second*/ false), half(other, /*second*/ true)),
        "files": other["files"].as_array().cloned().unwrap_or_default(),
        "at": one["at"],
    })
}

fn told(
    ground: &Ground,
    questions: &[String],
    size: usize,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let (mut start, mut prompt) = (Samples::default(), Samples::default());
    let mut rev_parse = Samples::default();
    for (round, question) in questions.iter().cycle().take(rounds).enumerate() {
        let session = format!("memory-{size}-{round}");
        let turn = format!("{session}-turn");
        start.push(ground.hook(HookEvent::session_start(&session, "startup"), round));
        let event = HookEvent::user_prompt_submit(&session, &turn, question);
        prompt.push(ground.hook(event, round));
        ground.hook(HookEvent::session_end(&session), round);
        rev_parse.push(ground.git(&["rev-parse", "HEAD"]));
    }
    let references = [Reference { short: "rev-parse", median: rev_parse.median() }];
    let rows = [Row::new("SessionStart", start, HOOK), Row::new("UserPromptSubmit", prompt, HOOK)];
    report.table(&format!("Hooks with {size} memories"), &rows, &references)
}

/// Phase 1 and 2 of all sessions, by rules.
fn read(binary: &Path, report: &mut Report<'_>) -> Result<(), XtaskError> {
    let ground = Ground::without_files(binary);
    ground.thru(&["init", "--local"]);
    let world = &ground.world;
    let options = HistoryOptions {
        threads: SESSIONS,
        cwd: world.repo(),
        branches: vec![("main".to_owned(), world.head())],
        ballast: Ballast::Real,
        seed: 1,
    };
    write_history(&world.codex_home(), &options);
    ground.thru(&["index", "run"]);
    let took = ground.thru(&["memory", "update", "--all"]);
    #[expect(clippy::cast_precision_loss, reason = "a thousand sessions")]
    let rate = SESSIONS as f64 / took.as_secs_f64();
    if rate < SLOWEST {
        report.missed("sessions read a second");
    }
    report.say(&format!(
        "\n{SESSIONS} sessions read and consolidated without a model: {:.1} s, {rate:.0} a second (budget {SLOWEST})",
        took.as_secs_f64()
    ))
}
