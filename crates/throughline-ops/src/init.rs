//! `thru init`: makes a project here.

use std::path::{Path, PathBuf};

use throughline_model::ids::ProjectId;
use throughline_model::record::Body;
use throughline_model::state::{LARGEST_STATE, Label, State, read, write};
use throughline_store::StoreError;
use throughline_store::config::{CONFIG_FILE, REPOSITORY_CONFIG};
use throughline_store::durable::{self, Access};
use throughline_store::journal::Durability;
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::{Binding, Mode, Project};
use throughline_store::view::STATE_FILE;

use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::surroundings::Surroundings;

/// What shall be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InitOptions {
    /// Shared or local.
    pub mode: Mode,
    /// Whether a project whose directory is gone is taken over.
    pub adoption: Adoption,
}

/// What to do about a project whose recorded directory is gone and that looks like this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Make a new project and mention it.
    Mention,
    /// Take it over: `--adopt`.
    Take,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// Its name.
    pub project: String,
    /// Its key in HOME.
    pub key: String,
    /// Shared or local.
    pub mode: Mode,
    /// The worktree.
    pub worktree: PathBuf,
    /// Files that were made in the repository.
    pub created: Vec<PathBuf>,
    /// How it came about.
    pub origin: InitOrigin,
    /// Directories of projects that are gone and look like this one.
    pub candidates: Vec<PathBuf>,
}

/// How a project came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InitOrigin {
    /// It is new.
    New,
    /// The repository carried its memory already.
    Carried,
    /// It was there.
    Known,
    /// It moved here from there.
    Adopted(PathBuf),
}

/// Makes a project, or completes one.
pub fn init(world: &Surroundings, options: InitOptions) -> Result<InitReport, OpsError> {
    let site = Site::of(world, &world.directory)?;
    if site.repository.as_ref().is_some_and(|r| r.worktree.is_none())
        && options.mode == Mode::Shared
    {
        let reason =
            "a bare repository has no worktree to share a state in; use --local".to_owned();
        return Err(OpsError::Refused { reason });
    }
    site.check_folder()?;
    let (project, origin, candidates) = project(world, &site, options)?;
    let config = throughline_model::config::Config::default();
    let here = Here::new(world, site, project, config);
    let created = match here.project.binding().mode {
        Mode::Shared => share(&here)?,
        Mode::Local => Vec::new(),
    };
    remember(world, &here, origin == InitOrigin::Known && created.is_empty())?;
    let binding = here.project.binding();
    Ok(InitReport {
        project: binding.name.clone(),
        key: here.project.key(),
        mode: binding.mode,
        worktree: here.site.worktree.clone(),
        created,
        origin,
        candidates,
    })
}

fn project(
    world: &Surroundings,
    site: &Site,
    options: InitOptions,
) -> Result<(Project, InitOrigin, Vec<PathBuf>), OpsError> {
    if let Some(project) = site.project(world)? {
        return Ok((project, InitOrigin::Known, Vec::new()));
    }
    let binding = binding(world, site, options.mode)?;
    let mut gone = gone(world, &binding)?;
    if options.adoption == Adoption::Take {
        let Some(mut project) = gone.pop() else {
            let reason = "no project whose directory is gone looks like this one".to_owned();
            return Err(OpsError::Refused { reason });
        };
        let from = project.binding().directory.clone();
        let mut moved = project.binding().clone().moved_to(binding.directory);
        moved.roots = binding.roots;
        moved.remotes = binding.remotes;
        world.home.rebind(&mut project, moved)?;
        return Ok((project, InitOrigin::Adopted(from), Vec::new()));
    }
    let candidates = gone.iter().map(|p| p.binding().directory.clone()).collect();
    let key = ProjectId::from_entropy(&world.entropy.bytes::<12>()?, /*length*/ 12);
    let carried = site.carries_memory();
    let project = world.home.create(&key, binding)?;
    let origin = if carried { InitOrigin::Carried } else { InitOrigin::New };
    Ok((project, origin, candidates))
}

fn binding(world: &Surroundings, site: &Site, mode: Mode) -> Result<Binding, OpsError> {
    let label = label(world, site)?;
    let at = world.clock.now();
    let mut binding = Binding::new(site.identity.clone(), mode, label.id, label.name, at);
    binding.has_git = site.repository.is_some();
    if binding.has_git {
        let roots = world.git.root_commits(&site.worktree, /*most*/ 8).unwrap_or_default();
        binding.roots = roots.iter().map(|oid| oid.as_str().to_owned()).collect();
        binding.remotes = world.git.remotes(&site.worktree).unwrap_or_default();
    }
    Ok(binding)
}

/// The label that the repository carries, else a new one.
fn label(world: &Surroundings, site: &Site) -> Result<Label, OpsError> {
    if let Some(state) = carried_state(&site.folder().join(STATE_FILE))? {
        return Ok(state.label);
    }
    let id = ProjectId::from_entropy(&world.entropy.bytes::<12>()?, /*length*/ 12);
    let name = site.worktree.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Label { id, name, extra: Vec::new() })
}

fn carried_state(path: &Path) -> Result<Option<State>, StoreError> {
    let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
    let Some(bytes) = durable::read_if_there(path, limit)? else { return Ok(None) };
    match read(&bytes) {
        Ok((state, _)) => Ok(Some(state)),
        Err(refused) => {
            Err(StoreError::State { path: path.to_owned(), refused: Box::new(refused) })
        }
    }
}

/// Projects whose directory is gone and that have a root commit or a remote in common with this.
fn gone(world: &Surroundings, binding: &Binding) -> Result<Vec<Project>, OpsError> {
    let mut all = world.home.all()?;
    let shares = |a: &[String], b: &[String]| a.iter().any(|x| b.contains(x));
    all.retain(|project| {
        let other = project.binding();
        let alike =
            shares(&other.roots, &binding.roots) || shares(&other.remotes, &binding.remotes);
        !other.directory.exists() && alike
    });
    all.sort_by_key(|project| project.binding().trusted_at);
    Ok(all)
}

/// Writes what a shared project has in its worktree; what is there stays.
fn share(here: &Here) -> Result<Vec<PathBuf>, OpsError> {
    let folder = here.site.folder();
    durable::create_repository_dir(&folder)?;
    let state = write(&here.project.empty_state());
    let mut created = Vec::new();
    for (name, text) in [(STATE_FILE, state.as_str()), (CONFIG_FILE, REPOSITORY_CONFIG)] {
        let path = folder.join(name);
        if std::fs::symlink_metadata(&path).is_err() {
            durable::replace(&path, text.as_bytes(), Access::Repository)?;
            created.push(path);
        }
    }
    Ok(created)
}

/// The line learns that its state file, as it stands, lacks nothing.
fn remember(world: &Surroundings, here: &Here, nothing_new: bool) -> Result<(), OpsError> {
    let key = here.line();
    if nothing_new && here.project.line(&key)?.is_some() {
        return Ok(());
    }
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    if !crate::lines::is_known(here, &key)? {
        let body = Body::LineBegin {
            origin: None,
            fork_point: None,
            settled: true,
            git: here.site.git_point(),
        };
        let record = world.record(&key, body)?;
        here.project.journal().append(&[record], Durability::Acknowledged)?;
    }
    let loaded = here.load()?;
    let mut line = loaded.view.line;
    if let Some(hash) = &loaded.hash
        && loaded.view.pending == 0
    {
        line.remember(hash, loaded.end);
    }
    line.through = loaded.end;
    Ok(here.project.save_line(&lock, &line)?)
}
