//! Twenty ways to go on, with the real Codex: the first request of the second session holds the open step,
//! the last summary and the line, so nobody has to read the first one again.

use std::time::Duration;

use throughline_testkit::{Codex, CodexSession, Provider, Script, Step, World};

use crate::codex::{BEGIN, connected, folded};
use crate::{bare_world, json};

const OPEN: &str = "Make it friendly";
const SUMMARY: &str = "it prints one word";

/// How a first session ends and what happens until the second one.
type Between = fn(&Second<'_>);

/// What a way has to work with.
struct Second<'w> {
    world: &'w World,
    codex: &'w Codex,
}

/// A way to go on: its name, what happens before, how it goes on, and on which line it is then.
type Way = (&'static str, Between, fn(CodexSession<'_>) -> Going<'_>, &'static str);

/// How the second session begins.
enum Going<'w> {
    /// A new conversation.
    Anew(CodexSession<'w>),
    /// The last one once more.
    Resumed(CodexSession<'w>),
    /// A copy of the last one.
    Forked(CodexSession<'w>),
}

fn anew(session: CodexSession<'_>) -> Going<'_> {
    Going::Anew(session)
}

impl Second<'_> {
    fn script(&self, steps: impl IntoIterator<Item = Step>) -> (Provider, CodexSession<'_>) {
        let provider = Provider::start(Script::steps(steps));
        let session = self.world.codex(self.codex, &provider);
        (provider, session)
    }

    /// A session that makes a plan, does a part, and says so.
    fn first(&self) {
        let plan =
            [("Read greet.py", "completed"), (OPEN, "in_progress"), ("Write tests", "pending")];
        let answer = Step::text("I read greet.py; it prints one word. A sentence comes next.");
        let (_provider, session) = self.script([Step::new().plan(&plan), answer]);
        session.exec("Make the greeting friendly").assert_success();
        folded(self.world, SUMMARY);
    }

    /// A turn of the same conversation that does not end by itself.
    fn broken_off(&self, end: fn(throughline_testkit::codex_run::RunningCodex)) {
        let (provider, session) = self.script([Step::new().hang()]);
        let running = session.spawn("Go on with the tests");
        provider.wait_for_requests(1, Duration::from_secs(30));
        end(running);
        self.world.thru(&["fold"]).assert_success();
    }

    fn elsewhere(&self) {
        let (_provider, session) = self.script([Step::text("Nothing to do here.")]);
        session.exec("Look around").assert_success();
        folded(self.world, "Nothing to do here.");
    }

    /// What the model is told first.
    fn told(&self, go_on: fn(CodexSession<'_>) -> Going<'_>) -> String {
        let (provider, session) = self.script([Step::text("Going on.")]);
        match go_on(session) {
            Going::Anew(session) => session.exec("Continue"),
            Going::Resumed(session) => session.resume("Continue"),
            Going::Forked(session) => session.fork_thread(&self.thread(), "Continue"),
        }
        .assert_success();
        let texts = provider.requests()[0].developer_texts();
        // A conversation that goes on holds what it was told before; the last one counts.
        texts.into_iter().rfind(|text| text.contains(BEGIN)).unwrap_or_default()
    }

    fn id_of(&self, title: &str) -> String {
        let listed = json(self.world, &["tasks", "list", "--all"]);
        let mut tasks = listed["tasks"].as_array().expect("tasks").iter();
        crate::text(&tasks.find(|task| task["title"] == title).expect("the task")["id"])
    }

    fn thread(&self) -> String {
        let listed = json(self.world, &["sessions", "list"]);
        crate::text(&listed["sessions"][0]["id"])
    }
}

const WAYS: [Way; 20] = [
    ("at once", |_| {}, anew, "main"),
    ("after days", |_| {}, |s| Going::Anew(s.believing("2027-03-01T08:00:00Z")), "main"),
    ("the same conversation", |_| {}, |s| Going::Resumed(s), "main"),
    ("a copy of it", |_| {}, |s| Going::Forked(s), "main"),
    ("on a new branch", |w| drop(w.world.git("switch -q -c friendly")), anew, "friendly"),
    (
        "there and back",
        |w| {
            w.world.git("switch -q -c other");
            w.elsewhere();
            w.world.git("switch -q main");
        },
        anew,
        "main",
    ),
    ("detached", |w| drop(w.world.git("switch -q --detach")), anew, ":detached:main"),
    (
        "in a folder below",
        |w| {
            w.world.write("src/a.py", "");
        },
        |s| in_repo(s, "src"),
        "main",
    ),
    (
        "in another worktree",
        |w| drop(w.world.git("worktree add -q -b friendly ../tree")),
        |s| in_repo(s, "../tree"),
        "friendly",
    ),
    (
        "after a commit",
        |w| {
            w.world.write("greet.py", "print('hello you')\n").commit("friendlier");
        },
        anew,
        "main",
    ),
    (
        "after an amend",
        |w| drop(w.world.git("commit -q --amend --allow-empty -m other-words")),
        anew,
        "main",
    ),
    (
        "after a rebase",
        |w| {
            w.world.git("branch topic HEAD~1");
            w.world.git("rebase -q --force-rebase HEAD~1");
        },
        anew,
        "main",
    ),
    (
        "after a merge",
        |w| {
            w.world.git("switch -q -c side");
            w.world.write("side.py", "").commit("aside");
            w.world.git("switch -q main");
            w.world.git("merge -q --no-ff -m merged side");
        },
        anew,
        "main",
    ),
    ("after a reset", |w| drop(w.world.git("reset -q --hard HEAD~1")), anew, "main"),
    (
        "with a dirty tree",
        |w| {
            w.world.write("greet.py", "print()\n");
        },
        anew,
        "main",
    ),
    ("after a crash", |w| w.broken_off(|running| drop(running.kill())), anew, "main"),
    ("after Ctrl-C", |w| w.broken_off(|running| drop(running.interrupt())), anew, "main"),
    (
        "after publishing",
        |w| {
            let promoted = w.world.thru(&["tasks", "promote", &w.id_of(OPEN)]);
            promoted.assert_success();
            w.world.thru(&["publish"]).assert_success();
            w.world.git("add -A");
            w.world.commit("what is planned");
        },
        anew,
        "main",
    ),
    (
        "without what was left ready",
        |w| {
            let lines = crate::project_folder(w.world).join("lines");
            std::fs::remove_dir_all(lines).expect("removed");
        },
        anew,
        "main",
    ),
    (
        "in the middle of other work",
        |w| {
            for n in 0..30 {
                w.world.thru(&["tasks", "add", &format!("Other {n}"), "-q"]).assert_success();
            }
        },
        anew,
        "main",
    ),
];

fn in_repo<'w>(session: CodexSession<'w>, folder: &str) -> Going<'w> {
    let folder = session.folder().join(folder);
    Going::Anew(session.at(folder))
}

/// What of it the model is not told.
fn missing(way: &Way, codex: &Codex) -> Vec<String> {
    let world = connected(codex);
    world.write("greet.py", "print('hello')\n").commit("a greeter");
    let second = Second { world: &world, codex };
    second.first();
    way.1(&second);
    let told = second.told(way.2);
    let wanted = [OPEN, SUMMARY, &format!("Line {}", way.3)].map(str::to_owned);
    let missing = wanted.into_iter().filter(|wanted| !told.contains(wanted));
    missing.map(|wanted| format!("{}: {wanted:?} is missing in {told}", way.0)).collect()
}

/// All of them; the requirement is 19.
fn ways(numbers: std::ops::Range<usize>) {
    let Some(codex) = Codex::required() else { return };
    let missing: Vec<String> = WAYS[numbers].iter().flat_map(|way| missing(way, &codex)).collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_next_session_goes_on_1_to_5() {
    ways(0..5);
}

#[test]
fn the_next_session_goes_on_6_to_10() {
    ways(5..10);
}

#[test]
fn the_next_session_goes_on_11_to_15() {
    ways(10..15);
}

#[test]
fn the_next_session_goes_on_16_to_20() {
    ways(15..20);
}

/// And where nothing lies in the repository.
#[test]
fn and_in_local_mode() {
    let Some(codex) = Codex::required() else { return };
    let world = bare_world();
    world.write("greet.py", "print('hello')\n").commit("a greeter");
    world.thru(&["init", "--local"]).assert_success();
    crate::codex::connect(&world, &codex);
    let second = Second { world: &world, codex: &codex };
    second.first();
    world.git("switch -q -c friendly");
    let told = second.told(anew);
    assert!([OPEN, SUMMARY, "Line friendly"].iter().all(|wanted| told.contains(wanted)), "{told}");
}
