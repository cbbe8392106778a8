//! Goals for programs.

use serde_json::{Value, json};
use throughline_model::goal::Goal;
use throughline_ops::goals::{GoalReport, GoalShowReport, GoalsReport};

use super::{Json, terse};

fn one(goal: &Goal) -> Value {
    terse(json!({
        "id": goal.id,
        "session": goal.session,
        "milestone": goal.milestone,
        "objective": goal.objective,
        "status": goal.status,
        "reason": goal.reason,
        "token_budget": goal.budget.tokens,
        "tokens_used": goal.spent.tokens,
        "time_budget_seconds": goal.budget.seconds,
        "time_used_seconds": goal.spent.seconds,
        "continued": goal.continued,
        "created_at": goal.created,
        "updated_at": goal.updated,
    }))
}

impl Json for GoalReport {
    fn to_json(&self) -> Value {
        json!({ "done": self.done, "goal": one(&self.goal) })
    }
}

impl Json for GoalsReport {
    fn to_json(&self) -> Value {
        let goals = self.goals.iter().map(|(goal, current)| {
            let mut goal = one(goal);
            goal["current"] = (*current).into();
            goal
        });
        json!({ "goals": goals.collect::<Vec<_>>() })
    }
}

impl Json for GoalShowReport {
    fn to_json(&self) -> Value {
        let history = self.history.iter().map(|event| {
            json!({ "at": event.at, "what": event.what, "status": event.status, "by": event.by })
        });
        terse(json!({
            "goal": self.goal.as_ref().map(one),
            "history": history.collect::<Vec<_>>(),
            "goes_on": self.enabled,
        }))
    }
}
