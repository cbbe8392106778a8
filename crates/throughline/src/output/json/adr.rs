//! Decision records for programs.

use serde_json::{Value, json};
use throughline_model::state::Field;
use throughline_ops::adr::import::{ImportReport, Imported, Outcome};
use throughline_ops::adr::link::LinkReport;
use throughline_ops::adr::list::{AdrRow, ListReport};

use super::{Json, terse};

fn imported(one: &Imported) -> Value {
    let outcome = match one.outcome {
        Outcome::Created => "created",
        Outcome::Updated => "updated",
        Outcome::Unchanged => "unchanged",
    };
    terse(json!({
        "path": one.path, "id": one.id, "ref": one.reference, "ref_taken": one.name_taken,
        "title": one.title, "status": one.status, "outcome": outcome,
        "kept": one.kept.iter().map(|field| Field::as_str(*field)).collect::<Vec<_>>(),
    }))
}

fn row(row: &AdrRow) -> Value {
    terse(json!({
        "path": row.path, "ref": row.reference, "title": row.title, "says": row.says,
        "id": row.task.as_ref().map(|(id, _)| id),
        "status": row.task.as_ref().map(|(_, status)| status),
        "related": row.related, "file": row.standing.as_str(),
    }))
}

impl Json for ImportReport {
    fn to_json(&self) -> Value {
        let skipped = self.skipped.iter().map(|(path, why)| json!({ "path": path, "why": why }));
        json!({
            "imported": self.imported.iter().map(imported).collect::<Vec<_>>(),
            "skipped": skipped.collect::<Vec<_>>(), "unit": self.unit,
        })
    }
}

impl Json for ListReport {
    fn to_json(&self) -> Value {
        json!({ "records": self.records.iter().map(row).collect::<Vec<_>>() })
    }
}

impl Json for LinkReport {
    fn to_json(&self) -> Value {
        json!({ "record": self.record, "tasks": self.tasks, "changed": self.changed })
    }
}
