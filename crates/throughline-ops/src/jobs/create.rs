//! A table and an instruction become a job. Everything is checked before any of it exists.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde_json::Value;
use throughline_agents::codex::worker::forbidden;
use throughline_model::agent_job::{AgentJobOrder, ItemRules, Template, WorkerKind};
use throughline_model::ids::AgentJobId;
use throughline_runtime::jobs::{Jobs, NewJob};
use throughline_store::durable;

use super::table::Table;
use crate::databases;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct CreateOptions {
    /// The table.
    pub csv: PathBuf,
    /// What to do with a row; `{column}` is its cell.
    pub instruction: String,
    /// The column that names an item; without it the row's number does.
    pub id_column: Option<String>,
    /// What works on an item.
    pub worker: WorkerKind,
    /// For Codex further arguments, for a command all of it.
    pub arguments: Vec<String>,
    /// How many workers at once.
    pub concurrency: u32,
    /// What an attempt may take.
    pub rules: ItemRules,
    /// How long one run of the whole job may take.
    pub max_total: Option<SignedDuration>,
    /// A file with the JSON Schema of a result.
    pub output_schema: Option<PathBuf>,
    /// Where the results go as CSV.
    pub output: Option<PathBuf>,
}

/// As much as a schema may have, in bytes.
const LARGEST_SCHEMA: u64 = 1 << 20;

/// Makes a job; nobody runs it yet.
///
/// # Errors
/// [`OpsError`]: the table, the instruction, the schema or an argument is wrong; then there is no job.
pub fn create(world: &Surroundings, options: &CreateOptions) -> Result<AgentJobId, OpsError> {
    let table = Table::read(&options.csv)?;
    let refused = |reason: String| OpsError::Refused { reason };
    Template::parse(&options.instruction, &table.headers)
        .map_err(|error| refused(format!("the instruction, {error}")))?;
    let names = table.names(options.id_column.as_deref());
    let names = names.map_err(|problem| OpsError::File { path: options.csv.clone(), problem })?;
    check_worker(options).map_err(refused)?;
    let output_schema = options.output_schema.as_deref().map(schema).transpose()?;
    let absolute = |path: &PathBuf| world.directory.join(path);
    let order = AgentJobOrder {
        instruction: options.instruction.clone(),
        headers: table.headers,
        worker: options.worker,
        arguments: options.arguments.clone(),
        directory: world.directory.clone(),
        concurrency: options.concurrency.max(1),
        rules: options.rules,
        max_total: options.max_total,
        output_schema,
        csv: absolute(&options.csv),
        output: options.output.as_ref().map(absolute),
    };
    check_paths(&order)?;
    let id = AgentJobId::from_entropy(&world.entropy.bytes::<8>()?, /*length*/ 5);
    let items = names.into_iter().zip(table.rows).collect();
    world.home.prepare()?;
    let new = NewJob { id: id.clone(), order, items };
    databases::open::<Jobs>(world)?.create(&new, world.clock.now())?;
    Ok(id)
}

fn check_worker(options: &CreateOptions) -> Result<(), String> {
    match options.worker {
        WorkerKind::Command if options.arguments.is_empty() => {
            Err("a command is wanted behind `--`".to_owned())
        }
        WorkerKind::Command => Ok(()),
        WorkerKind::Codex => match forbidden(&options.arguments) {
            Some(word) => Err(format!("{word} is not for workers: nobody watches them")),
            None => Ok(()),
        },
    }
}

fn schema(path: &Path) -> Result<Value, OpsError> {
    let bytes = durable::read(path, LARGEST_SCHEMA)?;
    let wrong = |problem: String| OpsError::File { path: path.to_owned(), problem };
    let schema = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let problem = |error: String| wrong(format!("no JSON Schema: {error}"));
    jsonschema::validator_for(&schema).map_err(|error| problem(error.to_string()))?;
    Ok(schema)
}

/// The order is kept as JSON, which has text only.
fn check_paths(order: &AgentJobOrder) -> Result<(), OpsError> {
    let paths = [Some(&order.directory), Some(&order.csv), order.output.as_ref()];
    match paths.into_iter().flatten().find(|path| path.to_str().is_none()) {
        Some(path) => {
            Err(OpsError::File { path: path.clone(), problem: "its name is no UTF-8".to_owned() })
        }
        None => Ok(()),
    }
}
