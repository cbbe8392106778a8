//! `cargo xtask crash [NAME…]`: the crash tests with all their points instead of a sample, and 200 kills of
//! a pass over 3,000 transcripts.
//!
//! Each name narrows it as a test's name does: `crash::power`, `refused_hooks`. Needs strace.

use std::io::Write;
use std::process::Command;

use crate::{Outcome, XtaskError, workspace_root};

/// Which tests belong to it.
const TESTS: [&str; 2] = ["crash::", "index::killed"];

/// Runs the chore.
///
/// # Errors
/// When cargo can't be started, or `output` is closed.
#[expect(clippy::disallowed_methods, reason = "a chore starts programs")]
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(workspace_root()).args(["test", "--locked", "--package", "throughline"]);
    cargo.args(["--test", "it", "--"]);
    if arguments.is_empty() {
        cargo.args(TESTS);
    }
    cargo.args(arguments).arg("--nocapture");
    // With CI a test that cannot run fails instead of passing over itself.
    cargo.envs([("THRU_TEST_EFFORT", "all"), ("CI", "true")]);
    let status = cargo.status()?;
    writeln!(output, "crash: {status}")?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}
