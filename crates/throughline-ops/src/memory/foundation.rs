//! Whether the commit on which a line's memory rests is still in that line's history.
//!
//! A rewind or a rebase can take it out. The memory is then marked and told to nobody unasked, until a
//! commit of its is there again or somebody confirms it. Only memories of lines are looked at: those of a
//! project outlive a squashed branch.

use std::collections::BTreeMap;

use throughline_model::head::Oid;
use throughline_model::memory::Memory;
use throughline_runtime::memories::Memories;

use super::root::Root;
use super::write::write;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// Marks memories of the project's lines, or takes the mark away. How many changed.
///
/// # Errors
/// [`OpsError`]: git, the database.
pub(super) fn mark(world: &Surroundings, here: &Here) -> Result<usize, OpsError> {
    let project = here.project.key();
    let Some(memories) = crate::databases::read::<Memories>(world)? else { return Ok(0) };
    let all = memories.of_root(Some(&project))?;
    let of_lines: Vec<&Memory> = all.iter().filter(|m| m.scope.line().is_some()).collect();
    if of_lines.is_empty() {
        return Ok(0);
    }
    let tips = tips(world, here)?;
    let moved: Vec<Memory> = of_lines
        .into_iter()
        .filter_map(|memory| {
            let tip = tips.get(memory.scope.line()?)?;
            let unfounded = is_unfounded(world, here, memory, tip);
            (memory.unfounded != unfounded).then(|| Memory { unfounded, ..memory.clone() })
        })
        .collect();
    drop(memories);
    if moved.is_empty() {
        return Ok(0);
    }
    write(world, &[Root::Project(project)], "look at commits", |change| {
        moved.iter().try_for_each(|memory| change.put(memory))?;
        Ok(moved.len())
    })
}

fn tips(world: &Surroundings, here: &Here) -> Result<BTreeMap<String, Oid>, OpsError> {
    if here.site.repository.is_none() {
        return Ok(BTreeMap::new());
    }
    let branches = world.git.branches(&here.site.worktree)?;
    Ok(branches.into_iter().map(|(name, tip)| (name.key(), tip)).collect())
}

/// Whether it rests on commits, and none of them is in the history of the tip.
fn is_unfounded(world: &Surroundings, here: &Here, memory: &Memory, tip: &Oid) -> bool {
    let commits = memory.sources.iter().filter_map(|source| source.commit.as_deref());
    let mut full = commits.filter_map(Oid::parse).peekable();
    let rests = full.peek().is_some();
    let worktree = &here.site.worktree;
    // A commit that is gone from the repository is no part of any history.
    let holds = |commit: Oid| world.git.is_ancestor(worktree, &commit, tip).unwrap_or(false);
    rests && !full.any(holds)
}
