//! Which project, line and worktree a directory belongs to.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use throughline_git::Git;
use throughline_model::config::Config;
use throughline_model::drift::Place;
use throughline_model::head::{Head, LineName, Repository};
use throughline_model::reconcile::ReconcilePlan;
use throughline_model::record::{GitPoint, Mark};
use throughline_store::config::{self, CONFIG_FILE};
use throughline_store::durable;
use throughline_store::project::{Mode, Project};
use throughline_store::view::{Loaded, STATE_FILE, WHOLE};

use crate::error::OpsError;
use crate::last_good::{self, Search, Unreadable};
use crate::surroundings::Surroundings;

/// A directory, as git has it: or a plain one, which is its own worktree.
#[derive(Debug, Clone)]
pub struct Site {
    /// The repository, if there is one.
    pub repository: Option<Repository>,
    /// The worktree's root, or the plain directory.
    pub worktree: PathBuf,
    /// To what a project here is bound.
    pub identity: PathBuf,
    /// Where git stands.
    pub head: Head,
}

impl Site {
    /// Looks at a directory.
    pub fn of(world: &Surroundings, directory: &Path) -> Result<Self, OpsError> {
        Ok(Self::of_while(world, directory, || ())?.0)
    }

    /// The same, with what is done until git answers; in no repository it may not be done.
    pub(crate) fn of_while<T>(
        world: &Surroundings,
        directory: &Path,
        work: impl FnOnce() -> T,
    ) -> Result<(Self, Option<T>), OpsError> {
        if let Some((repository, head, done)) = world.git.discover_while(directory, work)? {
            let worktree = repository.worktree.clone();
            let worktree = worktree.unwrap_or_else(|| repository.git_dir.clone());
            let identity = repository.common_dir.clone();
            return Ok((
                Self { repository: Some(repository), worktree, identity, head },
                Some(done),
            ));
        }
        let plain = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        let head = Head { oid: None, line: LineName::Directory, operation: None, rebasing: None };
        Ok((Self { repository: None, worktree: plain.clone(), identity: plain, head }, None))
    }

    /// Where git stands, for a record.
    pub fn git_point(&self) -> GitPoint {
        GitPoint {
            head: self.head.oid.as_ref().map(|oid| oid.as_str().to_owned()),
            worktree: Some(self.worktree.to_string_lossy().into_owned()),
            operation: self.head.operation,
        }
    }

    /// Where git stands, for drift.
    pub fn place(&self) -> Place {
        let head = self.head.oid.as_ref().map(|oid| oid.as_str().to_owned());
        Place { line: self.head.line.key(), head }
    }

    /// The folder that a repository carries in shared mode.
    pub fn folder(&self) -> PathBuf {
        self.worktree.join(".throughline")
    }

    /// Refuses a link in place of that folder: a repository can carry one, to anywhere.
    pub fn check_folder(&self) -> Result<(), OpsError> {
        Ok(durable::check_directory(&self.folder())?)
    }

    /// Whether the repository carries memory.
    pub fn carries_memory(&self) -> bool {
        self.folder().join(STATE_FILE).exists()
    }

    /// The project that is bound to this place. A plain directory belongs to the nearest one
    /// above it that is a project.
    pub fn project(&self, world: &Surroundings) -> Result<Option<Project>, OpsError> {
        if self.repository.is_some() {
            return Ok(world.home.find(&self.identity)?);
        }
        for directory in self.identity.ancestors() {
            if let Some(project) = world.home.find(directory)? {
                return Ok(Some(project));
            }
        }
        Ok(None)
    }
}

/// A project, and to what it is bound.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) identity: PathBuf,
    pub(crate) project: Project,
}

/// A place that has a project.
#[derive(Debug)]
pub struct Here {
    /// The place.
    pub site: Site,
    /// Its project.
    pub project: Project,
    /// The settings that hold.
    pub config: Config,
    /// The drift that was found on the way, and settled as the settings say.
    pub settled: Option<ReconcilePlan>,
    git: Git,
    /// State files that were to be read and could not, each once.
    unreadable: RefCell<Vec<Unreadable>>,
}

impl Here {
    /// Finds the project of the directory in which we are. A drift about which nobody has to decide
    /// is settled on the way.
    pub fn find(world: &Surroundings) -> Result<Self, OpsError> {
        let mut here = Self::find_unsettled(world)?;
        here.settled = crate::reconcile::by_default(world, &here);
        Ok(here)
    }

    /// As [`Here::find`], for who looks at the drift itself.
    pub fn find_unsettled(world: &Surroundings) -> Result<Self, OpsError> {
        let site = Site::of(world, &world.directory)?;
        match Self::at(world, site)? {
            Ok(here) if !here.config.enabled => {
                Err(OpsError::SwitchedOff { directory: here.site.worktree })
            }
            Ok(here) => {
                // Where memory can't be written the line is seen without what it forks from.
                let _ = crate::lines::begin(world, &here);
                Ok(here)
            }
            Err(site) if site.carries_memory() => {
                Err(OpsError::NotTrusted { directory: site.worktree })
            }
            Err(site) => Err(OpsError::NoProject { directory: site.worktree }),
        }
    }

    /// The project of a place, or the place back if it has none.
    pub fn at(world: &Surroundings, site: Site) -> Result<Result<Self, Site>, OpsError> {
        Self::at_known(world, site, /*known*/ None)
    }

    /// The same, with a project that was found before git had said where we are: it counts if that is its place.
    pub(crate) fn at_known(
        world: &Surroundings,
        mut site: Site,
        known: Option<Known>,
    ) -> Result<Result<Self, Site>, OpsError> {
        let is_here = |known: &Known| site.repository.is_some() && known.identity == site.identity;
        let found = match known.filter(is_here) {
            Some(known) => Some(known.project),
            None => site.project(world)?,
        };
        let Some(project) = found else { return Ok(Err(site)) };
        if site.repository.is_none() {
            site.worktree.clone_from(&project.binding().directory);
            site.identity.clone_from(&project.binding().directory);
        }
        let config = settings(world, &project, &site)?;
        Ok(Ok(Self::new(world, site, project, config)))
    }

    /// A place of which all that is known.
    pub(crate) fn new(world: &Surroundings, site: Site, project: Project, config: Config) -> Self {
        let (git, unreadable) = (world.git.clone(), RefCell::default());
        Self { site, project, config, settled: None, git, unreadable }
    }

    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// The key of the line on which we are.
    pub fn line(&self) -> String {
        self.site.head.line.key()
    }

    /// The line as its readers see it, for who writes on top of it: a state file that can't be read
    /// is an error.
    pub fn load(&self) -> Result<Loaded, OpsError> {
        self.load_until(WHOLE)
    }

    /// As [`Here::load`], without records from `until` on.
    pub(crate) fn load_until(&self, until: Mark) -> Result<Loaded, OpsError> {
        let key = self.line();
        let loaded = self.project.load_until(&key, &self.site.worktree, until);
        loaded.map_err(|error| match last_good::broken(&error) {
            Some((file, problem)) => {
                let (unreadable, _) =
                    Search::new(self, &key, &self.site.worktree, until).look(file, problem);
                OpsError::Unreadable(Box::new(unreadable))
            }
            None => error.into(),
        })
    }

    /// The line for who only reads: on its last good generation where the state file can't be
    /// read, which is then among [`Here::unreadable`].
    pub fn read(&self) -> Result<Loaded, OpsError> {
        self.read_line(&self.line(), &self.site.worktree, WHOLE)
    }

    /// As [`Here::read`], of a line that is checked out in that worktree, without records from
    /// `until` on.
    pub(crate) fn read_line(
        &self,
        key: &str,
        worktree: &Path,
        until: Mark,
    ) -> Result<Loaded, OpsError> {
        let error = match self.project.load_until(key, worktree, until) {
            Ok(loaded) => return Ok(loaded),
            Err(error) => error,
        };
        let Some((file, problem)) = last_good::broken(&error) else { return Err(error.into()) };
        let (unreadable, loaded) = Search::new(self, key, worktree, until).look(file, problem);
        let Some(loaded) = loaded else {
            return Err(OpsError::Unreadable(Box::new(unreadable)));
        };
        self.mention(unreadable);
        Ok(loaded)
    }

    pub(crate) fn mention(&self, unreadable: Unreadable) {
        let mut known = self.unreadable.borrow_mut();
        if !known.iter().any(|known| known.file == unreadable.file) {
            known.push(unreadable);
        }
    }

    /// That file can be read again.
    pub(crate) fn forget(&self, file: &Path) {
        self.unreadable.borrow_mut().retain(|known| known.file != file);
    }

    /// The state files in whose place readers were given an earlier generation, so far.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.unreadable.borrow().clone()
    }

    /// The same of the line on which we are.
    pub fn own_unreadable(&self) -> Option<Unreadable> {
        let file = self.project.state_path(&self.line(), &self.site.worktree);
        self.unreadable.borrow().iter().find(|known| known.file == file).cloned()
    }
}

/// The user's settings, tightened by the repository's.
pub(crate) fn settings(
    world: &Surroundings,
    project: &Project,
    site: &Site,
) -> Result<Config, OpsError> {
    let user = config::read(&world.home.file(CONFIG_FILE))?.unwrap_or_default();
    let repository = match project.binding().mode {
        Mode::Shared => {
            site.check_folder()?;
            config::read_repository(&site.folder().join(CONFIG_FILE), &user)?
        }
        Mode::Local => None,
    };
    Ok(match repository {
        Some(repository) => user.tightened_by(repository),
        None => user,
    })
}
