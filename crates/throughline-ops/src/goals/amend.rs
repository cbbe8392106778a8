//! A goal as another program sets it: what is named becomes so, all of it or nothing.

use throughline_model::goal::{Act, Budget, Goal, GoalStatus};
use throughline_model::overlay::Patch;
use throughline_runtime::goals::{GoalError, Goals, Owner};

use super::{GoalOf, GoalReport, SetOptions, current, failed, note, set, who};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What becomes of a goal; of what is not named nothing does.
#[derive(Debug, Clone)]
pub struct AmendOptions {
    /// Of whom.
    pub of: GoalOf,
    /// What is to be reached. Without a goal, or with one that is complete, this is a new one.
    pub objective: Option<String>,
    /// How it stands.
    pub status: Option<GoalStatus>,
    /// What it may cost, in tokens.
    pub tokens: Patch<u64>,
}

/// Sets a goal, or changes the one that there is.
///
/// # Errors
/// [`OpsError`]: there is none to change, or its state does not let it; then nothing was changed.
pub fn amend(
    world: &Surroundings,
    here: &Here,
    options: &AmendOptions,
) -> Result<GoalReport, OpsError> {
    let mut goals = crate::databases::open::<Goals>(world)?;
    let found = current(world, here, &goals, &options.of)?;
    let (found, objective) = match (found, &options.objective) {
        (Some(goal), None) => (goal, None),
        (Some(goal), Some(objective)) if goal.status != GoalStatus::Complete => {
            let objective = throughline_model::redact::redact(objective);
            (goal, Some(objective.into_owned()))
        }
        (_, Some(objective)) => {
            let budget = Budget { tokens: bound(None, &options.tokens), seconds: None };
            let new = SetOptions {
                of: options.of.clone(),
                objective: objective.clone(),
                milestone: None,
                budget,
            };
            (set(world, here, &new)?.goal, None)
        }
        (None, None) => return Err(failed(GoalError::None)),
    };
    let acts = acts(&found, objective, options)?;
    let owner = Owner { project: &found.project, session: found.session.as_deref() };
    let by = (who(world), world.clock.now());
    let goal = goals.act_all(owner, found.id.as_str(), &acts, by).map_err(failed)?;
    acts.iter().for_each(|act| note(world, act.as_str()));
    Ok(GoalReport { goal, done: "set" })
}

/// What leads from the goal as it is to the one that is wanted.
fn acts(
    goal: &Goal,
    objective: Option<String>,
    options: &AmendOptions,
) -> Result<Vec<Act>, OpsError> {
    let mut acts = Vec::new();
    acts.extend(objective.map(|objective| Act::Reword { objective }));
    let tokens = bound(goal.budget.tokens, &options.tokens);
    if tokens != goal.budget.tokens {
        acts.push(Act::Allow(Budget { tokens, ..goal.budget }));
    }
    if let Some(status) = options.status.filter(|status| *status != goal.status) {
        acts.push(match status {
            GoalStatus::Active => Act::Resume,
            GoalStatus::Paused => Act::Pause,
            GoalStatus::Blocked => Act::Block { reason: "another program says so".to_owned() },
            GoalStatus::UsageLimited => Act::Limit,
            GoalStatus::Complete => Act::Complete,
            GoalStatus::BudgetLimited => {
                let reason = "that its budget is used up follows from what it cost".to_owned();
                return Err(OpsError::Refused { reason });
            }
        });
    }
    Ok(acts)
}

fn bound(old: Option<u64>, new: &Patch<u64>) -> Option<u64> {
    match new {
        Patch::Unchanged => old,
        Patch::Clear => None,
        Patch::Set(tokens) => Some(*tokens),
    }
}
