//! Lost changes: acknowledged ones that a line's state file had, and has no more.
//!
//! A record tells what it changed and from what. Where the file stands again at a value that was there
//! before one of the changes of a thing, a reset, a stash or a checkout took away what came after it. Where it
//! holds a value that never stood there somebody changed it since: that is no loss.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::change::{Change, Place};
use crate::ids::TaskId;
use crate::state::{State, Task};

/// Of changes that `state` contained once, in order, the last word on each thing, if the state stands at
/// what was before it or before an earlier one. It says from what it now changes.
pub fn lost_changes<'c>(
    state: &State,
    contained: impl IntoIterator<Item = &'c Change>,
) -> Vec<Change> {
    let contained: Vec<&Change> = contained.into_iter().collect();
    let mut chains: BTreeMap<String, Chain<'_>> = BTreeMap::new();
    for (at, change) in contained.iter().enumerate() {
        let Some(thing) = thing(change) else { continue };
        let chain = chains.entry(thing).or_default();
        chain.last = at;
        chain.words.push(change);
    }
    let mut chains: Vec<Chain<'_>> = chains.into_values().collect();
    chains.sort_by_key(|chain| chain.last);
    let mut state = Cow::Borrowed(state);
    let mut found = Vec::new();
    for Chain { last, words } in &chains {
        let Some(change) = lost(&state, words, &contained[..*last]) else { continue };
        // A task that has to be made again is made as it was at first: what changed in it since is lost
        // with it.
        if let Change::Create { id, task, .. } = &change {
            state.to_mut().tasks.insert(id.clone(), (*task.0).clone());
        }
        found.push(change);
    }
    found
}

/// All changes of one thing, in order.
#[derive(Default)]
struct Chain<'c> {
    /// Where the last one stands among all changes.
    last: usize,
    words: Vec<&'c Change>,
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

/// What each of a thing's changes, all of them one variant, changed it from.
macro_rules! olds {
    ($words:expr, $variant:ident) => {
        $words.iter().filter_map(|word| match word {
            Change::$variant { old, .. } => Some(old.as_ref()),
            _other => None,
        })
    };
}

/// The last word on a thing, from how the state stands, if it was lost. `words` are all changes of that thing,
/// `before` is all that came before the last one.
fn lost(state: &State, words: &[&Change], before: &[&Change]) -> Option<Change> {
    let last = *words.last()?;
    let as_it_is = |is_lost: bool| is_lost.then(|| last.clone());
    match last {
        Change::Create { id, .. } | Change::Promote { id } => {
            as_it_is(!state.tasks.contains_key(id) && !state.tombstones.contains_key(id))
        }
        Change::Remove { id, task, .. } => {
            let now = state.tasks.get(id)?;
            // What else was lost of it is made again before, so it is removed as it was.
            as_it_is(earlier(&task.0, id, before).any(|task| task.says_same_as(now)))
        }
        Change::Set { id, field, new, .. } => {
            let now = state.tasks.get(id)?.get(*field);
            let old = stood(now.as_ref(), olds!(words, Set), new)?;
            Some(Change::Set { id: id.clone(), field: *field, old, new: new.clone() })
        }
        Change::Add { id, list, value } => {
            let task = state.tasks.get(id)?;
            as_it_is(!task.list(*list).contains(&value.as_str()))
        }
        Change::Drop { id, list, value } => {
            let task = state.tasks.get(id)?;
            as_it_is(task.list(*list).contains(&value.as_str()))
        }
        Change::Milestone { id, new, .. } => {
            let old = stood(state.milestones.get(id), olds!(words, Milestone), new)?;
            Some(Change::Milestone { id: id.clone(), old, new: new.clone() })
        }
        Change::Note { id, new, .. } => {
            let old = stood(state.notes.get(id), olds!(words, Note), new)?;
            Some(Change::Note { id: id.clone(), old, new: new.clone() })
        }
        Change::Snapshot { id, new, .. } => {
            let old = stood(state.snapshots.get(id), olds!(words, Snapshot), new)?;
            Some(Change::Snapshot { id: id.clone(), old, new: new.clone() })
        }
        Change::Show { .. }
        | Change::Unshow { .. }
        | Change::Resolve { .. }
        | Change::Demote { .. }
        | Change::Claim { .. }
        | Change::Focus { .. }
        | Change::Recall { .. }
        | Change::Forget { .. }
        | Change::Mirror { .. } => None,
    }
}

/// What stands now, if it stood there before one of the changes and is not what the last one made of it.
fn stood<'t, T: PartialEq + Clone + 't>(
    now: Option<&T>,
    mut old: impl Iterator<Item = Option<&'t T>>,
    new: &Option<T>,
) -> Option<Option<T>> {
    (now != new.as_ref() && old.any(|old| old == now)).then(|| now.cloned())
}

/// A task as it was when it was removed, and before each change of it, the latest first.
fn earlier<'c>(
    removed: &Task,
    id: &'c TaskId,
    before: &'c [&'c Change],
) -> impl Iterator<Item = Task> + 'c {
    let mut task = removed.clone();
    let own = before.iter().rev().filter(move |change| change.task() == Some(id));
    let back = own.map_while(move |change| {
        match change {
            // A value that does not fit leaves the task as it was: then it stood so.
            Change::Set { field, old, .. } => drop(task.set(*field, old.as_deref())),
            Change::Add { list, value, .. } => task.drop_from(*list, value),
            Change::Drop { list, value, .. } => task.add(*list, value),
            Change::Show { evidence, .. } => task.evidence.retain(|one| one != evidence),
            Change::Unshow { evidence, .. } => task.evidence.push(evidence.clone()),
            // Before it was made it stood nowhere.
            Change::Create { .. } => return None,
            _other => {}
        }
        Some(task.clone())
    });
    std::iter::once(removed.clone()).chain(back)
}
