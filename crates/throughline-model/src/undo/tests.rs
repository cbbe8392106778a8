//! Tests of `undo`.

use proptest::prelude::*;

use super::*;
use crate::change::tests::{any_unit, changed, content};
use crate::change::{Place, TaskJson};
use crate::ids::MilestoneId;
use crate::line::Line;
use crate::state::tests::{at, empty_state, task_id};
use crate::state::{
    Extra, Field, Kind, ListField, Milestone, MilestoneStatus, Source, SourceKind, check,
};

fn now() -> Timestamp {
    at("2026-02-01T00:00:00Z")
}

proptest! {
    #[test]
    fn undo_leads_back_and_undo_of_undo_forth((before, unit) in any_unit()) {
        let after = changed(&before, &unit);
        let undo = plan_undo(&after, &unit, now());
        prop_assert_eq!(&undo.changed_since, &Vec::<String>::new());
        let back = changed(&after, &undo.changes);
        prop_assert_eq!(content(&back), content(&before));
        let redo = plan_undo(&back, &undo.changes, now());
        prop_assert_eq!(&redo.changed_since, &Vec::<String>::new());
        prop_assert_eq!(content(&changed(&back, &redo.changes)), content(&after));
    }
}

fn task() -> Task {
    let source = Source::outside_session(SourceKind::Person);
    Task::new("Parse", Kind::Task, source, at("2026-01-01T00:00:00Z"))
}

/// A view with the tasks `a` and `b`, and `p` in the private part.
fn sample() -> View {
    let mut view = View::new(empty_state(), Line::new("main"));
    for id in ["a", "b"] {
        view.state.tasks.insert(task_id(id), task());
    }
    view.line.private.insert(task_id("p"), task());
    view
}

fn set(view: &View, id: &str, field: Field, new: &str) -> Change {
    let id = task_id(id);
    let task = view.task(&id).expect("a task of the sample");
    Change::set(&id, task, field, Some(new)).expect("another value")
}

fn create(id: &str) -> Change {
    Change::Create { id: task_id(id), place: Place::State, task: TaskJson(Box::new(task())) }
}

fn needs(id: &str, value: &str) -> Change {
    Change::Add { id: task_id(id), list: ListField::DependsOn, value: value.to_owned() }
}

fn milestone() -> Change {
    let (title, status) = ("0.1".to_owned(), MilestoneStatus::Open);
    let new = Some(Milestone { title, status, due: None, extra: Extra::new() });
    Change::Milestone { id: MilestoneId::parse("m").expect("an id"), old: None, new }
}

#[test]
fn what_changed_since_is_named_and_left() {
    let view = sample();
    let urgent = set(&view, "a", Field::Priority, "0");
    let owned = set(&view, "a", Field::Owner, "ada");
    let remove = create("b").inverse(now());
    let promote = Change::Promote { id: task_id("p") };
    let label =
        || Change::Add { id: task_id("a"), list: ListField::Labels, value: "slow".to_owned() };
    let cases = [
        (urgent.clone(), set(&view, "a", Field::Priority, "4"), "priority of a is now \"4\""),
        (
            owned.clone(),
            set(&changed(&view, &[owned]), "a", Field::Owner, "eve"),
            "owner of a is now \"eve\"",
        ),
        (urgent, create("a").inverse(now()), "a is gone"),
        (label(), label().inverse(now()), "labels of a no longer has slow"),
        (create("c"), set(&view, "b", Field::Parent, "c"), "b rests on c"),
        (create("c"), needs("a", "c"), "a rests on c"),
        (create("c"), create("c").inverse(now()), "c is gone"),
        (remove, create("b"), "b is there again"),
        (milestone(), set(&view, "a", Field::Milestone, "m"), "a leads to m"),
        (milestone(), milestone().inverse(now()), "m was changed"),
        (promote.clone(), needs("a", "p"), "a rests on p"),
        (promote, create("p").inverse(now()), "p is gone"),
    ];
    for (unit, since, named) in cases {
        let after = changed(&view, &[unit.clone(), since]);
        let undo = plan_undo(&after, &[unit], now());
        assert_eq!((undo.changed_since, undo.changes), (vec![named.to_owned()], vec![]));
        assert_eq!(check(&after.state), Ok(()), "{named}: the case itself is a right state");
    }
}

#[test]
fn the_rest_of_the_unit_is_taken_back_all_the_same() {
    let view = sample();
    let unit = [
        set(&view, "a", Field::Status, "completed"),
        set(&view, "a", Field::Owner, "ada"),
        set(&view, "b", Field::Owner, "ada"),
    ];
    let mut after = changed(&view, &unit);
    after.change(&set(&after, "a", Field::Owner, "eve"));
    let undo = plan_undo(&after, &unit, now());
    assert_eq!(undo.changed_since, ["owner of a is now \"eve\""]);
    let back = changed(&after, &undo.changes);
    let owner = |id: &str| back.state.tasks[&task_id(id)].owner.clone();
    assert_eq!((owner("a"), owner("b")), (Some("eve".to_owned()), None));
    assert_eq!(back.state.tasks[&task_id("a")].status, task().status);
}
