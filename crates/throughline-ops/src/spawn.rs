//! The processes that are not git: our own, detached, and the agent's program during set-up.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A command with nothing to read.
#[expect(clippy::disallowed_methods, reason = "the one place beside throughline-git")]
pub(crate) fn command(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null());
    command
}

/// Becomes that program: it has our process number from then on. Returns only if that failed.
pub(crate) fn become_it(command: &mut Command) -> io::Error {
    command.exec()
}

/// Starts a worker that outlives us, in a process group of its own, so that one signal ends all of it.
pub(crate) fn start_worker(
    program: &Path,
    directory: &Path,
    arguments: &[String],
) -> io::Result<Child> {
    let mut worker = command(program, directory);
    worker.args(arguments).process_group(0);
    worker.stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// Starts an index pass that outlives us and is of less weight than what anybody waits for.
pub(crate) fn start_index(program: &Path, directory: &Path) -> io::Result<()> {
    let mut index = command(program, directory);
    index.args(["index", "run", "--quiet"]).process_group(0);
    index.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}

/// Starts an update of the memories that outlives us and of which nobody waits for anything.
pub(crate) fn start_memory_update(program: &Path, worktree: &Path) -> io::Result<()> {
    let mut update = command(program, worktree);
    update.args(["memory", "update", "--quiet"]).process_group(0);
    update.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}

/// Starts a fold that outlives us, in a process group of its own, and does not wait for it.
pub(crate) fn start_fold(program: &Path, worktree: &Path) -> io::Result<()> {
    let mut fold = command(program, worktree);
    fold.arg("fold").arg("--quiet").process_group(0);
    fold.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}
