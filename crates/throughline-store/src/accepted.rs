//! Which free text may reach an agent: what this user's own journal wrote, or the user accepted.
//!
//! File owned: `accepted`: one hash a line, sorted. A hash covers a task's id and all its free
//! text, so text that somebody changed is text that nobody accepted.

use std::collections::BTreeSet;

use throughline_model::ids::TaskId;
use throughline_model::state::Task;

use crate::durable::{self, Access};
use crate::error::StoreError;
use crate::lock::ProjectLock;
use crate::project::Project;

/// 16 bytes of BLAKE3 in hex: enough that nobody finds a second text.
const DIGITS: usize = 32;

/// Accepted texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    hashes: BTreeSet<String>,
}

impl Accepted {
    /// Whether a task's text, as it stands, was accepted.
    pub fn has(&self, id: &TaskId, task: &Task) -> bool {
        self.hashes.contains(&hash(id, task))
    }

    /// Accepts a task's text as it stands; whether that is news.
    pub fn accept(&mut self, id: &TaskId, task: &Task) -> bool {
        self.hashes.insert(hash(id, task))
    }
}

fn hash(id: &TaskId, task: &Task) -> String {
    let mut hasher = blake3::Hasher::new();
    let texts = [Some(&task.title), task.notes.as_ref(), task.acceptance.as_ref()];
    hasher.update(id.as_str().as_bytes());
    for text in texts {
        hasher.update(&[0]);
        hasher.update(text.map_or("", String::as_str).as_bytes());
    }
    hasher.finalize().to_hex()[..DIGITS].to_owned()
}

impl Project {
    fn accepted_path(&self) -> std::path::PathBuf {
        self.root().join("accepted")
    }

    /// The accepted texts.
    pub fn accepted(&self) -> Result<Accepted, StoreError> {
        let limit = 16 * 1024 * 1024;
        let bytes = durable::read_if_there(&self.accepted_path(), limit)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        Ok(Accepted { hashes: text.lines().map(str::to_owned).collect() })
    }

    /// Replaces the accepted texts.
    pub fn save_accepted(
        &self,
        _lock: &ProjectLock,
        accepted: &Accepted,
    ) -> Result<(), StoreError> {
        let text: String = accepted.hashes.iter().flat_map(|h| [h.as_str(), "\n"]).collect();
        durable::replace(&self.accepted_path(), text.as_bytes(), Access::Private)
    }
}
