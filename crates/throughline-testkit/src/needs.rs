//! What a test needs of the machine. One that can't run says so, and fails where CI is set: there no test
//! may pass over itself.

use std::env;
use std::fmt::Display;
use std::path::PathBuf;

/// A program of the machine, looked for on the `PATH`.
#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The same for a test that has nothing to do without it: `None` after telling so on stderr.
///
/// # Panics
/// With the variable `CI` set.
pub fn required_program(name: &str) -> Option<PathBuf> {
    required(name, program(name).ok_or("it is not on the PATH"))
}

/// What was found; else `None` after telling on stderr why a test is not run.
///
/// # Panics
/// With the variable `CI` set.
#[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "says why a test is not run")]
pub fn required<T, E: Display>(what: &str, found: Result<T, E>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(why) if must_run_all() => panic!("this test needs {what}: {why}"),
        Err(why) => {
            eprintln!("not run, because it needs {what}: {why}");
            None
        }
    }
}

/// Whether generated pages are to be written instead of compared: `THRU_UPDATE_DOCS`.
#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
pub fn asked_to_update_pages() -> bool {
    env::var_os("THRU_UPDATE_DOCS").is_some()
}

/// Whether a test that can't run here must fail: `CI` is set, and not to `false`.
#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
pub fn must_run_all() -> bool {
    env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false")
}
