//! `thread/goal/…`: the goal of a conversation, as Throughline keeps it.
//!
//! Codex has goals of its own, in a database of its own; these are ours (`thru goals`), which outlive the
//! conversation's program and are known to the project. A goal needs a project where its conversation worked.

use serde_json::{Value, json};
use throughline_model::goal::{Goal, GoalStatus, LONGEST_OBJECTIVE};
use throughline_model::overlay::Patch;
use throughline_ops::goals::amend::{AmendOptions, amend};
use throughline_ops::goals::{ChangeOptions, Deed, GoalOf, change, show};
use throughline_ops::here::Here;

use crate::message::Fault;
use crate::methods::{Call, fault, parsed};
use crate::threads::find;
use crate::wire::{OfThreadParams, ThreadGoalSetParams, ThreadGoalStatus};

/// `thread/goal/get`
pub(crate) fn get(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let OfThreadParams { thread_id } = parsed(params)?;
    let here = project_of(call, &thread_id)?;
    let of = GoalOf::Conversation(thread_id.clone());
    let found = show(&call.world, &here, &of, /*id*/ None).map_err(fault)?;
    Ok(json!({ "goal": found.goal.map(|goal| told(&goal, &thread_id)) }))
}

/// `thread/goal/set`
pub(crate) fn set(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: ThreadGoalSetParams = parsed(params)?;
    let here = project_of(call, &params.thread_id)?;
    check(&params)?;
    let options = AmendOptions {
        of: GoalOf::Conversation(params.thread_id.clone()),
        objective: params.objective,
        status: params.status.map(status),
        tokens: match params.token_budget {
            Patch::Unchanged => Patch::Unchanged,
            Patch::Clear => Patch::Clear,
            Patch::Set(tokens) => Patch::Set(tokens.unsigned_abs()),
        },
    };
    let goal = amend(&call.world, &here, &options).map_err(fault)?.goal;
    let goal = told(&goal, &params.thread_id);
    let event = json!({ "threadId": params.thread_id, "turnId": null, "goal": goal });
    call.tell("thread/goal/updated", &event);
    Ok(json!({ "goal": goal }))
}

/// In Codex's words.
fn check(params: &ThreadGoalSetParams) -> Result<(), Fault> {
    if matches!(params.token_budget, Patch::Set(..=0)) {
        return Err(Fault::invalid("goal budgets must be positive when provided"));
    }
    let Some(objective) = &params.objective else { return Ok(()) };
    if objective.trim().is_empty() {
        return Err(Fault::invalid("goal objective must not be empty"));
    }
    if objective.chars().count() > LONGEST_OBJECTIVE {
        let sentence = format!("goal objective must be at most {LONGEST_OBJECTIVE} characters");
        return Err(Fault::invalid(sentence));
    }
    Ok(())
}

/// `thread/goal/clear`
pub(crate) fn clear(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let OfThreadParams { thread_id } = parsed(params)?;
    let here = project_of(call, &thread_id)?;
    let of = GoalOf::Conversation(thread_id.clone());
    if show(&call.world, &here, &of, /*id*/ None).map_err(fault)?.goal.is_none() {
        return Ok(json!({ "cleared": false }));
    }
    let options = ChangeOptions { of, expected: None, deed: Deed::Clear };
    change(&call.world, &here, &options).map_err(fault)?;
    call.tell("thread/goal/cleared", &json!({ "threadId": thread_id }));
    Ok(json!({ "cleared": true }))
}

/// The project in which a conversation worked.
fn project_of(call: &mut Call, thread: &str) -> Result<Here, Fault> {
    let row = find(call, thread)?;
    call.project_at(row.meta.cwd.into())
}

fn told(goal: &Goal, thread: &str) -> Value {
    json!({
        "threadId": thread,
        "objective": goal.objective,
        "status": status_word(goal.status),
        "tokenBudget": goal.budget.tokens,
        "tokensUsed": goal.spent.tokens,
        "timeUsedSeconds": goal.spent.seconds,
        "createdAt": goal.created.as_second(),
        "updatedAt": goal.updated.as_second(),
    })
}

fn status(status: ThreadGoalStatus) -> GoalStatus {
    match status {
        ThreadGoalStatus::Active => GoalStatus::Active,
        ThreadGoalStatus::Paused => GoalStatus::Paused,
        ThreadGoalStatus::Blocked => GoalStatus::Blocked,
        ThreadGoalStatus::UsageLimited => GoalStatus::UsageLimited,
        ThreadGoalStatus::BudgetLimited => GoalStatus::BudgetLimited,
        ThreadGoalStatus::Complete => GoalStatus::Complete,
    }
}

fn status_word(status: GoalStatus) -> ThreadGoalStatus {
    match status {
        GoalStatus::Active => ThreadGoalStatus::Active,
        GoalStatus::Paused => ThreadGoalStatus::Paused,
        GoalStatus::Blocked => ThreadGoalStatus::Blocked,
        GoalStatus::UsageLimited => ThreadGoalStatus::UsageLimited,
        GoalStatus::BudgetLimited => ThreadGoalStatus::BudgetLimited,
        GoalStatus::Complete => ThreadGoalStatus::Complete,
    }
}
