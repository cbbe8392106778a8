//! `cargo xtask jobs`: 200 items over 8 real `codex exec` workers while their runner is killed three times, with
//! the figures. It is the test of `crates/throughline/tests/it/agent_jobs.rs` at full size.

use std::process::Command;

use crate::{Outcome, XtaskError};

/// Runs it; half of it is waiting for workers that hang as they should.
#[expect(clippy::disallowed_methods, reason = "a chore starts cargo")]
pub(crate) fn run(arguments: &[String]) -> Result<Outcome, XtaskError> {
    if let Some(word) = arguments.first() {
        return Err(XtaskError::Usage { problem: format!("jobs: '{word}'?") });
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(crate::workspace_root()).env("THRU_TEST_EFFORT", "all");
    cargo.args(["test", "--locked", "--package", "throughline", "--test", "it"]);
    cargo.args(["--", "agent_jobs::real_codex", "--nocapture"]);
    let passed = cargo.status()?.success();
    Ok(if passed { Outcome::Passed } else { Outcome::Failed })
}
