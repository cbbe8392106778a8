//! A program, run to its end: what it is given and what it prints, and no longer than it may.

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often it is looked whether it ended.
const LOOK: Duration = Duration::from_millis(10);

/// As much as is kept of what it prints, in bytes.
const MOST_PRINTED: u64 = 16 << 20;

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// What it printed, as far as it is text.
    pub(crate) stdout: String,
    /// What it said beside that.
    pub(crate) stderr: String,
    /// Whether it says that all went well.
    pub(crate) is_success: bool,
}

/// Why it did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// It is not there, or is no program.
    #[error("can't be started: {0}")]
    Start(io::Error),
    /// It took longer than it may.
    #[error("did not end within {} s", .0.as_secs())]
    Late(Duration),
}

/// Runs it. One that takes too long is killed; what it started ends with it.
pub(crate) fn run(command: &mut Command, input: &str, limit: Duration) -> Result<Ran, RunError> {
    // A group of its own: the program on the PATH may be a launcher, and both must go.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(RunError::Start)?;
    let (stdout, stderr) = (listen(child.stdout.take()), listen(child.stderr.take()));
    // In a thread: a program that reads nothing must not hold us.
    let (stdin, input) = (child.stdin.take(), input.to_owned());
    let written = thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(input.as_bytes())));
    let is_success = ended(&mut child, limit);
    // Also what it left behind: that may hold its output open.
    kill(&mut child);
    drop(written);
    match is_success {
        Some(is_success) => Ok(Ran { stdout: text(stdout), stderr: text(stderr), is_success }),
        None => Err(RunError::Late(limit)),
    }
}

/// Whether it ended well; `None` if it did not end in time.
fn ended(child: &mut Child, limit: Duration) -> Option<bool> {
    let until = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < until => thread::sleep(LOOK),
            Ok(None) | Err(_) => return None,
        }
    }
}

fn kill(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

fn listen(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(MOST_PRINTED).read_to_end(&mut bytes);
            // What is left is taken from it all the same: it must not wait for us.
            let _ = io::copy(&mut pipe, &mut io::sink());
        }
        bytes
    })
}

fn text(heard: JoinHandle<Vec<u8>>) -> String {
    String::from_utf8_lossy(&heard.join().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = crate::spawn::command(Path::new("/bin/sh"), Path::new("/"));
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_is_given_and_prints_and_says_how_it_went() {
        let long = "x".repeat(300_000);
        let limit = Duration::from_secs(60);
        let ran = run(&mut shell("cat; echo talk >&2"), &long, limit).expect("it ends");
        assert_eq!(
            (ran.stdout == long, ran.stderr.as_str(), ran.is_success),
            (true, "talk\n", true)
        );
        let ran = run(&mut shell("exit 3"), &long, limit).expect("it ends without reading");
        assert!(!ran.is_success && ran.stdout.is_empty());
    }

    #[test]
    fn one_that_does_not_end_is_killed_and_one_that_is_not_there_is_said() {
        let late = run(&mut shell("sleep 100 & wait"), "", Duration::from_millis(50));
        assert_eq!(late.expect_err("killed").to_string(), "did not end within 0 s");
        let mut missing = crate::spawn::command(Path::new("/no/such"), Path::new("/"));
        let missing = run(&mut missing, "", Duration::from_secs(1)).expect_err("not there");
        assert!(missing.to_string().starts_with("can't be started"), "{missing}");
    }
}
