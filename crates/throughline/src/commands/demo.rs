//! `thru demo`

use clap::Args;
use throughline_ops::demo::{DemoOptions, demo as play};

use super::{Answer, Context};
use crate::failure::Failure;

/// See the main job at work in a minute: no agent, no network, nothing left behind
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {}

pub(crate) fn demo(context: &mut Context<'_>, _: DemoArgs) -> Answer {
    let folder = tempfile::Builder::new().prefix("thru-demo-").tempdir();
    let folder = folder.map_err(|e| Failure::failed(format!("no temporary folder: {e}")))?;
    // Canonical, as git will name it.
    let path = folder.path().canonicalize();
    let path = path.map_err(|e| Failure::failed(format!("no temporary folder: {e}")))?;
    let thru = context.environment.program.clone();
    Ok(Box::new(play(&DemoOptions { folder: path, thru })?))
}
