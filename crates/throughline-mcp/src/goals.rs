//! The tools for goals. They are there only where the user turned goals on.

use serde_json::{Value, json};
use throughline_model::goal::{Act, Budget, Goal};
use throughline_ops::goals::{self, ChangeOptions, Deed, GoalOf, SetOptions};

use crate::refusal::Refusal;
use crate::shown::{long, terse};
use crate::tools::Call;

type Answer = Result<Value, Refusal>;

/// The longest reason that is kept, in characters.
const REASON: usize = 500;

fn shown(goal: &Goal) -> Value {
    let left = goal.budget.tokens.map(|bound| bound.saturating_sub(goal.spent.tokens));
    terse(json!({
        "goal": goal.id,
        "objective": long(&goal.objective),
        "status": goal.status,
        "reason": goal.reason.as_deref().map(long),
        "of": if goal.session.is_some() { "session" } else { "project" },
        "tokens_used": goal.spent.tokens,
        "tokens_left": left,
    }))
}

pub(crate) fn get(call: &Call<'_>) -> Answer {
    let report = goals::show(call.world, &call.here, &GoalOf::Asker, /*id*/ None)?;
    Ok(report.goal.as_ref().map_or_else(|| json!({ "goal": null }), shown))
}

pub(crate) fn create(call: &Call<'_>) -> Answer {
    let options = SetOptions {
        of: GoalOf::Asker,
        objective: call.arguments.required("objective").to_owned(),
        milestone: None,
        budget: Budget { tokens: call.arguments.count("token_budget"), seconds: None },
    };
    Ok(shown(&goals::set(call.world, &call.here, &options)?.goal))
}

pub(crate) fn update(call: &Call<'_>) -> Answer {
    let reason = call.arguments.filled("reason");
    let act = match (call.arguments.text("status"), reason) {
        (Some("blocked"), Some(reason)) => {
            let reason = throughline_model::redact::redact(&reason).chars().take(REASON).collect();
            Act::Block { reason }
        }
        (Some("blocked"), None) => {
            return Err(Refusal::new("`reason` is missing: say what a person has to do"));
        }
        (_, _) => Act::Complete,
    };
    let expected = Some(call.arguments.required("goal").to_owned());
    let options = ChangeOptions { of: GoalOf::Asker, expected, deed: Deed::Act(act) };
    Ok(shown(&goals::change(call.world, &call.here, &options)?.goal))
}
