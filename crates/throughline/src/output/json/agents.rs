//! Agents, for programs.

use serde_json::{Value, json};
use throughline_ops::agents::AgentRow;
use throughline_ops::agents::close::{CloseReport, Do};
use throughline_ops::agents::resume::{ResumeReport, Way};
use throughline_ops::agents::tree::{AgentShowReport, AgentTreeReport};

use super::threads::{standing, thread};
use super::{Json, terse};

/// A conversation, with its place in the tree.
fn agent(row: &AgentRow) -> Value {
    let claims =
        row.claims.iter().map(|(task, title)| terse(json!({ "task": task, "title": title })));
    let closing = row.closing.as_ref();
    let mut value = thread(&row.thread);
    let more = terse(json!({
        "depth": row.depth,
        "path": row.path.as_str(),
        "status": row.status.as_str(),
        "closed_at": closing.map(|closing| closing.at),
        "closed_with": closing.map(|closing| &closing.with),
        "line": row.line,
        "claims": (!row.claims.is_empty()).then(|| claims.collect::<Vec<_>>()),
    }));
    if let (Value::Object(all), Value::Object(more)) = (&mut value, more) {
        all.extend(more);
    }
    value
}

fn agents(rows: &[AgentRow]) -> Vec<Value> {
    rows.iter().map(agent).collect()
}

impl Json for AgentTreeReport {
    fn to_json(&self) -> Value {
        standing(json!({ "agents": agents(&self.agents) }), &self.standing)
    }
}

impl Json for AgentShowReport {
    fn to_json(&self) -> Value {
        let answer = json!({ "agent": agent(&self.agent), "below": agents(&self.below) });
        standing(answer, &self.standing)
    }
}

impl Json for CloseReport {
    fn to_json(&self) -> Value {
        json!({ "done": self.what == Do::It, "agents": agents(&self.agents) })
    }
}

impl Json for ResumeReport {
    fn to_json(&self) -> Value {
        let commands = self.ways.iter().map(|way| way.as_ref().map(Way::text));
        json!({
            "done": self.what == Do::It,
            "agents": agents(&self.agents),
            "commands": commands.collect::<Vec<_>>(),
        })
    }
}
