//! What memory is to be, in as few words as possible.

use std::collections::{BTreeMap, BTreeSet};

use throughline_model::ids::{TaskId, UnitId};
use throughline_model::state::{Status, Task};
use throughline_model::view::View;

/// The tasks of a line: what a reader sees of them.
pub(super) type Tasks = BTreeMap<TaskId, Seen>;

/// A task, as far as the model knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) title: String,
    pub(super) priority: u8,
    pub(super) status: Status,
    pub(super) needs: BTreeSet<TaskId>,
}

impl Seen {
    fn of(task: &Task) -> Self {
        Self {
            title: task.title.clone(),
            priority: task.priority,
            status: task.status,
            needs: task.depends_on.iter().cloned().collect(),
        }
    }

    /// Tasks are numbered through, over all lines.
    pub(super) fn number(&self) -> usize {
        self.title.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

pub(super) fn seen(view: &View) -> Tasks {
    view.tasks().map(|(id, task)| (id.clone(), Seen::of(task))).collect()
}

/// A line of the model.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) tasks: Tasks,
    /// Every task that was ever seen here.
    pub(super) ever: BTreeSet<TaskId>,
    /// What stood before each unit that stands, the newest last.
    pub(super) before: Vec<Tasks>,
    /// Whether those are all units of the line.
    pub(super) knows_all_units: bool,
    /// The undo of the last step: its unit, and what stood before it.
    pub(super) undone: Option<(UnitId, Tasks)>,
    /// Commits of its own that can be thrown away.
    pub(super) commits: usize,
    /// What its last commit has, where that is certain: git's base of a later merge.
    pub(super) committed: Option<Tasks>,
}

impl Line {
    /// A line before anything is done.
    pub(super) fn empty() -> Self {
        Self { knows_all_units: true, committed: Some(Tasks::new()), ..Self::default() }
    }

    pub(super) fn fork(&self) -> Self {
        let (tasks, ever) = (self.tasks.clone(), self.ever.clone());
        Self { tasks, ever, committed: self.committed.clone(), ..Self::empty() }
    }

    /// A unit of a person leads to these tasks.
    pub(super) fn step(&mut self, to: Tasks) {
        self.undone = None;
        let before = std::mem::replace(&mut self.tasks, to);
        self.before.push(before);
        self.ever.extend(self.tasks.keys().cloned());
    }

    /// Goes on from what came out of something that is not the model's.
    pub(super) fn go_on_from(&mut self, tasks: Tasks) {
        self.tasks = tasks;
        self.ever.extend(self.tasks.keys().cloned());
        self.before.clear();
        self.undone = None;
        self.knows_all_units = false;
        self.committed = None;
    }

    /// The task that a number chooses.
    pub(super) fn nth(&self, at: usize) -> Option<TaskId> {
        self.tasks.keys().nth(at.checked_rem(self.tasks.len())?).cloned()
    }

    pub(super) fn has_open_needs(&self, id: &TaskId) -> bool {
        self.tasks[id].needs.iter().any(|need| self.tasks[need].status != Status::Completed)
    }

    /// Whether `from` waits for `to`, or is it.
    pub(super) fn waits_for(&self, from: &TaskId, to: &TaskId) -> bool {
        from == to || self.tasks[from].needs.iter().any(|need| self.waits_for(need, to))
    }

    pub(super) fn is_needed(&self, id: &TaskId) -> bool {
        self.tasks.values().any(|task| task.needs.contains(id))
    }
}

/// The laws of a merge of `theirs` into `ours`. `base` is what both had, where that is certain.
pub(super) fn check_merge(ours: &Line, theirs: &Line, base: Option<&Tasks>, after: &Tasks) {
    for (id, task) in &ours.tasks {
        let may_go = theirs.ever.contains(id) && !theirs.tasks.contains_key(id);
        assert!(may_go || after.contains_key(id), "{id} {task:?} of ours is lost");
    }
    for (id, task) in &theirs.tasks {
        let may_go = ours.ever.contains(id) && !ours.tasks.contains_key(id);
        assert!(may_go || after.contains_key(id), "{id} {task:?} of theirs is lost");
    }
    for (id, merged) in after {
        let sides = [&ours.tasks, &theirs.tasks].map(|side| side.get(id));
        let base = base.and_then(|base| base.get(id));
        check_field(id, sides, base, merged, |task| task.title.clone());
        check_field(id, sides, base, merged, |task| task.priority.to_string());
        check_field(id, sides, base, merged, |task| format!("{:?}", task.status));
    }
}

fn check_field(
    id: &TaskId,
    [ours, theirs]: [Option<&Seen>; 2],
    base: Option<&Seen>,
    merged: &Seen,
    field: impl Fn(&Seen) -> String,
) {
    let merged = field(merged);
    let values: Vec<String> = [ours, theirs].into_iter().flatten().map(&field).collect();
    assert!(values.contains(&merged), "{id} is {merged}, of {values:?}");
    let (Some(ours), Some(theirs), Some(base)) = (ours, theirs, base) else { return };
    let (ours, theirs, base) = (field(ours), field(theirs), field(base));
    if ours == base {
        assert_eq!(merged, theirs, "{id}: only their side changed it");
    }
    if theirs == base {
        assert_eq!(merged, ours, "{id}: only our side changed it");
    }
}
