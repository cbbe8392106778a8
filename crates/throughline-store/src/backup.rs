//! What stood before a migration, rollback or reconcile: `backups/<generation>/`.
//!
//! A generation is a number, its folder holds the state file as it was and `about.json`. Nothing
//! here is ever pruned by itself; `thru cache prune` puts old ones into the trash ([`crate::trash`]).

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::durable::{self, Access};
use crate::error::StoreError;
use crate::lock::ProjectLock;
use crate::project::Project;

/// What a generation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// When it was kept.
    pub at: Timestamp,
    /// The line's key.
    pub line: String,
    /// What was about to happen.
    pub before: String,
    /// Hash of the bytes.
    pub hash: String,
}

/// One generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// From 1.
    pub generation: u64,
    /// What it is about.
    pub about: About,
    /// The kept state file.
    pub state: PathBuf,
}

impl Project {
    fn backups_folder(&self) -> PathBuf {
        self.root().join("backups")
    }

    /// All generations, oldest first.
    pub fn backups(&self) -> Result<Vec<Backup>, StoreError> {
        let numbers = self.generations()?;
        Ok(numbers.into_iter().filter_map(|number| self.backup(number)).collect())
    }

    /// The numbers in use, ascending: also of a generation that can't be read.
    pub(crate) fn generations(&self) -> Result<Vec<u64>, StoreError> {
        let folders = durable::list(&self.backups_folder())?;
        let names = folders.iter().filter_map(|folder| folder.file_name()?.to_str());
        let mut numbers: Vec<u64> = names.filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn backup(&self, generation: u64) -> Option<Backup> {
        let folder = self.backups_folder().join(generation.to_string());
        let about = durable::read(&folder.join("about.json"), /*limit*/ 65_536).ok()?;
        let about = serde_json::from_slice(&about).ok()?;
        Some(Backup { generation, about, state: folder.join("project_state.json") })
    }

    /// Keeps bytes before something happens to them; the same bytes twice in a row are kept once.
    pub fn back_up(
        &self,
        _lock: &ProjectLock,
        bytes: &[u8],
        about: About,
    ) -> Result<u64, StoreError> {
        let known = self.backups()?;
        if let Some(last) = known.last().filter(|b| b.about.hash == about.hash) {
            return Ok(last.generation);
        }
        let generation = self.generations()?.last().map_or(0, |last| *last) + 1;
        let folder = self.backups_folder().join(generation.to_string());
        durable::create_private_dir(&folder)?;
        durable::replace(&folder.join("project_state.json"), bytes, Access::Private)?;
        let text = crate::json::text(&about);
        durable::replace(&folder.join("about.json"), text.as_bytes(), Access::Private)?;
        durable::sync_directory_of(&folder)?;
        Ok(generation)
    }
}
