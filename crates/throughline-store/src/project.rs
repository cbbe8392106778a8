//! One project in HOME: its binding, and where everything else of it lies.
//!
//! Files owned: `project.json` (under the project lock) and the layout of the directory:
//!
//! | path | owner |
//! | --- | --- |
//! | `project.json` | this module |
//! | `project.lock`, `journal.lock` | [`crate::lock`] |
//! | `journal/` | [`crate::journal`] |
//! | `lines/<stem>/` | [`crate::line`] |
//! | `sessions/` | [`crate::session`] |
//! | `markers/` | [`crate::marker`] |
//! | `backups/<generation>/` | [`crate::backup`] |
//! | `trash/<time>/`, `prune.json` | [`crate::trash`] |
//! | `accepted` | [`crate::accepted`] |
//! | `folded.json` | [`crate::line`] |

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use throughline_model::stem::FileStem;

use crate::durable::{self, Access};
use crate::error::StoreError;
use crate::journal::Journal;
use crate::line::LinesRead;
use crate::lock::ProjectLock;

/// The version of project.json.
///
/// 1 (0.1.0): the first.
const VERSION: u32 = 1;

/// Temporary files older than this belong to nobody: a write takes milliseconds.
const ABANDONED: Duration = Duration::from_secs(60);

/// Larger than any project.json.
const LIMIT: u64 = 1024 * 1024;

/// Where the state of a project's lines is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// In the worktree, committed with the code.
    Shared,
    /// In HOME only; nothing is in the repository.
    Local,
}

/// Whose free text from the repository may reach an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextTrust {
    /// Only what this user wrote or accepted.
    #[default]
    Own,
    /// All that is committed.
    Team,
}

/// To what a project is bound, and what the user allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The format.
    version: u32,
    /// Canonical: git's common dir, or the plain directory itself.
    pub directory: PathBuf,
    /// Whether git is there.
    pub has_git: bool,
    /// Shared or local.
    pub mode: Mode,
    /// The label in the state file.
    pub label: throughline_model::ids::ProjectId,
    /// The folder's name, for people.
    pub name: String,
    /// Root commits, to recognise a moved clone.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Remotes without credentials, to recognise a moved clone.
    #[serde(default)]
    pub remotes: Vec<String>,
    /// To what it was bound before it moved, the earliest first: where its old conversations worked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<PathBuf>,
    /// When the user trusted it on this machine.
    pub trusted_at: Timestamp,
    /// Whose text may reach an agent.
    #[serde(default)]
    pub text: TextTrust,
    /// Members that this version doesn't know.
    #[serde(flatten)]
    extra: std::collections::BTreeMap<String, serde_json::Value>,
}

impl Binding {
    /// A binding of today's format.
    pub fn new(
        directory: PathBuf,
        mode: Mode,
        label: throughline_model::ids::ProjectId,
        name: String,
        trusted_at: Timestamp,
    ) -> Self {
        Self {
            version: VERSION,
            directory,
            has_git: false,
            mode,
            label,
            name,
            roots: Vec::new(),
            remotes: Vec::new(),
            former: Vec::new(),
            trusted_at,
            text: TextTrust::Own,
            extra: std::collections::BTreeMap::new(),
        }
    }
}

impl Binding {
    /// The same project at another place.
    #[must_use]
    pub fn moved_to(mut self, directory: PathBuf) -> Self {
        let before = std::mem::replace(&mut self.directory, directory);
        self.former.retain(|known| *known != before && *known != self.directory);
        self.former.push(before);
        self
    }

    /// The folders in which it was worked before it moved, as far as nothing else lies there now.
    pub fn former_folders(&self) -> Vec<PathBuf> {
        let folder = |bound: &PathBuf| match bound.file_name() {
            Some(name) if name == ".git" => bound.parent().map(Path::to_owned),
            Some(_) | None => Some(bound.clone()),
        };
        let folders = self.former.iter().filter_map(folder);
        folders.filter(|folder| !folder.exists()).collect()
    }
}

/// One project.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    binding: Binding,
    journal: Journal,
    lines_read: LinesRead,
}

impl Project {
    pub(crate) fn open(root: PathBuf) -> Result<Option<Self>, StoreError> {
        let path = root.join("project.json");
        let Some(bytes) = durable::read_if_there(&path, LIMIT)? else { return Ok(None) };
        let binding = crate::json::parse(&path, &bytes)?;
        let journal = Journal::new(&root);
        Ok(Some(Self { root, binding, journal, lines_read: LinesRead::default() }))
    }

    pub(crate) fn create(root: PathBuf, binding: Binding) -> Result<Self, StoreError> {
        for folder in ["journal/late", "lines", "sessions", "markers", "backups"] {
            durable::create_private_dir(&root.join(folder))?;
        }
        let journal = Journal::new(&root);
        let project = Self { root, binding, journal, lines_read: LinesRead::default() };
        project.save()?;
        Ok(project)
    }

    pub(crate) fn rebind(&mut self, binding: Binding) -> Result<(), StoreError> {
        if self.binding.version > VERSION {
            let (path, found) = (self.root.join("project.json"), self.binding.version);
            return Err(StoreError::Newer { path, found, known: VERSION });
        }
        self.binding = Binding { extra: self.binding.extra.clone(), ..binding };
        self.save()
    }

    fn save(&self) -> Result<(), StoreError> {
        let bytes = crate::json::text(&self.binding);
        durable::replace(&self.root.join("project.json"), bytes.as_bytes(), Access::Private)
    }

    /// Its random key: the name of its folder.
    pub fn key(&self) -> String {
        self.root.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Its folder in HOME.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// To what it is bound.
    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    pub(crate) fn lines_read(&self) -> &LinesRead {
        &self.lines_read
    }

    /// Its journal.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// The folder of a line.
    pub(crate) fn line_folder(&self, key: &str) -> PathBuf {
        self.root.join("lines").join(FileStem::encode(key.as_bytes()).as_str())
    }

    /// Removes what writers that are gone left half-written: here, beside the other files of HOME,
    /// and in the repository's folder of ours. Returns how many files that were.
    pub fn sweep_leftovers(&self, repository_folder: &Path) -> usize {
        let own = ["", "common", "sessions", "journal/late"].map(|folder| self.root.join(folder));
        let each = ["lines", "backups"].map(|folder| folders_in(&self.root.join(folder)));
        let home = self.root.ancestors().nth(2).unwrap_or(&self.root);
        let home = [home.to_owned(), home.join("bindings"), repository_folder.to_owned()];
        let all = own.into_iter().chain(each.into_iter().flatten()).chain(home);
        all.map(|folder| durable::sweep(&folder, ABANDONED)).sum()
    }

    /// Takes the project lock.
    pub fn lock(&self, patience: Duration) -> Result<ProjectLock, StoreError> {
        ProjectLock::acquire(&self.root.join("project.lock"), patience)
    }
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
