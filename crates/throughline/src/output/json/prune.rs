//! What was pruned, for programs.

use serde_json::{Value, json};
use throughline_model::retention::Entry;
use throughline_ops::prune::PruneReport;

use super::{Json, terse};

impl Json for PruneReport {
    fn to_json(&self) -> Value {
        let entry = |entry: &Entry| {
            let line = (!entry.line.is_empty()).then_some(&entry.line);
            terse(json!({
                "kind": entry.class.as_str(), "name": entry.name, "line": line, "at": entry.at,
            }))
        };
        json!({
            "goes": self.plan.goes.iter().map(entry).collect::<Vec<_>>(),
            "stays": self.plan.stays,
            "purged": self.plan.purged,
            "trash": self.trash,
            "done": self.done,
        })
    }
}
