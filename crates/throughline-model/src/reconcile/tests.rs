//! The decisions: what the table says, what a setting or a person may change, what follows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::change::{Change, Place as Where, TaskJson};
use crate::drift::Place;
use crate::ids::{ProjectId, TaskId};
use crate::line::Line;
use crate::state::{Evidence, Field, Kind, Label, Source, SourceKind, State, Status, Task};
use crate::view::View;

fn drift(kind: DriftKind, also: &[DriftKind]) -> Drift {
    let place = |head: &str| Place { line: "main".to_owned(), head: Some(head.to_owned()) };
    Drift { kind, also: also.to_vec(), from: Some(place("aaa")), ..Drift::none(place("bbb")) }
}

fn task(title: &str) -> Task {
    let source = Source::outside_session(SourceKind::Person);
    Task::new(title.to_owned(), Kind::Task, source, Timestamp::UNIX_EPOCH)
}

fn id(text: &str) -> TaskId {
    TaskId::parse(text).unwrap()
}

fn view(tasks: &[(&str, Task)]) -> View {
    let label = ProjectId::from_entropy(&[], /*length*/ 0);
    let mut state = State::empty(Label { id: label, name: "p".to_owned(), extra: Vec::new() });
    state.tasks = tasks.iter().map(|(name, task)| (id(name), task.clone())).collect();
    View::new(state, Line::new("main"))
}

fn material(view: &View) -> Material<'_> {
    let counterparts = Counterparts::new();
    Material { view, counterparts, incoming: Vec::new(), lost: Vec::new() }
}

#[test]
fn what_is_not_set_goes_by_the_table_and_senseless_settings_ask() {
    use DriftKind as K;
    let outcomes = |drift: &Drift, policies: &[(DriftKind, DriftPolicy)]| -> Vec<Outcome> {
        let policies = policies.iter().copied().collect::<BTreeMap<_, _>>();
        decide(drift, &policies).into_iter().map(|d| d.outcome).collect()
    };
    let merged = drift(K::Merged, &[K::Advanced]);
    assert_eq!(outcomes(&merged, &[]), [Outcome::Merge, Outcome::FastForward]);
    let ignored = [(K::Merged, DriftPolicy::Ignore)];
    assert_eq!(outcomes(&merged, &ignored), [Outcome::Ignore, Outcome::FastForward]);
    let senseless = [(K::Merged, DriftPolicy::Follow)];
    assert_eq!(outcomes(&merged, &senseless), [Outcome::Ask, Outcome::FastForward]);
    assert_eq!(outcomes(&drift(K::Busy, &[K::Detached]), &[]), [Outcome::Wait]);
    let never = [(K::Busy, DriftPolicy::Ignore)];
    assert_eq!(outcomes(&drift(K::Busy, &[]), &never), [Outcome::Wait]);
    for kind in [K::LostChanges, K::Replaced, K::Rewound, K::Unrelated] {
        assert_eq!(outcomes(&drift(kind, &[]), &[]), [Outcome::Ask], "{kind:?}");
    }
}

#[test]
fn a_person_chooses_for_the_kinds_that_have_the_choice() {
    use DriftKind as K;
    let both = drift(K::LostChanges, &[K::Rewound]);
    let policies = BTreeMap::new();
    let chosen = |outcome| {
        let decided = decide_as(&both, &policies, outcome)?;
        Some(decided.into_iter().map(|d| d.outcome).collect::<Vec<_>>())
    };
    assert_eq!(chosen(Outcome::Restore).unwrap(), [Outcome::Restore, Outcome::Ask]);
    assert_eq!(chosen(Outcome::Ignore).unwrap(), [Outcome::Ignore, Outcome::Ignore]);
    assert_eq!(chosen(Outcome::Merge), None);
}

#[test]
fn evidence_follows_its_commits_or_is_marked() {
    let mut worked_on = task("one");
    let shows = |commit: &str| Evidence { commit: Some(commit.to_owned()), ..Evidence::default() };
    worked_on.evidence = vec![shows("old"), shows("dropped"), shows("kept")];
    let view = view(&[("t-a", worked_on)]);
    let counterparts =
        [("old".to_owned(), Some("new".to_owned())), ("dropped".to_owned(), None)].into();
    let material = Material { counterparts, ..material(&view) };
    let decisions = decide(&drift(DriftKind::Rebased, &[]), &BTreeMap::new());
    let plan = plan(&drift(DriftKind::Rebased, &[]), &decisions, &material);
    let sentences: Vec<_> = plan.steps.iter().map(Step::sentence).collect();
    insta::assert_debug_snapshot!(sentences, @r#"
    [
        "memory of main moves to bbb",
        "1 piece of evidence goes to other commits; 1 piece of evidence is marked: the commit is no longer in history",
    ]
    "#);
    let mut after = view.clone();
    plan.changes.iter().for_each(|change| after.change(change));
    let evidence = &after.state.tasks[&id("t-a")].evidence;
    let mut told: Vec<_> =
        evidence.iter().map(|e| (e.commit.as_deref().unwrap(), e.orphaned)).collect();
    told.sort_unstable();
    assert_eq!(told, [("dropped", true), ("kept", false), ("new", false)]);
}

#[test]
fn a_change_is_lost_where_its_old_value_stands_again() {
    let create = |name: &str| Change::Create {
        id: id(name),
        place: Where::State,
        task: TaskJson(Box::new(task(name))),
    };
    let set = |name: &str, old: &str, new: &str| Change::Set {
        id: id(name),
        field: Field::Title,
        old: Some(old.to_owned()),
        new: Some(new.to_owned()),
    };
    let state = view(&[("t-a", task("back")), ("t-b", task("third")), ("t-c", task("new"))]).state;
    let contained = [
        set("t-a", "back", "gone"),
        set("t-b", "old", "mine"),
        set("t-c", "old", "new"),
        create("t-d"),
        create("t-e"),
        Change::Remove {
            id: id("t-e"),
            place: Where::State,
            task: TaskJson(Box::new(task("t-e"))),
            at: Timestamp::UNIX_EPOCH,
        },
    ];
    let lost = lost_changes(&state, &contained);
    assert_eq!(lost, [set("t-a", "back", "gone"), create("t-d")]);
}

#[test]
fn several_changes_of_a_thing_are_lost_together() {
    let set = |name: &str, field: Field, old: &str, new: &str| Change::Set {
        id: id(name),
        field,
        old: Some(old.to_owned()),
        new: Some(new.to_owned()),
    };
    let json = |task: Task| TaskJson(Box::new(task));
    let (mut cancelled, at) = (task("t-b"), Timestamp::UNIX_EPOCH);
    cancelled.status = Status::Cancelled;
    let remove =
        |task: Task| Change::Remove { id: id("t-b"), place: Where::State, task: json(task), at };
    // A reset to before the first of them.
    let state = view(&[("t-a", task("one")), ("t-b", task("t-b"))]).state;
    let create = Change::Create { id: id("t-c"), place: Where::State, task: json(task("c")) };
    let contained = [
        set("t-a", Field::Title, "one", "two"),
        set("t-a", Field::Title, "two", "three"),
        set("t-b", Field::Status, "pending", "cancelled"),
        remove(cancelled.clone()),
        create.clone(),
        set("t-c", Field::Title, "c", "d"),
        set("t-c", Field::Title, "d", "e"),
    ];
    let expected = [
        set("t-a", Field::Title, "one", "three"),
        set("t-b", Field::Status, "pending", "cancelled"),
        remove(cancelled),
        create,
        set("t-c", Field::Title, "c", "e"),
    ];
    assert_eq!(lost_changes(&state, &contained), expected);
}

#[test]
fn a_line_that_took_over_a_name_ends_the_other() {
    let view = view(&[]);
    let renamed = Drift { origin: Some("old".to_owned()), ..drift(DriftKind::Renamed, &[]) };
    let plan = plan(&renamed, &decide(&renamed, &BTreeMap::new()), &material(&view));
    assert_eq!(plan.ends, ["old"]);
    assert!(plan.settles() && !plan.asks());
}
