//! Conversations and the index over them, for programs. Times are RFC 3339.

use jiff::Timestamp;
use serde_json::{Value, json};
use throughline_ops::index::{IndexReport, Progress, StatusReport};
use throughline_ops::threads::Standing;
use throughline_ops::threads::list::ListReport;
use throughline_ops::threads::mark::MarkReport;
use throughline_ops::threads::search::SearchReport;
use throughline_ops::threads::show::{ShowReport, TurnShown};
use throughline_ops::threads::tree::TreeReport;
use throughline_store::index::{ThreadRow, Tokens};

use super::{Json, terse};

fn time(at: i64) -> Value {
    json!(Timestamp::from_millisecond(at).ok())
}

fn tokens(tokens: Tokens) -> Value {
    let Tokens { input, cached, output, reasoning } = tokens;
    json!({ "input": input, "cached": cached, "output": output, "reasoning": reasoning })
}

pub(super) fn thread(thread: &ThreadRow) -> Value {
    let meta = &thread.meta;
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    terse(json!({
        "id": meta.key,
        "title": thread.title,
        "name": thread.name,
        "agent": thread.source.found.agent,
        "cwd": text(&meta.cwd),
        "repository": text(&meta.repository),
        "branch": meta.branch,
        "commit": meta.head,
        "model": thread.model,
        "effort": thread.effort,
        "provider": meta.provider,
        "source": meta.origin,
        "session": meta.session,
        "parent": meta.parent,
        "forked_from": meta.forked_from,
        "nickname": meta.nickname,
        "role": meta.role,
        "agent_path": meta.agent_path,
        "created_at": time(thread.created),
        "updated_at": time(thread.updated),
        "recency_at": time(thread.recent),
        "turns": thread.turns,
        "plans": thread.plans,
        "tokens": tokens(thread.tokens),
        "archived": thread.archived.then_some(true),
        "forgotten": thread.is_forgotten.then_some(true),
        "memory": thread.memory.map(|memory| memory.as_str()),
        "transcript": thread.source.found.path,
    }))
}

fn progress(behind: Option<Progress>) -> Option<Value> {
    behind.map(|Progress { done, wanted }| json!({ "done": done, "of": wanted }))
}

/// An answer with how the index stands.
pub(super) fn standing(mut answer: Value, standing: &Standing) -> Value {
    if let Value::Object(members) = &mut answer {
        if let Some(behind) = progress(standing.behind) {
            members.insert("indexing".to_owned(), behind);
        }
        if !standing.notes.is_empty() {
            members.insert("notes".to_owned(), json!(standing.notes));
        }
    }
    answer
}

impl Json for ListReport {
    fn to_json(&self) -> Value {
        let threads: Vec<_> = self.threads.iter().map(thread).collect();
        let answer = json!({
            "threads": threads,
            "nextCursor": self.next_cursor,
            "backwardsCursor": self.backwards_cursor,
            "elsewhere": self.elsewhere,
            "archived": self.archived,
        });
        standing(answer, &self.standing)
    }
}

impl Json for MarkReport {
    fn to_json(&self) -> Value {
        let thread = self.thread.as_ref().map(thread);
        let answer = json!({ "id": self.key, "thread": thread, "changed": self.changed });
        standing(answer, &self.standing)
    }
}

impl Json for TreeReport {
    fn to_json(&self) -> Value {
        let nodes = self.nodes.iter().map(|node| {
            let mut value = thread(&node.thread);
            value["depth"] = json!(node.depth);
            value
        });
        standing(json!({ "threads": nodes.collect::<Vec<_>>() }), &self.standing)
    }
}

impl Json for SearchReport {
    fn to_json(&self) -> Value {
        let hits = self.hits.iter().map(|hit| {
            terse(json!({
                "thread": hit.thread.meta.key,
                "title": hit.thread.title,
                "cwd": hit.thread.meta.cwd,
                "branch": hit.thread.meta.branch,
                "turn": hit.turn,
                "number": hit.number,
                "at": time(hit.at),
                "kind": hit.kind,
                "snippet": hit.snippet,
            }))
        });
        standing(json!({ "hits": hits.collect::<Vec<_>>() }), &self.standing)
    }
}

fn turn(shown: &TurnShown) -> Value {
    let turn = &shown.turn;
    let said: Vec<_> = shown
        .said
        .iter()
        .map(|said| json!({ "kind": said.kind.as_str(), "text": said.text }))
        .collect();
    terse(json!({
        "number": turn.number,
        "id": turn.key,
        "began_at": time(turn.began),
        "ended_at": turn.ended.map(time),
        "outcome": turn.outcome.as_str(),
        "model": turn.model,
        "effort": turn.effort,
        "tokens": tokens(turn.tokens),
        "items": said,
        "files": turn.files,
        "commits": turn.commits,
        "tools": turn.tools,
        "inherited_from": shown.inherited_from,
    }))
}

impl Json for ShowReport {
    fn to_json(&self) -> Value {
        let plan: Vec<_> = self
            .plan
            .iter()
            .map(|step| json!({ "step": step.text, "status": step.status }))
            .collect();
        let answer = json!({
            "thread": thread(&self.thread),
            "turns": self.turns.iter().map(turn).collect::<Vec<_>>(),
            "next": self.next,
            "plan": plan,
        });
        standing(answer, &self.standing)
    }
}

fn failures(failed: &[(std::path::PathBuf, String)]) -> Vec<Value> {
    failed.iter().map(|(path, reason)| json!({ "path": path, "reason": reason })).collect()
}

impl Json for IndexReport {
    fn to_json(&self) -> Value {
        json!({
            "transcripts": self.found,
            "read": self.read,
            "bytes": self.bytes,
            "left": self.left,
            "gone": self.gone,
            "skipped_lines": self.skipped,
            "failed": failures(&self.failed),
            "unseen": failures(&self.unseen),
            "put_aside": self.put_aside,
            "ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl Json for StatusReport {
    fn to_json(&self) -> Value {
        let answer = json!({
            "threads": self.threads,
            "transcripts": self.sources,
            "bytes": self.transcripts,
            "index_bytes": self.size,
            "failed": failures(&self.failed),
            "skipped_lines": self.skipped,
            "gone": self.gone,
        });
        standing(answer, &Standing { behind: self.behind, notes: self.notes.clone() })
    }
}
