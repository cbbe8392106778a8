//! `thru memory drop`: everything that is remembered in a root goes, and what it rests on.
//!
//! The rows are kept aside as JSON for 30 days, so that it can be taken back; `--now` keeps nothing, and
//! the history of the sheet goes too. The sessions that taught something are disabled, so
//! that the next update does not bring it all back.

use std::fs;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use throughline_model::memory::Memory;
use throughline_runtime::memories::{JobKind, Memories, Mode, Output, OutputFilter};

use super::past::{Whose, root_of};
use super::root::Root;
use super::write::write;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// How long it can be taken back.
const GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discard {
    /// Say what would go.
    Look,
    /// Let it go; for 30 days it can be taken back.
    Drop,
    /// Let it go for good, and what was dropped before too.
    ForGood,
    /// Take back what was dropped last.
    Undo,
}

/// What went, would go, or came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscardReport {
    /// What was done.
    pub what: Discard,
    /// How many memories.
    pub memories: usize,
    /// How many sessions' findings.
    pub sessions: usize,
}

/// What is kept aside.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    memories: Vec<Memory>,
    outputs: Vec<Output>,
}

/// Drops everything of a root, or takes it back.
///
/// # Errors
/// [`OpsError`]: nothing to take back, the database can't be written.
pub fn discard(
    world: &Surroundings,
    whose: Whose,
    what: Discard,
) -> Result<DiscardReport, OpsError> {
    let root = root_of(world, whose)?;
    world.home.prepare()?;
    let memories = crate::databases::open::<Memories>(world)?;
    if what == Discard::Undo {
        return undo(world, &root, &memories);
    }
    let all = memories.of_root(root.project())?;
    let outputs = match root.project() {
        Some(project) => {
            memories.outputs(&OutputFilter { project: Some(project.to_owned()), since: None })?
        }
        None => Vec::new(),
    };
    drop(memories);
    let report = DiscardReport { what, memories: all.len(), sessions: outputs.len() };
    if what != Discard::Look {
        let kept = Kept { memories: all, outputs };
        gone(world, &root, what, &kept)?;
    }
    Ok(report)
}

fn gone(world: &Surroundings, root: &Root, what: Discard, kept: &Kept) -> Result<(), OpsError> {
    let now = world.clock.now();
    let message = format!("drop {} memories", kept.memories.len());
    write(world, std::slice::from_ref(root), &message, |change| {
        for memory in &kept.memories {
            change.remove(&memory.id)?;
        }
        for output in &kept.outputs {
            change.remove_output(&output.session)?;
            change.set_mode(&output.session, Mode::Disabled, "dropped", now)?;
        }
        let before = now.saturating_sub(GRACE).unwrap_or(now);
        match what {
            Discard::ForGood => drop(change.forget_dropped(root.key(), jiff::Timestamp::MAX)?),
            Discard::Drop => {
                change.forget_dropped(root.key(), before)?;
                let body = serde_json::to_string(kept).expect("our types are JSON");
                change.keep_dropped(root.key(), &body, now)?;
            }
            Discard::Look | Discard::Undo => {}
        }
        Ok::<(), OpsError>(())
    })?;
    if what == Discard::ForGood {
        let history = root.folder(world).join(".git");
        fs::remove_dir_all(&history).map_err(|error| OpsError::File {
            path: history,
            problem: format!("its history could not be removed: {error}"),
        })?;
    }
    Ok(())
}

fn undo(world: &Surroundings, root: &Root, memories: &Memories) -> Result<DiscardReport, OpsError> {
    let nothing =
        || OpsError::Refused { reason: "nothing was dropped in the last 30 days".to_owned() };
    let dropped = memories.dropped(root.key())?.into_iter().next().ok_or_else(nothing)?;
    let now = world.clock.now();
    if now.duration_since(dropped.at) > GRACE {
        return Err(nothing());
    }
    let kept: Kept = serde_json::from_str(&dropped.body).map_err(|error| OpsError::File {
        path: Memories::file(&world.home),
        problem: format!("what was dropped can't be read: {error}"),
    })?;
    let report = DiscardReport {
        what: Discard::Undo,
        memories: kept.memories.len(),
        sessions: kept.outputs.len(),
    };
    let message = format!("take back {} memories", report.memories);
    write(world, std::slice::from_ref(root), &message, |change| {
        for memory in &kept.memories {
            change.put(memory)?;
        }
        for output in &kept.outputs {
            change.set_mode(&output.session, Mode::Enabled, "taken back", now)?;
            change.forget_job(JobKind::Extract, &output.session)?;
            change.put_output(output)?;
        }
        change.undrop(dropped.number)?;
        Ok::<(), OpsError>(())
    })?;
    Ok(report)
}
