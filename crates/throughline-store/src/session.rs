//! `sessions/<timestamp>_<branch-stem>_<session-stem>.json`, and what a session was last told
//! (`<session-stem>.heard`: a cache, replaced by the hook that speaks).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use throughline_model::session::{Session, SessionVersion};
use throughline_model::stem::FileStem;

use crate::durable::{self, Access, Several};
use crate::error::{IoContext as _, StoreError};
use crate::lock::ProjectLock;
use crate::project::Project;

/// When a session began, as its file is named: as RFC 3339, without what file systems dislike.
const NAMED: &str = "%Y%m%dT%H%M%SZ";

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
    /// The memories that it was told since its context began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<String>,
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

    /// All session files, oldest first by name.
    pub fn session_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut paths = durable::list(&self.sessions_folder())?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        Ok(paths)
    }

    /// When each session began that has a file, as its name says, the earliest first.
    ///
    /// # Errors
    /// [`StoreError`], if the folder can't be read.
    pub fn sessions_began(&self) -> Result<Vec<Timestamp>, StoreError> {
        let began = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?;
            let (time, _) = name.split_once('_')?;
            let civil = jiff::civil::DateTime::strptime(NAMED, time).ok()?;
            civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        };
        Ok(self.session_files()?.iter().filter_map(began).collect())
    }

    /// Reads one session file.
    pub fn read_session(&self, path: &Path) -> Result<Session, StoreError> {
        let bytes = durable::read(path, LIMIT)?;
        crate::json::parse(path, &bytes)
    }

    /// The file of one session, if it has one.
    pub fn session_path(&self, session: &str) -> Result<Option<PathBuf>, StoreError> {
        let stem = FileStem::encode(session.as_bytes());
        let mut files = self.session_files()?.into_iter();
        Ok(files.find(|path| stem_of(path).as_deref() == Some(stem.as_str())))
    }

    /// The session files, to be looked up and written: one listing for all of them.
    pub fn sessions<'a>(&'a self, lock: &'a ProjectLock) -> Result<SessionFiles<'a>, StoreError> {
        let stem = |path: PathBuf| Some((stem_of(&path)?, path));
        let known = self.session_files()?.into_iter().filter_map(stem).collect();
        let written = Several::new(Access::Private);
        Ok(SessionFiles { project: self, _lock: lock, known, written, has_removed: false })
    }

    fn new_session_path(&self, session: &str, began: Timestamp, line: &str) -> PathBuf {
        let time = began.strftime(NAMED);
        let line = FileStem::encode(line.as_bytes());
        let session = FileStem::encode(session.as_bytes());
        self.sessions_folder().join(format!("{time}_{line}_{session}.json"))
    }
}

/// The session's part of a file's name.
fn stem_of(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_str()?.rsplit_once('_')?.1.to_owned())
}

/// The session files of a project while it is locked. What is put or removed is durable once
/// [`SessionFiles::settle`] returned.
#[derive(Debug)]
pub struct SessionFiles<'a> {
    project: &'a Project,
    _lock: &'a ProjectLock,
    /// By the session's part of their names.
    known: HashMap<String, PathBuf>,
    written: Several,
    has_removed: bool,
}

impl SessionFiles<'_> {
    /// The file of a session, if it has one.
    pub fn path(&self, session: &str) -> Option<&Path> {
        let stem = FileStem::encode(session.as_bytes());
        self.known.get(stem.as_str()).map(PathBuf::as_path)
    }

    /// Replaces a session's file, or makes it.
    pub fn put(&mut self, session: &Session, line: &str) -> Result<(), StoreError> {
        let new = || self.project.new_session_path(&session.id, session.began, line);
        let path = self.path(&session.id).map_or_else(new, Path::to_owned);
        if session.version > SessionVersion::CURRENT {
            let (found, known) = (session.version.0, SessionVersion::CURRENT.0);
            return Err(StoreError::Newer { path, found, known });
        }
        self.written.put(&path, crate::json::text(session).as_bytes())?;
        let stem = FileStem::encode(session.id.as_bytes());
        self.known.insert(stem.as_str().to_owned(), path);
        Ok(())
    }

    /// Removes a session's file, if there is one.
    pub fn remove(&mut self, session: &str) -> Result<(), StoreError> {
        let stem = FileStem::encode(session.as_bytes());
        let Some(path) = self.known.remove(stem.as_str()) else { return Ok(()) };
        std::fs::remove_file(&path).at("remove", &path)?;
        self.has_removed = true;
        Ok(())
    }

    /// Makes durable what was done.
    pub fn settle(&mut self) -> Result<(), StoreError> {
        self.written.settle()?;
        if std::mem::take(&mut self.has_removed) {
            durable::sync_directory(&self.project.sessions_folder())?;
        }
        Ok(())
    }
}
