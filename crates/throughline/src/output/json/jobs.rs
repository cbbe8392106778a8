//! Jobs for programs.

use serde_json::{Map, Value, json};
use throughline_model::agent_job::ItemStatus;
use throughline_ops::jobs::cancel::CancelReport;
use throughline_ops::jobs::list::{ListReport, Listed, ShowReport};
use throughline_ops::jobs::logs::{Attempt, LogsReport};
use throughline_ops::jobs::remove::RemoveReport;
use throughline_ops::jobs::run::RunReport;
use throughline_runtime::jobs::ItemRow;

use super::{Json, terse};
use crate::failure::Exit;

fn listed(listed: &Listed) -> Value {
    let job = &listed.job;
    terse(json!({
        "id": job.id, "status": job.status, "has_runner": listed.has_runner, "items": job.tally,
        "agent": job.order.worker, "csv": job.order.csv, "directory": job.order.directory,
        "made": job.made, "ended": job.ended, "error": job.error,
    }))
}

fn item(headers: &[String], row: &ItemRow) -> Value {
    let cells = headers.iter().cloned().zip(row.cells.iter().cloned().map(Value::from));
    let result = row.result.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    terse(json!({
        "item": row.name, "row": row.row, "status": row.item.status, "attempts": row.item.attempts,
        "cells": cells.collect::<Map<_, _>>(), "worker": row.item.worker,
        "process": row.process.as_ref().map(|process| process.pid), "began": row.item.began,
        "retry_at": row.item.retry_at, "error": row.item.error, "session": row.session,
        "result": result, "ended": row.ended,
    }))
}

impl Json for ListReport {
    fn to_json(&self) -> Value {
        json!({ "jobs": self.jobs.iter().map(listed).collect::<Vec<_>>() })
    }
}

impl Json for ShowReport {
    fn to_json(&self) -> Value {
        let order = &self.listed.job.order;
        let mut value = listed(&self.listed);
        value["instruction"] = order.instruction.as_str().into();
        value["list"] = self.items.iter().map(|row| item(&order.headers, row)).collect();
        value
    }
}

impl Json for RunReport {
    fn to_json(&self) -> Value {
        let seconds = self.elapsed.as_secs();
        terse(json!({
            "id": self.id, "status": self.status, "items": self.tally, "error": self.error,
            "found_at_work": self.found_at_work, "seconds": seconds, "files": self.files,
        }))
    }

    /// Without all results it is no success.
    fn exit(&self) -> Exit {
        match self.status {
            ItemStatus::Completed => Exit::Done,
            ItemStatus::Pending | ItemStatus::Running => Exit::Failed,
            ItemStatus::Failed | ItemStatus::Cancelled => Exit::Failed,
        }
    }
}

impl Json for CancelReport {
    fn to_json(&self) -> Value {
        json!({ "id": self.id, "items": self.items, "workers": self.workers })
    }
}

impl Json for RemoveReport {
    fn to_json(&self) -> Value {
        terse(json!({
            "id": self.id, "status": self.status, "items": self.items, "files": self.files,
            "bytes": self.bytes, "stays": self.stays, "trash": self.trash, "purged": self.purged,
            "done": self.done,
        }))
    }
}

fn attempt(attempt: &Attempt) -> Value {
    let [given, printed, said] = &attempt.papers;
    let paper = |(path, text): &(std::path::PathBuf, String)| json!({ "file": path, "text": text });
    json!({
        "item": attempt.name, "row": attempt.row, "attempt": attempt.number,
        "given": paper(given), "printed": paper(printed), "said": paper(said),
    })
}

impl Json for LogsReport {
    fn to_json(&self) -> Value {
        json!({ "id": self.id, "attempts": self.attempts.iter().map(attempt).collect::<Vec<_>>() })
    }
}
