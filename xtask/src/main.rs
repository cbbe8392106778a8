//! `cargo xtask`: the entry only; every chore lives in the library, where tests can call it.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match xtask::run(&arguments, &mut io::stdout().lock()) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            // If stderr is closed nobody is left to tell; the exit code still says it.
            let _ = writeln!(io::stderr(), "xtask: {error}");
            ExitCode::from(2)
        }
    }
}
