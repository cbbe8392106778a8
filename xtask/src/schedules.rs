//! `cargo xtask schedules [--count N]`: the steps of lock, journal and fold in many more orders than the test
//! suite tries, in an optimised build. A fault is printed with the order that leads to it.

use std::io::Write;
use std::process::Command;

use crate::{Outcome, XtaskError, workspace_root};

/// What somebody who names no number gets: some minutes.
const COUNT: u64 = 100_000;

/// Runs the chore.
///
/// # Errors
/// When an argument is not known, or cargo can't be started.
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let count = count(arguments)?;
    writeln!(output, "schedules: {count} orders of steps")?;
    let words = ["test", "--release", "--locked", "-p", "throughline-store", "--lib", "schedule::"];
    #[expect(clippy::disallowed_methods, reason = "a chore starts cargo, as its user did")]
    let mut cargo = Command::new("cargo");
    cargo.args(words).current_dir(workspace_root()).env("THRU_TEST_SCHEDULES", count.to_string());
    let passed = cargo.status()?.success();
    Ok(if passed { Outcome::Passed } else { Outcome::Failed })
}

fn count(arguments: &[String]) -> Result<u64, XtaskError> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = match words.as_slice() {
        [] => Some(COUNT),
        ["--count", number] => number.parse().ok(),
        [..] => None,
    };
    let problem = || format!("schedules: '{}'? it takes --count NUMBER", words.join(" "));
    number.ok_or_else(|| XtaskError::Usage { problem: problem() })
}

#[cfg(test)]
mod tests {
    use super::{COUNT, count};

    #[test]
    fn the_number_of_orders_is_the_only_argument() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(count(&words("--count 12")).unwrap(), 12);
        assert_eq!(count(&[]).unwrap(), COUNT);
        for wrong in ["--count", "--count many", "12"] {
            assert!(count(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
