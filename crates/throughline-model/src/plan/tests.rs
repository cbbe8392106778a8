//! Tests of `plan`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::ids::RecordId;
use crate::record::{Actor, Body, RECORD_VERSION, Record, Stamp};
use crate::state::tests::{at, empty_state, task_id};
use crate::view::{Replay, View};

/// A line on which plans are mirrored, one after the other.
struct World {
    view: View,
    dead: BTreeSet<String>,
    clock: u32,
    made: u32,
}

const PROMPT: &str = "Fix the parser";

impl World {
    fn new() -> Self {
        let view = View::new(empty_state(), Line::new("main"));
        Self { view, dead: BTreeSet::new(), clock: 0, made: 0 }
    }

    fn mirror(&mut self, session: &str, agent: Option<&str>, steps: &[PlanStep]) -> Mirrored {
        self.clock += 1;
        let input = Mirror {
            line: &self.view.line,
            node: &|id| self.view.task(id),
            session,
            agent,
            steps,
            is_live: &|session| !self.dead.contains(session),
            prompt: PROMPT,
            evidence: self.evidence(),
            now: at("2026-01-01T00:00:00Z"),
        };
        let mut new_id = || {
            self.made += 1;
            task_id(&format!("t-{:03}", self.made))
        };
        let mirrored = mirror(&input, &mut new_id);
        self.view.apply(&self.record(session, agent, &mirrored), Replay::Plain);
        mirrored
    }

    fn evidence(&self) -> Evidence {
        Evidence { turn: Some(self.clock.to_string()), ..Evidence::default() }
    }

    fn record(&self, session: &str, agent: Option<&str>, mirrored: &Mirrored) -> Record {
        let Mirrored { root, steps, dropped, changes } = mirrored.clone();
        let (session, agent) = (session.to_owned(), agent.map(str::to_owned));
        let since_boot = u64::from(self.clock);
        Record {
            v: RECORD_VERSION,
            id: RecordId::parse(&format!("r-{since_boot}")).expect("an id"),
            stamp: Stamp { at: at("2026-01-01T00:00:00Z"), boot: "b".to_owned(), since_boot },
            line: "main".to_owned(),
            actor: Actor::Agent { session: Some(session.clone()), agent: agent.clone() },
            unit: None,
            part: None,
            body: Body::Plan { session, agent, turn: None, root, steps, dropped, changes },
        }
    }

    /// Mirrors a list of session `s`.
    fn own(&mut self, list: &str) -> Mirrored {
        self.mirror("s", None, &steps(list))
    }

    fn task(&self, id: &TaskId) -> &Task {
        self.view.task(id).expect("a node of the plan")
    }

    /// All nodes: id, status, title, parent, reason.
    fn screen(&self) -> String {
        let line = |(id, task): (&TaskId, &Task)| {
            let parent = task.parent.as_ref().map_or("-", TaskId::as_str);
            let reason = task.reason.as_deref().map_or_else(String::new, |r| format!(" ({r})"));
            format!("{id} {} [{parent}] {}{reason}\n", task.status.as_str(), task.title)
        };
        self.view.tasks().map(line).collect()
    }
}

/// `>` before a step is in progress, `x` completed; steps are separated by `|`.
fn steps(list: &str) -> Vec<PlanStep> {
    let step = |text: &str| {
        let text = text.trim();
        let (status, text) = match text.split_once(' ') {
            Some((">", rest)) => (Status::InProgress, rest),
            Some(("x", rest)) => (Status::Completed, rest),
            _ => (Status::Pending, text),
        };
        PlanStep { text: text.to_owned(), status }
    };
    list.split('|').filter(|text| !text.is_empty()).map(step).collect()
}

fn nodes(mirrored: &Mirrored) -> Vec<&str> {
    mirrored.steps.iter().map(|step| step.task.as_str()).collect()
}

#[test]
fn a_first_list_becomes_a_root_and_its_steps() {
    let mut world = World::new();
    let mirrored = world.own("x Read the code|> Fix the lexer|Run the tests");
    assert_eq!(mirrored.root, Some(task_id("t-001")));
    insta::assert_snapshot!(world.screen(), @r"
    t-001 in_progress [-] Fix the parser
    t-002 completed [t-001] Read the code
    t-003 in_progress [t-001] Fix the lexer
    t-004 pending [t-001] Run the tests
    ");
    assert!(world.task(&task_id("t-001")).is_prompt_root());
    let done = world.task(&task_id("t-002"));
    assert_eq!((done.evidence.len(), done.completed_at.is_some()), (1, true));
    world.own("x Read the code|Commit");
    let roots = world.view.tasks().filter(|(_, task)| task.is_prompt_root()).count();
    assert_eq!(roots, 1, "a root is made once");
}

#[test]
fn a_status_change_stays_on_its_node_and_is_shown() {
    let mut world = World::new();
    let first = world.own("> Fix the lexer|Run the tests");
    let second = world.own("x Fix the lexer|> Run the tests");
    assert_eq!(nodes(&first), nodes(&second));
    let id = &first.steps[0].task;
    let evidence = world.evidence();
    assert_eq!(world.task(id).evidence, [evidence]);
    assert!(world.task(id).completed_at.is_some());
    world.own("> Fix the lexer|> Run the tests");
    assert_eq!(world.task(id).completed_at, None, "begun again");
}

#[test]
fn a_node_stays_itself_however_its_list_is_rewritten() {
    let before = "Read the code|Fix the lexer|Run the tests";
    let cases = [
        ("reorder", "Run the tests|Read the code|Fix the lexer", "t-004 t-002 t-003"),
        ("case and dots", "READ the code.|Fix  the lexer!|run the tests", "t-002 t-003 t-004"),
        ("other words", "Read all the code|Fix the lexer's errors|Run tests", "t-002 t-003 t-004"),
        (
            "another step",
            "Read the code|Commit|Fix the lexer|Run the tests",
            "t-002 t-005 t-003 t-004",
        ),
        ("all others", "Ship|Celebrate", "t-005 t-006"),
        ("a step twice", "Run the tests|Fix the lexer|Run the tests", "t-004 t-003 t-005"),
    ];
    for (what, after, ids) in cases {
        let mut world = World::new();
        world.own(before);
        let mirrored = world.own(after);
        assert_eq!(nodes(&mirrored).join(" "), ids, "{what}");
        for (id, step) in mirrored.steps.iter().map(|s| (&s.task, &s.step)) {
            assert_eq!(world.task(id).title, step.text, "{what}: the title follows");
        }
    }
}

#[test]
fn a_step_that_left_is_cancelled_and_revived_when_it_returns() {
    let mut world = World::new();
    world.own("x Read the code|Fix the lexer|Run the tests");
    world.own("Run the tests");
    insta::assert_snapshot!(world.screen(), @r"
    t-001 in_progress [-] Fix the parser
    t-002 completed [t-001] Read the code
    t-003 cancelled [t-001] Fix the lexer (left the agent's plan)
    t-004 pending [t-001] Run the tests
    ");
    world.own("");
    assert_eq!(world.own("").changes, []);
    let back = world.own("> Fix the lexer|Run the tests");
    assert_eq!(nodes(&back), ["t-003", "t-004"]);
    insta::assert_snapshot!(world.screen(), @r"
    t-001 in_progress [-] Fix the parser
    t-002 completed [t-001] Read the code
    t-003 in_progress [t-001] Fix the lexer
    t-004 pending [t-001] Run the tests
    ");
}

#[test]
fn steps_of_a_live_session_are_its_own() {
    let mut world = World::new();
    world.own("Fix the lexer");
    let other = world.mirror("other", None, &steps("Fix the lexer"));
    assert_eq!(nodes(&other), ["t-004"]);
    world.dead.insert("s".to_owned());
    let heir = world.mirror("heir", None, &steps("fix the lexer|Fix the lexers"));
    assert_eq!(nodes(&heir), ["t-002", "t-006"], "same words only, and once");
}

#[test]
fn an_adopted_step_has_one_owner() {
    let mut world = World::new();
    world.own("Fix the lexer|Run the tests");
    world.dead.insert("s".to_owned());
    let heir = world.mirror("heir", None, &steps("> Fix the lexer"));
    assert_eq!(nodes(&heir), ["t-002"]);
    let third = world.mirror("third", None, &steps("Fix the lexer"));
    assert!(!nodes(&third).contains(&"t-002"), "the heir is at work on it");
    world.dead.clear();
    let resumed = world.own("Run the tests|Fix the lexer");
    assert_eq!(nodes(&resumed)[0], "t-003", "a resumed session goes on with its own");
    assert_ne!(nodes(&resumed)[1], "t-002");
    world.own("");
    assert_eq!(world.task(&task_id("t-002")).status, Status::InProgress);
    world.dead.insert("heir".to_owned());
    assert_eq!(nodes(&world.mirror("last", None, &steps("Fix the lexer"))), ["t-002"]);
}

#[test]
fn a_fork_copies_and_leaves_the_original_alone() {
    let mut world = World::new();
    let original = world.own("Fix the lexer|Run the tests");
    world.dead.insert("s".to_owned());
    let body = Body::SessionStart {
        session: "fork".to_owned(),
        source: "fork".to_owned(),
        transcript: None,
        agent_kind: "codex".to_owned(),
        process: None,
    };
    let begun = Record { body, ..world.record("fork", None, &original) };
    world.view.apply(&begun, Replay::Plain);
    let fork = world.mirror("fork", None, &steps("Fix the lexer|Run the tests"));
    assert!(nodes(&fork).iter().all(|id| !nodes(&original).contains(id)));
    world.mirror("fork", None, &[]);
    assert_eq!(world.task(&original.steps[0].task).status, Status::Pending);
}

#[test]
fn a_subagent_has_a_plan_of_its_own() {
    let mut world = World::new();
    let parent = world.own("Fix the lexer");
    let child = world.mirror("s", Some("helper"), &steps("Fix the lexer"));
    assert_ne!(nodes(&parent), nodes(&child));
    world.mirror("s", Some("helper"), &[]);
    assert_eq!(world.task(&parent.steps[0].task).status, Status::Pending);
    assert_eq!(world.task(&child.steps[0].task).status, Status::Cancelled);
}

#[test]
fn an_open_focus_stands_for_a_root() {
    let mut world = World::new();
    let source = Source::outside_session(SourceKind::Person);
    let focus = Task::new("0.1", Kind::Epic, source, at("2026-01-01T00:00:00Z"));
    world.view.state.tasks.insert(task_id("epic"), focus);
    world.view.line.focus = Some(task_id("epic"));
    let mirrored = world.own("Fix the lexer");
    assert_eq!((mirrored.root, mirrored.changes.len()), (None, 1));
    assert_eq!(world.task(&task_id("t-001")).parent, Some(task_id("epic")));
    let epic = world.view.state.tasks.get_mut(&task_id("epic")).expect("there");
    epic.status = Status::Completed;
    assert_eq!(world.own("Fix the lexer|Ship").root, Some(task_id("t-002")), "it is done");
}

#[test]
fn what_has_no_words_or_is_too_much_is_left_out() {
    let mut world = World::new();
    let list: Vec<_> = (0..=MOST_STEPS).map(|n| format!("{n}")).collect();
    let mirrored = world.own(&format!("  |{}", list.join("|")));
    assert_eq!(mirrored.steps.len(), MOST_STEPS);
    assert_eq!(mirrored.steps[0].step.text, "0");
    assert_eq!(world.own(&format!("  |{}", list.join("|"))).changes, []);
    for round in 1..=3 {
        let other: Vec<_> = (0..MOST_STEPS).map(|n| format!("{}", n + round * 1000)).collect();
        assert!(world.own(&other.join("|")).dropped.len() <= MOST_STEPS);
    }
}

#[test]
fn a_root_has_a_title_without_a_prompt() {
    let line = Line::new("main");
    let steps = steps("Fix the lexer");
    let input = Mirror {
        line: &line,
        node: &|_| None,
        session: "s",
        agent: None,
        steps: &steps,
        is_live: &|_| true,
        prompt: " \n",
        evidence: Evidence::default(),
        now: at("2026-01-01T00:00:00Z"),
    };
    let made = mirror(&input, &mut || task_id("t-1")).changes;
    let Some(Change::Create { task, .. }) = made.first() else { panic!("{made:?}") };
    assert_eq!(task.0.title, NAMELESS);
}

fn any_step() -> impl Strategy<Value = PlanStep> {
    let texts = ["Fix", "Fix it", "Fix it now", "Test", "Test it", "Commit", "Read the code"];
    let statuses = [Status::Pending, Status::InProgress, Status::Completed];
    (select(texts.to_vec()), select(statuses.to_vec()))
        .prop_map(|(text, status)| PlanStep { text: text.to_owned(), status })
}

fn any_updates() -> impl Strategy<Value = Vec<(&'static str, Vec<PlanStep>)>> {
    let list = proptest::collection::vec(any_step(), 0..6);
    proptest::collection::vec((select(&["a", "b"]), list), 1..12)
}

proptest! {
    #[test]
    fn the_same_list_twice_changes_nothing(updates in any_updates()) {
        let mut world = World::new();
        for (session, list) in &updates {
            let first = world.mirror(session, None, list);
            let again = world.mirror(session, None, list);
            prop_assert_eq!(&again.changes, &vec![]);
            prop_assert_eq!(again, Mirrored { changes: Vec::new(), ..first });
        }
    }

    #[test]
    fn each_node_says_what_its_step_says(updates in any_updates()) {
        let mut world = World::new();
        for (session, list) in &updates {
            let mirrored = world.mirror(session, None, list);
            prop_assert_eq!(mirrored.steps.len(), list.len());
            let distinct: BTreeSet<_> = nodes(&mirrored).into_iter().collect();
            prop_assert_eq!(distinct.len(), list.len());
            for (found, given) in mirrored.steps.iter().zip(list) {
                let task = world.task(&found.task);
                prop_assert_eq!((&task.title, task.status), (&given.text, given.status));
                prop_assert_eq!(task.completed_at.is_some(), given.status == Status::Completed);
            }
            let dropped = mirrored.dropped.iter().map(|step| world.task(&step.task));
            prop_assert!(dropped.into_iter().all(|task| !task.status.is_open()));
        }
    }

    #[test]
    fn two_live_sessions_never_touch_each_other(updates in any_updates()) {
        let mut world = World::new();
        let mut owners: BTreeMap<TaskId, &str> = BTreeMap::new();
        for (session, list) in &updates {
            for change in world.mirror(session, None, list).changes {
                let id = change.task().expect("a plan changes tasks only").clone();
                prop_assert_eq!(*owners.entry(id).or_insert(session), *session);
            }
        }
    }

    #[test]
    fn a_live_session_keeps_its_steps_whoever_dies_and_returns(
        updates in any_updates(),
        deaths in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let mut world = World::new();
        for ((session, list), other_is_dead) in updates.iter().zip(deaths) {
            let other = if *session == "a" { "b" } else { "a" };
            world.dead.clear();
            world.dead.extend(other_is_dead.then(|| other.to_owned()));
            let plan = |line: &Line, of: &str| line.plan_of(of, None).cloned();
            let (own, held) = (plan(&world.view.line, session), plan(&world.view.line, other));
            let changes = world.mirror(session, None, list).changes;
            let newer = |p: &Plan| own.as_ref().is_none_or(|own| own.stamp.is_before(&p.stamp));
            let Some(held) = held.filter(|p| !other_is_dead && newer(p)) else { continue };
            for step in &held.steps {
                prop_assert!(!changes.iter().any(|c| c.task() == Some(&step.task)), "{:?}", step);
            }
        }
    }
}
