//! Memories for programs.

use serde_json::{Value, json};
use throughline_model::memory::Memory;
use throughline_ops::memory::change::ChangedReport;
use throughline_ops::memory::import::ImportReport;
use throughline_ops::memory::list::{ListReport, Listed, ShowReport};
use throughline_ops::memory::past::{DiffReport, HistoryReport};
use throughline_ops::recall::{RecallHit, RecallReport};

use super::{Json, terse};

fn memory(memory: &Memory) -> Value {
    json!(memory)
}

fn listed(listed: &Listed) -> Value {
    let mut value = memory(&listed.memory);
    value["served"] = listed.tally.served.into();
    value["used"] = listed.tally.used.into();
    if let Some(last) = listed.tally.last_used {
        value["last_used"] = json!(last);
    }
    value
}

impl Json for ListReport {
    fn to_json(&self) -> Value {
        let memories: Vec<Value> = self.memories.iter().map(listed).collect();
        json!({ "memories": memories, "left_out": self.left_out })
    }
}

impl Json for ShowReport {
    fn to_json(&self) -> Value {
        listed(&self.listed)
    }
}

impl Json for ChangedReport {
    fn to_json(&self) -> Value {
        json!({ "done": self.done, "memory": memory(&self.memory) })
    }
}

impl Json for ImportReport {
    fn to_json(&self) -> Value {
        json!({
            "added": self.added,
            "superseding": self.superseding,
            "known": self.known,
            "notes": self.notes,
        })
    }
}

impl Json for HistoryReport {
    fn to_json(&self) -> Value {
        let entry = |entry: &throughline_ops::memory::past::State| json!({ "id": entry.id, "at": entry.at, "message": entry.message });
        json!({ "states": self.states.iter().map(entry).collect::<Vec<_>>() })
    }
}

impl Json for DiffReport {
    fn to_json(&self) -> Value {
        json!({ "patch": self.patch })
    }
}

fn hit(hit: &RecallHit) -> Value {
    let source = hit.source.as_ref();
    let scope = hit.scope.as_ref();
    terse(json!({
        "id": hit.id,
        "key": hit.key,
        "kind": hit.kind.as_ref().map_or("session", |kind| kind.as_str()),
        "title": hit.title,
        "text": hit.text,
        "score": hit.score,
        "status": hit.status,
        "scope": scope.map(|scope| scope.as_str()),
        "project": scope.and_then(|scope| scope.project()),
        "line": scope.and_then(|scope| scope.line()),
        "since": hit.since,
        "until": hit.until,
        "session": source.and_then(|source| source.session.as_ref()),
        "turn": source.and_then(|source| source.turn.as_ref()),
        "commit": source.and_then(|source| source.commit.as_ref()),
        "why": hit.why,
    }))
}

impl Json for RecallReport {
    fn to_json(&self) -> Value {
        json!({ "hits": self.hits.iter().map(hit).collect::<Vec<_>>() })
    }
}
