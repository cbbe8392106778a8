//! What merges left, for programs.

use serde_json::{Value, json};
use throughline_ops::merge_driver::DriverReport;
use throughline_ops::resolve::{self, Source};
use throughline_ops::tasks::conflicts::{ConflictsReport, OpenConflict, ResolveReport};

use super::Json;

impl Json for DriverReport {
    fn to_json(&self) -> Value {
        json!({ "new_conflicts": self.new, "open_conflicts": self.open })
    }
}

impl Json for ConflictsReport {
    fn to_json(&self) -> Value {
        let choice = |(keep, value): (String, String)| json!({ "keep": keep, "value": value });
        let conflict = |one: &OpenConflict| {
            let choices: Vec<Value> = one.choices().into_iter().map(choice).collect();
            json!({
                "at": one.at, "place": one.place, "stands": one.conflict.stands,
                "others": one.conflict.others, "empty": one.conflict.empty, "choices": choices,
            })
        };
        let conflicts: Vec<Value> = self.conflicts.iter().map(conflict).collect();
        json!({ "conflicts": conflicts, "line": self.line })
    }
}

impl Json for ResolveReport {
    fn to_json(&self) -> Value {
        json!({ "settled": self.settled, "open": self.open, "unit": self.unit })
    }
}

impl Json for resolve::ResolveReport {
    fn to_json(&self) -> Value {
        match self {
            Self::Sound { file, unmerged } => {
                json!({ "resolved": false, "file": file, "unmerged": unmerged })
            }
            Self::Resolved { file, source, tasks, open, kept } => {
                let source = match source {
                    Source::Stages => "stages",
                    Source::Markers => "markers",
                };
                json!({
                    "resolved": kept.is_some(), "file": file, "source": source, "tasks": tasks,
                    "open_conflicts": open, "kept": kept,
                })
            }
        }
    }
}
