//! `thru jobs …`: a table whose rows agents work on, several at once.
//!
//! | module | what |
//! | --- | --- |
//! | `create` | a table and an instruction become a job |
//! | `run` | the runner: gives items to workers, waits, ends who takes too long |
//! | `attend` | how the runner is told that a process ended |
//! | `work` | a worker begins: it takes its item and becomes the agent |
//! | `report` | what a worker reports, checked |
//! | `list`, `cancel`, `export`, `logs` | what people ask for |
//! | `remove` | a job is taken out of the database, its folder into the trash |
//!
//! A worker's process takes the item for itself (`begin`) before it becomes the agent by `exec`, so the
//! process that stands in the item is the agent's own: whoever resumes the job sees whether it lives. A
//! runner that died between giving an item and its worker's begin leaves a worker that finds the
//! item another's, and ends. Nobody waits by looking again and again: the ends of processes, signals and
//! deadlines wake the runner.

mod attend;
pub mod cancel;
pub mod create;
pub mod export;
pub mod list;
pub mod logs;
pub mod remove;
pub mod report;
pub mod run;
mod table;
pub mod work;

use std::path::PathBuf;

use throughline_model::event::{Kind, Level};
use throughline_model::ids::AgentJobId;
use throughline_runtime::jobs::{JobRow, Jobs, folder};

use crate::databases;
use crate::error::OpsError;
use crate::logs::{event, note};
use crate::surroundings::Surroundings;

/// The variables in which a worker that is a command finds what it works on: job, item, row.
pub const VARIABLES: [&str; 3] = ["THROUGHLINE_JOB", "THROUGHLINE_ITEM", "THROUGHLINE_ROW"];

/// The one job whose name begins so.
///
/// # Errors
/// [`OpsError::NoSuch`] or [`OpsError::Refused`], if there is none, or more than one.
pub fn find(world: &Surroundings, name: &str) -> Result<JobRow, OpsError> {
    Ok(look_up(world, name)?.1)
}

/// As [`find`], with the database, open for reading.
fn look_up(world: &Surroundings, name: &str) -> Result<(Jobs, JobRow), OpsError> {
    let none = || OpsError::NoSuch { what: "job", name: name.to_owned() };
    let jobs = databases::read::<Jobs>(world)?.ok_or_else(none)?;
    let name = if name.starts_with("job-") { name.to_owned() } else { format!("job-{name}") };
    let mut found = jobs.named(&name)?;
    match (found.pop(), found.is_empty()) {
        (Some(job), true) => Ok((jobs, job)),
        (Some(_), false) => {
            Err(OpsError::Refused { reason: format!("more than one job begins with {name}") })
        }
        (None, _) => Err(none()),
    }
}

/// What an attempt was given, and what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Papers {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) talk: PathBuf,
}

impl Papers {
    pub(crate) fn of(world: &Surroundings, job: &AgentJobId, row: u32, attempt: u32) -> Self {
        let folder = folder(&world.home, job);
        let file = |ending: &str| folder.join(format!("{row}.{attempt}.{ending}"));
        Self { input: file("in"), output: file("out"), talk: file("err") }
    }
}

/// Counts something that happened to jobs in the local log: a word of ours, and how long it took.
pub(crate) fn count(
    world: &Surroundings,
    level: Level,
    word: &str,
    took: Option<std::time::Duration>,
) {
    let event = event(world, level, Kind::Job).word(word);
    note(world, &took.map_or(event.clone(), |took| event.took(took)));
}
