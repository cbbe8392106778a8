//! `thru tasks claim | release`: who works on a task, until when.

use jiff::SignedDuration;
use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::line::Claim;

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
    let now = world.clock.now();
    let claim = Claim { owner: owner.clone(), until: now + options.lease };
    let (mut found, mut taken_from) = (None, None);
    apply(world, here, "claim", |view| {
        let (id, _) = find(view, &options.task)?;
        found = Some(id.clone());
        let old = view.line.claims.get(id).cloned();
        match &old {
            Some(held) if held.owner != owner && held.until > now => {
                let (task, owner, until) = (id.clone(), held.owner.clone(), held.until);
                return Err(OpsError::Claimed { task, owner, until });
            }
            Some(held) if held.owner != owner => taken_from = Some(held.owner.clone()),
            Some(_) | None => {}
        }
        Ok(vec![Change::Claim { id: id.clone(), old, new: Some(claim.clone()) }])
    })?;
    let id = found.expect("a plan that succeeded found the task");
    Ok(ClaimReport { id, claim: Some(claim), taken_from })
}

/// Ends a claim. Somebody else's is ended only once it ran out.
pub fn release(world: &Surroundings, here: &Here, task: &str) -> Result<ClaimReport, OpsError> {
    let owner = owner(world);
    let mut found = None;
    apply(world, here, "release", |view| {
        let (id, _) = find(view, task)?;
        found = Some(id.clone());
        let Some(old) = view.line.claims.get(id).cloned() else { return Ok(Vec::new()) };
        if old.owner != owner && old.until > world.clock.now() {
            let (task, owner, until) = (id.clone(), old.owner, old.until);
            return Err(OpsError::Claimed { task, owner, until });
        }
        Ok(vec![Change::Claim { id: id.clone(), old: Some(old), new: None }])
    })?;
    let id = found.expect("a plan that succeeded found the task");
    Ok(ClaimReport { id, claim: None, taken_from: None })
}
