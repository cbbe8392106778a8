//! Commands about the project as a whole.

use std::time::Duration;

use clap::Args;
use throughline_ops::init::{Adoption, InitOptions};
use throughline_ops::log::LogOptions;
use throughline_ops::publish::stage::{Stager, stage};
use throughline_ops::tasks::list::Lines;
use throughline_ops::trust::TrustOptions;
use throughline_ops::{glance, init, log, next, plan, publish, status, trust, undo};
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::Mode;

use super::{Answer, Context};

/// Make a project here, and trust it on this machine
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Keep everything in the home; nothing in the repository
    #[arg(long)]
    local: bool,
    /// Take over the memory of a clone that was moved here
    #[arg(long)]
    adopt: bool,
}

pub(crate) fn init(context: &mut Context<'_>, args: InitArgs) -> Answer {
    let mode = if args.local { Mode::Local } else { Mode::Shared };
    let adoption = if args.adopt { Adoption::Take } else { Adoption::Mention };
    Ok(Box::new(init::init(&context.world, InitOptions { mode, adoption })?))
}

/// The project at a glance
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The other lines and worktrees as well
    #[arg(long)]
    all_lines: bool,
    /// One short line, for a shell's prompt, tmux or an editor; nothing outside of a project
    #[arg(long, conflicts_with = "all_lines")]
    line: bool,
}

pub(crate) fn status(context: &mut Context<'_>, args: StatusArgs) -> Answer {
    if args.line {
        return Ok(Box::new(glance::glance(&context.world)?));
    }
    let lines = if args.all_lines { Lines::All } else { Lines::This };
    Ok(Box::new(status::status(&context.world, context.here(), lines)?))
}

/// What to do next, and why
#[derive(Debug, Args)]
pub(crate) struct NextArgs {
    /// How many steps
    #[arg(short = 'n', long = "count", default_value_t = 5)]
    count: usize,
}

pub(crate) fn next(context: &mut Context<'_>, args: NextArgs) -> Answer {
    Ok(Box::new(next::next(&context.world, context.here(), args.count)?))
}

/// The agents' plans on this line
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {}

pub(crate) fn plan(context: &mut Context<'_>, _: PlanArgs) -> Answer {
    Ok(Box::new(plan::plans(&context.world, context.here())?))
}

/// Write this line's pending changes into the committed state file
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// Add the file to the index of the next commit, or of the one that git is making (pre-commit)
    #[arg(long)]
    stage: bool,
}

/// A person's commit should not wait long for a fold.
const STAGE_PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn publish(context: &mut Context<'_>, args: PublishArgs) -> Answer {
    if args.stage {
        let index = context.environment.git_index.clone();
        let stager = index.map_or(Stager::Person, |index| Stager::Commit { index });
        return Ok(Box::new(stage(&context.world, context.here(), &stager, STAGE_PATIENCE)?));
    }
    Ok(Box::new(publish::publish(&context.world, context.here(), COMMAND_PATIENCE)?))
}

/// Whose text may reach an agent
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Show the texts of the state that nobody on this machine wrote or accepted
    #[arg(long)]
    diff: bool,
    /// Accept those texts as they stand
    #[arg(long)]
    accept: bool,
    /// Let all committed text reach agents, from now on
    #[arg(long, conflicts_with = "own")]
    team: bool,
    /// Let only own and accepted text reach agents (the default)
    #[arg(long)]
    own: bool,
}

pub(crate) fn trust(context: &mut Context<'_>, args: TrustArgs) -> Answer {
    let options = match args {
        TrustArgs { team: true, .. } => TrustOptions::Team,
        TrustArgs { own: true, .. } => TrustOptions::Own,
        TrustArgs { accept: true, .. } => TrustOptions::Texts,
        TrustArgs { diff: true, .. } => TrustOptions::Show,
        TrustArgs { .. } => TrustOptions::Project,
    };
    Ok(Box::new(trust::trust(&context.world, options)?))
}

/// The journal, newest first
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// How many records
    #[arg(short = 'n', long = "count", default_value_t = 30)]
    count: usize,
    /// Of every line, not only this one
    #[arg(long)]
    all_lines: bool,
    /// Only what told of drift
    #[arg(long)]
    drift: bool,
}

pub(crate) fn log(context: &mut Context<'_>, args: LogArgs) -> Answer {
    let options = LogOptions { most: args.count, all_lines: args.all_lines, drift: args.drift };
    Ok(Box::new(log::log(context.here(), &options)?))
}

/// Take back the last thing that you did on this line, or any unit by its id
#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// A unit, as `thru log` shows it
    unit: Option<String>,
}

pub(crate) fn undo(context: &mut Context<'_>, args: UndoArgs) -> Answer {
    Ok(Box::new(undo::undo(&context.world, context.here(), args.unit.as_deref())?))
}
