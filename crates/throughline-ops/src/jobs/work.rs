//! A worker begins: it takes its item and becomes the agent.
//!
//! This runs in a process of its own (`thru jobs work`), whose number the agent keeps. What it is
//! given lies in a file that becomes its standard input, what it prints goes to files: it lives on when the
//! runner dies.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use throughline_agents::codex::worker::{REPORT_SERVER, WorkerOrder, arguments};
use throughline_model::agent_job::{AgentJobOrder, Assignment, Template, WorkerKind};
use throughline_runtime::jobs::{ItemRow, Jobs};
use throughline_store::durable::{self, Access};

use super::{Papers, VARIABLES, find};
use crate::databases;
use crate::error::OpsError;
use crate::memory::ASIDE;
use crate::spawn::{become_it, command};
use crate::surroundings::Surroundings;

/// Where a worker's agent is.
#[derive(Debug, Clone)]
pub struct AgentPlace {
    /// Codex's program.
    pub program: PathBuf,
    /// Its home.
    pub home: PathBuf,
}

/// Works on an item. Where all goes well this does not return: the process is the agent from then on.
///
/// # Errors
/// [`OpsError`]: it could not begin, or the agent not be started; the latter is also said of the item.
pub fn work(world: &Surroundings, worker: &Assignment, place: &AgentPlace) -> Result<(), OpsError> {
    let order = find(world, worker.job.as_str())?.order;
    let mut jobs = databases::open::<Jobs>(world)?;
    let now = world.clock.now();
    let Some(item) = jobs.begin(worker, &order.rules, now)? else {
        // Its runner died or the job was cancelled: there is nothing to do.
        return Ok(());
    };
    // The agent must not have it open.
    drop(jobs);
    let failure = match prepared(world, worker, place, &order, &item) {
        Ok(mut agent) => {
            let program = agent.get_program().to_string_lossy().into_owned();
            let problem = format!("can't be started: {}", become_it(&mut agent));
            OpsError::Program { program, problem }
        }
        Err(failure) => failure,
    };
    let now = world.clock.now();
    databases::open::<Jobs>(world)?.fail(worker, &order.rules, &failure.to_string(), now)?;
    Err(failure)
}

/// The agent with all that it is given.
fn prepared(
    world: &Surroundings,
    worker: &Assignment,
    place: &AgentPlace,
    order: &AgentJobOrder,
    item: &ItemRow,
) -> Result<Command, OpsError> {
    let papers = Papers::of(world, &worker.job, worker.row, item.item.attempts);
    let input = match order.worker {
        WorkerKind::Codex => prompt(order, item)?,
        WorkerKind::Command => given(worker, order, item)?,
    };
    durable::replace(&papers.input, input.as_bytes(), Access::Private)?;
    let mut agent = match order.worker {
        WorkerKind::Codex => codex(world, worker, place, order),
        WorkerKind::Command => users_own(order),
    };
    let values = [worker.job.as_str().to_owned(), item.name.clone(), item.row.to_string()];
    agent.envs(VARIABLES.into_iter().zip(values)).env(ASIDE, "1");
    let open = |path: &Path, file: std::io::Result<File>| {
        file.map_err(|error| OpsError::File { path: path.to_owned(), problem: error.to_string() })
    };
    agent.stdin(Stdio::from(open(&papers.input, File::open(&papers.input))?));
    agent.stdout(Stdio::from(open(&papers.output, private(&papers.output))?));
    agent.stderr(Stdio::from(open(&papers.talk, private(&papers.talk))?));
    Ok(agent)
}

fn private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn codex(
    world: &Surroundings,
    worker: &Assignment,
    place: &AgentPlace,
    order: &AgentJobOrder,
) -> Command {
    let server_arguments = [
        "mcp".to_owned(),
        format!("--job={}", worker.job),
        format!("--row={}", worker.row),
        format!("--worker={}", worker.worker),
    ];
    let words = arguments(&WorkerOrder {
        folder: &order.directory,
        server: &world.program,
        server_arguments: &server_arguments,
        throughline_home: world.home.root(),
        arguments: &order.arguments,
    });
    let mut codex = command(&place.program, &order.directory);
    codex.args(words).env("CODEX_HOME", &place.home);
    codex
}

fn users_own(order: &AgentJobOrder) -> Command {
    let (program, rest) = order.arguments.split_first().map_or(("", &[][..]), |(p, r)| (p, r));
    let mut own = command(Path::new(program), &order.directory);
    own.args(rest);
    own
}

fn instruction(order: &AgentJobOrder, item: &ItemRow) -> Result<String, OpsError> {
    let template = Template::parse(&order.instruction, &order.headers);
    let template = template.map_err(|error| OpsError::Refused { reason: error.to_string() })?;
    Ok(template.fill(&item.cells))
}

fn prompt(order: &AgentJobOrder, item: &ItemRow) -> Result<String, OpsError> {
    let task = instruction(order, item)?;
    let form = match &order.output_schema {
        Some(schema) => format!("It has to fit this JSON Schema: {schema}"),
        None => "It may be any JSON value.".to_owned(),
    };
    Ok(format!(
        "{task}\n\n---\nThis is one item of a table; other items are others' work, and nobody is there to be \
         asked. When you have the result, hand it in by the tool `report_result` of the MCP server \
         `{REPORT_SERVER}`: only what is handed in counts. {form} Then you are done.\n"
    ))
}

/// What a command reads: one JSON object.
fn given(worker: &Assignment, order: &AgentJobOrder, item: &ItemRow) -> Result<String, OpsError> {
    let cells = order.headers.iter().cloned().zip(item.cells.iter().cloned().map(Value::from));
    let object = json!({
        "job": worker.job, "item": item.name, "row": item.row, "attempt": item.item.attempts,
        "instruction": instruction(order, item)?, "cells": cells.collect::<Map<_, _>>(),
    });
    Ok(format!("{object}\n"))
}
