//! Milestones and snapshots for programs.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use throughline_model::ids::TaskId;
use throughline_ops::milestones::MilestoneRow;
use throughline_ops::milestones::add::AddReport;
use throughline_ops::milestones::edit::EditReport;
use throughline_ops::milestones::list::ListReport;
use throughline_ops::milestones::mark::MarkReport;
use throughline_ops::milestones::show::ShowReport;
use throughline_ops::snapshots;

use super::{Json, terse};

fn row(row: &MilestoneRow) -> Value {
    let progress = &row.progress;
    let tasks = json!({
        "completed": progress.completed, "open": progress.open, "cancelled": progress.cancelled,
    });
    terse(json!({
        "id": row.id, "title": row.milestone.title, "status": row.milestone.status,
        "due": row.milestone.due, "overdue": row.overdue.then_some(true), "progress": tasks,
    }))
}

/// A row with more members.
fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(all), Value::Object(more)) = (&mut value, more) {
        all.extend(more);
    }
    value
}

fn makers(name: &str, makers: &[(String, BTreeSet<TaskId>)]) -> Vec<Value> {
    makers.iter().map(|(maker, tasks)| json!({ name: maker, "tasks": tasks })).collect()
}

fn snapshot(name: &str, kept: &throughline_model::state::Snapshot) -> Value {
    terse(json!({
        "name": name, "commit": kept.commit, "at": kept.at, "reason": kept.reason,
        "milestone": kept.milestone,
    }))
}

impl Json for ListReport {
    fn to_json(&self) -> Value {
        let milestones: Vec<_> = self.milestones.iter().map(row).collect();
        json!({ "milestones": milestones, "line": self.line })
    }
}

impl Json for ShowReport {
    fn to_json(&self) -> Value {
        let kept = self.snapshots.iter().map(|(name, kept)| snapshot(name, kept));
        let more = json!({
            "tasks": self.tasks.iter().map(super::tasks::row).collect::<Vec<_>>(),
            "commits": makers("commit", &self.commits),
            "sessions": makers("session", &self.sessions),
            "snapshots": kept.collect::<Vec<_>>(),
        });
        with(row(&self.row), more)
    }
}

impl Json for AddReport {
    fn to_json(&self) -> Value {
        row(&self.row)
    }
}

impl Json for EditReport {
    fn to_json(&self) -> Value {
        with(row(&self.row), json!({ "changed": self.changed }))
    }
}

impl Json for MarkReport {
    fn to_json(&self) -> Value {
        with(row(&self.row), json!({ "changed": self.changed, "open_tasks": self.open }))
    }
}

impl Json for snapshots::MakeReport {
    fn to_json(&self) -> Value {
        let replaced = terse(json!({ "replaced": self.replaced }));
        with(snapshot(&self.row.name, &self.row.snapshot), replaced)
    }
}

impl Json for snapshots::ListReport {
    fn to_json(&self) -> Value {
        let rows = self.snapshots.iter().map(|row| snapshot(&row.name, &row.snapshot));
        json!({ "snapshots": rows.collect::<Vec<_>>() })
    }
}
