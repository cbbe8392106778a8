//! Starts a program, feeds it, and collects what it says until a deadline.
//!
//! Every program leads its own process group, so that the deadline ends its children as well. A
//! program counts as finished when it ended and both of its outputs are closed: a child left behind
//! that still holds one would also keep a real caller waiting, and shows here as a missed deadline.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often a program that closed its outputs is asked whether it ended.
const POLL: Duration = Duration::from_millis(2);

/// How long a killed group may take to close its outputs.
const AFTERMATH: Duration = Duration::from_secs(1);

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// `None`: ended by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// From the start to the end of the program.
    pub(crate) duration: Duration,
    /// Whether the deadline ended it.
    pub(crate) late: bool,
}

/// A program that may still run. Dropping it kills its process group.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    started: Instant,
    stdout: Collected,
    stderr: Collected,
    /// Nothing is ever sent: the readers hang up when both outputs are closed.
    closed: Receiver<()>,
    ended: bool,
}

type Collected = Arc<Mutex<Vec<u8>>>;

impl Running {
    /// Starts `command`; `input` is all it can read.
    pub(crate) fn start(command: &mut Command, input: &[u8]) -> Self {
        let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let started = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("cannot start {}: {error}", command.get_program().display())
        });
        feed(&mut child, input);
        let (open, closed) = mpsc::channel();
        let stdout = collect(child.stdout.take(), open.clone());
        let stderr = collect(child.stderr.take(), open);
        Self { child, started, stdout, stderr, closed, ended: false }
    }

    /// The process id, which is the group's as well.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the whole group.
    pub(crate) fn signal(&self, signal: Signal) {
        // A group that is already gone is what the sender wants.
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }

    /// Waits until it ends, at the latest `limit` from now, then kills the group.
    pub(crate) fn wait(mut self, limit: Duration) -> Finished {
        let deadline = Instant::now() + limit;
        let closed = matches!(self.closed.recv_timeout(limit), Err(RecvTimeoutError::Disconnected));
        let status = if closed { self.status_until(deadline) } else { None };
        let late = status.is_none();
        if late {
            self.signal(Signal::KILL);
            let _ = self.closed.recv_timeout(AFTERMATH);
        }
        let status = status.unwrap_or_else(|| self.child.wait().expect("our own child"));
        self.ended = true;
        Finished {
            code: status.code(),
            stdout: text_of(&self.stdout),
            stderr: text_of(&self.stderr),
            duration: self.started.elapsed(),
            late,
        }
    }

    fn status_until(&mut self, deadline: Instant) -> Option<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            self.signal(Signal::KILL);
            // Reaps it; its outputs don't matter any more.
            let _ = self.child.wait();
        }
    }
}

fn feed(child: &mut Child, input: &[u8]) {
    let Some(mut stdin) = child.stdin.take() else { return };
    let input = input.to_vec();
    thread::spawn(move || {
        // A program may end without reading: that is its right.
        let _ = stdin.write_all(&input);
    });
}

fn collect(source: Option<impl Read + Send + 'static>, open: Sender<()>) -> Collected {
    let collected = Collected::default();
    let target = Arc::clone(&collected);
    let mut source = source.expect("outputs are piped");
    thread::spawn(move || {
        let mut piece = [0; 16 * 1024];
        while let Ok(count @ 1..) = source.read(&mut piece) {
            target
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(&piece[..count]);
        }
        drop(open);
    });
    collected
}

fn text_of(collected: &Collected) -> Vec<u8> {
    collected.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests of starting programs")]
mod tests {
    use super::*;

    fn shell(script: &str, input: &[u8], limit: Duration) -> Finished {
        Running::start(Command::new("sh").args(["-c", script]), input).wait(limit)
    }

    #[test]
    fn what_a_program_says_is_collected() {
        let finished = shell("cat; echo bad >&2; exit 3", b"good", Duration::from_secs(20));
        assert_eq!((finished.code, finished.late), (Some(3), false));
        assert_eq!((finished.stdout, finished.stderr), (b"good".to_vec(), b"bad\n".to_vec()));
    }

    #[test]
    fn the_deadline_ends_the_children_too() {
        let started = Instant::now();
        let finished = shell("echo begun; sleep 60 & sleep 60", b"", Duration::from_millis(300));
        assert_eq!((finished.code, finished.late), (None, true));
        assert_eq!(finished.stdout, b"begun\n");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_child_left_behind_with_our_output_is_a_missed_deadline() {
        let finished = shell("sleep 60 & exit 0", b"", Duration::from_millis(300));
        assert!(finished.late);
    }
}
