//! `thru tasks remove`: a task goes, leaving a tombstone.

use throughline_model::change::{Change, Place, TaskJson};
use throughline_model::ids::TaskId;
use throughline_model::state::Task;
use throughline_model::view::View;

use super::find;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What was removed.
#[derive(Debug, Clone)]
pub struct RemoveReport {
    /// The tasks.
    pub removed: Vec<TaskId>,
}

/// Removes tasks that nobody rests on.
pub fn remove(
    world: &Surroundings,
    here: &Here,
    tasks: &[String],
) -> Result<RemoveReport, OpsError> {
    let mut removed = Vec::new();
    apply(world, here, "remove", |view| {
        let found: Vec<_> = tasks.iter().map(|name| find(view, name)).collect::<Result<_, _>>()?;
        removed = found.iter().map(|(id, _)| TaskId::clone(id)).collect();
        check_free(view, &removed)?;
        Ok(found.into_iter().map(|(id, task)| change(world, view, id, task)).collect())
    })?;
    Ok(RemoveReport { removed })
}

fn change(world: &Surroundings, view: &View, id: &TaskId, task: &Task) -> Change {
    let place = if view.is_private(id) { Place::Private } else { Place::State };
    let task = TaskJson(Box::new(task.clone()));
    Change::Remove { id: id.clone(), place, task, at: world.clock.now() }
}

fn check_free(view: &View, going: &[TaskId]) -> Result<(), OpsError> {
    let rests = |task: &Task| {
        task.depends_on.iter().chain(&task.parent).find(|id| going.contains(id)).cloned()
    };
    let staying = view.tasks().filter(|(id, _)| !going.contains(id));
    match staying.filter_map(|(id, task)| rests(task).map(|on| (id, on))).next() {
        None => Ok(()),
        Some((id, on)) => Err(OpsError::Refused {
            reason: format!("{id} rests on {on}; unlink it first, or remove both"),
        }),
    }
}
