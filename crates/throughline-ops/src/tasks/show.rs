//! `thru tasks show`

use throughline_model::ids::{NoteId, TaskId};
use throughline_model::line::Claim;
use throughline_model::state::{Note, Task};

use super::find;
use super::list::{Row, row};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// All about one task.
#[derive(Debug, Clone)]
pub struct ShowReport {
    /// As in a list.
    pub row: Row,
    /// The task.
    pub task: Task,
    /// What is part of it.
    pub children: Vec<Row>,
    /// What it depends on.
    pub needs: Vec<Row>,
    /// What waits for it.
    pub waiting: Vec<Row>,
    /// Notes about it.
    pub notes: Vec<(NoteId, Note)>,
    /// Who works on it.
    pub claim: Option<Claim>,
}

/// Shows a task.
pub fn show(world: &Surroundings, here: &Here, name: &str) -> Result<ShowReport, OpsError> {
    let view = here.read()?.view;
    let now = world.clock.now();
    let (id, task) = find(&view, name)?;
    let rows = |wanted: &dyn Fn(&TaskId, &Task) -> bool| {
        let found = view.tasks().filter(|(id, task)| wanted(id, task));
        found.map(|(id, task)| row(&view, id, task, now)).collect::<Vec<_>>()
    };
    let notes = view.state.notes.iter().filter(|(_, note)| note.task.as_ref() == Some(id));
    Ok(ShowReport {
        row: row(&view, id, task, now),
        children: rows(&|_, other| other.parent.as_ref() == Some(id)),
        needs: rows(&|other, _| task.depends_on.contains(other)),
        waiting: rows(&|_, other| other.depends_on.contains(id)),
        notes: notes.map(|(id, note)| (id.clone(), note.clone())).collect(),
        claim: view.line.claims.get(id).filter(|c| c.until > now).cloned(),
        task: task.clone(),
    })
}
