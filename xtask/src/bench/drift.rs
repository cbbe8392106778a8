//! What a drift adds to a turn, and what it costs to look at one.
//!
//! "Adds" is a paired difference. In each round two sessions start and prompt: between start and
//! prompt of the one nothing happens, between those of the other git moves HEAD (by a commit, an
//! amended commit or a switch to another branch, in turn); `UserPromptSubmit` is timed in both, and
//! the second minus the first is a sample. So it holds all that a drift causes: git's answers, the
//! classification, its record, and telling it. After each pair `thru status` settles the drift,
//! untimed. The histories are made by `git fast-import`; the switch leads to a branch at their begin
//! and back.
//!
//! `cache reconcile --dry-run` is timed after an amended commit, with evidence of 1,000 tasks.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use throughline_testkit::HookEvent;

use super::Report;
use super::ground::Ground;
use super::samples::{Budget, Reference, Row, Samples};
use crate::XtaskError;

/// A repository to measure in.
struct Size {
    files: usize,
    commits: usize,
    /// The most that a drift may add, in milliseconds in the median.
    added: f64,
}

const SMALL: Size = Size { files: 5_000, commits: 1, added: 5.0 };
const LARGE: Size = Size { files: 100_000, commits: 2_000, added: 10.0 };

/// For a dry run at 5,000 files with evidence of 1,000 tasks, in milliseconds.
const DRY_RUN: f64 = 100.0;

pub(crate) fn measure(
    binary: &Path,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    for size in [SMALL, LARGE] {
        let ground = grown(binary, &size);
        ground.import(/*first*/ 0, super::SIZES[0]);
        ground.thru(&["publish"]);
        ground.world.git("add .throughline");
        ground.world.git("commit --quiet --message memory");
        ground.thru(&["status"]);
        prompts(&ground, &size, rounds, report)?;
    }
    dry_run(&Ground::new(binary), rounds, report)
}

/// A project in a history that git imported, and a branch at its begin.
fn grown(binary: &Path, size: &Size) -> Ground {
    let ground = Ground::without_files(binary);
    take(&ground, &commit_of(0, 0..size.files));
    ground.thru(&["init"]);
    ground.world.git("add .throughline");
    ground.world.git("commit --quiet --message project");
    ground.world.git("branch other");
    let more: String = (1..size.commits).map(|n| commit_of(n, n..n + 1)).collect();
    if !more.is_empty() {
        take(&ground, &more);
    }
    ground
}

/// Lets git import commits, and checks the last of them out.
fn take(ground: &Ground, text: &str) {
    let mut import = ground.world.command("git", &ground.world.repo());
    let import = import.args(["fast-import", "--quiet"]);
    let mut child = import.stdin(Stdio::piped()).spawn().expect("git starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(text.as_bytes()).expect("git reads");
    drop(stdin);
    assert!(child.wait().expect("git ends").success(), "the history was not taken");
    ground.world.git("reset --quiet --hard main");
}

/// A commit of some files, as `git fast-import` reads it. The first of a batch names its parent.
fn commit_of(number: usize, files: std::ops::Range<usize>) -> String {
    let time = 1_700_000_000 + number * 60;
    let message = format!("commit {number}");
    let who = format!("committer A <a@example.com> {time} +0000");
    let mut text = format!("commit refs/heads/main\n{who}\ndata {}\n{message}\n", message.len());
    if number <= 1 {
        text.push_str("from refs/heads/main^0\n");
    }
    for file in files {
        let body = format!("{file} {number}\n");
        let path = format!("src/part{}/file{file}.txt", file % 500);
        write!(text, "M 100644 inline {path}\ndata {}\n{body}\n", body.len()).expect("a string");
    }
    text
}

fn prompts(
    ground: &Ground,
    size: &Size,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let (mut still, mut rev_parse): (Samples, Samples) = Default::default();
    let mut moved: [Samples; 3] = Default::default();
    let mut added: [Vec<f64>; 3] = Default::default();
    for round in 0..rounds {
        let kind = round % MOVES.len();
        let without = prompt(ground, &format!("still-{round}"), round, |_| {});
        let with = prompt(ground, &format!("moved-{round}"), round, |ground| {
            MOVES[kind].1(ground, round);
        });
        still.push(without);
        moved[kind].push(with);
        added[kind].push((with.as_secs_f64() - without.as_secs_f64()) * 1e3);
        rev_parse.push(ground.git(&["rev-parse", "HEAD"]));
        ground.thru(&["status"]);
    }
    let references = [
        Reference { short: "rev-parse", median: rev_parse.median() },
        Reference { short: "still", median: still.median() },
    ];
    let mut rows = vec![Row::new("UserPromptSubmit, HEAD stands", still, Budget::Free)];
    for ((name, _), samples) in MOVES.iter().zip(moved).filter(|(_, samples)| !samples.is_empty()) {
        rows.push(Row::new(format!("UserPromptSubmit after {name}"), samples, Budget::Free));
    }
    rows.push(Row::new("git rev-parse HEAD", rev_parse, Budget::Free));
    let title = format!("Drift: {} files, {} commits, 1,000 tasks", size.files, size.commits);
    report.table(&title, &rows, &references)?;
    for ((name, _), added) in MOVES.iter().zip(added).filter(|(_, added)| !added.is_empty()) {
        let median = middle(added);
        report.say(&format!("added by {name}: {median:.1} ms (budget {})", size.added))?;
        if median > size.added {
            report.missed(&format!("{title}: added by {name}"));
        }
    }
    Ok(())
}

type Move = (&'static str, fn(&Ground, usize));

const MOVES: [Move; 3] = [
    ("a commit", |ground, round| {
        commit(ground, &format!("commit of round {round}"), /*more*/ &[]);
    }),
    ("an amended commit", |ground, round| {
        commit(ground, &format!("amended in round {round}"), &["--amend"]);
    }),
    ("a switch", |ground, round| {
        let to = if round.is_multiple_of(2) { "other" } else { "main" };
        ground.git(&["switch", "--quiet", to]);
    }),
];

fn commit(ground: &Ground, message: &str, more: &[&str]) {
    let words = [&["commit", "--quiet", "--allow-empty", "--message", message], more].concat();
    ground.git(&words);
}

/// A session of one prompt, with something between its start and the prompt.
fn prompt(ground: &Ground, session: &str, round: usize, between: impl FnOnce(&Ground)) -> Duration {
    ground.hook(HookEvent::session_start(session, "startup"), round);
    between(ground);
    let turn = format!("{session}-turn");
    let time = ground.hook(HookEvent::user_prompt_submit(session, &turn, "Go on, please."), round);
    ground.hook(HookEvent::session_end(session), round);
    time
}

/// The smallest that half of them do not exceed.
fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[(all.len() - 1) / 2]
}

/// Each task was completed at the commit that is amended then.
fn dry_run(ground: &Ground, rounds: usize, report: &mut Report<'_>) -> Result<(), XtaskError> {
    ground.import(/*first*/ 0, super::SIZES[0]);
    commit(ground, "what all the tasks are done by", &[]);
    let ids: Vec<String> = (0..super::SIZES[0]).map(|n| format!("R-{n}")).collect();
    for some in ids.chunks(100) {
        let ids: Vec<&str> = some.iter().map(String::as_str).collect();
        ground.thru(&[&["tasks", "complete", "--force"], &ids[..]].concat());
    }
    ground.thru(&["status"]);
    commit(ground, "said in another way", &["--amend"]);
    let (mut dry, mut status): (Samples, Samples) = Default::default();
    for _ in 0..rounds.min(/*enough*/ 40) {
        dry.push(ground.thru(&["cache", "reconcile", "--dry-run"]));
        status.push(ground.git(&["status", "--porcelain"]));
    }
    let references = [Reference { short: "status", median: status.median() }];
    let rows = [
        Row::new("cache reconcile --dry-run", dry, Budget::Median(DRY_RUN)),
        Row::new("git status --porcelain", status, Budget::Free),
    ];
    let said = ground.world.thru(&["cache", "reconcile", "--dry-run"]).assert_success().stdout;
    report.table("Reconcile: 5,000 files, evidence of 1,000 tasks", &rows, &references)?;
    report.say(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_names_each_file_once_and_its_parent_if_it_is_the_first_of_a_batch() {
        let text = commit_of(0, 0..3);
        assert_eq!((text.matches("M 100644").count(), text.matches("from ").count()), (3, 1));
        assert!(!commit_of(2, 2..3).contains("from "));
    }

    #[test]
    fn the_middle_is_one_that_occurred() {
        assert_eq!(middle(vec![3.0, 1.0, 2.0, 9.0]).to_bits(), 2.0_f64.to_bits());
    }
}
