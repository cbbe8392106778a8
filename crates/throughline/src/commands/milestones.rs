//! Commands about milestones and snapshots.

use clap::Args;
use throughline_ops::milestones::edit::{Due, EditOptions};
use throughline_ops::milestones::list::Which;
use throughline_ops::milestones::mark::{OpenTasks, Outcome, mark};
use throughline_ops::milestones::{self, parse_due};
use throughline_ops::snapshots::{self, Existing, MakeOptions};

use super::{Answer, Context};
use crate::failure::Failure;

/// List milestones: the open ones, if nothing else is asked
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Reached and dropped ones too
    #[arg(long)]
    all: bool,
}

pub(crate) fn list(context: &mut Context<'_>, args: ListArgs) -> Answer {
    let which = if args.all { Which::All } else { Which::Open };
    Ok(Box::new(milestones::list::list(&context.world, context.here(), which)?))
}

/// Show which tasks, commits and sessions made a milestone
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Id or title
    milestone: String,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    Ok(Box::new(milestones::show::show(&context.world, context.here(), &args.milestone)?))
}

/// Add a milestone
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// What is to be reached
    title: String,
    /// By when: a day (2026-12-01) or a time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
}

pub(crate) fn add(context: &mut Context<'_>, args: AddArgs) -> Answer {
    let due = args.due.as_deref().map(parse_due).transpose()?;
    Ok(Box::new(milestones::add::add(&context.world, context.here(), &args.title, due)?))
}

/// Change title or time of a milestone
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Id or title
    milestone: String,
    /// What is to be reached
    #[arg(long)]
    title: Option<String>,
    /// By when; an empty value takes the time away
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
}

pub(crate) fn edit(context: &mut Context<'_>, args: EditArgs) -> Answer {
    if args.title.is_none() && args.due.is_none() {
        return Err(Failure::usage("nothing to change: give a title or a time"));
    }
    let due = match args.due.as_deref() {
        None => Due::Keep,
        Some("") => Due::Clear,
        Some(text) => Due::Set(parse_due(text)?),
    };
    let options = EditOptions { milestone: args.milestone, title: args.title, due };
    Ok(Box::new(milestones::edit::edit(&context.world, context.here(), &options)?))
}

/// Say that a milestone is reached, here and now: git's HEAD becomes a snapshot
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// Id or title
    milestone: String,
    /// Even if tasks that lead to it are open
    #[arg(long)]
    force: bool,
}

pub(crate) fn reach(context: &mut Context<'_>, args: ReachArgs) -> Answer {
    let tasks = if args.force { OpenTasks::Ignore } else { OpenTasks::Respect };
    marked(context, &args.milestone, Outcome::Reach, tasks)
}

/// Give a milestone up
#[derive(Debug, Args)]
pub(crate) struct DropArgs {
    /// Id or title
    milestone: String,
}

pub(crate) fn drop(context: &mut Context<'_>, args: DropArgs) -> Answer {
    marked(context, &args.milestone, Outcome::Drop, OpenTasks::Respect)
}

/// Take a milestone up again
#[derive(Debug, Args)]
pub(crate) struct ReopenArgs {
    /// Id or title
    milestone: String,
}

pub(crate) fn reopen(context: &mut Context<'_>, args: ReopenArgs) -> Answer {
    marked(context, &args.milestone, Outcome::Reopen, OpenTasks::Respect)
}

fn marked(context: &Context<'_>, name: &str, outcome: Outcome, tasks: OpenTasks) -> Answer {
    Ok(Box::new(mark(&context.world, context.here(), name, outcome, tasks)?))
}

/// Keep where git stands under a name; without a name: list what is kept
#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    /// Under which name
    name: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", requires = "name")]
    reason: Option<String>,
    /// Even if the name is taken
    #[arg(long, requires = "name")]
    force: bool,
}

pub(crate) fn snapshot(context: &mut Context<'_>, args: SnapshotArgs) -> Answer {
    let Some(name) = args.name else { return Ok(Box::new(snapshots::list(context.here())?)) };
    let existing = if args.force { Existing::Replace } else { Existing::Refuse };
    let options = MakeOptions { name, reason: args.reason, existing };
    Ok(Box::new(snapshots::make(&context.world, context.here(), &options)?))
}
