//! `thru index …`

use clap::Args;
use throughline_ops::index::{self, Progress};

use super::{Answer, Context};
use crate::output::Screen;

/// Bring the index up to date; returns when it is
#[derive(Debug, Args)]
pub(crate) struct RunArgs {}

pub(crate) fn run(context: &mut Context<'_>, _: RunArgs) -> Answer {
    let (world, homes) = (&context.world, &context.environment.agent_homes);
    let screen = &mut *context.screen;
    let report = index::run(world, homes, &mut |progress| show(screen, progress));
    context.screen.end_progress();
    Ok(Box::new(report?))
}

/// Forget the index and make it anew
#[derive(Debug, Args)]
pub(crate) struct RebuildArgs {}

pub(crate) fn rebuild(context: &mut Context<'_>, _: RebuildArgs) -> Answer {
    let (world, homes) = (&context.world, &context.environment.agent_homes);
    let screen = &mut *context.screen;
    let report = index::rebuild(world, homes, &mut |progress| show(screen, progress));
    context.screen.end_progress();
    Ok(Box::new(report?))
}

fn show(screen: &mut Screen, progress: Progress) {
    screen.progress("indexing", progress.done, progress.wanted);
}

/// Say how the index stands
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {}

pub(crate) fn status(context: &mut Context<'_>, _: StatusArgs) -> Answer {
    Ok(Box::new(index::status(&context.world, &context.environment.agent_homes)?))
}
