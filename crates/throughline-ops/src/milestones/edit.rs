//! `thru milestones edit`

use jiff::Timestamp;
use throughline_model::change::Change;
use throughline_model::state::Milestone;

use super::{MilestoneRow, find, known, row};
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks::title;

/// What becomes of the time at which a milestone is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Due {
    /// It stays.
    #[default]
    Keep,
    /// There is none any more.
    Clear,
    /// It is this.
    Set(Timestamp),
}

/// What shall change.
#[derive(Debug, Clone, Default)]
pub struct EditOptions {
    /// Id or title.
    pub milestone: String,
    /// Another title.
    pub title: Option<String>,
    /// Another time.
    pub due: Due,
}

/// What changed.
#[derive(Debug, Clone)]
pub struct EditReport {
    /// The milestone as it stands now.
    pub row: MilestoneRow,
    /// Whether anything changed.
    pub changed: bool,
}

/// Changes title and time of a milestone.
pub fn edit(
    world: &Surroundings,
    here: &Here,
    options: &EditOptions,
) -> Result<EditReport, OpsError> {
    let mut edited = None;
    let done = apply(world, here, "edit milestone", |view| {
        let (id, old) = find(view, &options.milestone)?;
        edited = Some(id.clone());
        let new = edited_milestone(old, options)?;
        if known(view, &new.title).is_some_and(|(other, _)| other != id) && new.title != old.title {
            let reason = format!("there is a milestone `{}` already", new.title);
            return Err(OpsError::Refused { reason });
        }
        let (id, changed) = (id.clone(), new != *old);
        let change = Change::Milestone { id, old: Some(old.clone()), new: Some(new) };
        Ok(changed.then_some(change).into_iter().collect())
    })?;
    let id = edited.expect("a plan that succeeded found the milestone");
    let milestone = &done.view.state.milestones[&id];
    let row = row(&done.view, &id, milestone, world.clock.now());
    Ok(EditReport { row, changed: done.unit.is_some() })
}

fn edited_milestone(old: &Milestone, options: &EditOptions) -> Result<Milestone, OpsError> {
    let mut new = old.clone();
    if let Some(name) = &options.title {
        new.title = title(name)?;
    }
    match options.due {
        Due::Keep => {}
        Due::Clear => new.due = None,
        Due::Set(due) => new.due = Some(due),
    }
    Ok(new)
}
