//! `thru memory update`: read the sessions that are due, then consolidate. The fold starts it behind when
//! a session became due.

use jiff::Timestamp;
use throughline_model::config::WriteMode;
use throughline_model::config::memory::{MemoryEngine, MemorySettings};
use throughline_model::memory::MemoryStatus;
use throughline_runtime::memories::Memories;

use super::consolidate::{ConsolidateReport, KEY, When, consolidate};
use super::embed::{EmbedReport, embed};
use super::engine::{Allowance, Cost, Engine};
use super::learn::{LearnReport, Which, learn};
use crate::error::OpsError;
use crate::here::Here;
use crate::index::AgentHome;
use crate::spawn::start_memory_update;
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
    /// What a model cost; none if the rules did it all.
    pub cost: Option<Cost>,
    /// Vectors.
    pub embedded: EmbedReport,
}

/// What an update may cost; none, if the rules do it all.
///
/// # Errors
/// [`OpsError`]: the database can't be read.
pub fn allowance(world: &Surroundings, here: &Here) -> Result<Option<Allowance>, OpsError> {
    let settings = &here.config.memory;
    match settings.engine {
        MemoryEngine::Builtin => Ok(None),
        MemoryEngine::Codex | MemoryEngine::OpenAiCompatible => {
            Allowance::of(world, settings).map(Some)
        }
    }
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
    let engine = Engine::of(world, settings, homes)?;
    let learnt = learn(world, here, homes, options.which, &engine)?;
    engine.begin_phase();
    let consolidated = consolidate(world, &settings.consolidate, options.when, &engine)?;
    super::foundation::mark(world, here)?;
    let embedded = embed(world, settings)?;
    let wanted = super::list::ListOptions {
        status: vec![MemoryStatus::Suggested],
        ..super::list::ListOptions::default()
    };
    let suggested = super::list::list(world, &wanted)?.memories.len();
    Ok(UpdateReport { learnt, consolidated, suggested, cost: engine.cost(), embedded })
}

/// Starts an update behind, if a session became due since the last one. Nobody waits for it, and that it
/// can't be started is no harm: the next fold tries again.
pub(crate) fn start_if_due(world: &Surroundings, here: &Here) {
    let settings = &here.config.memory;
    if !settings.enabled || here.config.write_mode != WriteMode::Write {
        return;
    }
    let Ok(began) = here.project.sessions_began() else { return };
    let last = crate::databases::read::<Memories>(world).ok().flatten();
    let last = last.and_then(|memories| memories.sheet(KEY).ok().flatten()?.consolidated);
    if is_due(&began, last, world.clock.now(), settings) {
        let _ = start_memory_update(&world.program, &here.site.worktree);
    }
}

/// Whether a session that began then is due and was not at the last consolidation.
fn is_due(
    began: &[Timestamp],
    last: Option<Timestamp>,
    now: Timestamp,
    settings: &MemorySettings,
) -> bool {
    let MemorySettings { extract, consolidate, .. } = settings;
    // One of a clock that was ahead says nothing.
    let last = last.filter(|last| *last <= now);
    if last.is_some_and(|last| now.duration_since(last) < consolidate.cooldown) {
        return false;
    }
    began.iter().any(|began| {
        let age = now.duration_since(*began);
        let became_due = began.saturating_add(extract.min_idle).unwrap_or(Timestamp::MAX);
        age >= extract.min_idle && age <= extract.max_age && last.is_none_or(|l| became_due > l)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_when_a_session_became_due_and_not_again() {
        let at = |hour: i64| Timestamp::from_second(1_795_000_000 + hour * 3600).expect("a time");
        let settings = MemorySettings::default();
        let is_due = |began, last: Option<i64>, now| {
            super::is_due(&[at(began)], last.map(at), at(now), &settings)
        };
        assert!(!is_due(0, None, 11), "it may go on");
        assert!(is_due(0, None, 13));
        assert!(!is_due(0, Some(13), 20), "that one was read");
        assert!(is_due(10, Some(13), 23));
        assert!(!is_due(10, Some(20), 23), "the last time is not long ago");
        assert!(!is_due(0, None, 24 * 31), "too old");
        assert!(is_due(10, Some(1_000), 23), "the clock was ahead then");
    }
}
