//! Looking for drift: what memory last saw, what git says, what lies between.
//!
//! Cost: no process where HEAD and branch are where they were left; one to four where they moved.

use std::collections::BTreeSet;

use throughline_git::GitError;
use throughline_model::drift::{Drift, DriftKind, Facts, Movement, Place, Standing, classify};
use throughline_model::head::{LineName, Oid};
use throughline_model::line::{Checkpoint, Line};

use crate::error::OpsError;
use crate::here::Here;
use crate::lines::{head_of, known_lines, start_of};
use crate::surroundings::Surroundings;

/// How many commits are looked up to be told.
const MOST_COMMITS: usize = 20;

/// How many commits of a rewritten history are compared with what took their place.
pub(crate) const MOST_REWRITTEN: usize = 500;

/// How many commits between are searched for the tips of other lines.
const MOST_BETWEEN: usize = 2_000;

/// What else is known when somebody looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// How many acknowledged changes the state file had and has no more.
    pub lost: usize,
    /// Whether files changed since the last turn.
    pub dirty: bool,
}

/// Compares what was last seen with what git says now.
pub fn look(
    world: &Surroundings,
    here: &Here,
    last: Option<&Place>,
    seen: Seen,
) -> Result<Drift, OpsError> {
    let now = here.site.place();
    let lines = known_lines(here)?;
    let own = lines.iter().find(|line| line.key == now.line && line.settled);
    let standing = match last {
        Some(last) if last.line != now.line => standing(world, here, own)?,
        Some(_) | None => Standing::Same,
    };
    let left = match &standing {
        Standing::Known(place) => Some(place.clone()),
        Standing::Same => last.cloned(),
        Standing::RenamedFrom(_) | Standing::BranchedFrom(_) | Standing::Unrelated => None,
    };
    let movement = left.as_ref().map_or(Movement::Still, |left| movement(world, here, left, &now));
    let ends = left.as_ref().and_then(|left| ends(left, &now));
    let merged = match (movement, &ends) {
        (Movement::Still | Movement::Unknown, _) | (_, None) => Vec::new(),
        (_, Some((old, new))) => merged(world, here, &lines, old, new),
    };
    let was_detached = last.is_some_and(|last| is_detached(&last.line));
    let facts = Facts {
        detached: here.site.head.is_detached(),
        operation: here.site.head.operation,
        standing,
        movement,
        merged,
        lost: seen.lost,
        elsewhere: elsewhere(world, here, &lines),
        dirty: seen.dirty,
        now,
    };
    let mut drift = classify(last, was_detached, &facts);
    if drift.holds(DriftKind::Advanced) {
        drift.commits = commits(world, here, ends.as_ref());
    }
    Ok(drift)
}

fn is_detached(line: &str) -> bool {
    matches!(LineName::from_key(line), LineName::Detached { .. })
}

/// A line is new until a turn ended on it or a drift was settled there.
fn standing(world: &Surroundings, here: &Here, own: Option<&Line>) -> Result<Standing, OpsError> {
    if let Some(line) = own {
        let head = head_of(line).map(|head| head.to_string());
        return Ok(Standing::Known(Place { line: line.key.clone(), head }));
    }
    if here.site.head.is_detached() {
        return Ok(Standing::Unrelated);
    }
    Ok(match start_of(world, here)? {
        Some(start) if start.renamed => Standing::RenamedFrom(start.line),
        Some(start) => Standing::BranchedFrom(start.line),
        None => Standing::Unrelated,
    })
}

fn ends(last: &Place, now: &Place) -> Option<(Oid, Oid)> {
    let oid = |place: &Place| place.head.as_deref().and_then(Oid::parse);
    Some((oid(last)?, oid(now)?))
}

fn movement(world: &Surroundings, here: &Here, last: &Place, now: &Place) -> Movement {
    if last.head == now.head {
        return Movement::Still;
    }
    let Some((old, new)) = ends(last, now) else {
        // The first commit of a repository that had none.
        return if last.head.is_none() { Movement::Forward } else { Movement::Apart };
    };
    let worktree = &here.site.worktree;
    let git = &world.git;
    match git.is_ancestor(worktree, &old, &new) {
        Ok(true) => return Movement::Forward,
        Ok(false) => {}
        // A commit that is gone has nothing to do with this one; a git that is late says nothing.
        Err(GitError::Failed { .. }) => {
            return if git.exists(worktree, &old).unwrap_or(true) {
                Movement::Unknown
            } else {
                Movement::Apart
            };
        }
        Err(_) => return Movement::Unknown,
    }
    let apart = || -> Result<Movement, GitError> {
        if git.is_ancestor(worktree, &new, &old)? {
            return Ok(Movement::Backward);
        }
        if git.parents(worktree, &old)? == git.parents(worktree, &new)? {
            return Ok(Movement::Amended);
        }
        let same = counterparts(world, here, &old, &new)?.values().any(Option::is_some);
        Ok(if same { Movement::Rebased } else { Movement::Apart })
    };
    apart().unwrap_or(Movement::Unknown)
}

/// The commits that `old` has and `new` has not, each with the one in `new` that says the same: that
/// makes the same changes, or else, as a squash does, ends where it or the next of them ended.
pub(crate) fn counterparts(
    world: &Surroundings,
    here: &Here,
    old: &Oid,
    new: &Oid,
) -> Result<throughline_model::reconcile::Counterparts, GitError> {
    let (git, worktree) = (&world.git, &here.site.worktree);
    let left = git.trees(worktree, new, old, MOST_REWRITTEN)?;
    let taken = git.trees(worktree, old, new, MOST_REWRITTEN)?;
    let before = git.patches(worktree, new, old, MOST_REWRITTEN)?;
    let mut after = git.patches(worktree, old, new, MOST_REWRITTEN)?;
    let mut squashed: Option<&Oid> = None;
    let mut found = throughline_model::reconcile::Counterparts::new();
    for (oid, tree) in &left {
        let ends_there = taken.iter().find(|(_, other)| other == tree);
        squashed = ends_there.map(|(other, _)| other).or(squashed);
        found.insert(oid.to_string(), squashed.map(ToString::to_string));
    }
    for patch in before.iter().filter(|patch| patch.id.is_some()) {
        // Each takes the place of one.
        if let Some(at) = after.iter().position(|other| other.id == patch.id) {
            found.insert(patch.oid.to_string(), Some(after.remove(at).oid.to_string()));
        }
    }
    Ok(found)
}

/// Lines with work of their own that HEAD contains and did not contain where it was left.
fn merged(world: &Surroundings, here: &Here, lines: &[Line], old: &Oid, new: &Oid) -> Vec<String> {
    // A detached HEAD at which nothing was worked, as in the middle of a rebase, is no other line.
    let counts =
        |line: &&Line| line.key != here.line() && (line.settled || !is_detached(&line.key));
    let others: Vec<&Line> = lines.iter().filter(counts).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let worktree = &here.site.worktree;
    let between = world.git.ancestors(worktree, new, Some(old), MOST_BETWEEN);
    let between: BTreeSet<Oid> = between.unwrap_or_default().into_iter().collect();
    let tips = world.git.branches(worktree).unwrap_or_default();
    let contained = |line: &&Line| {
        let tip = tips.iter().find(|(name, _)| name.key() == line.key).map(|(_, oid)| oid.clone());
        let tip = tip.or_else(|| head_of(line));
        tip.is_some_and(|tip| {
            between.contains(&tip) && line.fork_point.as_deref() != Some(tip.as_str())
        })
    };
    let mut merged: Vec<String> =
        others.into_iter().filter(contained).map(|line| line.key.clone()).collect();
    merged.sort();
    merged
}

/// Another worktree in which the line was last worked on and still stands.
fn elsewhere(world: &Surroundings, here: &Here, lines: &[Line]) -> Option<String> {
    let own = lines.iter().find(|line| line.key == here.line())?;
    let other = own.checkpoint.as_ref()?.git.worktree.clone()?;
    if here.site.git_point().worktree.as_ref() == Some(&other) || here.site.head.is_detached() {
        return None;
    }
    let listed = world.git.worktree_list(&here.site.worktree).ok()?;
    let stands = |w: &throughline_git::LinkedWorktree| {
        w.path.to_string_lossy() == other.as_str()
            && w.branch.as_ref() == Some(&here.site.head.line)
    };
    listed.iter().any(stands).then_some(other)
}

fn commits(world: &Surroundings, here: &Here, ends: Option<&(Oid, Oid)>) -> Vec<String> {
    let Some((old, new)) = ends else { return Vec::new() };
    let found: Result<_, GitError> =
        world.git.commits_between(&here.site.worktree, old, new, MOST_COMMITS);
    found.map(|all| all.into_iter().map(|c| c.subject).collect()).unwrap_or_default()
}

/// Where a checkpoint stood.
pub fn place_of(line: &str, checkpoint: &Checkpoint) -> Place {
    Place { line: line.to_owned(), head: checkpoint.git.head.clone() }
}

/// Where memory stood for a worktree: the latest checkpoint of any line in it; else the line's.
pub fn last_seen(here: &Here) -> Result<Option<Place>, OpsError> {
    let worktree = here.site.git_point().worktree;
    let lines = known_lines(here)?;
    let own = lines.iter().find(|line| line.key == here.line());
    let in_worktree = |c: &&Checkpoint| c.git.worktree == worktree;
    let latest = lines
        .iter()
        // That a line became known is no news of where memory stood.
        .filter(|line| line.settled || own.is_none_or(|own| own.key != line.key))
        .filter_map(|line| Some((line, line.checkpoint.as_ref().filter(in_worktree)?)))
        // Times are kept to the second: of two in one, the line on which we are is the later.
        .max_by_key(|(line, checkpoint)| (checkpoint.at, line.key == here.line()));
    if let Some((line, checkpoint)) = latest {
        return Ok(Some(place_of(&line.key, checkpoint)));
    }
    let own = own.and_then(|line| Some((line, line.checkpoint.as_ref()?)));
    Ok(own.map(|(line, checkpoint)| match &line.origin {
        // In a worktree that memory never saw a new line was left where it began.
        Some(origin) if !line.settled => place_of(&origin.line, checkpoint),
        Some(_) | None => place_of(&line.key, checkpoint),
    }))
}
