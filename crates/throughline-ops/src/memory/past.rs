//! `thru memory history | diff | revert`: what the sheet of a root said before.

use jiff::Timestamp;

use super::here::MemoryPlace;
use super::root::{Root, SHEET};
use super::sheet;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Whose history is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The project's here; outside of any: the user's.
    Here,
    /// The user's.
    User,
}

/// What was kept.
#[derive(Debug, Clone)]
pub struct HistoryReport {
    /// The newest first.
    pub states: Vec<State>,
}

/// One state.
#[derive(Debug, Clone)]
pub struct State {
    /// Its name.
    pub id: String,
    /// When it was kept.
    pub at: Timestamp,
    /// What led to it.
    pub message: String,
}

/// What changed, as a patch.
#[derive(Debug, Clone)]
pub struct DiffReport {
    /// Empty if nothing did.
    pub patch: String,
}

/// The root that is meant.
pub(super) fn root_of(world: &Surroundings, whose: Whose) -> Result<Root, OpsError> {
    let here = MemoryPlace::of(world)?;
    Ok(match (whose, here.project) {
        (Whose::Here, Some(project)) => Root::Project(project),
        (Whose::Here, None) | (Whose::User, _) => Root::User,
    })
}

/// The latest states of a root.
///
/// # Errors
/// [`OpsError`].
pub fn history(world: &Surroundings, whose: Whose, most: usize) -> Result<HistoryReport, OpsError> {
    let ledger = root_of(world, whose)?.ledger(world);
    let state = |entry: throughline_git::Entry| State {
        id: entry.id.to_string(),
        at: entry.at,
        message: entry.message,
    };
    Ok(HistoryReport { states: ledger.entries(most)?.into_iter().map(state).collect() })
}

/// What led to a state; without one: what was edited by hand and not taken in yet.
///
/// # Errors
/// [`OpsError`]: no such state.
pub fn diff(
    world: &Surroundings,
    whose: Whose,
    state: Option<&str>,
) -> Result<DiffReport, OpsError> {
    let ledger = root_of(world, whose)?.ledger(world);
    let patch = match state {
        _ if !ledger.exists() => String::new(),
        Some(state) => ledger.patch(state)?,
        None => ledger.changes()?,
    };
    Ok(DiffReport { patch })
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RevertReport {
    /// How many say again what they said.
    pub changed: usize,
    /// How many are there again.
    pub added: usize,
    /// How many are gone that were not there then.
    pub removed: usize,
}

/// Brings an earlier state back, as if the sheet had been edited so: a later revert of this one brings
/// back what stands now.
///
/// # Errors
/// [`OpsError`]: no such state.
pub fn revert(world: &Surroundings, whose: Whose, state: &str) -> Result<RevertReport, OpsError> {
    let root = root_of(world, whose)?;
    let missing = || OpsError::NoSuch { what: "state of the memories", name: state.to_owned() };
    let ledger = root.ledger(world);
    let text = ledger.exists().then(|| ledger.text(state, SHEET)).transpose()?.flatten();
    let text = text.ok_or_else(missing)?;
    sheet::replace_by(world, &root, &text, &format!("revert to {state}"))
}
