//! Commands that programs call.

use clap::Args;
use throughline_model::record::Actor;
use throughline_ops::fold;

use super::jobs::assignment;
use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::json::Export;

/// Take pending journal records into the files of the home (done by itself after each turn)
#[derive(Debug, Args)]
pub(crate) struct FoldArgs {}

pub(crate) fn fold(context: &mut Context<'_>, _: FoldArgs) -> Answer {
    Ok(Box::new(fold::fold_line(&context.world, context.here())?))
}

/// Answer an agent's hook: one JSON event on standard input
#[derive(Debug, Args)]
pub(crate) struct HookArgs {
    /// The agent: codex
    agent: String,
}

/// Hooks are answered before the command line is parsed; here arrive only wrong ones.
pub(crate) fn hook(_: &mut Context<'_>, args: HookArgs) -> Answer {
    let sentence = match throughline_agents::agent::find(&args.agent) {
        Some(known) => format!("hooks of {} are not answered yet", known.name),
        None => format!("no such agent: {}", args.agent),
    };
    Err(Failure::usage(sentence))
}

/// Serve an agent by MCP on standard input and output
#[derive(Debug, Args)]
pub(crate) struct McpArgs {
    /// Take the report of a worker of this job, and nothing else
    #[arg(long, hide = true, requires_all = ["row", "worker"])]
    job: Option<String>,
    /// The row of the worker's item
    #[arg(long, hide = true, requires = "job")]
    row: Option<u32>,
    /// The worker's token
    #[arg(long, hide = true, requires = "job")]
    worker: Option<String>,
}

/// Standard output is the protocol's: nothing else is said there.
pub(crate) fn mcp(context: &mut Context<'_>, args: McpArgs) -> Answer {
    let bound_to = match (args.job, args.row, args.worker) {
        (Some(job), Some(row), Some(worker)) => Some(assignment(&job, row, worker)?),
        (_, _, _) => None,
    };
    let nobody_yet = Actor::Agent { session: None, agent: None };
    throughline_mcp::serve(context.environment.surroundings(nobody_yet), bound_to)
        .map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Box::new(Export { text: String::new() }))
}
