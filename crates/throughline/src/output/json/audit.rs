//! An audit of conversations, for programs.

use serde_json::{Value, json};
use throughline_ops::index::audit::{AuditReport, Difference};

use super::{Json, terse};

impl Json for AuditReport {
    fn to_json(&self) -> Value {
        let sample = |found: &Difference| json!({ "path": found.path, "detail": found.detail });
        let differences = self.differences.iter().map(|((side, kind), (count, named))| {
            json!({
                "side": side.as_str(), "kind": kind.as_str(), "count": count,
                "samples": named.iter().map(sample).collect::<Vec<_>>(),
            })
        });
        let mut answer = terse(json!({ "repaired": self.repaired, "notes": self.notes }));
        answer["transcripts"] = json!(self.transcripts);
        answer["read"] = json!(self.read);
        answer["differences"] = differences.collect();
        answer
    }
}
