//! `thru agents …`

use clap::Args;
use throughline_ops::agents::close::{Do, close as close_with};
use throughline_ops::agents::resume::{go_on, resume as open_again};
use throughline_ops::agents::tree::{Whose, show as show_one, tree as trees};

use super::{Answer, Context};

/// Show who spawned whom, how each stands, and who works on what
#[derive(Debug, Args)]
pub(crate) struct TreeArgs {
    /// The session of this agent: its id or the start of it, or a path or nickname in the latest session here
    agent: Option<String>,
    /// Of so many sessions, the latest first
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N", conflicts_with = "agent")]
    limit: usize,
}

pub(crate) fn tree(context: &mut Context<'_>, args: TreeArgs) -> Answer {
    let whose = args.agent.map_or(Whose::Latest(args.limit), Whose::Named);
    Ok(Box::new(trees(&context.world, &context.environment.agent_homes, &whose)?))
}

/// Show an agent, and those below it
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its id or the start of it; or its path or nickname in the latest session here
    agent: String,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    Ok(Box::new(show_one(&context.world, &context.environment.agent_homes, &args.agent)?))
}

/// Close an agent and all below it; no process is ended
#[derive(Debug, Args)]
pub(crate) struct CloseArgs {
    /// Its id or the start of it; or its path or nickname in the latest session here
    agent: String,
    /// Only say whom
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn close(context: &mut Context<'_>, args: CloseArgs) -> Answer {
    let (world, homes) = (&context.world, &context.environment.agent_homes);
    Ok(Box::new(close_with(world, homes, &args.agent, done(args.dry_run))?))
}

/// Open an agent again, and those that were closed with it; say how to go on with each
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Its id or the start of it; or its path or nickname in the latest session here
    agent: String,
    /// Only say whom
    #[arg(long)]
    dry_run: bool,
    /// Go on with each, one after another, in this terminal
    #[arg(long, conflicts_with = "dry_run")]
    run: bool,
}

pub(crate) fn resume(context: &mut Context<'_>, args: ResumeArgs) -> Answer {
    let (world, homes) = (&context.world, &context.environment.agent_homes);
    let report = open_again(world, homes, &args.agent, done(args.dry_run))?;
    if args.run {
        go_on(world, &report)?;
    }
    Ok(Box::new(report))
}

fn done(dry_run: bool) -> Do {
    if dry_run { Do::Look } else { Do::It }
}
