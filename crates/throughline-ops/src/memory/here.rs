//! Which memories can be seen from here: the user's, the project's, and those of the lines whose work
//! is here: this one, those from which it came, and (by promotion) those that were merged.

use throughline_runtime::memories::Visible;
use throughline_store::home::Home;
use throughline_store::project::Project;

use super::root::named;
use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::surroundings::Surroundings;

/// From where memories are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryPlace {
    /// The project here.
    pub project: Option<String>,
    /// The names under which it is known: its key first.
    names: Vec<String>,
    /// The line here, and those from which it came.
    lines: Vec<String>,
    /// Where HEAD stands.
    pub head: Option<String>,
}

/// How far back a line's origins are followed.
const MOST_ORIGINS: usize = 32;

impl MemoryPlace {
    /// The place where we are.
    ///
    /// # Errors
    /// [`OpsError`]: git, or a file of ours.
    pub fn of(world: &Surroundings) -> Result<Self, OpsError> {
        let site = Site::of(world, &world.directory)?;
        let project = site.project(world)?;
        Ok(match &project {
            Some(project) => Self::at(&site, project),
            None => Self::outside(),
        })
    }

    /// The same for who reads, with the project if there is one: what the team shares on the line here is taken in
    /// first. What could not be read of it is for the log: nobody who asks can do anything about it.
    ///
    /// # Errors
    /// As [`MemoryPlace::of`].
    pub(crate) fn to_read(world: &Surroundings) -> Result<(Self, Option<Here>), OpsError> {
        let site = Site::of(world, &world.directory)?;
        let Ok(here) = Here::at(world, site)? else { return Ok((Self::outside(), None)) };
        let taken = super::team::take_in(world, &here);
        let problems = taken.unwrap_or_else(|error| vec![error.to_string()]);
        problems.iter().for_each(|problem| crate::hook::log_problem(world, problem));
        Ok((Self::at(&here.site, &here.project), Some(here)))
    }

    /// In a project.
    pub(crate) fn at(site: &Site, project: &Project) -> Self {
        Self {
            project: Some(project.key()),
            names: names(project),
            lines: lines(project, &site.head.line.key()),
            head: site.head.oid.as_ref().map(|oid| oid.as_str().to_owned()),
        }
    }

    fn outside() -> Self {
        Self { project: None, names: Vec::new(), lines: Vec::new(), head: None }
    }

    /// The line here.
    pub fn line(&self) -> Option<&str> {
        self.lines.first().map(String::as_str)
    }

    /// What a person sees who asks here: outside of any project, everything.
    pub fn visible(&self) -> Visible {
        match &self.project {
            None => Visible::Everything,
            Some(_) => self.visible_to_agents(),
        }
    }

    /// What an agent sees that works here: outside of any project, what holds everywhere.
    pub fn visible_to_agents(&self) -> Visible {
        match &self.project {
            None => Visible::User,
            Some(_) => {
                Visible::Here { projects: self.names.clone(), lines: Some(self.lines.clone()) }
            }
        }
    }

    /// The same of all lines.
    pub fn visible_on_all_lines(&self) -> Visible {
        match self.visible() {
            Visible::Here { projects, .. } => Visible::Here { projects, lines: None },
            everything => everything,
        }
    }
}

/// Under which names memories of a project may be kept: its key, and what others call it.
fn names(project: &Project) -> Vec<String> {
    let binding = project.binding();
    let called = [binding.name.as_str(), binding.label.as_str()];
    let called = called.into_iter().filter(|name| !name.is_empty()).map(named);
    [project.key()].into_iter().chain(called).collect()
}

/// The key of the project of this name: this one's, if it is called so, else the only one of that
/// name; the name itself, marked, where no project here is called so.
pub(super) fn project_called(
    home: &Home,
    here: &MemoryPlace,
    name: &str,
) -> Result<String, OpsError> {
    let marked = named(name);
    if here.names.iter().any(|known| *known == marked || known == name) {
        return Ok(here.names.first().cloned().unwrap_or(marked));
    }
    let all = home.all()?;
    let mut called =
        all.iter().filter(|project| names(project).iter().any(|n| *n == marked || n == name));
    match (called.next(), called.next()) {
        (Some(project), None) => Ok(project.key()),
        _ => Ok(marked),
    }
}

fn lines(project: &Project, line: &str) -> Vec<String> {
    let mut lines = vec![line.to_owned()];
    while lines.len() < MOST_ORIGINS {
        let last = lines.last().map(String::as_str).unwrap_or_default();
        let origin = project.line(last).ok().flatten().and_then(|line| line.origin);
        match origin {
            Some(origin) if !lines.contains(&origin.line) => lines.push(origin.line),
            Some(_) | None => break,
        }
    }
    lines
}
