//! The state file merges by git alone where people edit tasks that are not neighbours, and git then
//! says what the merge by meaning says.

use throughline_model::ids::{ProjectId, TaskId};
use throughline_model::merge::merge;
use throughline_model::state::{
    Extra, Field, Kind, Label, ListField, Source, SourceKind, State, Task, read, write,
};

use crate::sandbox::Sandbox;

const TASKS: usize = 12;

/// Numbers that look random and are the same each time (Knuth's linear congruence).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, count: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }
}

fn id(number: usize) -> TaskId {
    TaskId::parse(&format!("t-{number:02}")).unwrap()
}

fn base() -> State {
    let id_of_project = ProjectId::parse("p-1").unwrap();
    let label = Label { id: id_of_project, name: "parser".to_owned(), extra: Extra::new() };
    let mut state = State::empty(label);
    for number in 0..TASKS {
        let source = Source::outside_session(SourceKind::Person);
        let created_at = "2026-01-01T00:00:00Z".parse().unwrap();
        let task = Task::new(format!("Step {number}"), Kind::Task, source, created_at);
        state.tasks.insert(id(number), task);
    }
    state
}

/// One to three edits of one task, as commands make them.
fn edited(state: &State, number: usize, seeded: &mut Seeded) -> State {
    let mut state = state.clone();
    let task = state.tasks.get_mut(&id(number)).unwrap();
    for _ in 0..=seeded.below(3) {
        let word = seeded.below(1_000).to_string();
        match seeded.below(6) {
            0 => task.set(Field::Status, Some("completed")).unwrap(),
            1 => task.set(Field::Title, Some(&word)).unwrap(),
            2 => task.set(Field::Owner, Some(&word)).unwrap(),
            3 => task.set(Field::Priority, Some("0")).unwrap(),
            4 => task.add(ListField::Labels, &word),
            _ => task.set(Field::CompletedAt, Some("2026-02-01T00:00:00Z")).unwrap(),
        }
    }
    state
}

/// What plain git makes of two states; `None` if it finds a conflict.
fn by_git(sandbox: &Sandbox, base: &State, ours: &State, theirs: &State) -> Option<State> {
    for (name, state) in [("base", base), ("ours", ours), ("theirs", theirs)] {
        sandbox.write(name, &write(state));
    }
    let merged = sandbox.try_git(".", &["merge-file", "-p", "ours", "base", "theirs"]);
    merged.status.success().then(|| read(&merged.stdout).unwrap().0)
}

#[test]
fn edits_of_tasks_that_are_not_neighbours_merge_without_us() {
    let (sandbox, base) = (Sandbox::new(), base());
    for seed in 0..40 {
        let mut seeded = Seeded(seed);
        let here = seeded.below(TASKS - 2);
        let there = here + 2 + seeded.below(TASKS - here - 2);
        let (ours, theirs) = (edited(&base, here, &mut seeded), edited(&base, there, &mut seeded));
        let git = by_git(&sandbox, &base, &ours, &theirs);
        let meaning = merge(Some(&base), &ours, &theirs).unwrap();
        assert!(meaning.conflicts.is_empty());
        assert_eq!(git, Some(meaning.state), "seed {seed}: tasks {here} and {there}");
    }
}

#[test]
fn status_here_and_priority_there_merge_without_us() {
    let (sandbox, base) = (Sandbox::new(), base());
    let set = |field, value| {
        let mut state = base.clone();
        state.tasks.get_mut(&id(3)).unwrap().set(field, Some(value)).unwrap();
        state
    };
    let (ours, theirs) = (set(Field::Status, "completed"), set(Field::Priority, "0"));
    let git = by_git(&sandbox, &base, &ours, &theirs);
    assert_eq!(git, Some(merge(Some(&base), &ours, &theirs).unwrap().state));
}

#[test]
fn neighbouring_additions_need_the_merge_by_meaning() {
    let (sandbox, base) = (Sandbox::new(), base());
    let adding = |number: usize| {
        let mut state = base.clone();
        let task = state.tasks[&id(0)].clone();
        state.tasks.insert(id(number), task);
        state
    };
    let (ours, theirs) = (adding(20), adding(21));
    assert_eq!(by_git(&sandbox, &base, &ours, &theirs), None, "else the driver is not needed");
    let merged = merge(Some(&base), &ours, &theirs).unwrap();
    assert_eq!((merged.conflicts.len(), merged.state.tasks.len()), (0, TASKS + 2));
}
