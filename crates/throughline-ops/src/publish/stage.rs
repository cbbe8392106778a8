//! `thru publish --stage`: what is published also goes into the index, so that the commit in the
//! making carries it.
//!
//! The pre-commit entry of `thru setup git --pre-commit` calls it, and a person can. Git's index is
//! written here and nowhere else in the program, the state file is all that is added to it, and only if this
//! publish wrote it or what stands there was written by an earlier one. What git is about to commit is
//! asked of the index that git names (`GIT_INDEX_FILE`), which is one of three (git-commit(1)):
//!
//! - `index`: an ordinary commit, or `--amend`.
//! - `index.lock`: `git commit -a`. It becomes the index.
//! - `next-index-….lock`: a commit of named paths. It is thrown away, and the index proper was made
//!   before: the state added to one of the two would look like a change to the other. So such a
//!   commit carries what it names and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_model::config::PublishAt;
use throughline_model::drift::DriftKind;
use throughline_model::head::Repository;
use throughline_model::record::{Body, Mark};
use throughline_store::journal::Filter;
use throughline_store::project::Mode;
use throughline_store::view::Loaded;

use super::{PublishReport, publish};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// The state file below the worktree's root.
const FILE: &str = ".throughline/project_state.json";

/// Who wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stager {
    /// A person, in no commit.
    Person,
    /// Git, with the index of the commit that it makes.
    Commit {
        /// `GIT_INDEX_FILE`; a relative one lies below the worktree's root.
        index: PathBuf,
    },
}

/// Why a commit carries nothing of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It is one of named paths.
    Paths,
    /// It would hold nothing else: git is to say that nothing was added.
    NothingElse,
    /// Its index belongs to somebody's own doing.
    ForeignIndex,
    /// A merge, rebase or the like is in progress.
    Operation,
    /// Acknowledged changes are missing in the file, and nobody decided about them.
    Lost,
    /// The settings say `publish = "manual"`.
    Manual,
}

/// What was staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageReport {
    /// There is nothing that a commit lacks.
    Nothing,
    /// The file stands in the index.
    Staged {
        /// Which file.
        file: PathBuf,
        /// How many changes were published now.
        changes: usize,
    },
    /// The changes stay pending.
    Left {
        /// Why.
        why: Left,
        /// How many.
        pending: usize,
    },
}

/// Publishes the line on which we are and adds its state file to the index. Waits for the project
/// lock as long as `patience`.
pub fn stage(
    world: &Surroundings,
    here: &Here,
    stager: &Stager,
    patience: Duration,
) -> Result<StageReport, OpsError> {
    let Some(repository) = &here.site.repository else {
        return Err(OpsError::Refused { reason: "this is no git repository".to_owned() });
    };
    if here.project.binding().mode == Mode::Local {
        return Ok(StageReport::Nothing);
    }
    let loaded = here.load()?;
    let pending = loaded.view.pending;
    let index = match index_of(here, repository, stager) {
        Ok(index) => index,
        Err(_) if pending == 0 => return Ok(StageReport::Nothing),
        Err(why) => return Ok(StageReport::Left { why, pending }),
    };
    let worktree = &here.site.worktree;
    let behind = world.git.differs_from_index(worktree, index.as_deref(), FILE)?;
    let steps = here.config.publish_steps && !loaded.view.line.private.is_empty();
    if pending == 0 && !steps && !behind {
        return Ok(StageReport::Nothing);
    }
    if let Some(index) = &index
        && let Some(why) = reason(world, here, &loaded, repository, index)?
    {
        return Ok(StageReport::Left { why, pending });
    }
    let published = if pending > 0 || steps {
        publish(world, here, patience)?
    } else {
        // Needs no lock and writes nothing in HOME, so it goes well in an agent's sandbox too.
        PublishReport::Nothing { file: loaded.file.clone() }
    };
    let (file, changes) = match published {
        PublishReport::Published { file, changes } => (file, changes),
        PublishReport::Nothing { file } if behind && is_ours(here, &loaded)? => (file, 0),
        PublishReport::Nothing { .. } | PublishReport::Local => return Ok(StageReport::Nothing),
    };
    world.git.stage(worktree, index.as_deref(), FILE)?;
    Ok(StageReport::Staged { file, changes })
}

/// The index to write, `None` for the worktree's own; else why none is.
fn index_of(
    here: &Here,
    repository: &Repository,
    stager: &Stager,
) -> Result<Option<PathBuf>, Left> {
    let Stager::Commit { index } = stager else { return Ok(None) };
    let index = here.site.worktree.join(index);
    let real = |path: &Path| fs::canonicalize(path).ok();
    let folder = index.parent().and_then(real);
    if folder.is_none() || folder != real(&repository.git_dir) {
        return Err(Left::ForeignIndex);
    }
    let name = index.file_name().unwrap_or_default().to_string_lossy();
    match &*name {
        "index" | "index.lock" => Ok(Some(index)),
        name if name.starts_with("next-index-") => Err(Left::Paths),
        _ => Err(Left::ForeignIndex),
    }
}

/// Why a commit should not carry what could be published.
fn reason(
    world: &Surroundings,
    here: &Here,
    loaded: &Loaded,
    repository: &Repository,
    index: &Path,
) -> Result<Option<Left>, OpsError> {
    if here.config.publish == PublishAt::Manual {
        return Ok(Some(Left::Manual));
    }
    if here.site.head.operation.is_some() {
        return Ok(Some(Left::Operation));
    }
    let asked = loaded.view.line.open.as_ref();
    if asked.is_some_and(|open| open.drift.kind == DriftKind::LostChanges)
        || !crate::reconcile::lost(here, loaded)?.is_empty()
    {
        return Ok(Some(Left::Lost));
    }
    let head = here.site.head.oid.as_ref();
    let tree = head.map_or(repository.object_format.empty_tree(), |oid| oid.as_str());
    let staged = world.git.is_anything_staged(&here.site.worktree, index, tree)?;
    Ok((!staged).then_some(Left::NothingElse))
}

/// Whether the bytes that stand there are what some publish of ours wrote.
fn is_ours(here: &Here, loaded: &Loaded) -> Result<bool, OpsError> {
    let batch = here.project.journal().read(Mark::default(), &Filter::All)?;
    let wrote = |body: &Body| matches!(body, Body::Intent { after, .. } if Some(after) == loaded.hash.as_ref());
    Ok(batch.records.iter().any(|(_, record)| wrote(&record.body)))
}
