//! Undo as a new change: the inverse of a unit, checked field by field against what stands now.
//!
//! A field that changed since is named instead of overwritten. Undo of undo is redo.

use jiff::Timestamp;

use crate::change::Change;
use crate::ids::TaskId;
use crate::state::Task;
use crate::view::{View, settled_at};

/// What an undo would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoPlan {
    /// In order.
    pub changes: Vec<Change>,
    /// Left alone, because they changed since: in words.
    pub changed_since: Vec<String>,
}

/// Plans how the changes of a unit (in their order) are taken back.
pub fn plan_undo(view: &View, unit: &[Change], now: Timestamp) -> UndoPlan {
    let mut plan = UndoPlan::default();
    // Later changes of the same unit are taken back first, so each is checked against the view
    // as it will stand by then. What rests on a later one (an import may name a task before it
    // makes it) waits for the next round.
    let mut view = view.clone();
    let mut left: Vec<&Change> = unit.iter().rev().collect();
    for _ in 0..MOST_ROUNDS {
        let before = left.len();
        left.retain(|change| {
            let stays = changed_since(&view, change).is_some();
            if !stays {
                let inverse = change.inverse(now);
                view.change(&inverse);
                plan.changes.push(inverse);
            }
            stays
        });
        if left.len() == before || left.is_empty() {
            break;
        }
    }
    plan.changed_since = left.iter().filter_map(|change| changed_since(&view, change)).collect();
    plan
}

/// How often what could not be taken back is tried again: each round frees one link of a chain
/// that an import named back to front.
const MOST_ROUNDS: usize = 64;

/// What keeps a change from being taken back, in words.
fn changed_since(view: &View, change: &Change) -> Option<String> {
    match change {
        Change::Set { id, field, new, .. } => {
            let now = view.task(id).map(|task| task.get(*field));
            let field = field.as_str();
            match now {
                None => Some(format!("{id} is gone")),
                Some(now) if now != *new => Some(format!(
                    "{field} of {id} is now {}",
                    now.map_or_else(|| "empty".to_owned(), |now| format!("\"{now}\""))
                )),
                Some(_) => None,
            }
        }
        Change::Create { id, task, .. } => match view.task(id) {
            None => Some(format!("{id} is gone")),
            Some(now) if !now.says_same_as(&task.0) => Some(format!("{id} was changed")),
            Some(_) => needed_by(view.tasks(), id),
        },
        Change::Remove { id, .. } => view.task(id).map(|_| format!("{id} is there again")),
        Change::Add { id, list, value } => {
            let there = view.task(id).is_some_and(|t| t.list(*list).contains(&value.as_str()));
            (!there).then(|| format!("{} of {id} no longer has {value}", list.as_str()))
        }
        Change::Drop { id, list, value } => {
            let there = view.task(id).is_none_or(|t| t.list(*list).contains(&value.as_str()));
            there.then(|| format!("{} of {id} has {value} again", list.as_str()))
        }
        Change::Milestone { id, old, new } => {
            let now = view.state.milestones.get(id);
            let leads = |t: &Task| t.milestone.as_ref() == Some(id);
            let user = || view.tasks().find(|(_, task)| old.is_none() && leads(task));
            let used = || user().map(|(task, _)| format!("{task} leads to {id}"));
            differs(now, new.as_ref(), id.as_str()).or_else(used)
        }
        Change::Note { id, new, .. } => {
            differs(view.state.notes.get(id), new.as_ref(), id.as_str())
        }
        Change::Snapshot { id, new, .. } => differs(view.state.snapshots.get(id), new.as_ref(), id),
        Change::Resolve { at, new, .. } => {
            let now = settled_at(&view.state, at);
            differs(Some(&now), Some(new), &format!("the conflict at {at}"))
        }
        Change::Claim { id, new, .. } => {
            differs(view.line.claims.get(id), new.as_ref(), &format!("the claim on {id}"))
        }
        Change::Focus { new, .. } => differs(view.line.focus.as_ref(), new.as_ref(), "the focus"),
        Change::Mirror { session, new, .. } => {
            let now = view.line.plan_of(session, None);
            differs(now, new.as_deref(), &format!("the plan of {session}"))
        }
        Change::Promote { id } if !view.state.tasks.contains_key(id) => {
            Some(format!("{id} is gone"))
        }
        // Nothing that is published may rest on something private.
        Change::Promote { id } => needed_by(view.state.tasks.iter(), id),
        Change::Show { .. }
        | Change::Unshow { .. }
        | Change::Demote { .. }
        | Change::Recall { .. }
        | Change::Forget { .. } => None,
    }
}

/// A task that others rest on can't be taken back alone.
fn needed_by<'v>(
    mut tasks: impl Iterator<Item = (&'v TaskId, &'v Task)>,
    id: &TaskId,
) -> Option<String> {
    let rests = |t: &Task| t.parent.as_ref() == Some(id) || t.depends_on.contains(id);
    tasks.find(|(_, task)| rests(task)).map(|(other, _)| format!("{other} rests on {id}"))
}

fn differs<T: PartialEq>(now: Option<&T>, new: Option<&T>, what: &str) -> Option<String> {
    (now != new).then(|| format!("{what} was changed"))
}

#[cfg(test)]
mod tests;
