//! Calls of `thru` from many threads and processes at once, which a world itself can't make.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::World;

/// Starts `thru` in a world from any thread, with the system's own clock and randomness: two calls
/// at once must not draw the same ids.
#[derive(Debug, Clone)]
pub struct Caller {
    program: PathBuf,
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Caller {
    pub(super) fn of(world: &World) -> Self {
        let command = world.command(world.binary(), &world.repo());
        let set = command.get_envs();
        let environment = set.filter_map(|(name, value)| Some((name.into(), value?.into())));
        Self {
            program: world.binary().to_owned(),
            folder: world.repo(),
            environment: environment.collect(),
        }
    }

    /// The same with another `thru`: an older one, beside the one that is tested.
    #[must_use]
    pub fn of_program(mut self, program: &Path) -> Self {
        self.program = program.to_owned();
        self
    }

    /// The folder in which calls start.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A call with these arguments, not started yet.
    #[expect(clippy::disallowed_methods, reason = "tests start programs themselves")]
    pub fn thru(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).args(arguments);
        command
    }
}

/// How much a test shall do: `THRU_TEST_OPERATIONS`, else what a run of all tests can afford.
///
/// # Panics
/// If the variable is no number.
#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
pub fn operations(usual: usize) -> usize {
    let asked = std::env::var("THRU_TEST_OPERATIONS").ok();
    asked.map_or(usual, |count| count.parse().expect("THRU_TEST_OPERATIONS is a number"))
}
