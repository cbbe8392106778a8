//! A memory root: the folder where people read and edit what is remembered, and its history.

use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_git::Ledger;
use throughline_model::memory::{Memory, MemoryScope};
use throughline_model::stem::FileStem;
use throughline_store::durable::{self, Access};
use throughline_store::lock::Held;

use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// The sheet that people read and edit.
pub(crate) const SHEET: &str = "MEMORY.md";

/// The longest sheet that is read, in bytes: 20,000 long memories.
const LIMIT: u64 = 32 * 1024 * 1024;

/// How long a verb waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where memories of a scope are kept together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// The user's own.
    User,
    /// A project's, with its lines: its key in HOME, or a marked name.
    Project(String),
}

/// A name under which a project is known that has no key here.
pub(super) fn named(name: &str) -> String {
    format!("{NAMED}{name}")
}

const NAMED: &str = "name:";

impl Root {
    /// Where a memory of this scope is kept.
    pub fn of(scope: &MemoryScope) -> Self {
        scope.project().map_or(Self::User, |project| Self::Project(project.to_owned()))
    }

    /// As jobs and rows name it.
    pub fn key(&self) -> &str {
        match self {
            Self::User => "user",
            Self::Project(key) => key,
        }
    }

    /// The project whose memories these are.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::User => None,
            Self::Project(key) => Some(key),
        }
    }

    /// The folder.
    pub fn folder(&self, world: &Surroundings) -> PathBuf {
        let home = world.home.root();
        match self {
            Self::User => home.join("memory").join("user"),
            Self::Project(key) if key.starts_with(NAMED) => {
                home.join("memory").join(FileStem::encode(key.as_bytes()).as_str())
            }
            Self::Project(key) => home.join("projects").join(key).join("memory"),
        }
    }

    /// Whether there is a place for its folder: a project that was removed has none.
    pub(super) fn has_place(&self, world: &Surroundings) -> bool {
        match self {
            Self::User => true,
            Self::Project(key) if key.starts_with(NAMED) => true,
            Self::Project(key) => world.home.root().join("projects").join(key).is_dir(),
        }
    }

    /// The folder's history.
    pub(super) fn ledger(&self, world: &Surroundings) -> Ledger {
        world.git.ledger(&self.folder(world))
    }

    /// Takes the right to change what is kept here.
    pub(super) fn lock(&self, world: &Surroundings) -> Result<RootLock, OpsError> {
        let folder = self.folder(world);
        world.home.prepare()?;
        if let Some(above) = folder.parent() {
            durable::create_private_dir(above)?;
        }
        durable::create_private_dir(&folder)?;
        // Beside the folder, so that it is never part of its history.
        let file = folder.with_extension("lock");
        Ok(RootLock { _held: Held::acquire(&file, PATIENCE)?, folder })
    }
}

/// The right to change what is kept in a root's folder.
#[derive(Debug)]
pub(super) struct RootLock {
    _held: Held,
    folder: PathBuf,
}

impl RootLock {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The sheet as it stands; `None`, if there is none.
    pub(super) fn sheet(&self) -> Result<Option<String>, OpsError> {
        let path = self.folder.join(SHEET);
        let Some(bytes) = durable::read_if_there(&path, LIMIT)? else { return Ok(None) };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| OpsError::File { path, problem: "it is not UTF-8".to_owned() })
    }

    /// Writes a file of the folder.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), OpsError> {
        Ok(durable::replace(&self.folder.join(name), text.as_bytes(), Access::Private)?)
    }
}

/// The roots of some memories, each once.
pub(super) fn roots_of<'m>(memories: impl Iterator<Item = &'m Memory>) -> Vec<Root> {
    let mut roots: Vec<Root> = memories.map(|memory| Root::of(&memory.scope)).collect();
    roots.sort();
    roots.dedup();
    roots
}

/// The name or key of a project as people write it.
pub(super) fn unnamed(key: &str) -> &str {
    key.strip_prefix(NAMED).unwrap_or(key)
}
