//! `thru cache prune`

use clap::Args;
use jiff::SignedDuration;
use throughline_model::retention::Policy;
use throughline_ops::prune::{self, Doing};

use super::{Answer, Context};

/// Show which old sessions and backups of this project would go; with --yes they go into the trash
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Sessions with nothing in them since so many days
    #[arg(long, value_name = "DAYS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    sessions_older_than: u32,
    /// So many backups of each line stay; never fewer than the newest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    backups_keep: u32,
    /// Show what would go; so it is without --yes
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do it: into the trash now, out of it by a prune two weeks later
    #[arg(long)]
    yes: bool,
    /// Also more than half of them, or after more than a year without a sign of life
    #[arg(long)]
    force: bool,
}

pub(crate) fn prune(context: &mut Context<'_>, args: PruneArgs) -> Answer {
    let policy = Policy {
        sessions: SignedDuration::from_hours(24 * i64::from(args.sessions_older_than)),
        backups: usize::try_from(args.backups_keep).unwrap_or(usize::MAX),
        insists: args.force,
    };
    let doing = if args.yes && !args.dry_run { Doing::Pruning } else { Doing::Showing };
    Ok(Box::new(prune::prune(&context.world, context.here(), policy, doing)?))
}
