//! `thru threads audit`

use clap::Args;
use throughline_ops::index::audit::{self, Depth, Repair};

use super::{Answer, Context};

/// Compare transcripts, our index, and the agent's own list of conversations
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Read every transcript, not a sample
    #[arg(long)]
    all: bool,
    /// Read what differs once more into our index; nothing of the agent's is written
    #[arg(long)]
    repair: bool,
}

pub(crate) fn audit(context: &mut Context<'_>, args: AuditArgs) -> Answer {
    let depth = if args.all { Depth::All } else { Depth::Sample };
    let repair = if args.repair { Repair::Ours } else { Repair::Leave };
    let homes = &context.environment.agent_homes;
    Ok(Box::new(audit::audit(&context.world, homes, depth, repair)?))
}
