//! `thru memory update`: read the sessions that are due, then consolidate.

use throughline_model::memory::MemoryStatus;

use super::consolidate::{ConsolidateReport, When, consolidate};
use super::engine::Engine;
use super::learn::{LearnReport, Which, learn};
use crate::error::OpsError;
use crate::here::Here;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct UpdateOptions {
    /// Which sessions are read.
    pub which: Which,
    /// Whether it is consolidated at any rate.
    pub when: When,
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub struct UpdateReport {
    /// Phase 1.
    pub learnt: LearnReport,
    /// Phase 2.
    pub consolidated: ConsolidateReport,
    /// How many memories wait for somebody to confirm them.
    pub suggested: usize,
}

/// Brings memories up to date.
///
/// # Errors
/// [`OpsError`].
pub fn update(
    world: &Surroundings,
    here: &Here,
    homes: &[AgentHome],
    options: UpdateOptions,
) -> Result<UpdateReport, OpsError> {
    let settings = &here.config.memory;
    if !settings.enabled {
        let reason = "memories are switched off: `enabled = true` under [memory] in the settings";
        return Err(OpsError::Refused { reason: reason.to_owned() });
    }
    let engine = Engine::of(world, settings);
    let learnt = learn(world, here, homes, options.which, &engine)?;
    let consolidated = consolidate(world, &settings.consolidate, options.when)?;
    let wanted = super::list::ListOptions {
        status: vec![MemoryStatus::Suggested],
        ..super::list::ListOptions::default()
    };
    let suggested = super::list::list(world, &wanted)?.memories.len();
    Ok(UpdateReport { learnt, consolidated, suggested })
}
