//! The verdict on what a broken command left: what readers see, and whether work goes on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use throughline_testkit::{Children, Picture, Ran, Strace, Trace, World};

use super::Tally;
use super::scenarios::{Role, Scenario, Undo};

/// What every reader is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// Exit codes of the questions: all 0 where there is a project.
    codes: Vec<Option<i32>>,
    /// State, tasks, claims, what waits, what was lost, what is not trusted.
    seen: Vec<String>,
    /// Ids of the records of people and agents.
    log: BTreeSet<String>,
    /// What is decided about lines, where that is the point.
    decided: Vec<String>,
}

const QUESTIONS: [&[&str]; 4] = [
    &["cache", "show"],
    &["tasks", "list", "--all", "--json"],
    &["status", "--json"],
    &["trust", "--diff", "--json"],
];

impl View {
    pub(super) fn of(world: &World, scenario: &Scenario) -> Self {
        let answers: Vec<Ran> = QUESTIONS.iter().map(|words| ask(world, words)).collect();
        let log = ask(world, &["log", "-n", "1000", "--json"]);
        let codes = answers.iter().chain([&log]).map(|ran| ran.code).collect();
        let status: Value = serde_json::from_str(&answers[2].stdout).unwrap_or_default();
        let mut seen: Vec<String> =
            [0, 1, 3].iter().map(|at| answers[*at].stdout.clone()).collect();
        seen.extend(["claims", "pending", "overtaken"].map(|key| status[key].to_string()));
        let decided = match scenario.role {
            Role::Decision => decided(world, scenario, &status),
            Role::Command | Role::Upkeep | Role::Init | Role::Hook => Vec::new(),
        };
        Self { codes, seen, log: records(&log), decided }
    }

    /// Whether both say the same, whenever they were asked and whatever waits to be folded.
    fn decides_the_same(&self, other: &Self) -> bool {
        let all = |view: &Self| {
            let seen = [&view.seen[..2], &view.seen[3..4], &view.seen[5..], &view.decided].concat();
            (view.codes.clone(), seen.iter().map(|text| timeless(text)).collect::<Vec<_>>())
        };
        all(self) == all(other)
    }

    /// Whether both say the same but for the ids of what they made.
    fn decides_alike(&self, other: &Self) -> bool {
        let all = |view: &Self| {
            let seen = [&view.seen[..2], &view.seen[3..4], &view.seen[5..], &view.decided].concat();
            seen.iter().map(|text| idless(&timeless(text))).collect::<Vec<_>>()
        };
        all(self) == all(other)
    }

    fn is_sound(&self) -> bool {
        self.codes.iter().all(|code| *code == Some(0)) && self.seen[5] == "[]"
    }

    /// The same to a reader who does not ask what waits to be folded.
    fn tells_the_same(&self, other: &Self) -> bool {
        self.seen[..2] == other.seen[..2] && self.seen[3] == other.seen[3]
    }

    /// Nothing changed but the log, which tells of the attempt and that it was taken back.
    fn is_still(&self, before: &Self) -> bool {
        self.seen == before.seen && self.codes == before.codes && self.log.is_superset(&before.log)
    }

    /// Whether it is one of two, or for a hook on the way from one to the other.
    fn is_between(&self, before: &Self, after: &Self, role: Role) -> bool {
        match role {
            // A part of a long unit stands in the log, and counts for nobody until the rest does.
            Role::Command => {
                (self.seen == before.seen || self == after)
                    && self.codes == after.codes
                    && self.log.is_superset(&before.log)
            }
            Role::Decision => {
                let told = self.decides_the_same(before) || self.decides_the_same(after);
                told && self.log.is_superset(&before.log)
            }
            Role::Upkeep => self == before || self == after,
            Role::Init => self == before || self.is_sound(),
            Role::Hook => {
                let told = self.tells_the_same(before) || self.tells_the_same(after);
                told && self.is_sound() && self.log.is_superset(&before.log)
            }
        }
    }
}

/// The open question, every line and how it stands, and the file that is looked at.
fn decided(world: &World, scenario: &Scenario, status: &Value) -> Vec<String> {
    let lines = ask(world, &["lines", "list", "--all", "--json"]);
    let file = scenario.looks_at.as_ref().map(|path| world.read(path)).unwrap_or_default();
    vec![status["open"]["drift"]["kind"].to_string(), lines.stdout, file]
}

/// Without times of day, and without how much waits to be folded or published.
fn timeless(text: &str) -> String {
    let digits = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let mut parts = text.split("\"pending\":").map(str::to_owned);
    let first = parts.next().unwrap_or_default();
    let text = first + &parts.map(|rest| digits(&rest)).collect::<String>();
    let is_time = |word: &str| word.len() == 20 && word.ends_with('Z') && word.starts_with("20");
    let words = text.split('"').map(|word| if is_time(word) { "TIME" } else { word });
    words.collect::<Vec<_>>().join("\"")
}

/// The words of a text in an order that does not depend on ids, which are left out.
fn idless(text: &str) -> Vec<String> {
    let is_id = |word: &&str| word.starts_with("t-") && word.len() < 12;
    let words = text.split(['"', '\n', '{', '}', ',']).map(str::trim);
    let words = words.filter(|word| !word.is_empty() && !is_id(word));
    let mut words: Vec<_> = words.map(str::to_owned).collect();
    words.sort_unstable();
    words
}

/// On a machine that is busy with other things git may take longer than `thru` waits for it, which
/// says nothing about what was left.
fn ask(world: &World, words: &[&str]) -> Ran {
    patiently(|| world.thru(words))
}

/// How git's lateness is told, and how often a command is tried again for it.
const LATE: (&str, usize) = ("did not answer within", 5);

/// Whether a command failed only because git was late.
pub(super) fn is_late(ran: &Ran) -> bool {
    !ran.is_success() && ran.stderr.contains(LATE.0)
}

/// An unbroken run from its begin.
pub(super) fn traced(
    strace: &Strace,
    world: &World,
    before: &Picture,
    scenario: &Scenario,
    children: Children,
) -> Trace {
    let tries = || {
        world.restore(before);
        let trace = world.trace(strace, children, |world| (scenario.run)(world));
        (!is_late(&trace.ran)).then_some(trace)
    };
    let trace = (0..LATE.1).find_map(|_| tries()).expect("git answers in the end");
    assert!(trace.ran.is_success(), "{}: {}", scenario.name, trace.ran.screen());
    trace
}

fn patiently(run: impl Fn() -> Ran) -> Ran {
    let tries = || Some(run()).filter(|ran| !is_late(ran));
    (0..LATE.1).find_map(|_| tries()).expect("git answers in the end")
}

/// Where two views differ, in few words.
fn difference(is: &View, expected: &View) -> String {
    let mut said = String::new();
    if is.codes != expected.codes {
        said += &format!("codes {:?} not {:?}; ", is.codes, expected.codes);
    }
    let both = |view: &View| [&view.seen[..], &view.decided].concat();
    for (is, expected) in both(is).iter().zip(&both(expected)).filter(|(a, b)| a != b) {
        let same = is.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
        let part = |text: &str| {
            let begin = same.saturating_sub(40);
            String::from_utf8_lossy(&text.as_bytes()[begin.min(text.len())..])
                .chars()
                .take(160)
                .collect::<String>()
        };
        said += &format!("{:?} not {:?}; ", part(is), part(expected));
    }
    let more: Vec<_> = is.log.difference(&expected.log).collect();
    let less: Vec<_> = expected.log.difference(&is.log).collect();
    if !more.is_empty() || !less.is_empty() {
        said += &format!("log has {more:?} lacks {less:?}");
    }
    said
}

fn records(log: &Ran) -> BTreeSet<String> {
    let log: Value = serde_json::from_str(&log.stdout).unwrap_or_default();
    let records = log["log"].as_array().cloned().unwrap_or_default();
    let told = records.iter().map(|entry| &entry["record"]).filter(|r| r["actor"] != "fold");
    told.map(|record| record["id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A command that ran unbroken, to compare with what is left when it is broken.
pub(super) struct Case<'w> {
    pub(super) strace: &'w Strace,
    pub(super) world: &'w World,
    pub(super) before: &'w Picture,
    pub(super) scenario: &'w Scenario,
    /// The unbroken run, without what it started.
    pub(super) trace: Trace,
    views: (View, View),
    /// What was checked already: another point that leaves the same on disk needs no check.
    seen: RefCell<BTreeSet<(Outcome, Torn, Vec<u8>)>>,
}

/// What is known of the broken run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// It said that it is done.
    Acknowledged,
    /// It ended with an error: nothing was changed.
    Refused,
    /// Nobody knows: it was killed, or said "not confirmed".
    Unknown,
}

/// Whether lines of the journal may be torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Torn {
    /// None: a kill breaks no write.
    No,
    /// As many as were being written.
    Yes,
}

impl<'w> Case<'w> {
    /// Runs it unbroken, and leaves the world as it was before.
    pub(super) fn of(
        strace: &'w Strace,
        world: &'w World,
        before: &'w Picture,
        scenario: &'w Scenario,
    ) -> Self {
        let mut first = later(world, before, scenario);
        // What the questions themselves put on record is another record each time.
        first.log.retain(|id| is_kept(before, id));
        world.restore(before);
        let trace = traced(strace, world, before, scenario, scenario.children);
        settle(world, scenario);
        let views = (first, later(world, before, scenario));
        world.restore(before);
        Self { strace, world, before, scenario, trace, views, seen: RefCell::default() }
    }

    /// Runs it in another way, from where it began.
    pub(super) fn run(&self, how: impl FnOnce(&World) -> Ran) -> Ran {
        self.world.restore(self.before);
        let ran = how(self.world);
        settle(self.world, self.scenario);
        ran
    }

    /// Checks the world as it stands after a broken run, unless the same was checked before.
    pub(super) fn check(
        &self,
        outcome: Outcome,
        torn: Torn,
        tally: &mut Tally,
    ) -> Result<(), String> {
        tally.run += 1;
        let key = (outcome, torn, self.world.picture().sketch());
        if !self.seen.borrow_mut().insert(key) {
            return Ok(());
        }
        tally.different += 1;
        let (world, (old, new)) = (self.world, &self.views);
        let view = later(world, self.before, self.scenario);
        let role = self.scenario.role;
        let right = match (outcome, role) {
            (Outcome::Acknowledged, Role::Command | Role::Upkeep | Role::Init) => view == *new,
            (Outcome::Refused, Role::Command) => view.is_still(old),
            (Outcome::Acknowledged, Role::Decision) => view.decides_the_same(new),
            (Outcome::Refused, Role::Decision) => view.decides_the_same(old),
            _ => view.is_between(old, new, role),
        };
        if !right {
            let (from_old, from_new) = (difference(&view, old), difference(&view, new));
            return Err(format!("{outcome:?}: before {from_old}\nafter {from_new}"));
        }
        if role == Role::Decision {
            self.take_back(&view)?;
            self.decide_again(&view)?;
            return self.go_on(torn, &view);
        }
        let told = self.again(&view)?;
        self.go_on(torn, &told)
    }

    /// `thru undo` of what was done gives the former state, to the byte but for tombstones.
    fn take_back(&self, view: &View) -> Result<(), String> {
        let (world, (old, new)) = (self.world, &self.views);
        let (before, after) = (&old.seen[0], &new.seen[0]);
        if self.scenario.undo == Undo::No || before == after || !view.decides_the_same(new) {
            return Ok(());
        }
        let stands = world.picture();
        let ran = ask(world, &["undo"]);
        let back = ask(world, &["cache", "show"]).stdout;
        world.restore(&stands);
        if without_tombstones(&back) == without_tombstones(before) {
            return Ok(());
        }
        Err(format!("undone: {}{back}\nnot {before}", ran.screen()))
    }

    /// The same decision once more: done if it was not, and else nothing is done twice.
    fn decide_again(&self, view: &View) -> Result<(), String> {
        let (world, (old, new)) = (self.world, &self.views);
        let done = view.decides_the_same(new);
        // Nothing was left, so the same call draws the same ids again.
        if view == old {
            world.rewind(self.before);
        }
        let ran = patiently(|| (self.scenario.run)(world));
        let known = if done { &[0, 1, 3][..] } else { &[0] };
        if !ran.code.is_some_and(|code| known.contains(&code)) {
            return Err(format!("the same decision again: {}", ran.screen()));
        }
        let now = View::of(world, self.scenario);
        // An attempt that is on record has drawn its ids: those of the next one are others.
        if now.decides_the_same(new) || (!done && now.is_sound() && now.decides_alike(new)) {
            return Ok(());
        }
        Err(format!("after the same decision again: {}\n{}", difference(&now, new), ran.screen()))
    }

    /// The same command once more.
    fn again(&self, view: &View) -> Result<View, String> {
        let (world, (old, new)) = (self.world, &self.views);
        let absent = view == old;
        if absent {
            world.rewind(self.before);
        }
        let ran = patiently(|| (self.scenario.run)(world));
        settle(world, self.scenario);
        let known = if absent { &[0][..] } else { &[0, 1, 3] };
        if !ran.code.is_some_and(|code| known.contains(&code)) {
            return Err(format!("the same command again: {}", ran.screen()));
        }
        let now = later(world, self.before, self.scenario);
        let right = match (self.scenario.role, absent) {
            (Role::Command | Role::Decision | Role::Upkeep | Role::Init, true) => now == *new,
            (Role::Command | Role::Decision | Role::Upkeep | Role::Init, false) => {
                now.is_sound() && now.log.is_superset(&view.log)
            }
            (Role::Hook, _) => now.is_sound() && now.log.is_superset(&view.log),
        };
        if right {
            return Ok(now);
        }
        let (from_new, from_it) = (difference(&now, new), difference(&now, view));
        Err(format!("after the same command again: {from_new}\nfrom the view before: {from_it}"))
    }

    /// The next command works, the next fold changes nothing that readers see and cleans up.
    fn go_on(&self, torn: Torn, told: &View) -> Result<(), String> {
        let world = self.world;
        world.skip(/*commands*/ 100);
        age(&world.state());
        age(&world.repo().join(".throughline"));
        for words in [&["tasks", "add", "The next thing"][..], &["fold", "-q"]] {
            let ran = ask(world, words);
            if !ran.is_success() || !ran.stderr.is_empty() {
                return Err(format!("then {words:?}: {}", ran.screen()));
            }
        }
        let after = View::of(world, self.scenario);
        let added = after.seen[1].contains("The next thing");
        if !added || !after.is_sound() || !after.log.is_superset(&told.log) {
            return Err(format!("after the next command and a fold: {}", difference(&after, told)));
        }
        let validated = world.thru(&["cache", "validate", "--json"]).json();
        if torn == Torn::No && validated["bad_lines"] != 0 {
            return Err(format!("torn lines: {validated}"));
        }
        match litter(&world.picture()) {
            none if none.is_empty() => Ok(()),
            left => Err(format!("left behind: {left:?}")),
        }
    }
}

/// Whether a record stood in the journal.
fn is_kept(picture: &Picture, id: &str) -> bool {
    let mut journal = picture.files().filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
    journal.any(|path| {
        let bytes = picture.file(path).unwrap_or_default();
        String::from_utf8_lossy(bytes).contains(id)
    })
}

/// A state's text without what a removed task leaves.
fn without_tombstones(state: &str) -> String {
    let Some((before, rest)) = state.split_once(",\n  \"tombstones\": {") else {
        return state.to_owned();
    };
    before.to_owned() + rest.split_once("\n  }").map_or("", |(_, rest)| rest)
}

/// What is seen some time later, the same time in each world: what questions write has other ids
/// than what the command wrote.
fn later(world: &World, before: &Picture, scenario: &Scenario) -> View {
    world.rewind(before);
    world.skip(/*commands*/ 50);
    View::of(world, scenario)
}

/// A hook may have started a fold: it is part of what happened.
fn settle(world: &World, scenario: &Scenario) {
    if scenario.role == Role::Hook {
        world.wait_for_folds();
    }
}

/// Temporary files that a fold left.
fn litter(picture: &Picture) -> Vec<&Path> {
    let is_temporary = |path: &&Path| path.to_string_lossy().ends_with(".tmp");
    picture.files().filter(is_temporary).collect()
}

/// Some hours pass: what a process left that is gone belongs to nobody.
fn age(folder: &Path) {
    let past = SystemTime::now() - Duration::from_secs(3 * 60 * 60);
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            age(&path);
        } else if path.to_string_lossy().ends_with(".tmp") {
            let file = std::fs::File::open(&path).expect("a leftover of ours");
            file.set_modified(past).expect("times can be set");
        }
    }
}
