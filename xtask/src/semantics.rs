//! `cargo xtask semantics [--transitions N]`: memory against a small model of it, over many more random steps of
//! people, git and kills than the test suite takes, in an optimised build. It says how many were taken.

use std::io::Write;

use crate::bench::ground::program;
use crate::{Outcome, XtaskError, workspace_root};

/// What somebody who names no number gets: an hour.
const TRANSITIONS: u64 = 1_000_000;

/// Where a sync costs nothing, if there is such a place: no power is cut here.
const MEMORY: &str = "/dev/shm";

/// Runs the chore.
///
/// # Errors
/// When an argument is not known, or cargo can't be started.
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let transitions = transitions(arguments)?;
    writeln!(output, "semantics: {transitions} steps")?;
    let mut cargo = program("cargo");
    cargo.args(["test", "--release", "--locked", "-p", "throughline-ops", "--test", "it"]);
    cargo.args(["semantics::", "--", "--nocapture"]).current_dir(workspace_root());
    cargo.env("THRU_TEST_TRANSITIONS", transitions.to_string());
    if std::path::Path::new(MEMORY).is_dir() {
        cargo.env("TMPDIR", MEMORY);
    }
    let passed = cargo.status()?.success();
    Ok(if passed { Outcome::Passed } else { Outcome::Failed })
}

fn transitions(arguments: &[String]) -> Result<u64, XtaskError> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = match words.as_slice() {
        [] => Some(TRANSITIONS),
        ["--transitions", number] => number.parse().ok(),
        [..] => None,
    };
    let problem = || format!("semantics: '{}'? it takes --transitions NUMBER", words.join(" "));
    number.ok_or_else(|| XtaskError::Usage { problem: problem() })
}

#[cfg(test)]
mod tests {
    use super::{TRANSITIONS, transitions};

    #[test]
    fn the_number_of_steps_is_the_only_argument() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(transitions(&words("--transitions 12")).unwrap(), 12);
        assert_eq!(transitions(&[]).unwrap(), TRANSITIONS);
        for wrong in ["--transitions", "--transitions many", "12"] {
            assert!(transitions(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
