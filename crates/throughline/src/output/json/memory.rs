//! Memories for programs.

use serde_json::{Value, json};
use throughline_model::memory::Memory;
use throughline_ops::memory::change::ChangedReport;
use throughline_ops::memory::consolidate::Outcome;
use throughline_ops::memory::discard::{Discard, DiscardReport};
use throughline_ops::memory::import::ImportReport;
use throughline_ops::memory::learn::Learnt;
use throughline_ops::memory::list::{ListReport, Listed, ShowReport};
use throughline_ops::memory::mode::ModeReport;
use throughline_ops::memory::past::{DiffReport, HistoryReport, RevertReport};
use throughline_ops::memory::status::{JobReport, RootReport, StatusReport};
use throughline_ops::memory::team::ShareReport;
use throughline_ops::memory::update::UpdateReport;
use throughline_ops::memory::why::WhyReport;
use throughline_ops::recall::{RecallHit, RecallReport};
use throughline_runtime::memories::{Served, Spent};

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

impl Json for ShareReport {
    fn to_json(&self) -> Value {
        json!({ "memory": self.memory.id, "file": self.file, "shared": self.is_shared })
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

impl Json for RevertReport {
    fn to_json(&self) -> Value {
        json!({ "changed": self.changed, "added": self.added, "removed": self.removed })
    }
}

fn learnt(learnt: &Learnt) -> (&'static str, Option<Value>) {
    match learnt {
        Learnt::Taught(findings) => ("taught", Some((*findings).into())),
        Learnt::Nothing => ("nothing", None),
        Learnt::Polluted(by) => ("polluted", Some(by.as_str().into())),
        Learnt::Known => ("known", None),
        Learnt::Waits => ("waits", None),
        Learnt::Failed(reason) => ("failed", Some(reason.as_str().into())),
    }
}

impl Json for UpdateReport {
    fn to_json(&self) -> Value {
        let sessions = self.learnt.sessions.iter().map(|(session, outcome)| {
            let (word, what) = learnt(outcome);
            terse(json!({ "session": session, "outcome": word, "what": what }))
        });
        let consolidated = &self.consolidated;
        let embedded = &self.embedded;
        let notes = [&self.learnt.notes[..], &consolidated.notes, &embedded.notes].concat();
        let (outcome, until) = match consolidated.outcome {
            Outcome::Done => ("done", None),
            Outcome::Clean => ("clean", None),
            Outcome::Later(due) => ("later", Some(due)),
            Outcome::Running => ("running", None),
            Outcome::Waits => ("waits", None),
            Outcome::Lost => ("lost", None),
        };
        json!({
            "sessions": sessions.collect::<Vec<_>>(),
            "consolidated": terse(json!({
                "outcome": outcome,
                "until": until,
                "added": consolidated.added,
                "changed": consolidated.changed,
                "dropped": consolidated.dropped,
            })),
            "suggested": self.suggested,
            "cost": self.cost.as_ref().map(|cost| spent(&cost.spent)),
            "vectors": embedded.made,
            "notes": notes,
        })
    }
}

fn spent(spent: &Spent) -> Value {
    let Spent { requests, input, cached, output } = spent;
    json!({ "questions": requests, "input": input, "cached": cached, "output": output })
}

impl Json for StatusReport {
    fn to_json(&self) -> Value {
        let job = |job: &JobReport| {
            terse(json!({
                "kind": job.kind.as_str(),
                "name": job.name,
                "since": job.since,
                "error": job.error,
                "retry_at": job.retry_at,
            }))
        };
        let root = |root: &RootReport| {
            json!({
                "name": root.name,
                "here": root.is_here,
                "folder": root.folder,
                "memories": root.memories,
            })
        };
        json!({
            "engine": self.engine,
            "budget": self.allowance.as_ref().map(|allowance| json!({
                "per_day": allowance.budget.per_day,
                "per_run": allowance.budget.per_run,
                "today": spent(&allowance.spent_today),
                "at_most": allowance.at_most(),
            })),
            "due": self.due,
            "running": self.running.iter().map(job).collect::<Vec<_>>(),
            "failed": self.failed.iter().map(job).collect::<Vec<_>>(),
            "consolidated": self.consolidated,
            "roots": self.roots.iter().map(root).collect::<Vec<_>>(),
        })
    }
}

impl Json for WhyReport {
    fn to_json(&self) -> Value {
        let served = |one: &Served| {
            terse(json!({
                "turn": one.turn,
                "memory": one.memory,
                "line": one.line,
                "why": one.why,
                "at": one.at,
                "used": one.used,
            }))
        };
        json!({ "session": self.session, "served": self.served.iter().map(served).collect::<Vec<_>>() })
    }
}

impl Json for ModeReport {
    fn to_json(&self) -> Value {
        terse(json!({ "session": self.session, "mode": self.mode.as_str(), "why": self.why }))
    }
}

impl Json for DiscardReport {
    fn to_json(&self) -> Value {
        let done = match self.what {
            Discard::Look => "nothing",
            Discard::Drop => "dropped",
            Discard::ForGood => "dropped_for_good",
            Discard::Undo => "taken_back",
        };
        json!({ "done": done, "memories": self.memories, "sessions": self.sessions })
    }
}

fn hit(hit: &RecallHit) -> Value {
    let source = hit.source.as_ref();
    let scope = hit.scope.as_ref();
    terse(json!({
        "id": hit.id,
        "key": hit.key,
        "kind": hit.kind.as_str(),
        "title": hit.title,
        "text": hit.text,
        "score": (f64::from(hit.score) * 10_000.0).round() / 10_000.0,
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
        json!({ "hits": self.hits.iter().map(hit).collect::<Vec<_>>(), "notes": self.notes })
    }
}
