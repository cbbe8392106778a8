//! The index over 3,000 transcripts, beside the real Codex on the same files and beside `grep`.
//!
//! The transcripts are made up, in the shape and of the size of real ones (about 190 MB). Both programs
//! begin without a database, and everything is in the page cache: that is where a person is who just
//! worked. Each figure is the wall time of a whole process, Codex's that of its app-server up to its first
//! answer.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use throughline_testkit::history::{Ballast, HistoryOptions, ThreadTruth, write_history};
use throughline_testkit::{Codex, World};

use super::Report;
use super::ground::Ground;
use super::samples::{Budget, Reference, Row, Samples};
use super::server::Server;
use crate::XtaskError;

pub(super) const THREADS: usize = 3_000;

/// Of the transcripts, in percent.
const SIZE: f64 = 8.0;

/// In MiB, while everything is read.
const MEMORY: f64 = 48.0;

/// How often the slow things are done.
const SLOW_ROUNDS: usize = 7;

pub(crate) fn measure(
    binary: &Path,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let ground = Ground::without_files(binary);
    let world = &ground.world;
    let truth = history(world);
    let bytes = truth.iter().map(|thread| size(&thread.path)).sum::<u64>();
    report
        .say(&format!("\n{THREADS} transcripts of made-up sessions, {} MB", bytes / 1_000_000))?;
    let (cold, first) = cold(&ground);
    let grep = grep(&ground, &truth);
    let references = [Reference { short: "grep", median: grep.median() }];
    let mut rows = vec![
        Row::new("index from nothing", cold, Budget::Median(800.0)),
        Row::new("first list, no index yet", first, Budget::Median(100.0)),
    ];
    ground.thru(&["index", "run"]);
    rows.extend(warm(&ground, &truth, rounds));
    rows.push(Row::new("grep -rlF, the same words", grep, Budget::Free));
    report.table("The index", &rows, &references)?;
    space(&ground, bytes, report)?;
    beside_codex(&ground, report)
}

/// Made-up conversations in the world's Codex home.
pub(super) fn history(world: &World) -> Vec<ThreadTruth> {
    let options = HistoryOptions {
        threads: THREADS,
        cwd: world.repo(),
        branches: ["main", "parser", "printer"].map(|b| (b.to_owned(), world.head())).to_vec(),
        ballast: Ballast::Real,
        seed: 1,
    };
    write_history(&world.codex_home(), &options)
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

fn forget(world: &World) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.state().join(format!("index_1.sqlite{suffix}")));
    }
}

fn cold(ground: &Ground) -> (Samples, Samples) {
    let (mut cold, mut first) = (Samples::default(), Samples::default());
    for _ in 0..SLOW_ROUNDS {
        forget(&ground.world);
        first.push(ground.thru(&["threads", "list", "-n", "50"]));
        // What the list left is read behind it; it must not help the next one.
        ground.thru(&["index", "run"]);
        forget(&ground.world);
        cold.push(ground.thru(&["index", "run"]));
    }
    (cold, first)
}

/// Words of prompts, one of each of so many conversations.
fn words(truth: &[ThreadTruth], count: usize) -> Vec<String> {
    let step = (truth.len() / count).max(1);
    let prompts = truth.iter().step_by(step).map(|thread| &thread.turns[0].prompt);
    prompts.filter_map(|prompt| prompt.split(' ').nth(2).map(str::to_owned)).take(count).collect()
}

fn grep(ground: &Ground, truth: &[ThreadTruth]) -> Samples {
    let home = ground.world.codex_home();
    let mut samples = Samples::default();
    for word in words(truth, SLOW_ROUNDS) {
        let arguments = ["-rlF", &word, home.to_str().expect("a path in UTF-8")];
        samples.push(ground.run(Path::new("grep"), &arguments, ""));
    }
    samples
}

fn warm(ground: &Ground, truth: &[ThreadTruth], rounds: usize) -> Vec<Row> {
    let mut pass = Samples::default();
    let (mut list, mut search, mut two) =
        (Samples::default(), Samples::default(), Samples::default());
    let words = words(truth, rounds + 1);
    for pair in words.windows(2) {
        pass.push(ground.thru(&["index", "run"]));
        list.push(ground.thru(&["threads", "list", "-n", "50"]));
        search.push(ground.thru(&["threads", "search", &pair[0]]));
        two.push(ground.thru(&["threads", "search", &pair[0], &pair[1]]));
    }
    vec![
        Row::new("a pass with nothing to do", pass, Budget::Median(50.0)),
        Row::new("threads list -n 50", list, Budget::Median(20.0)),
        Row::new("threads search, a word", search, Budget::Median(15.0)),
        Row::new("threads search, two words", two, Budget::Median(15.0)),
    ]
}

fn space(ground: &Ground, bytes: u64, report: &mut Report<'_>) -> Result<(), XtaskError> {
    let index = size(&ground.world.state().join("index_1.sqlite"));
    #[expect(clippy::cast_precision_loss, reason = "a share needs no exact number of bytes")]
    let share = index as f64 * 100.0 / bytes as f64;
    let words = format!("{:.1} MB, {share:.1} % of the transcripts (budget {SIZE})", mega(index));
    report.say(&format!("the index has {words}"))?;
    if share > SIZE {
        report.missed("size of the index");
    }
    forget(&ground.world);
    let mut command = ground.world.command(ground.world.binary(), &ground.world.repo());
    command.args(["index", "run"]).stdout(Stdio::null()).stderr(Stdio::null());
    let used = command.spawn().and_then(wait4::Wait4::wait4).expect("it runs").rusage;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    let peak = used.maxrss as f64 / 1_048_576.0;
    if peak > MEMORY {
        report.missed("memory of an index run");
    }
    report.say(&format!("index from nothing: {peak:.1} MiB at most (budget {MEMORY})"))
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// How long the real Codex takes for the same from nothing.
fn beside_codex(ground: &Ground, report: &mut Report<'_>) -> Result<(), XtaskError> {
    let codex = match Codex::find() {
        Ok(codex) => codex,
        Err(why) => {
            report.missed("the real Codex");
            return report.say(&format!("the real Codex was not measured: {why}"));
        }
    };
    let home = ground.world.codex_home();
    for entry in fs::read_dir(&home).expect("a home").flatten() {
        if entry.file_name() != "sessions" && entry.path().is_file() {
            fs::remove_file(entry.path()).expect("removed");
        }
    }
    let cold = app_server(ground, codex.native());
    let warm = app_server(ground, codex.native());
    let words = |(start, list): (Duration, Duration)| {
        format!(
            "{} ms to its first answer, {} ms for a list of 50",
            start.as_millis(),
            list.as_millis()
        )
    };
    report.say(&format!("Codex's app-server from nothing: {}", words(cold)))?;
    report.say(&format!("Codex's app-server, indexed: {}", words(warm)))
}

/// Until it answers, and for one list.
fn app_server(ground: &Ground, codex: &Path) -> (Duration, Duration) {
    let began = Instant::now();
    let mut server = Server::of_codex(ground, codex);
    let start = began.elapsed();
    let began = Instant::now();
    server.ask("thread/list", &serde_json::json!({ "limit": 50 }));
    let list = began.elapsed();
    (start, list)
}
