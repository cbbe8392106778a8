//! The project, its sessions and its journal for programs.

use serde_json::{Value, json};
use throughline_model::line::Glance;
use throughline_ops::cache::{RollbackReport, ValidateReport};
use throughline_ops::fold::FoldReport;
use throughline_ops::glance::GlanceReport;
use throughline_ops::init::{InitOrigin, InitReport};
use throughline_ops::log::{LogReport, who};
use throughline_ops::next::{NextReport, Step};
use throughline_ops::plan::PlanReport;
use throughline_ops::publish::PublishReport;
use throughline_ops::publish::stage::{Left, StageReport};
use throughline_ops::restore::RestoreReport;
use throughline_ops::sessions::{SessionReport, SessionsReport};
use throughline_ops::status::StatusReport;
use throughline_ops::trust::TrustReport;
use throughline_ops::undo::UndoReport;

use super::{Json, terse};

impl Json for InitReport {
    fn to_json(&self) -> Value {
        let origin = match &self.origin {
            InitOrigin::New => "new",
            InitOrigin::Carried => "carried",
            InitOrigin::Known => "known",
            InitOrigin::Adopted(_) => "adopted",
        };
        json!({
            "project": self.project, "key": self.key, "mode": self.mode, "origin": origin,
            "worktree": self.worktree, "created": self.created, "candidates": self.candidates,
        })
    }
}

fn step(step: &Step) -> Value {
    let mut value = super::tasks::row(&step.row);
    value["why"] = json!(step.why);
    value
}

impl Json for NextReport {
    fn to_json(&self) -> Value {
        let next: Vec<_> = self.steps.iter().map(step).collect();
        json!({ "next": next, "total": self.total, "blocked": self.blocked, "line": self.line })
    }
}

fn plan(plan: &PlanReport) -> Value {
    let step = |s: &throughline_ops::plan::StepLine| json!({ "id": s.id, "title": s.title, "status": s.status });
    let steps: Vec<_> = plan.steps.iter().map(step).collect();
    terse(json!({
        "session": plan.session, "agent": plan.agent, "root": plan.root, "live": plan.live,
        "at": plan.at, "steps": steps,
    }))
}

impl Json for Vec<PlanReport> {
    fn to_json(&self) -> Value {
        json!({ "plans": self.iter().map(plan).collect::<Vec<_>>() })
    }
}

impl Json for Option<GlanceReport> {
    fn to_json(&self) -> Value {
        let Some(glance) = self else { return json!({}) };
        let next = |tasks: &Glance| {
            tasks.next.as_ref().map(|(id, title)| json!({ "id": id, "title": title }))
        };
        let tasks = glance.tasks.as_ref().map(|tasks| {
            terse(json!({
                "open": tasks.open, "ready": tasks.ready, "completed": tasks.completed,
                "next": next(tasks), "old": glance.is_old,
            }))
        });
        terse(json!({
            "line": glance.place.line, "head": glance.place.head, "drift": glance.drift,
            "undecided": glance.undecided, "tasks": tasks, "new": glance.is_new.then_some(true),
        }))
    }
}

impl Json for StatusReport {
    fn to_json(&self) -> Value {
        let counts = json!({
            "open": self.counts.open, "ready": self.counts.ready, "blocked": self.counts.blocked,
            "in_progress": self.counts.in_progress, "completed": self.counts.completed,
        });
        let interrupted = self.interrupted.iter();
        let interrupted: Vec<_> = interrupted
            .map(|(session, prompt)| terse(json!({ "session": session, "prompt": prompt })))
            .collect();
        let claims = self.claims.iter();
        let claims: Vec<_> = claims
            .map(|(id, c)| json!({ "task": id, "owner": c.owner, "until": c.until }))
            .collect();
        let mut value = json!({
            "project": self.project, "mode": self.mode, "line": self.place.line,
            "head": self.place.head, "drift": self.drift, "decisions": self.decisions, "open": self.open, "told": self.told,
            "counts": counts,
            "plans": self.plans.iter().map(plan).collect::<Vec<_>>(),
            "next": self.next.iter().map(step).collect::<Vec<_>>(),
            "interrupted": interrupted, "claims": claims, "pending": self.pending,
            "conflicts": self.conflicts, "overtaken": self.overtaken, "state_file": self.file,
        });
        if let Some(lines) = &self.lines {
            value["lines"] = lines.to_json()["lines"].take();
        }
        value
    }
}

impl Json for PublishReport {
    fn to_json(&self) -> Value {
        match self {
            Self::Local => json!({ "published": 0, "mode": "local" }),
            Self::Nothing { file } => json!({ "published": 0, "file": file }),
            Self::Published { file, changes } => json!({ "published": changes, "file": file }),
        }
    }
}

impl Json for StageReport {
    fn to_json(&self) -> Value {
        match self {
            Self::Nothing => json!({ "published": 0, "staged": false }),
            Self::Staged { file, changes } => {
                json!({ "published": changes, "staged": true, "file": file })
            }
            Self::Left { why, pending } => {
                let why = match why {
                    Left::Paths => "paths",
                    Left::NothingElse => "nothing_else",
                    Left::ForeignIndex => "foreign_index",
                    Left::Operation => "operation",
                    Left::Lost => "lost",
                    Left::Manual => "manual",
                };
                json!({ "published": 0, "staged": false, "pending": pending, "why": why })
            }
        }
    }
}

impl Json for TrustReport {
    fn to_json(&self) -> Value {
        let open = self.open.iter().map(|(id, task)| json!({ "id": id, "title": task.title }));
        json!({
            "project": self.project, "text": self.text, "accepted": self.accepted,
            "open": open.collect::<Vec<_>>(),
        })
    }
}

impl Json for LogReport {
    fn to_json(&self) -> Value {
        let entry = |e: &throughline_ops::log::LogEntry| {
            let record = serde_json::to_value(&e.record).unwrap_or(Value::Null);
            json!({ "who": who(&e.record.actor), "sentence": e.sentence, "record": record })
        };
        json!({ "log": self.entries.iter().map(entry).collect::<Vec<_>>(), "bad_lines": self.bad_lines })
    }
}

impl Json for UndoReport {
    fn to_json(&self) -> Value {
        json!({
            "undone": self.undone, "verb": self.verb, "changes": self.changes,
            "left_alone": self.left_alone, "unit": self.unit,
        })
    }
}

impl Json for ValidateReport {
    fn to_json(&self) -> Value {
        json!({
            "file": self.file, "tasks": self.tasks, "pending": self.pending,
            "canonical": self.canonical, "bad_lines": self.bad_lines, "newer_lines": self.newer_lines,
        })
    }
}

impl Json for RollbackReport {
    fn to_json(&self) -> Value {
        json!({
            "generation": self.generation, "kept": self.kept, "changes": self.changes,
            "unit": self.unit,
        })
    }
}

impl Json for RestoreReport {
    fn to_json(&self) -> Value {
        json!({
            "file": self.file, "restored_from": self.generation.as_str(), "tasks": self.tasks,
            "kept": self.kept,
        })
    }
}

impl Json for FoldReport {
    fn to_json(&self) -> Value {
        json!({
            "records": self.records, "lines": self.lines, "sessions": self.sessions,
            "problems": self.problems,
        })
    }
}

impl Json for SessionReport {
    fn to_json(&self) -> Value {
        let mut value = serde_json::to_value(&self.session).unwrap_or(Value::Null);
        value["standing"] = json!(self.standing.as_str());
        value
    }
}

impl Json for SessionsReport {
    fn to_json(&self) -> Value {
        let sessions: Vec<_> = self.sessions.iter().map(Json::to_json).collect();
        json!({ "sessions": sessions, "problems": self.problems })
    }
}
