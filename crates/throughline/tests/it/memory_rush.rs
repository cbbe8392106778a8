//! Many processes that bring memories up to date at once, some of them killed on the way.
//!
//! `THRU_TEST_EFFORT=all` takes 500 sessions instead of a few dozen.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json as object;
use throughline_testkit::{Effort, Provider, Script, Step, World};

use crate::said::{Session, Turn};
use crate::{json, project, project_folder};

const EXTRACT: &str = "session_findings";
const CONSOLIDATE: &str = "memory_changes";

const PROCESSES: usize = 8;

/// So many sessions may be read at once, by all processes together: fewer than want to.
const CAP: usize = 3;

/// So many that nobody has to wait.
const PLENTY: usize = 64;

/// What stands in the questions about one session, and in no others.
fn mark(number: usize) -> String {
    format!("worker number {number} of the pool")
}

fn write_sessions(world: &World, sessions: usize) {
    for number in 0..sessions {
        let id = format!("01a10000-0000-7000-8000-{number:012x}");
        let prompt = format!("Give {} its own queue.", mark(number));
        let day = u8::try_from(1 + number % 20).expect("a day");
        let turn = Turn { prompt: &prompt, answer: "Done.", ..Turn::default() };
        Session { id: &id, day, branch: "main" }.says(world, &[turn]);
    }
}

fn found(takes: u64) -> Step {
    let finding = object!({
        "kind": "decision", "reach": "project", "title": "Each worker has its own queue",
        "text": "Each worker has its own queue.", "confidence": "stated", "subject": null,
        "files": [], "turn": null,
    });
    let answer = object!({
        "findings": [finding], "raw_memory": "- a queue", "rollout_summary": "Worked.",
        "rollout_slug": "queue",
    });
    Step::text(&answer.to_string()).usage(10, 0, 5).delay(Duration::from_millis(takes))
}

fn rush(sessions: usize, cap: usize, takes: u64) -> (World, Provider) {
    let world = project();
    write_sessions(&world, sessions);
    let none = Step::text("{\"changes\":[]}").usage(10, 0, 5).delay(Duration::from_millis(60));
    let provider =
        Provider::start(Script::new().rule(CONSOLIDATE, none).rule(EXTRACT, found(takes)));
    let settings = format!(
        "[memory]\nengine = \"openai-compatible\"\n\
         [memory.extract]\nmax_running = {cap}\nretry_delay_seconds = 0\n\
         [memory.consolidate]\ncooldown_hours = 0\n\
         [memory.budget]\ntokens_per_day = 1000000000\ntokens_per_run = 1000000000\n\
         [memory.endpoint]\nbase_url = \"{}\"\nmodel = \"small\"\n",
        provider.base_url()
    );
    world.write(world.state().join("config.toml"), settings);
    // So that the processes meet over the sessions, and not over the index.
    world.thru(&["index", "run"]).assert_success();
    (world, provider)
}

fn start(world: &World) -> Vec<Child> {
    let caller = world.caller();
    let start = |_| {
        let mut command = caller.thru(&["memory", "update", "--all", "--quiet"]);
        // The day on which they book what they spend is that of who reads the books.
        command.env("THRU_TEST_NOW", "2026-11-21T12:00:00Z");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("it starts")
    };
    (0..PROCESSES).map(start).collect()
}

/// Runs updates until nothing waits for anything; how often.
fn finish(world: &World, wanted: usize) -> usize {
    for round in 1..=20 {
        let report = json(world, &["memory", "update", "--all"]);
        let sessions = report["sessions"].as_array().expect("sessions");
        assert_eq!(sessions.len(), wanted, "{report}");
        let is_over = sessions.iter().all(|session| session["outcome"] == "known");
        if is_over && report["consolidated"]["outcome"] == "clean" {
            return round;
        }
    }
    panic!("{}", json(world, &["memory", "status"]))
}

/// Each session taught once, and nothing hangs.
fn check(world: &World, sessions: usize) {
    let raw = world.read(project_folder(world).join("memory/raw_memories.md"));
    let taught: Vec<&str> = raw.lines().filter(|line| line.starts_with("## Session ")).collect();
    let different: BTreeSet<&&str> = taught.iter().collect();
    assert_eq!((taught.len(), different.len()), (sessions, sessions));
    let status = json(world, &["memory", "status"]);
    assert_eq!((&status["running"], &status["failed"]), (&object!([]), &object!([])), "{status}");
    assert_eq!(status["due"], 0, "{status}");
    let memories = json(world, &["memory", "list"]);
    assert_eq!(memories["memories"].as_array().map(Vec::len), Some(1), "{memories}");
}

fn questions(provider: &Provider, number: usize) -> usize {
    let (about, requests) = (mark(number), provider.requests());
    let is_about = |raw: &str| raw.contains(EXTRACT) && raw.contains(&about);
    requests.iter().filter(|request| is_about(request.raw())).count()
}

#[test]
fn each_session_is_read_once_within_the_cap_and_one_consolidates() {
    let sessions = Effort::asked().pick(30, 500);
    let (world, provider) = rush(sessions, CAP, /*takes*/ 20);
    let began = Instant::now();
    for child in start(&world) {
        let ended = child.wait_with_output().expect("it ends");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let took = began.elapsed();
    let rounds = finish(&world, sessions);
    check(&world, sessions);
    let counts: Vec<usize> = (0..sessions).map(|number| questions(&provider, number)).collect();
    assert_eq!(counts, vec![1; sessions]);
    let (reading, consolidating) =
        (provider.most_at_once(EXTRACT), provider.most_at_once(CONSOLIDATE));
    assert!(reading <= CAP, "{reading} at once");
    assert!(consolidating <= 1, "{consolidating} at once");
    let today = json(&world, &["memory", "status"])["budget"]["today"].clone();
    let asked = provider.requests().len();
    assert_eq!(today["questions"], asked);
    assert_eq!((&today["input"], &today["output"]), (&object!(asked * 10), &object!(asked * 5)));
    Effort::report(&format!(
        "{sessions} sessions, {PROCESSES} processes: {took:?}, {rounds} more runs, \
         {reading} read at once, {asked} questions"
    ));
}

#[test]
fn processes_that_are_killed_leave_nothing_undone_and_nothing_stuck() {
    let sessions = Effort::asked().pick(30, 500);
    let (world, provider) = rush(sessions, PLENTY, /*takes*/ 80);
    let mut children = start(&world);
    let victims = children.iter_mut().step_by(3).enumerate();
    let killed = victims
        .map(|(at, child)| {
            provider.wait_for_requests(1 + at * sessions / 5, Duration::from_secs(60));
            child.kill().expect("it runs or ended");
        })
        .count();
    for mut child in children {
        child.wait().expect("it ends");
    }
    let rounds = finish(&world, sessions);
    check(&world, sessions);
    let again: usize = (0..sessions).map(|number| questions(&provider, number) - 1).sum();
    // Each that was killed had at most as many open as there are cores.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    assert!(again <= killed * cores, "{again} questions more than sessions");
    let consolidating = provider.most_at_once(CONSOLIDATE);
    assert!(consolidating <= 1 + killed, "{consolidating} at once");
    Effort::report(&format!(
        "{sessions} sessions, {killed} of {PROCESSES} processes killed: {again} read again, \
         {rounds} more runs"
    ));
}
