//! `thru tasks edit`: fields by flags.

use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::state::{Field, ListField, Task};
use throughline_model::view::View;

use super::{find, title};
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// A field and its new value; `None` empties it.
pub type Assignment = (Field, Option<String>);

/// What shall change.
#[derive(Debug, Clone, Default)]
pub struct EditOptions {
    /// Id or ref.
    pub task: String,
    /// Fields.
    pub set: Vec<Assignment>,
    /// Labels that join.
    pub add_labels: Vec<String>,
    /// Labels that leave.
    pub drop_labels: Vec<String>,
}

/// What changed.
#[derive(Debug, Clone)]
pub struct EditReport {
    /// The task.
    pub id: TaskId,
    /// How many fields changed.
    pub changed: usize,
    /// The line as it stands now.
    pub view: View,
}

/// Changes fields of a task.
pub fn edit(
    world: &Surroundings,
    here: &Here,
    options: &EditOptions,
) -> Result<EditReport, OpsError> {
    let mut edited = None;
    let done = apply(world, here, "edit", |view| {
        let (id, task) = find(view, &options.task)?;
        edited = Some(id.clone());
        let mut changes = assignments(world, view, (id, task), &options.set)?;
        let list = ListField::Labels;
        let (id, labels) = (id.clone(), &task.labels);
        let new = options.add_labels.iter().filter(|l| !labels.contains(l)).cloned();
        changes.extend(new.map(|value| Change::Add { id: id.clone(), list, value }));
        let gone = options.drop_labels.iter().filter(|l| labels.contains(l)).cloned();
        changes.extend(gone.map(|value| Change::Drop { id: id.clone(), list, value }));
        Ok(changes)
    })?;
    let id = edited.expect("a plan that succeeded found the task");
    Ok(EditReport { id, changed: done.changes.len(), view: done.view })
}

/// Fields of one task get other values.
pub(crate) fn assignments(
    world: &Surroundings,
    view: &View,
    (id, task): (&TaskId, &Task),
    set: &[Assignment],
) -> Result<Vec<Change>, OpsError> {
    let mut changes = Vec::new();
    for (field, value) in set {
        let value = resolve(world, view, *field, value.as_deref(), &mut changes)?;
        // A trial run, so that a wrong value is refused before anything is written.
        task.clone().set(*field, value.as_deref())?;
        changes.extend(Change::set(id, task, *field, value.as_deref()));
    }
    Ok(changes)
}

/// Names become ids, titles one line.
fn resolve(
    world: &Surroundings,
    view: &View,
    field: Field,
    value: Option<&str>,
    changes: &mut Vec<Change>,
) -> Result<Option<String>, OpsError> {
    let Some(value) = value else { return Ok(None) };
    Ok(Some(match field {
        Field::Parent => {
            let (id, _) = find(view, value)?;
            if view.is_private(id) {
                super::promote::promote(view, id, changes);
            }
            id.to_string()
        }
        Field::Milestone => super::add::milestone(world, view, value, changes)?.to_string(),
        Field::Title => title(value)?,
        Field::Status
        | Field::Kind
        | Field::Priority
        | Field::Ref
        | Field::Owner
        | Field::Acceptance
        | Field::Notes
        | Field::DeferredUntil
        | Field::TargetCommit
        | Field::Adr
        | Field::AdrImport
        | Field::Reason
        | Field::CompletedAt => value.to_owned(),
    }))
}
