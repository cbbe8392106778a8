//! `cargo xtask stress [OPERATIONS]`: the tests of many writers at once, each of which does so much,
//! with the figures. They are the tests of `crates/throughline/tests/it/writers.rs`, built as released.

use std::process::Command;

use crate::{Outcome, XtaskError};

/// How many operations each of the sixteen writers carries out, if nothing else is asked.
const OPERATIONS: u32 = 1000;

/// Runs them one after the other: side by side they would measure each other.
#[expect(clippy::disallowed_methods, reason = "a chore starts cargo")]
pub(crate) fn run(arguments: &[String]) -> Result<Outcome, XtaskError> {
    let wrong = |word: &str| XtaskError::Usage { problem: format!("stress: '{word}'?") };
    let operations = match arguments {
        [] => OPERATIONS,
        [count] => count.parse().map_err(|_| wrong(count))?,
        [_, second, ..] => return Err(wrong(second)),
    };
    let mut cargo = Command::new("cargo");
    cargo.current_dir(crate::workspace_root());
    cargo.env("THRU_TEST_OPERATIONS", operations.to_string());
    cargo.args(["test", "--release", "--locked", "--package", "throughline", "--test", "it"]);
    cargo.args(["--", "writers::", "--test-threads=1", "--nocapture"]);
    let passed = cargo.status()?.success();
    Ok(if passed { Outcome::Passed } else { Outcome::Failed })
}
