//! Which conversations belong to the project here: by where they worked and by the repository's
//! address, so that a folder that moved, a second worktree or another model provider hides none.

use std::path::{Path, PathBuf};
use std::thread;

use throughline_store::index::Index;

use super::asked;
use crate::error::OpsError;
use crate::here::Site;
use crate::index::{AgentHome, Ready};
use crate::surroundings::Surroundings;

/// Which conversations are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of the project here; outside of any: all.
    Here,
    /// All.
    Everywhere,
}

/// What the conversations of a project have in common.
#[derive(Debug)]
struct Identity {
    /// Every folder in which the repository is checked out, or was before it moved.
    roots: Vec<PathBuf>,
    /// Its addresses.
    remotes: Vec<String>,
}

/// What this place is, by git; `None` where there is no project and no repository.
fn identity(world: &Surroundings) -> Result<Option<Identity>, OpsError> {
    let site = Site::of(world, &world.directory)?;
    let project = site.project(world)?;
    if project.is_none() && site.repository.is_none() {
        return Ok(None);
    }
    let remotes = match &project {
        Some(project) => project.binding().remotes.clone(),
        None => world.git.remotes(&site.worktree).unwrap_or_default(),
    };
    let former = project.iter().flat_map(|project| project.binding().former_folders());
    let roots = roots(world, &site).into_iter().chain(former).collect();
    Ok(Some(Identity { roots, remotes }))
}

/// The places of this project in the index; `None` where there is no project and no repository.
pub(crate) fn places(world: &Surroundings, index: &Index) -> Result<Option<Vec<i64>>, OpsError> {
    identity(world)?.map(|identity| identity.places(index)).transpose()
}

/// The index, brought up to date while git is asked where we are.
pub(super) fn ready_here(
    world: &Surroundings,
    homes: &[AgentHome],
) -> Result<(Ready, Option<Vec<i64>>), OpsError> {
    thread::scope(|scope| {
        let asking = scope.spawn(|| identity(world));
        let ready = asked(world, homes)?;
        // A place that git refuses is nobody's.
        let identity = asking.join().ok().and_then(Result::ok).flatten();
        let places = identity.map(|identity| identity.places(&ready.index)).transpose()?;
        Ok((ready, places))
    })
}

impl Identity {
    fn places(&self, index: &Index) -> Result<Vec<i64>, OpsError> {
        let places = index.places()?;
        let here = places.into_iter().filter(|(_, cwd, repository)| self.is_here(cwd, repository));
        Ok(here.map(|(id, _, _)| id).collect())
    }

    fn is_here(&self, cwd: &str, repository: &str) -> bool {
        let is_remote = |remote: &String| is_same(remote, repository);
        let same_remote = !repository.is_empty() && self.remotes.iter().any(is_remote);
        same_remote || self.roots.iter().any(|root| Path::new(cwd).starts_with(root))
    }
}

/// Every folder in which this repository is checked out.
fn roots(world: &Surroundings, site: &Site) -> Vec<PathBuf> {
    let listed = match &site.repository {
        Some(_) => world.git.worktree_list(&site.worktree).unwrap_or_default(),
        None => Vec::new(),
    };
    let mut roots: Vec<PathBuf> = listed.into_iter().map(|worktree| worktree.path).collect();
    roots.push(site.worktree.clone());
    roots
}

/// Whether two addresses name one repository: `git@host:a/b.git` and `https://host/a/b` do.
fn is_same(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

fn plain(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.trim_end_matches('/');
    rest.strip_suffix(".git").unwrap_or(rest).replacen(':', "/", 1).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn addresses_of_one_repository_are_the_same() {
        assert!(is_same("git@host.example:a/b.git", "https://host.example/a/b"));
        assert!(is_same("ssh://git@host.example/a/b.git/", "https://Host.example/a/b"));
        assert!(!is_same("https://host.example/a/b", "https://host.example/a/c"));
        assert!(!is_same("/srv/one.git", "/srv/two.git"));
    }
}
