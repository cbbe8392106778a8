//! Lost changes: acknowledged ones that a line's state file had, and has no more.
//!
//! A record tells what it changed and from what. Where the file stands at the old value again, a
//! reset, a stash or a checkout took the change away. Where it holds a third value somebody changed
//! it since: that is no loss.

use std::collections::BTreeMap;

use crate::change::{Change, Place};
use crate::state::State;

/// Of changes that `state` contained once, in order, the last word on each thing, if the state
/// stands at what was before it.
pub fn lost_changes<'c>(
    state: &State,
    contained: impl IntoIterator<Item = &'c Change>,
) -> Vec<Change> {
    let mut last_word: BTreeMap<String, (usize, &Change)> = BTreeMap::new();
    for (at, change) in contained.into_iter().enumerate() {
        if let Some(thing) = thing(change) {
            last_word.insert(thing, (at, change));
        }
    }
    let mut lost: Vec<_> =
        last_word.into_values().filter(|(_, change)| is_lost(state, change)).collect();
    lost.sort_by_key(|(at, _)| *at);
    lost.into_iter().map(|(_, change)| change.clone()).collect()
}

/// What a change is about, so that a later one of the same thing has the last word. `None` for
/// what the state file does not hold.
fn thing(change: &Change) -> Option<String> {
    match change {
        Change::Create { id, place: Place::State, .. }
        | Change::Remove { id, place: Place::State, .. }
        | Change::Promote { id }
        | Change::Demote { id } => Some(format!("task {id}")),
        Change::Set { id, field, .. } => Some(format!("field {id} {field:?}")),
        Change::Add { id, list, value } | Change::Drop { id, list, value } => {
            Some(format!("member {id} {list:?} {value}"))
        }
        Change::Milestone { id, .. } => Some(format!("milestone {id}")),
        Change::Note { id, .. } => Some(format!("note {id}")),
        Change::Snapshot { id, .. } => Some(format!("snapshot {id}")),
        // Evidence moves with its commits; a rewritten history takes it along rightly.
        Change::Show { .. } | Change::Unshow { .. } => None,
        Change::Create { place: Place::Private, .. }
        | Change::Remove { place: Place::Private, .. }
        | Change::Resolve { .. }
        | Change::Claim { .. }
        | Change::Focus { .. }
        | Change::Recall { .. }
        | Change::Forget { .. }
        | Change::Mirror { .. } => None,
    }
}

fn is_lost(state: &State, change: &Change) -> bool {
    match change {
        Change::Create { id, .. } | Change::Promote { id } => {
            !state.tasks.contains_key(id) && !state.tombstones.contains_key(id)
        }
        Change::Remove { id, task, .. } => {
            state.tasks.get(id).is_some_and(|now| now.says_same_as(&task.0))
        }
        Change::Set { id, field, old, new } => state.tasks.get(id).is_some_and(|task| {
            let now = task.get(*field);
            now == *old && now != *new
        }),
        Change::Add { id, list, value } => {
            state.tasks.get(id).is_some_and(|task| !task.list(*list).contains(&value.as_str()))
        }
        Change::Drop { id, list, value } => {
            state.tasks.get(id).is_some_and(|task| task.list(*list).contains(&value.as_str()))
        }
        Change::Milestone { id, old, new } => {
            stands_before(state.milestones.get(id), old.as_ref(), new.as_ref())
        }
        Change::Note { id, old, new } => {
            stands_before(state.notes.get(id), old.as_ref(), new.as_ref())
        }
        Change::Snapshot { id, old, new } => {
            stands_before(state.snapshots.get(id), old.as_ref(), new.as_ref())
        }
        Change::Show { .. }
        | Change::Unshow { .. }
        | Change::Resolve { .. }
        | Change::Demote { .. }
        | Change::Claim { .. }
        | Change::Focus { .. }
        | Change::Recall { .. }
        | Change::Forget { .. }
        | Change::Mirror { .. } => false,
    }
}

fn stands_before<T: PartialEq>(now: Option<&T>, old: Option<&T>, new: Option<&T>) -> bool {
    now == old && now != new
}
