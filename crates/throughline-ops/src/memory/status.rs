//! `thru memory status`: who thinks and what it cost, what is due and what hangs, where everything lies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use throughline_model::job::JobStatus;
use throughline_model::memory::MemoryStatus;
use throughline_runtime::memories::{JobKind, JobRow, Memories, MemoryFilter, Visible};

use super::consolidate::KEY;
use super::engine::Allowance;
use super::learn::waiting;
use super::root::{Root, roots_of, unnamed};
use super::update::allowance;
use crate::error::OpsError;
use crate::here::Here;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// How memories stand.
#[derive(Debug, Clone)]
pub struct StatusReport {
    /// The engine's name in the settings; none if memories are switched off.
    pub engine: Option<&'static str>,
    /// What it may cost and did cost today; none if the rules do it all.
    pub allowance: Option<Allowance>,
    /// How many sessions of the project here are due, as far as the index knows.
    pub due: usize,
    /// Jobs that somebody is at, or whose holder disappeared.
    pub running: Vec<JobReport>,
    /// Jobs that failed the last time.
    pub failed: Vec<JobReport>,
    /// When it was consolidated last.
    pub consolidated: Option<Timestamp>,
    /// The memory roots.
    pub roots: Vec<RootReport>,
}

/// A job that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobReport {
    /// What for.
    pub kind: JobKind,
    /// A session, or the one consolidation.
    pub name: String,
    /// Since when somebody is at it, or was.
    pub since: Timestamp,
    /// What went wrong.
    pub error: Option<String>,
    /// Before this it is not tried again.
    pub retry_at: Option<Timestamp>,
}

/// A memory root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootReport {
    /// Its key; `user` is the user's own.
    pub name: String,
    /// Whether it is the one of the project here.
    pub is_here: bool,
    /// Where `MEMORY.md` lies.
    pub folder: PathBuf,
    /// The same as a person writes it: `~/…` below the user's own folder.
    pub shown: String,
    /// How many memories stand so; a status that none has is not here.
    pub memories: BTreeMap<&'static str, usize>,
}

/// Looks. Nothing is changed.
///
/// # Errors
/// [`OpsError`]: the database or the index can't be read.
pub fn status(
    world: &Surroundings,
    here: &Here,
    homes: &[AgentHome],
) -> Result<StatusReport, OpsError> {
    let settings = &here.config.memory;
    let mut report = StatusReport {
        engine: settings.enabled.then(|| settings.engine.as_str()),
        allowance: allowance(world, here)?,
        due: 0,
        running: Vec::new(),
        failed: Vec::new(),
        consolidated: None,
        roots: Vec::new(),
    };
    let memories = crate::databases::read::<Memories>(world)?;
    report.due = waiting(world, here, homes, memories.as_ref())?;
    let Some(memories) = memories else { return Ok(report) };
    report.consolidated = memories.sheet(KEY)?.and_then(|sheet| sheet.consolidated);
    for kind in JobKind::ALL {
        for row in memories.jobs(kind)? {
            match row.job.status {
                JobStatus::Running => report.running.push(job(kind, row)),
                // One that was only released has no error: it is due.
                JobStatus::Failed if row.job.error.is_some() => report.failed.push(job(kind, row)),
                JobStatus::Failed | JobStatus::Done => {}
            }
        }
    }
    report.roots = roots(world, here, &memories)?;
    Ok(report)
}

fn job(kind: JobKind, row: JobRow) -> JobReport {
    let JobRow { key: name, job } = row;
    JobReport { kind, name, since: job.started, error: job.error, retry_at: job.retry_at }
}

fn roots(
    world: &Surroundings,
    here: &Here,
    memories: &Memories,
) -> Result<Vec<RootReport>, OpsError> {
    let filter = MemoryFilter { visible: Visible::Everything, ..MemoryFilter::default() };
    let all = memories.list(&filter)?;
    let project = here.project.key();
    let report = |root: Root| {
        let mut counts = BTreeMap::new();
        for memory in all.iter().filter(|memory| Root::of(&memory.scope) == root) {
            *counts.entry(MemoryStatus::as_str(memory.status)).or_default() += 1;
        }
        let folder = root.folder(world);
        RootReport {
            shown: shown(world, &folder),
            name: unnamed(root.key()).to_owned(),
            is_here: root.project() == Some(project.as_str()),
            folder,
            memories: counts,
        }
    };
    Ok(roots_of(all.iter()).into_iter().map(report).collect())
}

fn shown(world: &Surroundings, folder: &Path) -> String {
    let home = (world.variable)("HOME").filter(|home| !home.is_empty());
    match home.and_then(|home| Some(folder.strip_prefix(home).ok()?.display().to_string())) {
        Some(below) => format!("~/{below}"),
        None => folder.display().to_string(),
    }
}
