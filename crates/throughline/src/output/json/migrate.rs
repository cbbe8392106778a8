//! What history brought in, for programs.

use serde_json::{Value, json};
use throughline_ops::migrate::{Counts, LineFate, LinePart, MigratePlan, MigrateReport};

use super::{Json, UpToDate, terse};

fn counts(counts: &Counts) -> Value {
    json!({
        "sessions": counts.sessions, "turns": counts.turns, "commits": counts.commits,
        "steps": {
            "open": counts.open, "completed": counts.completed, "cancelled": counts.cancelled,
        },
    })
}

fn line(part: &LinePart) -> Value {
    let (fate, successor) = match &part.fate {
        LineFate::Known => ("known", None),
        LineFate::New => ("new", None),
        LineFate::Ends { successor } => ("ends", successor.as_ref()),
    };
    terse(json!({
        "line": part.key, "fate": fate, "successor": successor, "counts": counts(&part.counts),
    }))
}

fn plan(plan: &MigratePlan) -> Value {
    json!({
        "counts": counts(&plan.counts), "lines": plan.lines.iter().map(line).collect::<Vec<_>>(),
        "apart": plan.apart, "passed_over": plan.passed_over, "milestones": plan.milestones,
        "nothing_to_do": plan.is_empty(), "notes": plan.notes,
    })
}

impl Json for MigratePlan {
    fn to_json(&self) -> Value {
        json!({ "done": false, "plan": plan(self) })
    }
}

impl Json for MigrateReport {
    fn to_json(&self) -> Value {
        terse(json!({
            "done": self.written.is_some(), "plan": plan(&self.plan),
            "unit": self.written.as_ref().map(|written| written.unit.clone()),
            "backup": self.written.as_ref().map(|written| written.backup),
            "problems": self.problems,
        }))
    }
}

impl Json for UpToDate {
    fn to_json(&self) -> Value {
        json!({ "done": false, "up_to_date": true })
    }
}
