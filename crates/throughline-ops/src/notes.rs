//! Notes: remarks about the project or a task.

use throughline_model::change::Change;
use throughline_model::ids::{NoteId, TaskId};
use throughline_model::record::Actor;
use throughline_model::state::{Extra, Note};

use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks::{LONGEST_NOTE, find};

/// A note that was written.
#[derive(Debug, Clone)]
pub struct NoteReport {
    /// Its id.
    pub id: NoteId,
    /// About which task.
    pub task: Option<TaskId>,
}

/// Writes a note, about a task if one is named.
pub fn add(
    world: &Surroundings,
    here: &Here,
    text: &str,
    task: Option<&str>,
) -> Result<NoteReport, OpsError> {
    if text.trim().is_empty() || text.len() > LONGEST_NOTE {
        let reason = format!("a note has 1 to {LONGEST_NOTE} bytes; this one has {}", text.len());
        return Err(OpsError::Refused { reason });
    }
    let id = NoteId::from_entropy(&world.entropy.bytes::<8>()?, /*length*/ 6);
    let mut about = None;
    apply(world, here, "note", |view| {
        let mut changes = Vec::new();
        if let Some(name) = task {
            let (task, _) = find(view, name)?;
            about = Some(task.clone());
            if view.is_private(task) {
                crate::tasks::promote::promote(view, task, &mut changes);
            }
        }
        let session = match &world.actor {
            Actor::Agent { session, .. } => session.clone(),
            Actor::Person | Actor::Fold => None,
        };
        let (text, at) = (text.to_owned(), world.clock.now());
        let note = Note { text, at, task: about.clone(), session, extra: Extra::new() };
        changes.push(Change::Note { id: id.clone(), old: None, new: Some(note) });
        Ok(changes)
    })?;
    Ok(NoteReport { id, task: about })
}
