//! Commands about decision records.

use std::path::PathBuf;

use clap::Args;
use throughline_ops::adr;

use super::{Answer, Context};

/// Make tasks of decision records, and carry over what changed in them
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files or folders; without any: docs/adr, doc/adr and the like
    paths: Vec<PathBuf>,
}

pub(crate) fn import(context: &mut Context<'_>, args: ImportArgs) -> Answer {
    Ok(Box::new(adr::import::import(&context.world, context.here(), &args.paths)?))
}

/// List decision records, their tasks, and which files changed since the import
#[derive(Debug, Args)]
pub(crate) struct ListArgs {}

pub(crate) fn list(context: &mut Context<'_>, _: ListArgs) -> Answer {
    Ok(Box::new(adr::list::list(context.here())?))
}

/// Bind a decision record to tasks, both ways
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// The record: its number, ref, id or file
    adr: String,
    /// Ids or refs
    #[arg(required = true)]
    tasks: Vec<String>,
}

pub(crate) fn link(context: &mut Context<'_>, args: LinkArgs) -> Answer {
    Ok(Box::new(adr::link::link(&context.world, context.here(), &args.adr, &args.tasks)?))
}
