//! Commands about sessions.

use clap::Args;
use throughline_ops::sessions;

use super::{Answer, Context};

/// List the sessions of this project, the latest first
#[derive(Debug, Args)]
pub(crate) struct ListArgs {}

pub(crate) fn list(context: &mut Context<'_>, _: ListArgs) -> Answer {
    Ok(Box::new(sessions::list(&context.world, context.here())?))
}

/// Show what a session did
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A session's id, the beginning of one, or `last`
    #[arg(default_value = "last")]
    session: String,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    Ok(Box::new(sessions::show(&context.world, context.here(), &args.session)?))
}
