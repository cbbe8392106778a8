//! `thru tasks promote`: a private node becomes part of the state.

use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::view::View;

use super::find;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What was promoted.
#[derive(Debug, Clone)]
pub struct PromoteReport {
    /// The tasks, with those on which they rest.
    pub promoted: Vec<TaskId>,
}

/// Promotes tasks, with the private ones on which they rest.
pub fn promote_tasks(
    world: &Surroundings,
    here: &Here,
    tasks: &[String],
) -> Result<PromoteReport, OpsError> {
    let done = apply(world, here, "promote", |view| {
        let mut changes = Vec::new();
        for name in tasks {
            let (id, _) = find(view, name)?;
            if view.is_private(id) {
                promote(view, id, &mut changes);
            }
        }
        Ok(changes)
    })?;
    let promoted = done.changes.iter().filter_map(Change::task).cloned().collect();
    Ok(PromoteReport { promoted })
}

/// A task after what it rests on; what is promoted already is left out.
pub(crate) fn promote(view: &View, id: &TaskId, changes: &mut Vec<Change>) {
    let mut open = vec![id.clone()];
    let mut order = Vec::new();
    while let Some(id) = open.pop() {
        let Some(task) = view.line.private.get(&id) else { continue };
        if order.contains(&id) {
            continue;
        }
        open.extend(task.parent.iter().chain(&task.depends_on).cloned());
        order.push(id);
    }
    for id in order.into_iter().rev() {
        let change = Change::Promote { id };
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
}
