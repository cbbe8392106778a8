//! To which line a session of the past belongs: what its transcript says about its start, and what git
//! has now.
//!
//! A branch that is there is its line. One that is gone becomes a line that ended; who goes on with it
//! is the line that holds its last commit. Without a branch it is the line that holds the commit at
//! the start. Nothing is put on a line to which git does not tie it.

use std::collections::BTreeMap;

use throughline_model::head::{LineName, Oid};
use throughline_store::index::Meta;

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// How many commits are known by their beginning.
const MOST_COMMITS: usize = 500_000;

/// What git has now.
pub(super) struct Places<'a> {
    world: &'a Surroundings,
    here: &'a Here,
    /// The tips of the branches by line.
    tips: BTreeMap<String, Oid>,
    /// Sorted.
    commits: Vec<String>,
    holders: BTreeMap<Oid, Option<String>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(world: &'a Surroundings, here: &'a Here) -> Result<Self, OpsError> {
        let worktree = &here.site.worktree;
        let (mut tips, mut commits) = (BTreeMap::new(), Vec::new());
        if here.site.repository.is_some() {
            let branches = world.git.branches(worktree)?;
            tips.extend(branches.into_iter().map(|(name, tip)| (name.key(), tip)));
            let known = world.git.commits(worktree, MOST_COMMITS)?;
            commits.extend(known.into_iter().map(String::from));
        }
        commits.sort_unstable();
        Ok(Self { world, here, tips, commits, holders: BTreeMap::new() })
    }

    /// The line of a session; `None` if nothing ties it to one.
    pub(super) fn line_of(&mut self, meta: &Meta) -> Option<String> {
        if self.here.site.repository.is_none() {
            return Some(self.here.line());
        }
        // A transcript may say anything: no branch has the name of what is none.
        let key = |branch: &String| LineName::Branch(branch.clone()).key();
        let is_branch = |key: &String| matches!(LineName::from_key(key), LineName::Branch(_));
        let branch = meta.branch.as_ref().map(key).filter(is_branch);
        match (branch, meta.head.as_deref().and_then(Oid::parse)) {
            (Some(line), _) => Some(line),
            (None, Some(head)) => self.holder(&head),
            (None, None) => None,
        }
    }

    /// Whether the line's branch is gone.
    pub(super) fn is_gone(&self, line: &str) -> bool {
        let is_branch = matches!(LineName::from_key(line), LineName::Branch(_));
        is_branch && !self.tips.contains_key(line) && line != self.here.line()
    }

    /// The full name of a commit, if the repository has exactly one that begins so.
    pub(super) fn full(&self, printed: &str) -> Option<&str> {
        let at = self.commits.partition_point(|known| known.as_str() < printed);
        let mut found = self.commits[at..].iter().take_while(|full| full.starts_with(printed));
        match (found.next(), found.next()) {
            (Some(one), None) => Some(one),
            (Some(_) | None, _) => None,
        }
    }

    /// The line whose branch holds a commit: the one on which we are, if it does.
    pub(super) fn holder(&mut self, commit: &Oid) -> Option<String> {
        if let Some(known) = self.holders.get(commit) {
            return known.clone();
        }
        // A commit that is gone is on no branch.
        let branches = self.world.git.branches_with(&self.here.site.worktree, commit);
        let lines: Vec<_> = branches.unwrap_or_default().iter().map(LineName::key).collect();
        let ours = self.here.line();
        let found = if lines.contains(&ours) { Some(ours) } else { lines.into_iter().next() };
        self.holders.insert(commit.clone(), found.clone());
        found
    }
}
