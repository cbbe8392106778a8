//! HOME: where all projects' memory lies.
//!
//! Files owned: `projects/<key>/…` (see [`crate::project`]) and `bindings/<stem>`, one small file
//! for each known directory that names its project's key: a cache, rebuilt by looking at every
//! `project.json`. Directories 0700, files 0600; a HOME that others can write is refused.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use throughline_model::ids::ProjectId;
use throughline_model::stem::FileStem;

use crate::durable;
use crate::error::{IoContext as _, StoreError};
use crate::project::{Binding, Project};

/// The directory of all memory.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// Names the directory; nothing is created or looked at.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there is one: without it no project can exist.
    pub fn exists(&self) -> bool {
        self.root.is_dir()
    }

    /// Creates it, or makes sure that nobody else can write it.
    pub fn prepare(&self) -> Result<(), StoreError> {
        durable::create_private_dir(&self.root)?;
        durable::create_private_dir(&self.bindings())?;
        durable::create_private_dir(&self.projects())?;
        self.check()
    }

    fn check(&self) -> Result<(), StoreError> {
        let mode = fs::metadata(&self.root).at("look at", &self.root)?.mode() & 0o777;
        if mode & 0o022 == 0 {
            return Ok(());
        }
        Err(StoreError::Unsafe { path: self.root.clone(), mode })
    }

    fn projects(&self) -> PathBuf {
        self.root.join("projects")
    }

    fn bindings(&self) -> PathBuf {
        self.root.join("bindings")
    }

    fn binding(&self, directory: &Path) -> PathBuf {
        let stem = FileStem::encode(directory.as_os_str().as_bytes());
        self.bindings().join(stem.as_str())
    }

    /// Whether a directory is mentioned to the user for the first time.
    pub fn mention_once(&self, directory: &Path) -> Result<bool, StoreError> {
        let folder = self.root.join("mentioned");
        durable::create_private_dir(&folder)?;
        let stem = FileStem::encode(directory.as_os_str().as_bytes());
        let path = folder.join(stem.as_str());
        match durable::create_new(&path, durable::Access::Private, None) {
            Ok(_) => Ok(true),
            Err(_) if path.exists() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A file in HOME itself.
    pub fn file(&self, name: &'static str) -> PathBuf {
        self.root.join(name)
    }

    /// The project of a canonical common dir, or of a plain directory.
    pub fn find(&self, directory: &Path) -> Result<Option<Project>, StoreError> {
        if !self.exists() {
            return Ok(None);
        }
        self.check()?;
        if let Some(bytes) = durable::read_if_there(&self.binding(directory), /*limit*/ 256)?
            && let Some(project) = self.open(String::from_utf8_lossy(&bytes).trim())?
            && project.binding().directory == directory
        {
            return Ok(Some(project));
        }
        self.search(directory)
    }

    fn open(&self, key: &str) -> Result<Option<Project>, StoreError> {
        let Ok(key) = ProjectId::parse(key) else { return Ok(None) };
        Project::open(self.projects().join(key.as_str()))
    }

    fn search(&self, directory: &Path) -> Result<Option<Project>, StoreError> {
        for project in self.all()? {
            if project.binding().directory == directory {
                self.note(&project);
                return Ok(Some(project));
            }
        }
        Ok(None)
    }

    /// Every project that can be read.
    pub fn all(&self) -> Result<Vec<Project>, StoreError> {
        let entries = match fs::read_dir(self.projects()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("list", &self.projects()),
        };
        let keys = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
        Ok(keys.filter_map(|key| self.open(&key).ok().flatten()).collect())
    }

    /// Without it the next search takes longer, no more.
    fn note(&self, project: &Project) {
        let path = self.binding(&project.binding().directory);
        let _ = durable::replace_quickly(&path, project.key().as_bytes());
    }

    /// Binds a new project to a directory.
    pub fn create(&self, key: &ProjectId, binding: Binding) -> Result<Project, StoreError> {
        self.prepare()?;
        let project = Project::create(self.projects().join(key.as_str()), binding)?;
        self.note(&project);
        Ok(project)
    }

    /// Binds a known project to the directory to which it moved.
    pub fn rebind(&self, project: &mut Project, binding: Binding) -> Result<(), StoreError> {
        project.rebind(binding)?;
        self.note(project);
        Ok(())
    }
}
