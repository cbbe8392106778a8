//! `cargo xtask laws [--cases N]`: the laws of the merge over many more random branches than the
//! test suite takes, in an optimised build.

use std::io::Write;
use std::process::Command;

use crate::{Outcome, XtaskError, workspace_root};

/// What somebody who names no number gets: some minutes.
const CASES: u64 = 1_000_000;

/// Runs the laws.
///
/// # Errors
/// When an argument is not known, or cargo can't be started.
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let cases = cases(arguments)?;
    writeln!(output, "laws: {cases} cases each")?;
    let words = ["test", "--release", "--locked", "-p", "throughline-model", "--lib", "merge::"];
    #[expect(clippy::disallowed_methods, reason = "a chore starts cargo, as its user did")]
    let mut cargo = Command::new("cargo");
    cargo.args(words).current_dir(workspace_root()).env("PROPTEST_CASES", cases.to_string());
    let passed = cargo.status()?.success();
    Ok(if passed { Outcome::Passed } else { Outcome::Failed })
}

fn cases(arguments: &[String]) -> Result<u64, XtaskError> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = match words.as_slice() {
        [] => Some(CASES),
        ["--cases", number] => number.parse().ok(),
        [..] => None,
    };
    let problem = || format!("laws: '{}'? it takes --cases NUMBER", words.join(" "));
    number.ok_or_else(|| XtaskError::Usage { problem: problem() })
}

#[cfg(test)]
mod tests {
    use super::cases;

    #[test]
    fn the_number_of_cases_is_the_only_argument() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cases(&words("--cases 12")).unwrap(), 12);
        for wrong in ["--cases", "--cases many", "12"] {
            assert!(cases(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
