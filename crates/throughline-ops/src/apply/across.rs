//! One unit over several lines, in one write: history is brought in so, and taken back.
//!
//! On other lines than the one on which we are it may only change what HOME keeps: their state files
//! may be checked out nowhere. The parts are numbered for each line by itself, because readers of a
//! line see its records alone.

use std::collections::BTreeMap;

use throughline_model::change::Change;
use throughline_model::ids::UnitId;
use throughline_model::record::Record;
use throughline_model::state::check;
use throughline_model::view::View;
use throughline_store::journal::Durability;
use throughline_store::lock::COMMAND_PATIENCE;

use super::{Done, check_private, records};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// Plans changes by line and acknowledges them as one unit, with `more` records in the same write.
pub(crate) fn commit_across(
    world: &Surroundings,
    here: &Here,
    (verb, undoes): (&str, Option<UnitId>),
    more: Vec<Record>,
    plan: impl FnOnce(&View) -> Result<BTreeMap<String, Vec<Change>>, OpsError>,
) -> Result<Done, OpsError> {
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let loaded = here.load()?;
    here.project.check_writable(&loaded)?;
    let mut view = loaded.view;
    let mut planned = plan(&view)?;
    planned.values_mut().flatten().for_each(Change::redact);
    planned.retain(|_, changes| !changes.is_empty());
    if planned.is_empty() {
        return Ok(Done { unit: None, view, changes: Vec::new() });
    }
    let own = planned.remove(&here.line()).unwrap_or_default();
    let was_sound = check(&view.state).is_ok();
    own.iter().for_each(|change| view.change(change));
    if was_sound {
        check(&view.state)?;
    }
    check_private(&view)?;
    let unit = world.unit()?;
    let mut all = Vec::new();
    let mut changes = Vec::new();
    // Ours last: where a torn write left only others, the unit was not done here.
    for (line, theirs) in planned.into_iter().chain([(here.line(), own)]) {
        if line != here.line() {
            check_other(here, &line, &theirs)?;
        }
        all.extend(records(world, &line, verb, undoes.clone(), &unit, &theirs)?);
        changes.extend(theirs);
    }
    all.extend(more);
    here.project.journal().append(&all, Durability::Acknowledged)?;
    drop(lock);
    Ok(Done { unit: Some(unit), view, changes })
}

fn check_other(here: &Here, line: &str, changes: &[Change]) -> Result<(), OpsError> {
    let mut view = here.project.load_line_alone(line)?;
    changes.iter().for_each(|change| view.change(change));
    check_private(&view)
}
