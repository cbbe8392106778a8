//! The screens over 10,000 tasks and 3,000 sessions, in a terminal of their own.
//!
//! A sample is what somebody in front of the terminal waits: from the key, or from the end of a command in
//! another terminal, until a whole frame with the answer was read from this one. Idle is the processor's time
//! that all threads of the process took while nothing happened.

use std::fs;
use std::time::{Duration, Instant};

use throughline_testkit::{HookEvent, Key, Pane, Size, World};

use super::ground::Ground;
use super::samples::{Budget, Row, Samples};
use super::{Report, SIZES};
use crate::XtaskError;

const SESSIONS: usize = 3_000;

/// Milliseconds from the start of the process to its first frame.
const FIRST_FRAME: f64 = 50.0;
/// Milliseconds from a key to its frame.
const KEY: f64 = 16.0;
/// Milliseconds from a change made elsewhere to its frame.
const REACTION: f64 = 200.0;
/// Of a core, in percent.
const IDLE: f64 = 0.5;
/// For how long nothing happens.
const QUIET: Duration = Duration::from_secs(10);

const WINDOW: Size = Size(160, 50);

pub(crate) fn measure(
    ground: &Ground,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    ground.import(/*first*/ 0, SIZES[1]);
    ground.thru(&["publish"]);
    ground.world.git("add --all");
    ground.world.git("commit --quiet --message tasks");
    sessions(ground);
    ground.thru(&["status"]);
    let (frame, tasks) = starts(&ground.world, rounds.min(/*enough*/ 30));
    let mut pane = open(&ground.world);
    let mut rows = vec![
        Row::new("start to first frame", frame, Budget::Median(FIRST_FRAME)),
        Row::new("start to tasks seen", tasks, Budget::Free),
    ];
    rows.extend(keys(&mut pane, rounds));
    rows.push(reactions(ground, &mut pane, rounds.min(/*enough*/ 30)));
    report.table("Screens: 10000 tasks, 3000 sessions", &rows, &[])?;
    idle(&mut pane, report)?;
    drop(pane);
    small(ground, rounds.min(/*enough*/ 30), report)
}

fn open(world: &World) -> Pane {
    let mut pane = Pane::open(world, &["tui"], WINDOW, &[]);
    pane.sees("Next");
    pane
}

/// One session as it is remembered, and copies of it under other names.
fn sessions(ground: &Ground) {
    let world = &ground.world;
    for event in [
        HookEvent::session_start("s-0", "startup"),
        HookEvent::user_prompt_submit("s-0", "t1", "Write the sentence number 0 of the manual."),
        HookEvent::stop("s-0", "t1", "Done."),
        HookEvent::session_end("s-0"),
    ] {
        world.hook(event).assert_success();
    }
    ground.thru(&["fold"]);
    let folder = ground.project_folder().join("sessions");
    let files = fs::read_dir(&folder).expect("sessions").map(|file| file.expect("a file").path());
    let file = files.into_iter().find(|file| file.extension().is_some_and(|e| e == "json"));
    let text = fs::read_to_string(file.expect("a session")).expect("its text");
    for number in 1..SESSIONS {
        let copy = text.replace("s-0", &format!("s-{number}"));
        let copy = copy.replace("number 0 ", &format!("number {number} "));
        let path = folder.join(format!("20260101T000000Z_main_s-{number}-0000000000.json"));
        fs::write(path, copy).expect("written");
    }
}

fn starts(world: &World, rounds: usize) -> (Samples, Samples) {
    let (mut frame, mut tasks) = (Samples::default(), Samples::default());
    for _ in 0..rounds {
        let began = Instant::now();
        let mut pane = Pane::open(world, &["tui"], WINDOW, &[]);
        pane.sees("1 Now");
        frame.push(began.elapsed());
        pane.sees("Next");
        tasks.push(began.elapsed());
    }
    (frame, tasks)
}

/// A sample of a key and what is seen then.
fn press(pane: &mut Pane, samples: &mut Samples, key: &str, seen: &str) {
    let began = Instant::now();
    pane.types(key).sees(seen);
    samples.push(began.elapsed());
}

fn keys(pane: &mut Pane, rounds: usize) -> Vec<Row> {
    let mut times: [Samples; 5] = Default::default();
    let [down, page, filter, session, search] = &mut times;
    pane.types("2").sees("Open tasks");
    for round in 0..rounds {
        press(pane, down, "j", &format!(" {} of 10000", round + 2));
    }
    for _ in 0..rounds / 2 {
        press(pane, page, "G", "10000 of 10000");
        press(pane, page, "g", " 1 of 10000");
    }
    pane.types("/").sees("Tasks with");
    for _ in 0..rounds / 4 {
        press(pane, filter, "r", "with \"r\"");
        press(pane, filter, "-", "with \"r-\"");
        press(pane, filter, "7", "with \"r-7\"");
        press(pane, filter, "\x15", "Open tasks  10000");
    }
    pane.press(Key::Escape).misses("Tasks with");
    pane.types("4").sees("1 of 3000");
    for round in 0..rounds {
        press(pane, session, "j", &format!(" {} of 3000", round + 2));
    }
    pane.types("/").sees("Sessions with");
    for _ in 0..rounds / 4 {
        press(pane, search, "n", "with \"n\"");
        press(pane, search, "u", "with \"nu\"");
        press(pane, search, "\x15", "of 3000");
    }
    pane.press(Key::Escape).misses("Sessions with");
    let names = [
        "one task down",
        "to either end",
        "a letter of a filter",
        "one session down",
        "a letter of a search",
    ];
    let rows = names.into_iter().zip(times);
    rows.map(|(name, samples)| Row::new(name, samples, Budget::Both(KEY, KEY * 2.0))).collect()
}

/// From the end of a command elsewhere.
fn reactions(ground: &Ground, pane: &mut Pane, rounds: usize) -> Row {
    let mut samples = Samples::default();
    pane.types("1").sees("Next");
    for round in 0..rounds {
        ground.thru(&["tasks", "add", &format!("Another one, number {round}")]);
        let began = Instant::now();
        pane.sees(&format!(" {} open:", SIZES[1] + round + 1));
        samples.push(began.elapsed());
    }
    Row::new("a change made elsewhere", samples, Budget::Both(REACTION, REACTION * 2.0))
}

/// The same in a project as people have them.
fn small(ground: &Ground, rounds: usize, report: &mut Report<'_>) -> Result<(), XtaskError> {
    let ground = Ground::without_files(ground.world.binary());
    ground.thru(&["init"]);
    ground.thru(&["tasks", "add", "The first"]);
    let (frame, tasks) = starts(&ground.world, rounds);
    let mut pane = Pane::open(&ground.world, &["tui"], WINDOW, &[]);
    pane.sees("The first");
    let mut reaction = Samples::default();
    for round in 0..rounds {
        ground.thru(&["tasks", "add", &format!("Another one, number {round}")]);
        let began = Instant::now();
        pane.sees(&format!(" {} open:", round + 2));
        reaction.push(began.elapsed());
    }
    let rows = [
        Row::new("start to first frame", frame, Budget::Median(FIRST_FRAME)),
        Row::new("start to tasks seen", tasks, Budget::Free),
        Row::new("a change made elsewhere", reaction, Budget::Both(REACTION, REACTION)),
    ];
    report.table("Screens: a few tasks", &rows, &[])
}

/// What all threads of the process take while nothing happens.
fn idle(pane: &mut Pane, report: &mut Report<'_>) -> Result<(), XtaskError> {
    // What the last change caused is over.
    std::thread::sleep(Duration::from_secs(1));
    let before = on_processor(pane.process());
    std::thread::sleep(QUIET);
    let used = on_processor(pane.process()) - before;
    let share = 100.0 * used.as_secs_f64() / QUIET.as_secs_f64();
    report
        .say(&format!("idle over {} s: {share:.3} % of a core (budget {IDLE})", QUIET.as_secs()))?;
    if share > IDLE {
        report.missed("Screens: idle");
    }
    Ok(())
}

/// The first number of a task's `schedstat`: nanoseconds on a processor (proc(5)).
fn on_processor(process: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a process that runs");
    let nanoseconds = tasks.map(|task| {
        let path = task.expect("a thread").path().join("schedstat");
        let text = fs::read_to_string(path).unwrap_or_default();
        text.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
    });
    Duration::from_nanos(nanoseconds.sum())
}
