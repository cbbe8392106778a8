//! Commands about the project as a whole.

use std::time::Duration;

use clap::{Args, ValueEnum};
use throughline_ops::init::{Adoption, InitOptions};
use throughline_ops::log::LogOptions;
use throughline_ops::publish::stage::{Stager, stage};
use throughline_ops::tasks::list::Lines;
use throughline_ops::template::{self, Template};
use throughline_ops::trust::TrustOptions;
use throughline_ops::{glance, init, log, next, plan, publish, status, trust, undo};
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::Mode;

use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::json::Templated;

/// Make a project here, and trust it on this machine
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Keep everything in the home; nothing in the repository
    #[arg(long)]
    local: bool,
    /// Take over the memory of a clone that was moved here
    #[arg(long)]
    adopt: bool,
    /// Tell people and agents of it, in files of the repository. Shows what it will write, and asks
    #[arg(long, value_name = "NAME", conflicts_with = "local")]
    template: Option<Named>,
    /// Don't ask
    #[arg(long, requires = "template")]
    yes: bool,
    /// Show what would change, and change nothing
    #[arg(long, requires = "template", group = "init_what")]
    dry_run: bool,
    /// Take out what the template wrote and nobody changed; the project stays
    #[arg(long, requires = "template", group = "init_what")]
    remove: bool,
}

/// The templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Named {
    /// A section in AGENTS.md
    Minimal,
    /// And a folder of decision records
    Adr,
    /// And a checklist for pull requests, and a CI check
    Team,
}

impl Named {
    const fn template(self) -> Template {
        match self {
            Self::Minimal => Template::Minimal,
            Self::Adr => Template::Adr,
            Self::Team => Template::Team,
        }
    }
}

pub(crate) fn init(context: &mut Context<'_>, args: InitArgs) -> Answer {
    let mode = if args.local { Mode::Local } else { Mode::Shared };
    let adoption = if args.adopt { Adoption::Take } else { Adoption::Mention };
    let options = InitOptions { mode, adoption };
    match args.template.map(Named::template) {
        None => Ok(Box::new(init::init(&context.world, options)?)),
        Some(named) if args.remove => Ok(Box::new(template::remove(&context.world, named)?)),
        Some(named) => with_template(context, &args, options, named),
    }
}

fn with_template(
    context: &mut Context<'_>,
    args: &InitArgs,
    options: InitOptions,
    named: Template,
) -> Answer {
    let plan = template::plan(&context.world, named)?;
    if args.dry_run {
        return Ok(Box::new(plan));
    }
    crate::output::human::announced_files(&plan.changes, context.screen);
    if !args.yes && !plan.changes.is_empty() && !context.screen.ask("Write this?") {
        return Err(Failure::failed("nothing was changed (--yes goes ahead without asking)"));
    }
    let project = init::init(&context.world, options)?;
    let written = template::carry_out(&plan)?;
    Ok(Box::new(Templated { project, written, kept: plan.kept }))
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
