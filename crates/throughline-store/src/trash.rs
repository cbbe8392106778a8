//! What was pruned, on its way out: `trash/<time>/sessions/…` and `trash/<time>/backups/<generation>/`.
//!
//! Pruning renames, so that a crash leaves each thing in one of the two places, and a hand can bring it
//! back; only what lay here for its grace is removed. `prune.json` says when something was pruned last:
//! a clock that disagrees with it deletes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use throughline_model::retention::{Class, Entry, Listing};

use crate::durable::{self, Access};
use crate::error::{IoContext as _, StoreError};
use crate::lock::ProjectLock;
use crate::project::Project;

/// The version of prune.json.
///
/// 1 (0.1.0): the first.
const VERSION: u32 = 1;

/// The names of folders: as RFC 3339, without what file systems dislike.
pub(crate) const NAME: &str = "%Y%m%dT%H%M%SZ";

#[derive(Debug, Serialize, Deserialize)]
struct Pruned {
    version: u32,
    at: Timestamp,
}

impl Project {
    fn trash_folder(&self) -> PathBuf {
        self.root().join("trash")
    }

    fn prune_mark(&self) -> PathBuf {
        self.root().join("prune.json")
    }

    /// Everything that could be pruned, and when something was.
    ///
    /// # Errors
    /// [`StoreError`]: a folder or the mark can't be read; then nothing may be pruned.
    pub fn prunable(&self) -> Result<Listing, StoreError> {
        let sessions = self.session_files()?.into_iter().map(|path| Entry {
            class: Class::Session,
            at: self.read_session(&path).ok().map(|session| session.last),
            name: name_of(&path),
            line: String::new(),
            number: 0,
        });
        let mut entries: Vec<Entry> = sessions.collect();
        let readable = self.backups()?;
        for number in self.generations()? {
            let backup = readable.iter().find(|backup| backup.generation == number);
            let backup = backup.filter(|backup| backup.state.is_file());
            entries.push(Entry {
                class: Class::Backup,
                name: number.to_string(),
                line: backup.map(|backup| backup.about.line.clone()).unwrap_or_default(),
                number,
                at: backup.map(|backup| backup.about.at),
            });
        }
        let pruned = match durable::read_if_there(&self.prune_mark(), /*limit*/ 65_536)? {
            Some(bytes) => {
                let path = self.prune_mark();
                let mark: Pruned = crate::json::parse(&path, &bytes)?;
                if mark.version > VERSION {
                    return Err(StoreError::Newer { path, found: mark.version, known: VERSION });
                }
                Some(mark.at)
            }
            None => None,
        };
        Ok(Listing {
            entries,
            trash: self.trash()?.into_iter().map(|(at, _)| at).collect(),
            pruned,
        })
    }

    /// What lies in the trash. A folder of another name is somebody else's, and stays.
    fn trash(&self) -> Result<BTreeSet<(Timestamp, PathBuf)>, StoreError> {
        let folders = durable::list(&self.trash_folder())?;
        let timed = folders.into_iter().filter_map(|path| Some((time_of(&name_of(&path))?, path)));
        Ok(timed.collect())
    }

    /// Puts files into the trash; where they lie now.
    ///
    /// # Errors
    /// [`StoreError`]; what was moved by then lies in the trash.
    pub fn put_into_trash(
        &self,
        _lock: &ProjectLock,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<PathBuf, StoreError> {
        // First: a prune that was broken off is one that happened.
        let mark = crate::json::text(&Pruned { version: VERSION, at: now });
        durable::replace(&self.prune_mark(), mark.as_bytes(), Access::Private)?;
        let batch = self.trash_folder().join(now.strftime(NAME).to_string());
        for entry in entries {
            let folder = match entry.class {
                Class::Session => "sessions",
                Class::Backup => "backups",
            };
            let from = self.root().join(folder).join(&entry.name);
            let to = batch.join(folder).join(&entry.name);
            durable::create_private_dir(&batch.join(folder))?;
            fs::rename(&from, &to).at("move", &from)?;
            durable::sync_directory_of(&to)?;
        }
        for folder in ["sessions", "backups"] {
            durable::sync_directory_of(&self.root().join(folder).join("any"))?;
        }
        Ok(batch)
    }

    /// Removes for good what was put into the trash at these times.
    ///
    /// # Errors
    /// [`StoreError`]; what is left is removed the next time.
    pub fn purge(&self, _lock: &ProjectLock, times: &[Timestamp]) -> Result<usize, StoreError> {
        let old = self.trash()?.into_iter().filter(|(at, _)| times.contains(at));
        let mut count = 0;
        for (_, path) in old {
            durable::check_directory(&path)?;
            fs::remove_dir_all(&path).at("remove", &path)?;
            count += 1;
        }
        Ok(count)
    }
}

pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub(crate) fn time_of(name: &str) -> Option<Timestamp> {
    let local = jiff::civil::DateTime::strptime(NAME, name).ok()?;
    Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}
