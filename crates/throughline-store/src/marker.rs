//! Who answers an event: two installations of our hooks run side by side, the first to create
//! the event's marker speaks, the other stays silent.
//!
//! Files owned: `markers/<stem>`: empty, swept by the fold. Cost: one `open`.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use throughline_model::stem::FileStem;

use crate::error::{IoContext as _, StoreError};
use crate::project::Project;

/// Whether this process answers an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It does.
    Ours,
    /// Another one does.
    Theirs,
}

impl Project {
    /// Claims an event. `again_after` is for events that carry no id of their own and may come
    /// again: a marker older than that is of an earlier one.
    pub fn claim_event(
        &self,
        key: &str,
        again_after: Option<Duration>,
    ) -> Result<Turn, StoreError> {
        let path = self.marker(key);
        let create = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match create() {
            Ok(_) => return Ok(Turn::Ours),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).at("create", &path),
        }
        let age =
            fs::metadata(&path).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
        let is_earlier = again_after.is_some_and(|limit| age.is_some_and(|age| age > limit));
        if !is_earlier || fs::remove_file(&path).is_err() {
            return Ok(Turn::Theirs);
        }
        // Of two that removed it, one creates it.
        Ok(if create().is_ok() { Turn::Ours } else { Turn::Theirs })
    }

    /// Forgets a claim: the event's next coming is another one, however soon.
    pub fn release_event(&self, key: &str) {
        // It lapses by itself.
        let _ = fs::remove_file(self.marker(key));
    }

    fn marker(&self, key: &str) -> PathBuf {
        self.root().join("markers").join(FileStem::encode(key.as_bytes()).as_str())
    }

    /// Removes markers older than a day: their events can't come again.
    pub fn sweep_markers(&self) {
        let old = Duration::from_secs(24 * 60 * 60);
        let entries = fs::read_dir(self.root().join("markers")).into_iter().flatten();
        for entry in entries.filter_map(Result::ok) {
            let modified = entry.metadata().and_then(|m| m.modified()).ok();
            if modified.and_then(|t| t.elapsed().ok()).is_some_and(|age| age > old) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
