//! Snapshots: where git stood, kept in the state under a name.

use throughline_model::change::Change;
use throughline_model::ids::MilestoneId;
use throughline_model::state::{Extra, Snapshot};

use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks::title;

/// What becomes of a snapshot that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the new one is refused.
    Refuse,
    /// It is replaced: `--force`.
    Replace,
}

/// What shall be kept.
#[derive(Debug, Clone)]
pub struct MakeOptions {
    /// Under which name.
    pub name: String,
    /// Why.
    pub reason: Option<String>,
    /// Where the name is taken.
    pub existing: Existing,
}

/// A snapshot with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Its name.
    pub name: String,
    /// All of it.
    pub snapshot: Snapshot,
}

/// What was kept.
#[derive(Debug, Clone)]
pub struct MakeReport {
    /// It.
    pub row: SnapshotRow,
    /// The commit of the one that it replaced.
    pub replaced: Option<String>,
}

/// What is kept.
#[derive(Debug, Clone)]
pub struct ListReport {
    /// Newest first.
    pub snapshots: Vec<SnapshotRow>,
}

/// Keeps git's HEAD under a name.
pub fn make(
    world: &Surroundings,
    here: &Here,
    options: &MakeOptions,
) -> Result<MakeReport, OpsError> {
    let name = title(&options.name)?;
    let commit = here.site.git_point().head.ok_or_else(|| OpsError::Refused {
        reason: "there is no commit here that a snapshot could keep".to_owned(),
    })?;
    let reason = options.reason.clone().unwrap_or_else(|| "by hand".to_owned());
    let (at, extra) = (world.clock.now(), Extra::new());
    let new = Snapshot { commit, at, reason, milestone: None, extra };
    let mut replaced = None;
    let done = apply(world, here, "snapshot", |view| {
        let old = view.state.snapshots.get(&name).cloned();
        check(&name, old.as_ref(), options.existing)?;
        replaced = old.as_ref().map(|old| old.commit.clone());
        Ok(vec![Change::Snapshot { id: name.clone(), old, new: Some(new) }])
    })?;
    // What was said passed the funnel.
    let snapshot = done.view.state.snapshots.get(&name).cloned();
    let missing = || OpsError::NoSuch { what: "snapshot", name: name.clone() };
    let snapshot = snapshot.ok_or_else(missing)?;
    Ok(MakeReport { row: SnapshotRow { name, snapshot }, replaced })
}

fn check(name: &str, old: Option<&Snapshot>, existing: Existing) -> Result<(), OpsError> {
    let of = old.map(|old| old.milestone.as_ref().map(MilestoneId::as_str));
    let reason = match (of, existing) {
        (None, _) | (Some(None), Existing::Replace) => return Ok(()),
        (Some(Some(id)), _) => format!("`{name}` is where milestone {id} was reached"),
        (Some(None), Existing::Refuse) => format!("there is a snapshot `{name}` already (--force)"),
    };
    Err(OpsError::Refused { reason })
}

/// Lists snapshots.
pub fn list(here: &Here) -> Result<ListReport, OpsError> {
    let all = here.read()?.view.state.snapshots.into_iter();
    let mut snapshots: Vec<_> =
        all.map(|(name, snapshot)| SnapshotRow { name, snapshot }).collect();
    snapshots.sort_by_key(|row| std::cmp::Reverse(row.snapshot.at));
    Ok(ListReport { snapshots })
}
