//! `thru threads disk`

use clap::Args;
use throughline_ops::threads::disk;

use super::{Answer, Context};

/// Show where the space of transcripts goes; deletes nothing
#[derive(Debug, Args)]
pub(crate) struct DiskArgs {
    /// How many of the largest conversations are named
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    limit: usize,
}

pub(crate) fn disk(context: &mut Context<'_>, args: DiskArgs) -> Answer {
    Ok(Box::new(disk::disk(&context.world, &context.environment.agent_homes, args.limit)))
}
