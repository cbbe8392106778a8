//! The cases that people meet, and the tables of the module's page.

use super::branches::task;
use super::*;
use crate::json::Json;
use crate::state::tests::{at, empty_state, task_id};
use crate::state::{Field, ListField, Milestone, MilestoneStatus};

/// A state with the tasks `t-a`, `t-b` and so on.
fn sample(ids: &[&str]) -> State {
    let mut state = empty_state();
    for id in ids {
        state.tasks.insert(task_id(id), task(id, "2026-01-01T00:00:00Z"));
    }
    state
}

fn with(state: &State, id: &str, change: impl FnOnce(&mut Task)) -> State {
    let mut state = state.clone();
    change(state.tasks.get_mut(&task_id(id)).expect("a task of the sample"));
    state
}

fn set(state: &State, id: &str, field: Field, value: &str) -> State {
    with(state, id, |task| task.set(field, Some(value)).expect("a right value"))
}

fn without(state: &State, id: &str) -> State {
    let mut state = state.clone();
    state.tasks.remove(&task_id(id));
    state.tombstones.insert(task_id(id), at("2026-01-05T00:00:00Z"));
    state
}

/// The conflicts as the file holds them, one a line.
fn recorded(state: &State) -> String {
    let lines = state.conflicts.iter().map(|(at, conflict)| {
        format!("{at} {}", serde_json::to_string(conflict).expect("a conflict is JSON"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_pair_of_statuses_goes_by_the_table() {
    let bases = [None, Some("pending"), Some("in_progress"), Some("completed"), Some("cancelled")];
    let statuses = ["pending", "in_progress", "completed", "cancelled"];
    let mut table = String::new();
    for base in bases {
        for (n, ours) in statuses.iter().enumerate() {
            for theirs in &statuses[n + 1..] {
                let of = |status: &str| set(&sample(&["t-a"]), "t-a", Field::Status, status);
                let before = base.map_or_else(|| sample(&[]), of);
                let merged = merge(Some(&before), &of(ours), &of(theirs)).expect("merges");
                let stands = merged.state.tasks[&task_id("t-a")].status.as_str();
                let conflict = if merged.conflicts.is_empty() { "" } else { " conflict" };
                let base = base.unwrap_or("new");
                table += &format!("{base}: {ours} + {theirs} = {stands}{conflict}\n");
            }
        }
    }
    insta::assert_snapshot!(table, @r"
    new: pending + in_progress = in_progress
    new: pending + completed = completed conflict
    new: pending + cancelled = pending conflict
    new: in_progress + completed = completed conflict
    new: in_progress + cancelled = in_progress conflict
    new: completed + cancelled = completed conflict
    pending: pending + in_progress = in_progress
    pending: pending + completed = completed
    pending: pending + cancelled = cancelled
    pending: in_progress + completed = completed
    pending: in_progress + cancelled = in_progress conflict
    pending: completed + cancelled = completed conflict
    in_progress: pending + in_progress = pending
    in_progress: pending + completed = completed
    in_progress: pending + cancelled = pending conflict
    in_progress: in_progress + completed = completed
    in_progress: in_progress + cancelled = cancelled
    in_progress: completed + cancelled = completed conflict
    completed: pending + in_progress = in_progress
    completed: pending + completed = pending
    completed: pending + cancelled = pending conflict
    completed: in_progress + completed = in_progress
    completed: in_progress + cancelled = in_progress conflict
    completed: completed + cancelled = cancelled
    cancelled: pending + in_progress = in_progress
    cancelled: pending + completed = completed
    cancelled: pending + cancelled = pending
    cancelled: in_progress + completed = completed
    cancelled: in_progress + cancelled = in_progress
    cancelled: completed + cancelled = completed
    ");
}

#[test]
fn a_second_completion_is_not_reopened_in_silence() {
    let done = |time| {
        let state = set(&sample(&["t-a"]), "t-a", Field::Status, "completed");
        set(&state, "t-a", Field::CompletedAt, time)
    };
    let (base, again) = (done("2026-01-02T00:00:00Z"), done("2026-01-03T00:00:00Z"));
    let reopened = sample(&["t-a"]);
    let merged = merge(Some(&base), &again, &reopened).expect("merges").state;
    assert_eq!(merged.tasks[&task_id("t-a")].status.as_str(), "completed");
    assert_eq!(
        recorded(&merged),
        "/tasks/t-a/completed_at {\"stands\":\"2026-01-03T00:00:00Z\",\"empty\":true}\n\
         /tasks/t-a/status {\"stands\":\"completed\",\"others\":[\"pending\"]}"
    );
}

#[test]
fn what_is_wrong_together_is_mended_and_recorded() {
    let base = sample(&["t-a", "t-b", "t-c"]);
    let needs = |id: &str, need: &str| with(&base, id, |task| task.add(ListField::DependsOn, need));
    let within = |id: &str, parent: &str| set(&base, id, Field::Parent, parent);
    let young = |state: &State, id: &str| {
        with(state, id, |task| task.created_at = at("2026-01-09T00:00:00Z"))
    };
    let mut planned = base.clone();
    let id = crate::ids::MilestoneId::parse("m-a").expect("an id");
    let (title, status) = ("0.1".to_owned(), MilestoneStatus::Open);
    let milestone = Milestone { title, status, due: None, extra: Vec::new() };
    planned.milestones.insert(id, milestone);
    let leads = set(&planned, "t-a", Field::Milestone, "m-a");
    let cases = [
        (
            "a circle of needs loses its newest edge",
            young(&base, "t-a"),
            young(&needs("t-a", "t-b"), "t-a"),
            young(&needs("t-b", "t-a"), "t-a"),
            "/tasks/t-a/depends_on/t-b {\"others\":[\"t-b\"]}",
        ),
        (
            "of equal age, the one of the later id",
            base.clone(),
            needs("t-a", "t-b"),
            needs("t-b", "t-a"),
            "/tasks/t-b/depends_on/t-a {\"others\":[\"t-a\"]}",
        ),
        (
            "a circle of parents too",
            base.clone(),
            within("t-a", "t-b"),
            within("t-b", "t-a"),
            "/tasks/t-b/parent {\"others\":[\"t-a\"]}",
        ),
        (
            "removed here, needed there",
            base.clone(),
            without(&base, "t-b"),
            needs("t-a", "t-b"),
            "/tasks/t-b {\"empty\":true}",
        ),
        (
            "removed here, edited there",
            base.clone(),
            without(&base, "t-b"),
            set(&base, "t-b", Field::Owner, "ada"),
            "/tasks/t-b {\"empty\":true}",
        ),
        (
            "removed here, untouched there",
            base.clone(),
            without(&base, "t-b"),
            needs("t-a", "t-c"),
            "",
        ),
        (
            "a milestone likewise",
            planned.clone(),
            base.clone(),
            leads,
            "/milestones/m-a {\"empty\":true}",
        ),
        (
            "a ref stays with one task",
            base.clone(),
            set(&base, "t-a", Field::Ref, "R-1"),
            set(&base, "t-b", Field::Ref, "R-1"),
            "/tasks/t-b/ref {\"others\":[\"R-1\"]}",
        ),
        (
            "the same field",
            base.clone(),
            set(&base, "t-a", Field::Title, "here"),
            set(&base, "t-a", Field::Title, "there"),
            "/tasks/t-a/title {\"stands\":\"there\",\"others\":[\"here\"]}",
        ),
        (
            "different fields",
            base.clone(),
            set(&base, "t-a", Field::Title, "here"),
            set(&base, "t-a", Field::Priority, "0"),
            "",
        ),
    ];
    for (what, base, ours, theirs, expected) in cases {
        let merged = merge(Some(&base), &ours, &theirs).expect(what).state;
        assert_eq!(recorded(&merged), expected, "{what}");
        is_right(&merged);
    }
}

#[test]
fn a_conflict_is_settled_by_an_edit_or_by_a_choice() {
    let base = sample(&["t-a"]);
    let here = set(&base, "t-a", Field::Title, "here");
    let there = set(&base, "t-a", Field::Title, "there");
    let both = merge(Some(&base), &here, &there).expect("merges").state;
    let place = Pointer::to(["tasks", "t-a", "title"]);
    assert!(open_conflicts(&both).contains_key(&place));
    let edited = set(&both, "t-a", Field::Title, "elsewhere");
    assert!(open_conflicts(&edited).is_empty());
    let settle = |keep| {
        let mut view = View::new(both.clone(), crate::line::Line::new("main"));
        let now = at("2026-02-01T00:00:00Z");
        let changes = resolve(&both, &place, keep, now).expect("there is one");
        changes.iter().for_each(|change| view.change(change));
        assert!(view.state.conflicts.is_empty());
        view.state
    };
    let (kept, taken) = (settle(Keep::Standing), settle(Keep::Other(0)));
    let title = |state: &State| state.tasks[&task_id("t-a")].title.clone();
    assert_eq!((title(&kept), title(&taken)), ("there".to_owned(), "here".to_owned()));
    let twice = merge(Some(&both), &kept, &taken).expect("merges").state;
    assert_eq!(open_conflicts(&twice), open_conflicts(&both), "decided twice, differently");
    let carried = merge(Some(&base), &both, &set(&base, "t-a", Field::Owner, "ada"));
    assert_eq!(carried.expect("merges").state.conflicts, both.conflicts);
}

#[test]
fn two_tasks_of_one_id_are_both_kept_whole() {
    let base = sample(&[]);
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    ours.tasks.insert(task_id("t-a"), task("mine", "2026-01-02T00:00:00Z"));
    theirs.tasks.insert(task_id("t-a"), task("yours", "2026-01-01T00:00:00Z"));
    let merged = merge(Some(&base), &ours, &theirs).expect("merges").state;
    assert_eq!(merged.tasks[&task_id("t-a")].title, "yours");
    let conflict = &merged.conflicts[&Pointer::to(["tasks", "t-a"])];
    assert_eq!(conflict.others, [Json::Map(ours.tasks[&task_id("t-a")].members())]);
}

#[test]
fn what_can_not_be_merged_is_said() {
    let base = sample(&["t-a"]);
    let newer = State { version: StateVersion(2), ..base.clone() };
    let refused = merge(Some(&base), &newer, &base).expect_err("newer");
    assert_eq!(refused.to_string(), "schema_version 2 is newer than 1");
    let many = |letter: char| {
        let mut state = base.clone();
        for n in 0..MOST_TASKS / 2 {
            let id = task_id(&format!("{letter}-{n}"));
            state.tasks.insert(id, base.tasks[&task_id("t-a")].clone());
        }
        state
    };
    let refused = merge(Some(&base), &many('x'), &many('y')).expect_err("too many");
    assert_eq!(refused, MergeError::TooMany { count: MOST_TASKS + 1 });
    let deep = |word: &str| {
        let inner = Json::Text(word.to_owned());
        let list = (0..61).fold(inner, |inner, _| Json::List(vec![inner]));
        State { extra: vec![("x".to_owned(), list)], ..base.clone() }
    };
    let refused = merge(Some(&base), &deep("a"), &deep("b")).expect_err("too deep");
    assert_eq!(refused, MergeError::TooDeep { at: Pointer::to(["x"]) });
}

#[test]
fn the_label_of_two_projects_is_the_one_with_the_smaller_id() {
    let of = |id: &str, name: &str| {
        let mut state = sample(&[]);
        state.label.id = crate::ids::ProjectId::parse(id).expect("an id");
        state.label.name = name.to_owned();
        state
    };
    let merged = merge(None, &of("p-b", "a"), &of("p-a", "b")).expect("merges").state;
    assert_eq!((merged.label.id.as_str(), merged.label.name.as_str()), ("p-a", "b"));
    assert!(merged.conflicts.is_empty());
}
