//! Tests of `view`.

use proptest::prelude::*;

use super::*;
use crate::change::TaskJson;
use crate::change::tests::{any_unit, changed, content};
use crate::drift::{self, DriftKind};
use crate::plan::PlanStep;
use crate::record::{GitPoint, MirroredStep, Origin, Part, RECORD_VERSION, Stamp};
use crate::state::tests::{at, empty_state, task_id};
use crate::state::{Field, Kind, Source, SourceKind};

fn record(id: &str, second: u64, body: Body) -> Record {
    let time = at("2026-01-01T00:00:00Z");
    let since = jiff::SignedDuration::from_secs(i64::try_from(second).expect("small"));
    Record {
        v: RECORD_VERSION,
        id: RecordId::parse(id).expect("a test's own id"),
        stamp: Stamp { at: time + since, boot: "b".to_owned(), since_boot: second },
        line: "main".to_owned(),
        actor: Actor::Person,
        unit: None,
        part: None,
        body,
    }
}

fn change(changes: Vec<Change>) -> Body {
    Body::Change { verb: "set".to_owned(), undoes: None, changes }
}

fn set(id: &str, field: Field, old: Option<&str>, new: Option<&str>) -> Change {
    let (old, new) = (old.map(str::to_owned), new.map(str::to_owned));
    Change::Set { id: task_id(id), field, old, new }
}

fn owner(old: Option<&str>, new: Option<&str>) -> Change {
    set("a", Field::Owner, old, new)
}

fn task() -> Task {
    let source = Source::outside_session(SourceKind::Person);
    Task::new("Parse", Kind::Task, source, at("2026-01-01T00:00:00Z"))
}

/// A view with the task `a`, which belongs to somebody.
fn owned_by(name: Option<&str>) -> View {
    let mut view = View::new(empty_state(), Line::new("main"));
    view.state.tasks.insert(task_id("a"), Task { owner: name.map(str::to_owned), ..task() });
    view
}

fn replayed(view: &View, bodies: &[Body], replay: Replay) -> View {
    let mut view = view.clone();
    for (n, body) in (0..).zip(bodies) {
        view.apply(&record(&format!("r-{n}"), n, body.clone()), replay);
    }
    view
}

fn plan_of(session: &str, agent: Option<&str>) -> Body {
    let step = PlanStep { text: "Lex".to_owned(), status: Status::Pending };
    Body::Plan {
        session: session.to_owned(),
        agent: agent.map(str::to_owned),
        turn: None,
        root: None,
        steps: vec![MirroredStep { task: task_id("step"), step }],
        dropped: Vec::new(),
        changes: vec![],
    }
}

fn any_observation() -> impl Strategy<Value = Body> {
    ("s[12]", "t[12]", 0..6_u8).prop_map(|(session, turn, which)| {
        let git = GitPoint { head: Some(turn.clone()), ..GitPoint::default() };
        let (process, transcript) = (None, None);
        match which {
            0 => {
                let (source, agent_kind) = ("startup".to_owned(), "codex".to_owned());
                Body::SessionStart { session, source, transcript, agent_kind, process }
            }
            1 => {
                let prompt = Some(turn.clone());
                Body::TurnBegin { session, turn, prompt, transcript, process, git }
            }
            2 => Body::TurnEnd { session, turn, interrupted: false, git },
            3 => Body::SessionEnd { session, reason: "exit".to_owned() },
            4 => {
                let origin = Some(Origin { line: turn, at: Mark::default() });
                Body::LineBegin { origin, fork_point: None, settled: false, git }
            }
            _ => plan_of(&session, (turn == "t1").then_some("agent")),
        }
    })
}

proptest! {
    #[test]
    fn replaying_twice_is_replaying_once(
        (before, changes) in any_unit(),
        observed in proptest::collection::vec(any_observation(), 0..8),
    ) {
        let mut bodies: Vec<_> = changes.iter().map(|c| change(vec![c.clone()])).collect();
        for (n, body) in observed.into_iter().enumerate() {
            bodies.insert((n * 2).min(bodies.len()), body);
        }
        let once = replayed(&before, &bodies, Replay::Plain);
        let twice = replayed(&once, &bodies, Replay::Plain);
        prop_assert_eq!(content(&twice), content(&once));
        prop_assert_eq!(&twice.state.tombstones, &once.state.tombstones);
        // Where nobody else wrote, being careful changes nothing.
        let guarded = replayed(&before, &bodies, Replay::Guarded);
        prop_assert_eq!(&guarded, &once);
    }

    #[test]
    fn what_the_file_contains_already_is_not_overtaken((before, changes) in any_unit()) {
        let after = changed(&before, &changes);
        let again = replayed(&after, &[change(changes)], Replay::Guarded);
        prop_assert_eq!(again.state.tasks.len(), after.state.tasks.len());
        let fields = |o: &&Overtaken| matches!(o.change, Change::Set { .. });
        prop_assert_eq!(again.overtaken.iter().find(fields), None);
    }
}

#[test]
fn a_guarded_replay_keeps_what_a_merge_wrote() {
    let (ada, eve, bob) = (Some("ada"), Some("eve"), Some("bob"));
    let claim = || vec![owner(None, ada)];
    let passed_on = || vec![owner(None, ada), owner(ada, bob)];
    let cases = [
        ("lacks it", None, claim(), ada, 0),
        ("has it", ada, claim(), ada, 0),
        ("merge wrote another", eve, claim(), eve, 1),
        ("has the first of two", ada, passed_on(), bob, 0),
        ("has both, the first is history", bob, passed_on(), bob, 0),
        ("merge wrote over both", eve, passed_on(), eve, 2),
    ];
    for (what, in_file, changes, expected, overtaken) in cases {
        let bodies = [change(changes)];
        let guarded = replayed(&owned_by(in_file), &bodies, Replay::Guarded);
        assert_eq!(guarded.state.tasks[&task_id("a")].owner.as_deref(), expected, "{what}");
        assert_eq!(guarded.overtaken.len(), overtaken, "{what}");
    }
    let plain = replayed(&owned_by(eve), &[change(claim())], Replay::Plain);
    assert_eq!(plain, owned_by(ada));
}

#[test]
fn deleted_here_edited_there_keeps_the_edit() {
    let task = TaskJson(Box::new(task()));
    let removal = Change::Remove {
        id: task_id("a"),
        place: Place::State,
        task,
        at: at("2026-02-01T00:00:00Z"),
    };
    let remove = [change(vec![removal.clone()])];
    let edited = replayed(&owned_by(Some("eve")), &remove, Replay::Guarded);
    assert!(edited.state.tasks.contains_key(&task_id("a")));
    let record = RecordId::parse("r-0").expect("an id");
    assert_eq!(edited.overtaken, [Overtaken { record, change: removal }]);
    let untouched = replayed(&owned_by(None), &remove, Replay::Guarded);
    assert!(untouched.state.tombstones.contains_key(&task_id("a")));
    assert_eq!((untouched.state.tasks.len(), untouched.overtaken.len()), (0, 0));
}

/// The ids of the records that count, joined.
fn counted(records: &[Record], line: &Line) -> String {
    let mark = |n: u64| Mark { segment: 1, offset: n };
    let records: Vec<_> = (0..).zip(records).map(|(n, r)| (mark(n), r.clone())).collect();
    let ids = countable(&records, line).into_iter().map(|(_, r)| r.id.as_str().to_owned());
    ids.collect::<Vec<_>>().join(" ")
}

fn plain(id: &str) -> Record {
    record(id, 1, change(vec![owner(None, Some(id))]))
}

fn part(id: &str, number: u32, of: u32) -> Record {
    let unit = UnitId::parse("u-1").ok();
    Record { unit, part: Some(Part { number, of }), ..plain(id) }
}

fn abort(id: &str, of: &str) -> Record {
    let record_id = RecordId::parse(of).expect("an id");
    record(id, 9, Body::Abort { record: record_id, changes: vec![owner(Some(of), None)] })
}

fn plan(id: &str, second: u64, session: &str, agent: Option<&str>) -> Record {
    record(id, second, plan_of(session, agent))
}

#[test]
fn what_counts_is_whole_confirmed_and_first() {
    let unit_alone = Record { unit: UnitId::parse("u-1").ok(), ..plain("c") };
    let cases = [
        ("all of two", vec![plain("a"), plain("b")], "a b"),
        ("a second copy does not", vec![plain("a"), plain("b"), plain("a")], "a b"),
        ("nor what was aborted", vec![plain("a"), plain("b"), abort("x", "a")], "b"),
        ("nor a copy of that", vec![plain("a"), abort("x", "a"), plain("a")], ""),
        ("an abort of what was folded does", vec![plain("b"), abort("x", "a")], "b x"),
        ("a whole of two", vec![part("a", 1, 2), plain("b"), part("c", 2, 2)], "a b c"),
        ("half of two", vec![part("a", 1, 2), plain("b")], "b"),
        ("half of two, twice", vec![part("a", 1, 2), part("a", 1, 2)], ""),
        ("half of two, rewritten", vec![part("a", 1, 2), part("b", 1, 2)], ""),
        ("half was aborted", vec![part("a", 1, 2), part("b", 2, 2), abort("x", "b")], ""),
        ("a unit without parts", vec![unit_alone], "c"),
        ("newer plans", vec![plan("a", 1, "s", None), plan("b", 2, "s", None)], "a b"),
        ("an older plan", vec![plan("a", 2, "s", None), plan("b", 1, "s", None)], "a"),
        ("another session's", vec![plan("a", 2, "s", None), plan("b", 1, "t", None)], "a b"),
        ("a subagent's", vec![plan("a", 2, "s", None), plan("b", 1, "s", Some("x"))], "a b"),
    ];
    for (what, records, ids) in cases {
        assert_eq!(counted(&records, &Line::new("main")), ids, "{what}");
    }
}

#[test]
fn a_plan_older_than_the_folded_one_is_history() {
    let mut line = Line::new("main");
    line.observe(&plan("a", 5, "s", None));
    assert_eq!(counted(&[plan("b", 4, "s", None), plan("c", 6, "s", None)], &line), "c");
    line.through = Mark { segment: 2, offset: 0 };
    let folded = "folded already, it was judged then";
    assert_eq!(counted(&[plan("b", 4, "s", None)], &line), "b", "{folded}");
}

#[test]
fn pending_is_what_the_state_file_lacks() {
    let mut view = owned_by(None);
    view.line.private.insert(task_id("p"), task());
    let create = |place| {
        let task = TaskJson(Box::new(task()));
        Change::Create { id: task_id("new"), place, task }
    };
    let cases = [
        (owner(None, Some("ada")), 1),
        (set("p", Field::Owner, None, Some("ada")), 0),
        (create(Place::State), 1),
        (create(Place::Private), 0),
        (Change::Promote { id: task_id("p") }, 1),
        (Change::Focus { old: None, new: Some(task_id("a")) }, 0),
    ];
    for (change_of_one, pending) in cases {
        let mut view = view.clone();
        view.count_pending(&record("r", 1, change(vec![change_of_one.clone()])));
        assert_eq!(view.pending, pending, "{change_of_one:?}");
    }
}

/// Git moves files before it moves HEAD: who looks in between sees a part, and asks about that.
#[test]
fn an_open_question_grows_with_its_drift() {
    let place = |head: &str| drift::Place { line: "main".to_owned(), head: Some(head.to_owned()) };
    let (before, after) = (place("b"), place("a"));
    let part = Drift {
        kind: DriftKind::LostChanges,
        from: Some(before.clone()),
        lost: 1,
        ..Drift::none(before.clone())
    };
    let whole = Drift { also: vec![DriftKind::Rewound], ..part.clone() };
    let whole = Drift { to: after.clone(), from: Some(after.clone()), ..whole };
    let mut line = Line::new("main");
    let time = at("2026-01-01T00:00:00Z");
    for drift in [&part, &whole, &part] {
        line.observe_drift(time, drift, /*asks*/ true);
    }
    let open = line.open.expect("a question").drift;
    assert_eq!(
        open.kinds().collect::<Vec<_>>(),
        [DriftKind::LostChanges, DriftKind::Rewound],
        "{open:?}"
    );
    assert_eq!((open.from, open.to), (Some(before), after), "it begins where memory stood");
}
