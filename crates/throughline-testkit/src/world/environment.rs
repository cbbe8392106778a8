//! What programs of a world find in their environment, and what time it is there.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;

use super::World;

/// The time of the first call of `thru`; each further call is a second later.
const FIRST_CALL: &str = "2026-11-21T05:00:00Z";

/// The time of the first call of git, the day before; each further call is a minute later.
const FIRST_GIT_CALL: &str = "2026-11-20T09:00:00Z";

/// Nothing of the machine's own but `PATH`.
#[expect(clippy::disallowed_methods, reason = "tests start programs themselves")]
pub(super) fn command(world: &World, program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let now = later(FIRST_GIT_CALL, Duration::from_secs(60) * world.git_calls.get());
    command
        .current_dir(folder)
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", world.home())
        .env("CODEX_HOME", world.codex_home())
        .env("THROUGHLINE_HOME", world.state())
        .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("USER", "tester")])
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .envs([("GIT_EDITOR", "true"), ("GIT_TERMINAL_PROMPT", "0")])
        .envs([("GIT_AUTHOR_DATE", &now), ("GIT_COMMITTER_DATE", &now)]);
    command
}

/// Time and ids of one call of `thru`, counted from 1. Only its debug builds listen.
pub(super) fn clock(call: u32) -> [(&'static str, String); 2] {
    let now = later(FIRST_CALL, Duration::from_secs(1) * (call - 1));
    [("THRU_TEST_NOW", now), ("THRU_TEST_SEED", call.to_string())]
}

/// Whether a world outlives its test.
#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
pub(super) fn is_kept() -> bool {
    env::var_os("THRU_TEST_KEEP").is_some_and(|keep| keep == "1")
}

fn later(start: &str, by: Duration) -> String {
    let start: Timestamp = start.parse().expect("a constant of this file");
    (start + by).to_string()
}
