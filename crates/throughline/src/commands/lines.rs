//! `thru lines …`

use clap::Args;
use throughline_ops::lines::{self, Ended};
use throughline_ops::reconcile::{Wish, reconcile};

use super::{Answer, Context};

/// List the lines of this project, and how they stand to git
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Those that ended too
    #[arg(long)]
    all: bool,
}

pub(crate) fn list(context: &mut Context<'_>, args: ListArgs) -> Answer {
    let ended = if args.all { Ended::Shown } else { Ended::Hidden };
    Ok(Box::new(lines::list(&context.world, context.here(), ended)?))
}

/// Show one line with its open tasks
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The branch, or the line's key as `thru lines list` shows it
    line: String,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    Ok(Box::new(lines::show(&context.world, context.here(), &args.line)?))
}

/// Take another line's changes into this one, as a merge that git did not show (a squash)
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The line
    line: String,
}

pub(crate) fn merge(context: &mut Context<'_>, args: MergeArgs) -> Answer {
    Ok(Box::new(reconcile(&context.world, context.here(), &Wish::MergeOf(args.line))?))
}

/// Take over the work of a line whose branch is gone; it ends by it
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The line
    line: String,
}

pub(crate) fn adopt(context: &mut Context<'_>, args: AdoptArgs) -> Answer {
    Ok(Box::new(reconcile(&context.world, context.here(), &Wish::Adoption(args.line))?))
}

/// End a line: it is no longer listed, and nothing of it is removed
#[derive(Debug, Args)]
pub(crate) struct RetireArgs {
    /// The line
    line: String,
}

pub(crate) fn retire(context: &mut Context<'_>, args: RetireArgs) -> Answer {
    Ok(Box::new(lines::retire(&context.world, context.here(), &args.line)?))
}
