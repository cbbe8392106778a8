//! Commands about the state itself.

use clap::Args;
use throughline_ops::cache;

use super::{Answer, Context};
use crate::output::json::{Backups, StateText};

/// Show the state as it would be published now
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {}

pub(crate) fn show(context: &mut Context<'_>, _: ShowArgs) -> Answer {
    Ok(Box::new(StateText { text: cache::show(context.here())? }))
}

/// Read state and journal whole, and say what stands
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {}

pub(crate) fn validate(context: &mut Context<'_>, _: ValidateArgs) -> Answer {
    Ok(Box::new(cache::validate(context.here())?))
}

/// List what is kept of earlier states
#[derive(Debug, Args)]
pub(crate) struct BackupsArgs {}

pub(crate) fn backups(context: &mut Context<'_>, _: BackupsArgs) -> Answer {
    Ok(Box::new(Backups { backups: cache::backups(context.here())? }))
}

/// Bring this line back to a kept state; what stands is kept first
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// A generation, as `thru cache backups` shows it
    generation: u64,
}

pub(crate) fn rollback(context: &mut Context<'_>, args: RollbackArgs) -> Answer {
    Ok(Box::new(cache::rollback(&context.world, context.here(), args.generation)?))
}
