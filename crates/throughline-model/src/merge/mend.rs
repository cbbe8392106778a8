//! What is right on both sides and wrong together: references to what the other side removed, one
//! `ref` on two tasks, circles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Merge;
use super::circle::{Edge, closing};
use crate::ids::{MilestoneId, TaskId};
use crate::json::Json;
use crate::state::{Conflict, Pointer, State, Task, dependency_cycle, parent_cycle};

impl Merge<'_> {
    /// Mends the merged state until it is right.
    pub(super) fn mend(&mut self, state: &mut State) {
        state.tombstones = self.tombstones();
        state.tombstones.retain(|id, _| !state.tasks.contains_key(id));
        self.bring_back(state);
        self.bring_back_milestones(state);
        self.part_refs(state);
        if parent_cycle(state).is_some() {
            self.break_circles(state, |task| task.parent.iter().collect(), Self::cut_parent);
        }
        if dependency_cycle(state).is_some() {
            self.break_circles(state, |task| task.depends_on.iter().collect(), Self::cut_need);
        }
    }

    /// Of two times, the earlier one.
    fn tombstones(&self) -> BTreeMap<TaskId, Timestamp> {
        let (ours, theirs) = (&self.ours.tombstones, &self.theirs.tombstones);
        let ids: BTreeSet<&TaskId> = ours.keys().chain(theirs.keys()).collect();
        let mut merged = BTreeMap::new();
        for id in ids {
            let (base, here, there) = (self.base.tombstones.get(id), ours.get(id), theirs.get(id));
            let one = if here == there || there == base {
                here
            } else if here == base {
                there
            } else {
                here.into_iter().chain(there).min()
            };
            merged.extend(one.map(|time| (id.clone(), *time)));
        }
        merged
    }

    /// What one side removed and the other one began to need is there again.
    fn bring_back(&mut self, state: &mut State) {
        let mut left: Vec<TaskId> = state.tasks.keys().cloned().collect();
        while let Some(id) = left.pop() {
            let missing: Vec<TaskId> = needs(&state.tasks[&id])
                .filter(|n| !state.tasks.contains_key(*n))
                .cloned()
                .collect();
            for target in missing {
                if let Some(task) = self.newly_needed(state, &id, &target) {
                    state.tombstones.remove(&target);
                    state.tasks.insert(target.clone(), task.clone());
                    let at = Pointer::to(["tasks", target.as_str()]);
                    self.record(&at, Conflict { empty: true, ..Conflict::default() });
                    left.push(target);
                } else if let Some(time) = self.buried(&target) {
                    state.tombstones.entry(target).or_insert(time);
                }
            }
        }
    }

    /// The task `target`, if a side that has it says that `id` needs it, and the base does not or
    /// no tombstone is left.
    fn newly_needed(&self, state: &State, id: &TaskId, target: &TaskId) -> Option<Task> {
        let says = |state: &State| {
            state.tasks.get(id).is_some_and(|task| needs(task).any(|need| need == target))
        };
        let is_new = !says(self.base);
        let is_lost = !state.tombstones.contains_key(target) && self.buried(target).is_none();
        let mut holders = [self.ours, self.theirs].into_iter().filter(|side| says(side));
        let task = holders.find_map(|side| side.tasks.get(target));
        let any =
            || [self.ours, self.theirs, self.base].into_iter().find_map(|s| s.tasks.get(target));
        if is_new && task.is_some() {
            return task.cloned();
        }
        if is_lost { any().cloned() } else { None }
    }

    fn buried(&self, id: &TaskId) -> Option<Timestamp> {
        let sides = [self.ours, self.theirs, self.base];
        sides.into_iter().filter_map(|side| side.tombstones.get(id)).min().copied()
    }

    fn bring_back_milestones(&mut self, state: &mut State) {
        let used = state.tasks.values().filter_map(|task| task.milestone.as_ref());
        let missing: BTreeSet<MilestoneId> =
            used.filter(|id| !state.milestones.contains_key(*id)).cloned().collect();
        for id in missing {
            let mut sides = [self.ours, self.theirs, self.base].into_iter();
            if let Some(milestone) = sides.find_map(|side| side.milestones.get(&id)) {
                let at = Pointer::to(["milestones", id.as_str()]);
                self.record(&at, Conflict { empty: true, ..Conflict::default() });
                state.milestones.insert(id, milestone.clone());
            }
        }
    }

    /// A `ref` stays with one task: who had it before, else the older one.
    fn part_refs(&mut self, state: &mut State) {
        let mut holders: BTreeMap<String, Vec<TaskId>> = BTreeMap::new();
        for (id, task) in &state.tasks {
            if let Some(reference) = &task.reference {
                holders.entry(reference.clone()).or_default().push(id.clone());
            }
        }
        for (reference, mut ids) in holders.into_iter().filter(|(_, ids)| ids.len() > 1) {
            let had = |id: &TaskId| {
                let before = self.base.tasks.get(id).and_then(|task| task.reference.as_ref());
                before == Some(&reference)
            };
            ids.sort_by_key(|id| (!had(id), state.tasks[id].created_at, id.clone()));
            for id in &ids[1..] {
                let at = Pointer::to(["tasks", id.as_str(), "ref"]);
                self.emptied(&at, &reference);
                state.tasks.entry(id.clone()).and_modify(|task| task.reference = None);
            }
        }
    }

    fn emptied(&mut self, at: &Pointer, wanted: &str) {
        let others = vec![Json::Text(wanted.to_owned())];
        self.record(at, Conflict { others, ..Conflict::default() });
    }

    fn break_circles(
        &mut self,
        state: &mut State,
        targets: fn(&Task) -> Vec<&TaskId>,
        cut: fn(&mut Self, &mut State, &TaskId, &TaskId),
    ) {
        let ids: Vec<TaskId> = state.tasks.keys().cloned().collect();
        let number: BTreeMap<&TaskId, usize> = ids.iter().zip(0..).collect();
        let mut old: Vec<Edge> = Vec::new();
        let mut new: Vec<(Timestamp, Edge)> = Vec::new();
        for (id, task) in &state.tasks {
            let before = self.base.tasks.get(id).map(targets).unwrap_or_default();
            for target in targets(task) {
                let Some(to) = number.get(target) else { continue };
                let edge = (number[id], *to);
                if before.contains(&target) {
                    old.push(edge);
                } else {
                    new.push((task.created_at, edge));
                }
            }
        }
        new.sort_unstable();
        let new: Vec<Edge> = new.into_iter().map(|(_, edge)| edge).collect();
        for dropped in closing(ids.len(), &old, &new) {
            let (from, to) = new[dropped];
            cut(self, state, &ids[from], &ids[to]);
        }
    }

    fn cut_parent(&mut self, state: &mut State, id: &TaskId, parent: &TaskId) {
        state.tasks.entry(id.clone()).and_modify(|task| task.parent = None);
        self.emptied(&Pointer::to(["tasks", id.as_str(), "parent"]), parent.as_str());
    }

    fn cut_need(&mut self, state: &mut State, id: &TaskId, need: &TaskId) {
        let keep = |task: &mut Task| task.depends_on.retain(|other| other != need);
        state.tasks.entry(id.clone()).and_modify(keep);
        let at = Pointer::to(["tasks", id.as_str(), "depends_on", need.as_str()]);
        self.emptied(&at, need.as_str());
    }
}

/// What a task can't do without.
fn needs(task: &Task) -> impl Iterator<Item = &TaskId> {
    task.depends_on.iter().chain(&task.parent)
}
