//! `lines/<stem>/line.json`, and `folded.json`: how far the journal was folded for all lines.
//!
//! Written by the fold under the project lock; read by everybody. A line.json that can't be read
//! is put aside as `line.json.bad-<n>` by the fold and made again from the journal: nothing in it
//! exists nowhere else, except which bytes contain what, and that the intents tell.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use throughline_model::line::{Line, LineVersion};
use throughline_model::record::Mark;

use crate::durable::{self, Access};
use crate::error::StoreError;
use crate::lock::ProjectLock;
use crate::project::Project;
use crate::schedule::{self, Step};
use crate::view::STATE_FILE;

const LINE_FILE: &str = "line.json";

/// Larger than any line.json.
const LIMIT: u64 = 64 * 1024 * 1024;

/// How many lines are kept as they were read last.
const MOST_KEPT: usize = 8;

/// Lines as they were read last, with the bytes: a hook reads its own line several times, and most of what
/// that costs is understanding it. What lies on the disk is read each time.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinesRead(Arc<Mutex<Vec<Read>>>);

type Read = (Vec<u8>, Line);

impl LinesRead {
    fn parse(&self, path: &Path, bytes: Vec<u8>) -> Result<Line, StoreError> {
        let Ok(mut known) = self.0.lock() else { return crate::json::parse(path, &bytes) };
        if let Some((_, line)) = known.iter().find(|(read, _)| *read == bytes) {
            return Ok(line.clone());
        }
        let line: Line = crate::json::parse(path, &bytes)?;
        known.truncate(MOST_KEPT - 1);
        known.insert(0, (bytes, line.clone()));
        Ok(line)
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Folded {
    through: Mark,
}

impl Project {
    pub(crate) fn line_path(&self, key: &str) -> PathBuf {
        self.line_folder(key).join(LINE_FILE)
    }

    /// Whether a line was ever folded. A line.json that was put aside or removed is made again; what
    /// lies beside it tells that it was there.
    pub fn has_line(&self, key: &str) -> bool {
        let folded = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name == STATE_FILE || name.starts_with(LINE_FILE)
        };
        // What can't be looked at is no news of a beginning.
        durable::list(&self.line_folder(key))
            .map_or(/*known*/ true, |all| all.iter().any(folded))
    }

    /// What HOME keeps for a line, without pending records; `None` for a line never folded.
    pub fn line(&self, key: &str) -> Result<Option<Line>, StoreError> {
        let path = self.line_path(key);
        let Some(bytes) = durable::read_if_there(&path, LIMIT)? else { return Ok(None) };
        self.lines_read().parse(&path, bytes).map(Some)
    }

    /// All lines that were ever folded.
    pub fn lines(&self) -> Result<Vec<Line>, StoreError> {
        let folders = durable::list(&self.root().join("lines"))?;
        let files = folders.into_iter().map(|folder| folder.join(LINE_FILE));
        let read = |path: PathBuf| {
            let bytes = durable::read_if_there(&path, LIMIT).ok()??;
            self.lines_read().parse(&path, bytes).ok()
        };
        Ok(files.filter_map(read).collect())
    }

    /// Replaces a line.json.
    pub fn save_line(&self, _lock: &ProjectLock, line: &Line) -> Result<(), StoreError> {
        let path = self.line_path(&line.key);
        if line.version > LineVersion::CURRENT {
            let (found, known) = (line.version.0, LineVersion::CURRENT.0);
            return Err(StoreError::Newer { path, found, known });
        }
        durable::create_private_dir(&self.line_folder(&line.key))?;
        schedule::reach(Step::LineSaved);
        durable::replace(&path, crate::json::text(line).as_bytes(), Access::Private)
    }

    /// Puts a line.json that can't be read out of the way.
    pub fn set_line_aside(&self, _lock: &ProjectLock, key: &str) -> Option<PathBuf> {
        let path = self.line_path(key);
        let aside = |n: u32| self.line_folder(key).join(format!("{LINE_FILE}.bad-{n}"));
        let free = (1..1000).map(aside).find(|p| !p.exists())?;
        std::fs::rename(&path, &free).ok().map(|()| free)
    }

    /// Up to where every record is folded into the files of its line.
    pub fn folded_through(&self) -> Mark {
        let bytes = durable::read_if_there(&self.root().join("folded.json"), /*limit*/ 4096);
        let folded = bytes.ok().flatten().and_then(|b| serde_json::from_slice::<Folded>(&b).ok());
        folded.unwrap_or_default().through
    }

    /// Notes up to where every record is folded. Losing it costs a longer read, no more.
    pub fn note_folded(&self, _lock: &ProjectLock, through: Mark) -> Result<(), StoreError> {
        let text = crate::json::text(&Folded { through });
        durable::replace_quickly(&self.root().join("folded.json"), text.as_bytes())
    }
}
