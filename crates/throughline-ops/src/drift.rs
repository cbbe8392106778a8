//! Looking for drift: what memory last saw, what git says, what lies between.

use throughline_git::GitError;
use throughline_model::drift::{Drift, DriftKind, Facts, Movement, Place, classify};
use throughline_model::head::Oid;
use throughline_model::line::Checkpoint;

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// How many commits are looked up to be told.
const MOST_COMMITS: usize = 20;

/// Compares what was last seen with what git says now. One or two git calls where HEAD moved,
/// none where it did not.
pub fn look(world: &Surroundings, here: &Here, last: Option<&Place>) -> Result<Drift, OpsError> {
    let now = here.site.place();
    let line_is_known =
        last.is_some_and(|last| last.line == now.line) || crate::lines::is_known(here, &now.line)?;
    let movement = last.map_or(Ok(Movement::Still), |last| movement(world, here, last, &now))?;
    let facts = Facts {
        now,
        detached: here.site.head.is_detached(),
        operation: here.site.head.operation,
        line_is_known,
        movement,
    };
    let mut drift = classify(last, &facts);
    if drift.kind == DriftKind::Advanced {
        drift.commits = commits(world, here, last);
    }
    Ok(drift)
}

fn ends(last: &Place, now: &Place) -> Option<(Oid, Oid)> {
    let oid = |place: &Place| place.head.as_deref().and_then(Oid::parse);
    Some((oid(last)?, oid(now)?))
}

fn movement(
    world: &Surroundings,
    here: &Here,
    last: &Place,
    now: &Place,
) -> Result<Movement, OpsError> {
    if last.head == now.head {
        return Ok(Movement::Still);
    }
    let Some((old, new)) = ends(last, now) else {
        // The first commit of a repository that had none.
        return Ok(if last.head.is_none() { Movement::Forward } else { Movement::Apart });
    };
    let worktree = &here.site.worktree;
    // A commit that is gone answers as one that has nothing to do with this one.
    let reaches = |from: &Oid, to: &Oid| world.git.is_ancestor(worktree, from, to);
    Ok(match reaches(&old, &new) {
        Ok(true) => Movement::Forward,
        Ok(false) if reaches(&new, &old).unwrap_or(false) => Movement::Backward,
        Ok(false) | Err(_) => Movement::Apart,
    })
}

fn commits(world: &Surroundings, here: &Here, last: Option<&Place>) -> Vec<String> {
    let Some((old, new)) = last.and_then(|last| ends(last, &here.site.place())) else {
        return Vec::new();
    };
    let found: Result<_, GitError> =
        world.git.commits_between(&here.site.worktree, &old, &new, MOST_COMMITS);
    found.map(|all| all.into_iter().map(|c| c.subject).collect()).unwrap_or_default()
}

/// Where a checkpoint stood.
pub fn place_of(line: &str, checkpoint: &Checkpoint) -> Place {
    Place { line: line.to_owned(), head: checkpoint.git.head.clone() }
}

/// Where memory stood for a worktree: the latest checkpoint of any line in it; else the line's.
pub fn last_seen(here: &Here) -> Result<Option<Place>, OpsError> {
    let worktree = here.site.git_point().worktree;
    let lines = crate::lines::known_lines(here)?;
    let in_worktree = |c: &&Checkpoint| c.git.worktree == worktree;
    let latest = lines
        .iter()
        .filter_map(|line| Some((line, line.checkpoint.as_ref().filter(in_worktree)?)))
        // Times are kept to the second: of two in one, the line on which we are is the later.
        .max_by_key(|(line, checkpoint)| (checkpoint.at, line.key == here.line()));
    let own = lines.iter().find(|line| line.key == here.line());
    let own = own.and_then(|line| Some((line, line.checkpoint.as_ref()?)));
    Ok(latest.or(own).map(|(line, checkpoint)| place_of(&line.key, checkpoint)))
}
