//! From one state to another as changes: what a rollback or a merge does to a line, so that it can
//! be shown, acknowledged and taken back like everything else.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Change, Place, Settled, TaskJson};
use crate::ids::TaskId;
use crate::merge::value_at;
use crate::state::{Field, ListField, State, Task};

/// The changes that lead from `now` to `target`. Label, tombstones of what `now` never had, and
/// unknown members outside of tasks stay as they are: no change speaks of them.
pub fn towards(now: &State, target: &State, at: Timestamp) -> Vec<Change> {
    let mut changes = Vec::new();
    for (id, old, new) in differences(&now.milestones, &target.milestones) {
        changes.push(Change::Milestone { id, old, new });
    }
    for (id, new) in &target.tasks {
        match now.tasks.get(id) {
            Some(old) if is_same_but_for_fields(old, new) => between(id, old, new, &mut changes),
            // What no other change speaks of goes with the whole.
            Some(old) => {
                changes.push(removed(id, old, at));
                changes.push(created(id, new));
            }
            None => changes.push(created(id, new)),
        }
    }
    let gone = now.tasks.iter().filter(|(id, _)| !target.tasks.contains_key(*id));
    changes.extend(gone.map(|(id, old)| removed(id, old, at)));
    for (id, old, new) in differences(&now.notes, &target.notes) {
        changes.push(Change::Note { id, old, new });
    }
    for (id, old, new) in differences(&now.snapshots, &target.snapshots) {
        changes.push(Change::Snapshot { id, old, new });
    }
    for (at, old, new) in differences(&now.conflicts, &target.conflicts) {
        let value = value_at(target, &at);
        let settled = |conflict| Settled { value: value.clone(), conflict };
        changes.push(Change::Resolve { at, old: settled(old), new: settled(new) });
    }
    changes
}

fn is_same_but_for_fields(old: &Task, new: &Task) -> bool {
    old.extra == new.extra && old.source == new.source && old.created_at == new.created_at
}

fn created(id: &TaskId, task: &Task) -> Change {
    let task = TaskJson(Box::new(task.clone()));
    Change::Create { id: id.clone(), place: Place::State, task }
}

fn removed(id: &TaskId, task: &Task, at: Timestamp) -> Change {
    let task = TaskJson(Box::new(task.clone()));
    Change::Remove { id: id.clone(), place: Place::State, task, at }
}

/// Entries that are not the same in both maps: key, before, after.
fn differences<K: Ord + Clone, V: PartialEq + Clone>(
    now: &BTreeMap<K, V>,
    target: &BTreeMap<K, V>,
) -> Vec<(K, Option<V>, Option<V>)> {
    let mut different = Vec::new();
    for (key, new) in target {
        let old = now.get(key);
        if old != Some(new) {
            different.push((key.clone(), old.cloned(), Some(new.clone())));
        }
    }
    let gone = now.iter().filter(|(key, _)| !target.contains_key(*key));
    different.extend(gone.map(|(key, old)| (key.clone(), Some(old.clone()), None)));
    different
}

fn between(id: &TaskId, old: &Task, new: &Task, changes: &mut Vec<Change>) {
    for field in Field::ALL {
        changes.extend(Change::set(id, old, field, new.get(field).as_deref()));
    }
    for list in ListField::ALL {
        let (was, will) = (old.list(list), new.list(list));
        let gone = was.iter().filter(|v| !will.contains(v)).map(|v| (*v).to_owned());
        changes.extend(gone.map(|value| Change::Drop { id: id.clone(), list, value }));
        let come = will.iter().filter(|v| !was.contains(v)).map(|v| (*v).to_owned());
        changes.extend(come.map(|value| Change::Add { id: id.clone(), list, value }));
    }
    let gone = old.evidence.iter().filter(|e| !new.evidence.contains(e)).cloned();
    changes.extend(gone.map(|evidence| Change::Unshow { id: id.clone(), evidence }));
    let come = new.evidence.iter().filter(|e| !old.evidence.contains(e)).cloned();
    changes.extend(come.map(|evidence| Change::Show { id: id.clone(), evidence }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::line::Line;
    use crate::state::tests::any_state;
    use crate::view::View;

    /// Without what no change speaks of, and without order in sets.
    fn compared(state: &State) -> State {
        let mut state = state.clone();
        state.tombstones.clear();
        state.extra.clear();
        for task in state.tasks.values_mut() {
            task.labels.sort();
            task.depends_on.sort();
            task.related.sort();
            task.discovered_from.sort();
            task.evidence.sort_by_key(|evidence| format!("{evidence:?}"));
        }
        state
    }

    proptest! {
        #[test]
        fn the_changes_lead_there((now, target) in (any_state(), any_state())) {
            let target = State { label: now.label.clone(), version: now.version, ..target };
            let mut view = View::new(now.clone(), Line::new("main"));
            for change in towards(&now, &target, Timestamp::UNIX_EPOCH) {
                view.change(&change);
            }
            prop_assert_eq!(compared(&view.state), compared(&target));
            prop_assert!(towards(&target, &target, Timestamp::UNIX_EPOCH).is_empty());
        }
    }
}
