//! `thru adr link`: a decision record and tasks have to do with each other, both ways.

use throughline_model::adr::reference;
use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::state::{Kind, ListField, Task};
use throughline_model::view::View;

use super::records;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks;

/// What was bound.
#[derive(Debug, Clone)]
pub struct LinkReport {
    /// The record's task.
    pub record: TaskId,
    /// The tasks, as given.
    pub tasks: Vec<TaskId>,
    /// Whether anything changed.
    pub changed: bool,
}

/// Binds a record to tasks. `record` is an id, a ref, a number or a path; `names` are ids or refs.
pub fn link(
    world: &Surroundings,
    here: &Here,
    record: &str,
    names: &[String],
) -> Result<LinkReport, OpsError> {
    let mut bound = None;
    let done = apply(world, here, "adr link", |view| {
        let (id, decision) = find(view, record)?;
        let mut changes = Vec::new();
        let mut others: Vec<TaskId> = Vec::new();
        for name in names {
            let (other, task) = tasks::find(view, name)?;
            if other == id {
                let reason = format!("{id} is the decision record itself");
                return Err(OpsError::Refused { reason });
            }
            if others.contains(other) {
                continue;
            }
            if view.is_private(other) {
                tasks::promote::promote(view, other, &mut changes);
            }
            changes.extend(related(id, decision, other));
            changes.extend(related(other, task, id));
            others.push(other.clone());
        }
        bound = Some((id.clone(), others));
        Ok(changes)
    })?;
    let (record, tasks) = bound.expect("a plan that succeeded found all of them");
    Ok(LinkReport { record, tasks, changed: done.unit.is_some() })
}

fn related(from: &TaskId, task: &Task, to: &TaskId) -> Option<Change> {
    let add = Change::Add { id: from.clone(), list: ListField::Related, value: to.to_string() };
    (!task.related.contains(to)).then_some(add)
}

fn find<'v>(view: &'v View, name: &str) -> Result<(&'v TaskId, &'v Task), OpsError> {
    let digits = name.strip_prefix("ADR-").or_else(|| name.strip_prefix("adr-")).unwrap_or(name);
    let by_number = || digits.parse().ok().and_then(|number| view.find(&reference(number)));
    let by_path =
        || records(view).find(|(_, _, path)| *path == name).map(|(id, task, _)| (id, task));
    let is_decision = |(_, task): &(&TaskId, &Task)| task.kind == Kind::Decision;
    let found = view.find(name).filter(is_decision);
    let found = found.or_else(|| by_number().filter(is_decision)).or_else(by_path);
    found.ok_or_else(|| OpsError::NoSuch { what: "decision record", name: name.to_owned() })
}
