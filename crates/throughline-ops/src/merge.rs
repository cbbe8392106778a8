//! Merging another line's work into this one.
use throughline_model::change::Change;
use throughline_model::reconcile::ReconcilePlan;
use throughline_model::view::View;

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

pub(crate) fn incoming(
    _world: &Surroundings,
    _here: &Here,
    _view: &View,
    _line: &str,
) -> Result<Vec<Change>, OpsError> {
    Ok(Vec::new())
}

pub(crate) fn note(_here: &Here, _plan: &ReconcilePlan) -> Result<(), OpsError> {
    Ok(())
}
