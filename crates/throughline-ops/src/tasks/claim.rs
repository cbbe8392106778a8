//! `thru tasks claim | release`: who works on a task, until when.

use jiff::SignedDuration;
use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::line::Claim;
use throughline_model::view::View;

use super::find;
use super::transition::owner;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What shall be claimed.
#[derive(Debug, Clone)]
pub struct ClaimOptions {
    /// Id or ref.
    pub task: String,
    /// By whom; the session or user by default.
    pub owner: Option<String>,
    /// For how long.
    pub lease: SignedDuration,
}

/// What was claimed.
#[derive(Debug, Clone)]
pub struct ClaimReport {
    /// The task.
    pub id: TaskId,
    /// The claim that holds now; `None` after a release.
    pub claim: Option<Claim>,
    /// From whom it was taken over, if a lease had run out.
    pub taken_from: Option<String>,
}

/// Claims a task, renews one's own claim, or takes over one that ran out.
pub fn claim(
    world: &Surroundings,
    here: &Here,
    options: &ClaimOptions,
) -> Result<ClaimReport, OpsError> {
    let owner = options.owner.clone().unwrap_or_else(|| owner(world));
    let claim = Claim { owner, until: world.clock.now() + options.lease };
    let (mut found, mut taken_from) = (None, None);
    apply(world, here, "claim", |view| {
        let (id, _) = find(view, &options.task)?;
        found = Some(id.clone());
        let held = view.line.claims.get(id).filter(|held| held.owner != claim.owner);
        taken_from = held.map(|held| held.owner.clone());
        Ok(vec![taken(world, view, id, claim.clone())?])
    })?;
    let id = found.expect("a plan that succeeded found the task");
    Ok(ClaimReport { id, claim: Some(claim), taken_from })
}

/// A claim is made or renewed. Somebody else's stands until it runs out.
pub(crate) fn taken(
    world: &Surroundings,
    view: &View,
    id: &TaskId,
    claim: Claim,
) -> Result<Change, OpsError> {
    let old = view.line.claims.get(id).cloned();
    check_free(world, id, old.as_ref(), &claim.owner)?;
    Ok(Change::Claim { id: id.clone(), old, new: Some(claim) })
}

/// A claim ends, if there is one.
pub(crate) fn released(
    world: &Surroundings,
    view: &View,
    id: &TaskId,
) -> Result<Option<Change>, OpsError> {
    let Some(old) = view.line.claims.get(id).cloned() else { return Ok(None) };
    check_free(world, id, Some(&old), &owner(world))?;
    Ok(Some(Change::Claim { id: id.clone(), old: Some(old), new: None }))
}

fn check_free(
    world: &Surroundings,
    id: &TaskId,
    held: Option<&Claim>,
    owner: &str,
) -> Result<(), OpsError> {
    let now = world.clock.now();
    match held.filter(|held| held.owner != owner && held.until > now) {
        None => Ok(()),
        Some(held) => {
            let (task, owner, until) = (id.clone(), held.owner.clone(), held.until);
            Err(OpsError::Claimed { task, owner, until })
        }
    }
}

/// Ends a claim. Somebody else's is ended only once it ran out.
pub fn release(world: &Surroundings, here: &Here, task: &str) -> Result<ClaimReport, OpsError> {
    let mut found = None;
    apply(world, here, "release", |view| {
        let (id, _) = find(view, task)?;
        found = Some(id.clone());
        Ok(released(world, view, id)?.into_iter().collect())
    })?;
    let id = found.expect("a plan that succeeded found the task");
    Ok(ClaimReport { id, claim: None, taken_from: None })
}
