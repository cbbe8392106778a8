//! `thru milestones add`

use jiff::Timestamp;
use throughline_model::change::Change;
use throughline_model::ids::MilestoneId;
use throughline_model::state::{Extra, Milestone, MilestoneStatus};
use throughline_model::view::View;

use super::{MilestoneRow, known, row};
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks::title;

/// The milestone that was made.
#[derive(Debug, Clone)]
pub struct AddReport {
    /// It.
    pub row: MilestoneRow,
}

/// Makes a milestone; two of one title could not be told apart and are refused.
pub fn add(
    world: &Surroundings,
    here: &Here,
    title: &str,
    due: Option<Timestamp>,
) -> Result<AddReport, OpsError> {
    let mut made = None;
    let done = apply(world, here, "add milestone", |view| {
        if known(view, title).is_some() {
            let reason = format!("there is a milestone `{title}` already");
            return Err(OpsError::Refused { reason });
        }
        let (id, change) = new(world, view, title, due)?;
        made = Some(id);
        Ok(vec![change])
    })?;
    let id = made.expect("a plan that succeeded made an id");
    let milestone = &done.view.state.milestones[&id];
    Ok(AddReport { row: row(&done.view, &id, milestone, world.clock.now()) })
}

/// A new, open milestone, and its id.
pub(crate) fn new(
    world: &Surroundings,
    view: &View,
    name: &str,
    due: Option<Timestamp>,
) -> Result<(MilestoneId, Change), OpsError> {
    let (status, extra) = (MilestoneStatus::Open, Extra::new());
    let new = Milestone { title: title(name)?, status, due, extra };
    loop {
        let id = MilestoneId::from_entropy(&world.entropy.bytes::<8>()?, /*length*/ 5);
        if !view.state.milestones.contains_key(&id) {
            return Ok((id.clone(), Change::Milestone { id, old: None, new: Some(new) }));
        }
    }
}
