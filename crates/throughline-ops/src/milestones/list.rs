//! `thru milestones list`

use jiff::Timestamp;
use throughline_model::state::MilestoneStatus;

use super::{MilestoneRow, row};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// Which milestones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// Neither reached nor dropped.
    #[default]
    Open,
    /// All of them.
    All,
}

/// What was listed.
#[derive(Debug, Clone)]
pub struct ListReport {
    /// Open ones first, then by the time at which they are due, those without one last.
    pub milestones: Vec<MilestoneRow>,
    /// The line's key.
    pub line: String,
    /// How many milestones the line has in all.
    pub total: usize,
}

/// Lists milestones.
pub fn list(world: &Surroundings, here: &Here, which: Which) -> Result<ListReport, OpsError> {
    let view = here.read()?.view;
    let now = world.clock.now();
    let is_wanted = |status| which == Which::All || status == MilestoneStatus::Open;
    let wanted = view.state.milestones.iter().filter(|(_, found)| is_wanted(found.status));
    let mut rows: Vec<_> = wanted.map(|(id, found)| row(&view, id, found, now)).collect();
    rows.sort_by_key(|row| {
        let closed = row.milestone.status != MilestoneStatus::Open;
        (closed, row.milestone.due.unwrap_or(Timestamp::MAX), row.milestone.title.clone())
    });
    Ok(ListReport { milestones: rows, line: here.line(), total: view.state.milestones.len() })
}
