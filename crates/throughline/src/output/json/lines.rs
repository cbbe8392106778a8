//! Lines and decisions for programs.

use serde_json::{Value, json};
use throughline_model::reconcile::Step;
use throughline_ops::lines::{LineReport, LineRow, LinesReport, Standing};
use throughline_ops::reconcile::ReconcileReport;

use super::{Json, terse};

fn standing(standing: &Standing) -> Value {
    match standing {
        Standing::Here => json!({ "kind": "here" }),
        Standing::In { worktree } => json!({ "kind": "worktree", "worktree": worktree }),
        Standing::Branch => json!({ "kind": "branch" }),
        Standing::Gone => json!({ "kind": "gone" }),
        Standing::Ended { successor } => terse(json!({ "kind": "ended", "successor": successor })),
        Standing::Apart => json!({ "kind": "apart" }),
    }
}

impl Json for LineRow {
    fn to_json(&self) -> Value {
        terse(json!({
            "line": self.key, "standing": standing(&self.standing), "head": self.head,
            "at": self.at, "origin": self.origin, "open": self.open, "pending": self.pending,
            "undecided": self.undecided,
        }))
    }
}

impl Json for LinesReport {
    fn to_json(&self) -> Value {
        json!({ "lines": self.lines.iter().map(Json::to_json).collect::<Vec<_>>() })
    }
}

impl Json for LineReport {
    fn to_json(&self) -> Value {
        let mut value = self.line.to_json();
        value["tasks"] = self.tasks.iter().map(super::tasks::row).collect();
        value
    }
}

fn step(step: &Step) -> Value {
    let what = match step {
        Step::MoveCheckpoint { to } => json!({ "step": "move_checkpoint", "to": to }),
        Step::Reanchor { moved, orphaned } => {
            json!({ "step": "reanchor", "moved": moved, "orphaned": orphaned })
        }
        Step::TakeIn { line, changes } => {
            json!({ "step": "take_in", "line": line, "changes": changes })
        }
        Step::MakeAgain { changes } => json!({ "step": "make_again", "changes": changes }),
        Step::LetGo { changes } => json!({ "step": "let_go", "changes": changes }),
        Step::GoOnFrom { line } => json!({ "step": "go_on_from", "line": line }),
        Step::End { line } => json!({ "step": "end", "line": line }),
        Step::Rebuild => json!({ "step": "rebuild" }),
        Step::Ask { kind, choices } => json!({ "step": "ask", "kind": kind, "choices": choices }),
        Step::Leave { kind, outcome } => {
            json!({ "step": "leave", "kind": kind, "outcome": outcome })
        }
    };
    let mut what = what;
    what["sentence"] = json!(step.sentence());
    what
}

impl Json for ReconcileReport {
    fn to_json(&self) -> Value {
        let plan = &self.plan;
        let steps: Vec<_> = plan.steps.iter().map(step).collect();
        let changes: Vec<_> = plan.changes.iter().map(throughline_ops::log::sentence).collect();
        terse(json!({
            "drift": plan.drift,
            "plan": {
                "decisions": plan.decisions, "asks": plan.asks(), "steps": steps,
                "changes": changes, "ends": plan.ends,
            },
            "done": self.done, "backup": self.backup, "unit": self.unit,
        }))
    }
}
