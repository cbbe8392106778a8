//! What transcripts take, for programs. Sizes are bytes on the disk.

use serde_json::{Value, json};
use throughline_agents::transcript::Weights;
use throughline_ops::threads::disk::{AgentDisk, DiskReport, ThreadDisk};

use super::{Json, terse};

fn weights(weights: &Weights) -> Value {
    weights.parts().iter().map(|(name, bytes)| ((*name).to_owned(), json!(bytes))).collect()
}

fn agent(id: &str, disk: &AgentDisk) -> Value {
    json!({
        "agent": id,
        "transcripts": disk.transcripts,
        "bytes": disk.bytes,
        "by": weights(&disk.weights),
        // Archiving moves a transcript within the agent's folder.
        "archiving_frees": 0,
        "deleting_archived_frees": disk.archived_bytes,
        "archived": disk.archived,
    })
}

fn thread(thread: &ThreadDisk) -> Value {
    terse(json!({
        "id": thread.key,
        "title": (!thread.title.is_empty()).then_some(&thread.title),
        "transcript": thread.path,
        "archived": thread.archived.then_some(true),
        "bytes": thread.bytes,
        "by": weights(&thread.weights),
        "deleting_frees": thread.bytes,
    }))
}

impl Json for DiskReport {
    fn to_json(&self) -> Value {
        let failed = self.failed.iter().map(|(path, why)| json!({ "path": path, "reason": why }));
        json!({
            "agents": self.agents.iter().map(|(id, disk)| agent(id, disk)).collect::<Vec<_>>(),
            "largest": self.largest.iter().map(thread).collect::<Vec<_>>(),
            "failed": failed.collect::<Vec<_>>(),
        })
    }
}
