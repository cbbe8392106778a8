//! Branches of a small project, made from a tape of numbers: cheap, and a failing one shrinks.

use crate::change::{Change, Place, TaskJson};
use crate::ids::{MilestoneId, NoteId, TaskId};
use crate::json::Json;
use crate::line::Line;
use crate::merge::{Keep, open_conflicts, resolve};
use crate::state::tests::{at, empty_state, task_id};
use crate::state::{
    Evidence, Extra, Field, Kind, ListField, Milestone, MilestoneStatus, Note, Pointer, Snapshot,
    Source, SourceKind, State, Status, Task, check,
};
use crate::view::View;

/// Numbers that decide everything; zeros when it ends.
pub(super) struct Tape<'t>(std::slice::Iter<'t, u32>);

impl<'t> Tape<'t> {
    pub(super) fn new(numbers: &'t [u32]) -> Self {
        Self(numbers.iter())
    }

    fn below(&mut self, count: usize) -> usize {
        let number = self.0.next().copied().unwrap_or(0);
        usize::try_from(number).expect("32 bits") % count.max(1)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let place = self.below(of.len());
        of.get(place).cloned()
    }

    fn word(&mut self) -> String {
        ["a", "bb", "b/~c", "ddd\n"][self.below(4)].to_owned()
    }

    fn time(&mut self) -> jiff::Timestamp {
        at(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00.5Z"]
            [self.below(3)])
    }

    fn json(&mut self, depth: usize) -> Json {
        match self.below(if depth > 2 { 4 } else { 6 }) {
            0 => Json::Null,
            1 => Json::Number("1.50".into()),
            2 => Json::Bool(true),
            3 => Json::Text(self.word()),
            4 => Json::List(vec![self.json(depth + 1), self.json(depth + 1)]),
            _ => {
                let keys = [["x"].as_slice(), &["y", "x"], &["x", "y", "z/"]][self.below(3)];
                Json::Map(keys.iter().map(|k| ((*k).to_owned(), self.json(depth + 1))).collect())
            }
        }
    }

    fn extra(&mut self, extra: &mut Extra) {
        let key = ["x_new", "x/new~", "x_other"][self.below(3)].to_owned();
        let place = extra.iter().position(|(known, _)| *known == key);
        match (self.below(4), place) {
            (0, Some(place)) => drop(extra.remove(place)),
            (_, Some(place)) => extra[place].1 = self.json(0),
            (_, None) => extra.push((key, self.json(0))),
        }
    }

    fn evidence(&mut self) -> Evidence {
        Evidence { commit: Some(self.word()), files: vec![self.word()], ..Evidence::default() }
    }
}

pub(super) fn task(title: &str, created_at: &str) -> Task {
    Task::new(title, Kind::Task, Source::outside_session(SourceKind::Person), at(created_at))
}

/// Edits that a whole state may start with.
pub(super) fn trunk(tape: &mut Tape<'_>) -> State {
    let mut view = View::new(empty_state(), Line::new("main"));
    for n in 0..tape.below(5) {
        let task = task("a", "2026-01-01T00:00:00Z");
        view.state.tasks.insert(task_id(&format!("t-{n}")), task);
    }
    for _ in 0..tape.below(8) {
        edit(&mut view, tape);
    }
    view.state
}

/// What some edits make of a state. Each leaves a right state.
pub(super) fn branch(base: &State, tape: &mut Tape<'_>) -> State {
    let mut view = View::new(base.clone(), Line::new("main"));
    for _ in 0..tape.below(8) {
        edit(&mut view, tape);
    }
    view.state
}

fn edit(view: &mut View, tape: &mut Tape<'_>) {
    let before = view.state.clone();
    let ids: Vec<TaskId> = view.state.tasks.keys().cloned().collect();
    match tape.below(20) {
        0 | 1 => create(view, tape),
        2 => {
            let Some(id) = tape.one(&ids) else { return };
            let (place, at) = (Place::State, tape.time());
            let task = TaskJson(Box::new(view.state.tasks[&id].clone()));
            view.change(&Change::Remove { id, place, task, at });
        }
        3..=7 => set(view, tape, &ids),
        8..=10 => list(view, tape, &ids),
        11 => show(view, tape, &ids),
        12 => milestone(view, tape),
        13 => note(view, tape),
        14 => snapshot(view, tape),
        15 | 16 => unknown(&mut view.state, tape, &ids),
        17 => {
            let open: Vec<Pointer> = open_conflicts(&view.state).into_keys().collect();
            let Some(place) = tape.one(&open) else { return };
            settle(view, &place, tape);
        }
        _ => conflict(view, tape, &ids),
    }
    if check(&view.state).is_err() {
        view.state = before;
    }
}

fn create(view: &mut View, tape: &mut Tape<'_>) {
    let id = task_id(&format!("t-{}", tape.below(7)));
    let mut made = task(&tape.word(), "2026-01-01T00:00:00Z");
    made.created_at = tape.time();
    if !view.is_taken(&id) {
        view.change(&Change::Create { id, place: Place::State, task: TaskJson(Box::new(made)) });
    }
}

fn set(view: &mut View, tape: &mut Tape<'_>, ids: &[TaskId]) {
    let Some(id) = tape.one(ids) else { return };
    let status = Status::ALL[tape.below(4)].as_str().to_owned();
    let (field, new) = match tape.below(8) {
        0 | 1 => (Field::Status, Some(status)),
        2 => (Field::Priority, Some(tape.below(5).to_string())),
        3 => (Field::Title, Some(tape.word())),
        4 => (Field::Ref, Some(tape.word())),
        5 => (Field::Parent, tape.one(ids).map(String::from)),
        6 => (Field::Milestone, Some(format!("m-{}", tape.below(2)))),
        _ => (Field::CompletedAt, Some(tape.time().to_string())),
    };
    let needed = matches!(field, Field::Status | Field::Priority | Field::Title);
    let new = new.filter(|_| needed || tape.below(4) > 0);
    let change = Change::set(&id, &view.state.tasks[&id], field, new.as_deref());
    change.iter().for_each(|change| view.change(change));
}

fn list(view: &mut View, tape: &mut Tape<'_>, ids: &[TaskId]) {
    let Some(id) = tape.one(ids) else { return };
    let list = [ListField::DependsOn, ListField::DependsOn, ListField::Related, ListField::Labels]
        [tape.below(4)];
    let target = tape.one(ids).map(String::from).unwrap_or_default();
    let value = if list == ListField::Labels { tape.word() } else { target };
    let there = view.state.tasks[&id].list(list).contains(&value.as_str());
    let change =
        if there { Change::Drop { id, list, value } } else { Change::Add { id, list, value } };
    view.change(&change);
}

fn show(view: &mut View, tape: &mut Tape<'_>, ids: &[TaskId]) {
    let Some(id) = tape.one(ids) else { return };
    let evidence = tape.evidence();
    let there = view.state.tasks[&id].evidence.contains(&evidence);
    let change =
        if there { Change::Unshow { id, evidence } } else { Change::Show { id, evidence } };
    view.change(&change);
}

fn milestone(view: &mut View, tape: &mut Tape<'_>) {
    let id = MilestoneId::parse(&format!("m-{}", tape.below(2))).expect("an id");
    let old = view.state.milestones.get(&id).cloned();
    let status = [MilestoneStatus::Open, MilestoneStatus::Reached, MilestoneStatus::Dropped];
    let (title, status) = (tape.word(), status[tape.below(3)]);
    let due = (tape.below(2) > 0).then(|| tape.time());
    let extra = old.as_ref().map(|old| old.extra.clone()).unwrap_or_default();
    let new = (tape.below(4) > 0).then_some(Milestone { title, status, due, extra });
    view.change(&Change::Milestone { id, old, new });
}

fn note(view: &mut View, tape: &mut Tape<'_>) {
    let id = NoteId::parse("n-0").expect("an id");
    let old = view.state.notes.get(&id).cloned();
    let new =
        Note { text: tape.word(), at: tape.time(), task: None, session: None, extra: Extra::new() };
    view.change(&Change::Note { id, old, new: (tape.below(4) > 0).then_some(new) });
}

fn snapshot(view: &mut View, tape: &mut Tape<'_>) {
    let id = tape.word();
    let old = view.state.snapshots.get(&id).cloned();
    let (commit, at, reason) = (tape.word(), tape.time(), tape.word());
    let new = Snapshot { commit, at, reason, milestone: None, extra: Extra::new() };
    view.change(&Change::Snapshot { id, old, new: (tape.below(4) > 0).then_some(new) });
}

/// Writes a member that no version knows, as a newer program or a hand would.
fn unknown(state: &mut State, tape: &mut Tape<'_>, ids: &[TaskId]) {
    let id = tape.one(ids);
    let task = id.and_then(|id| state.tasks.get_mut(&id));
    match (tape.below(8), task) {
        (0, _) => tape.extra(&mut state.extra),
        (1, _) => tape.extra(&mut state.label.extra),
        (2, _) => state.milestones.values_mut().for_each(|m| tape.extra(&mut m.extra)),
        (3, _) => state.notes.values_mut().for_each(|n| tape.extra(&mut n.extra)),
        (4, _) => state.snapshots.values_mut().for_each(|s| tape.extra(&mut s.extra)),
        (5, Some(task)) => tape.extra(&mut task.source.extra),
        (6, Some(task)) => task.evidence.iter_mut().for_each(|e| tape.extra(&mut e.extra)),
        (_, Some(task)) => tape.extra(&mut task.extra),
        (_, None) => {}
    }
}

/// A conflict that an earlier merge left.
fn conflict(view: &mut View, tape: &mut Tape<'_>, ids: &[TaskId]) {
    let Some(id) = tape.one(ids) else { return };
    let (mut here, mut there) = (view.state.clone(), view.state.clone());
    for (side, title) in [(&mut here, tape.word()), (&mut there, tape.word())] {
        side.tasks.entry(id.clone()).and_modify(|task| task.title = format!("{title}!"));
    }
    if let Ok(merged) = super::merge(Some(&view.state), &here, &there) {
        view.state = merged.state;
    }
}

/// Settles a conflict as the tape says, if the rules allow it, else leaves what stands.
pub(super) fn settle(view: &mut View, place: &Pointer, tape: &mut Tape<'_>) {
    let now = at("2026-02-01T00:00:00Z");
    let keep = [Keep::Standing, Keep::Other(0), Keep::Empty, Keep::Other(1)][tape.below(4)];
    let changes = resolve(&view.state, place, keep, now);
    let changes = changes.or_else(|_| resolve(&view.state, place, Keep::Standing, now));
    let changes = changes.unwrap_or_default();
    let before = view.clone();
    changes.iter().for_each(|change| view.change(change));
    let mut back = view.clone();
    changes.iter().rev().for_each(|change| back.change(&change.inverse(now)));
    back.state.tombstones.clone_from(&before.state.tombstones);
    assert_eq!(back.state.conflicts, before.state.conflicts, "undone: {changes:?}");
}
