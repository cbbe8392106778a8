//! `thru cache migrate`

use clap::Args;
use throughline_ops::migrate::{MigrateOptions, MigratePlan, Tags, carry_out, plan, versions};
use throughline_ops::threads::parse_since;

use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::json::UpToDate;

/// Bring files to today's format; with --from-history: begin with what agents did here before
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// Make sessions, steps and lines of the transcripts of sessions that nobody observed. Shows
    /// what it will bring in, and asks
    #[arg(long)]
    from_history: bool,
    /// Only sessions with something written on this day (2026-12-01) or at this time, or later
    #[arg(long, value_name = "TIME", requires = "from_history")]
    since: Option<String>,
    /// Make reached milestones of tags that are annotated or named as a version
    #[arg(long, requires = "from_history")]
    milestones_from_tags: bool,
    /// Show what would be brought in, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

pub(crate) fn migrate(context: &mut Context<'_>, args: MigrateArgs) -> Answer {
    if !args.from_history {
        versions(context.here())?;
        return Ok(Box::new(UpToDate));
    }
    let options = MigrateOptions {
        since: args.since.as_deref().map(parse_since).transpose()?,
        tags: if args.milestones_from_tags { Tags::Take } else { Tags::Leave },
    };
    let (world, homes) = (&context.world, &context.environment.agent_homes);
    let plan = plan(world, context.here(), homes, &options)?;
    if args.dry_run {
        return Ok(Box::new(plan));
    }
    if !args.yes && !plan.is_empty() && !asked(context, &plan) {
        return Err(Failure::failed("nothing was changed (--yes goes ahead without asking)"));
    }
    Ok(Box::new(carry_out(&context.world, context.here(), plan)?))
}

fn asked(context: &mut Context<'_>, plan: &MigratePlan) -> bool {
    crate::output::human::to_migrate(plan, context.screen);
    context.screen.ask("Bring this in?")
}
