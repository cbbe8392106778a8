//! `thru doctor`: looks at everything that must be right, and says what helps where it is not.
//!
//! The checks are a table ([`table`]); each section is a module that measures and judges. Nothing is
//! written but in the scratch folder, which the caller removes, unless [`Mend::Fix`] asks for it. What
//! takes long (the agent's own answer, calls of a hook, a walk over HOME) runs in threads beside the rest.
//! A check that does not apply here, such as those of a project where there is none, is not in the answer.

mod agent;
mod databases;
mod discreet;
mod environment;
mod fix;
mod git;
mod index;
mod memory;
mod performance;
mod project;
mod scratch;
mod storage;
pub mod table;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;

pub use discreet::Places;
pub use fix::Fixed;
use scratch::Scratch;
use table::{Check, Finding, Verdict};

use crate::here::{Here, Site};
use crate::index::AgentHome;
use crate::setup::SetupOptions;
use crate::setup::look::Standing;
use crate::surroundings::Surroundings;

/// How thoroughly it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// In about a second.
    Usual,
    /// Every page of the index, every session file, more rounds of what is timed.
    Deep,
}

/// Whether it mends what it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// It only looks.
    Look,
    /// It does what loses nothing, and looks again.
    Fix,
}

/// How to look, and where things are.
#[derive(Debug, Clone)]
pub struct DoctorOptions {
    /// How thoroughly.
    pub depth: Depth,
    /// Whether it mends.
    pub mend: Mend,
    /// The agent's home and program, and ours.
    pub setup: SetupOptions,
    /// The homes of all agents.
    pub homes: Vec<AgentHome>,
    /// `HOME`
    pub user_home: Option<PathBuf>,
    /// `PATH`, for what is started.
    pub path: OsString,
    /// Its folders.
    pub search: Vec<PathBuf>,
    /// An empty folder that the caller removes afterwards.
    pub scratch: PathBuf,
    /// What is measured is replaced by these, by name; empty but in tests.
    pub pretended: BTreeMap<String, String>,
}

impl DoctorOptions {
    fn pretended(&self, name: &str) -> Option<&str> {
        self.pretended.get(name).map(String::as_str)
    }
}

/// What was found.
#[derive(Debug, Clone)]
pub struct DoctorReport {
    /// In the order of the table.
    pub findings: Vec<Finding>,
    /// What was mended before that.
    pub fixed: Vec<Fixed>,
    /// How paths are named for others.
    pub places: Places,
}

impl DoctorReport {
    /// The worst that was found.
    pub fn verdict(&self) -> Verdict {
        self.findings.iter().map(|found| found.verdict).max().unwrap_or(Verdict::Ok)
    }

    /// How many came out so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|found| found.verdict == verdict).count()
    }
}

/// What every section is given.
struct Doctor<'a> {
    world: &'a Surroundings,
    options: &'a DoctorOptions,
}

/// Looks, and mends if asked.
pub fn doctor(world: &Surroundings, options: &DoctorOptions) -> DoctorReport {
    let doctor = Doctor { world, options };
    let (mut findings, here) = doctor.look(&options.scratch.join("1"));
    let mut fixed = Vec::new();
    if options.mend == Mend::Fix {
        fixed = fix::mend(&doctor, here.as_ref(), &findings);
    }
    if !fixed.is_empty() {
        findings = doctor.look(&options.scratch.join("2")).0;
    }
    findings.sort_by_key(|found| found.check);
    DoctorReport { findings, fixed, places: doctor.places(here.as_ref()) }
}

impl Doctor<'_> {
    fn look(&self, scratch: &std::path::Path) -> (Vec<Finding>, Option<Here>) {
        let (standing, mut findings) = agent::standing(self);
        let connected = standing.filter(Standing::is_connected);
        let home = &self.world.home;
        thread::scope(|scope| {
            let beside = [
                scope.spawn(|| self.asked(connected.as_ref())),
                scope.spawn(|| self.tried(connected.as_ref(), scratch)),
                scope.spawn(|| git::hardening(&self.world.git, &scratch.join("trap")).into_list()),
                scope.spawn(|| storage::whole(home.root(), self.options)),
                scope.spawn(|| memory::look(self.world, self.options)),
                scope.spawn(|| databases::look(home, self.options).into_list()),
                scope.spawn(|| index::look(home, self.options)),
            ];
            let here = self.measured(&mut findings);
            for thread in beside {
                // A check that panics is a fault of ours; the others still count.
                findings.extend(thread.join().unwrap_or_default());
            }
            (findings, here)
        })
    }

    /// What is looked at here and now.
    fn measured(&self, findings: &mut Vec<Finding>) -> Option<Here> {
        findings.extend(environment::look(self));
        let site = Site::of(self.world, &self.world.directory);
        let repository = git::repository(&site);
        // What git does not open would look like a folder without a project.
        let site = site.ok().filter(|_| repository.verdict < Verdict::Warning);
        findings.push(repository);
        let site = site?;
        findings.extend(performance::git(self));
        let (here, known) = project::find(self, site.clone());
        findings.push(known);
        findings.extend(git::look(self, &site, here.as_ref()));
        let here = here?;
        findings.extend(project::look(self, &here));
        findings.extend(storage::of_project(&here, self.options.depth));
        findings.extend(performance::state(self, &here));
        Some(here)
    }

    /// What the agent says.
    fn asked(&self, connected: Option<&Standing>) -> Vec<Finding> {
        connected.map(|_| agent::trust(&self.options.setup)).unwrap_or_default()
    }

    /// What shows when it is called.
    fn tried(&self, connected: Option<&Standing>, folder: &std::path::Path) -> Vec<Finding> {
        let scratch = match Scratch::make(self, folder) {
            Ok(scratch) => scratch,
            Err(error) => return vec![Check::HookTime.note(format!("can't be tried: {error}"))],
        };
        let mut findings = Vec::new();
        if let Some(standing) = connected {
            // First: what is timed below leaves records, too.
            findings.extend(agent::fires(&scratch, &standing.commands));
            let server = standing.server.as_deref();
            findings.extend(server.map(|words| agent::server_starts(&scratch, words)));
        }
        findings.push(performance::hook(&scratch, self.options.depth));
        findings
    }

    fn places(&self, here: Option<&Here>) -> Places {
        let options = self.options;
        let worktree = here.map(|here| here.site.worktree.clone());
        let repository =
            here.and_then(|here| Some(here.site.repository.as_ref()?.common_dir.clone()));
        let known = [
            (Some(self.world.home.root().to_owned()), "~thru"),
            (Some(options.setup.codex_home.clone()), "~codex"),
            (Some(options.scratch.clone()), "~scratch"),
            (worktree.or_else(|| Some(self.world.directory.clone())), "~project"),
            (repository.filter(|git| !git.ends_with(".git")), "~repository"),
            (options.user_home.clone(), "~"),
        ];
        Places::new(known.into_iter().filter_map(|(path, name)| Some((path?, name))))
    }
}

impl Finding {
    fn into_list(self) -> Vec<Self> {
        vec![self]
    }
}
