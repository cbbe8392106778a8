//! `sessions/<timestamp>_<branch-stem>_<session-stem>.json`, and what a session was last told
//! (`<session-stem>.heard`: a cache, replaced by the hook that speaks).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use throughline_model::session::{Session, SessionVersion};
use throughline_model::stem::FileStem;

use crate::durable::{self, Access};
use crate::error::{IoContext as _, StoreError};
use crate::lock::ProjectLock;
use crate::project::Project;

/// The largest session file that is read, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// What a session was last told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard {
    /// Where git stood.
    #[serde(default)]
    pub place: Option<throughline_model::drift::Place>,
    /// Identifies the drift.
    #[serde(default)]
    pub drift: String,
    /// Identifies the next steps.
    #[serde(default)]
    pub next: String,
    /// Whether it still has to get the full brief.
    #[serde(default)]
    pub owes_brief: bool,
    /// Whether all was told at the session's start and no prompt came since.
    #[serde(default)]
    pub fresh: bool,
    /// What failed, so that it is said once.
    #[serde(default)]
    pub complaint: String,
}

impl Project {
    fn sessions_folder(&self) -> PathBuf {
        self.root().join("sessions")
    }

    fn heard_path(&self, session: &str) -> PathBuf {
        let stem = FileStem::encode(session.as_bytes());
        self.sessions_folder().join(format!("{stem}.heard"))
    }

    /// What a session was last told; nothing if that is lost.
    pub fn heard(&self, session: &str) -> Option<Heard> {
        let bytes = durable::read_if_there(&self.heard_path(session), /*limit*/ 65_536).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    /// Notes what a session was told.
    pub fn note_heard(&self, session: &str, heard: &Heard) -> Result<(), StoreError> {
        durable::replace_quickly(&self.heard_path(session), crate::json::text(heard).as_bytes())
    }

    /// The file of a session, if it has one.
    pub fn session_path(&self, session: &str) -> Result<Option<PathBuf>, StoreError> {
        let suffix = format!("_{}.json", FileStem::encode(session.as_bytes()));
        let mut files = self.session_files()?.into_iter();
        Ok(files.find(|path| path.to_string_lossy().ends_with(&suffix)))
    }

    /// All session files, oldest first by name.
    pub fn session_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut paths = durable::list(&self.sessions_folder())?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        Ok(paths)
    }

    /// Reads one session file.
    pub fn read_session(&self, path: &Path) -> Result<Session, StoreError> {
        let bytes = durable::read(path, LIMIT)?;
        crate::json::parse(path, &bytes)
    }

    /// Replaces a session's file, or makes it.
    pub fn save_session(
        &self,
        _lock: &ProjectLock,
        session: &Session,
        line: &str,
    ) -> Result<PathBuf, StoreError> {
        let path = self.session_path(&session.id)?;
        let path = path.unwrap_or_else(|| self.new_session_path(&session.id, session.began, line));
        if session.version > SessionVersion::CURRENT {
            let (found, known) = (session.version.0, SessionVersion::CURRENT.0);
            return Err(StoreError::Newer { path, found, known });
        }
        durable::replace(&path, crate::json::text(session).as_bytes(), Access::Private)?;
        Ok(path)
    }

    /// Removes a session's file, if there is one.
    pub fn remove_session(&self, _lock: &ProjectLock, session: &str) -> Result<(), StoreError> {
        let Some(path) = self.session_path(session)? else { return Ok(()) };
        std::fs::remove_file(&path).at("remove", &path)?;
        durable::sync_directory_of(&path)
    }

    fn new_session_path(&self, session: &str, began: Timestamp, line: &str) -> PathBuf {
        let time = began.strftime("%Y%m%dT%H%M%SZ");
        let line = FileStem::encode(line.as_bytes());
        let session = FileStem::encode(session.as_bytes());
        self.sessions_folder().join(format!("{time}_{line}_{session}.json"))
    }
}
