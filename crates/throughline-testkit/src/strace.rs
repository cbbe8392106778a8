//! Runs `thru` under strace: what it asks of the system, and what it does when the system says no.
//!
//! | question | call |
//! | --- | --- |
//! | which files, programs and sockets a command and its children touch | [`World::trace`] with [`Children::Follow`] |
//! | in which order it asks the system for what | [`World::trace`] with [`Children::Leave`], [`Trace::calls`] |
//! | what is left when it is killed, or refused, at one of those calls | [`World::with_fault`] |
//!
//! [`Strace::required`] is what a test begins with. Counting is per process and per call name, as
//! strace counts, so `(name, nth)` of a trace is where a fault of the next run strikes, as long as
//! both runs start from the same [`Picture`](crate::Picture). With
//! [`Children::Leave`] a fault strikes `thru` alone, else each process at its own such call. Linux only, as strace is.

mod line;
mod log;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

pub use line::{Argument, Call};
pub use log::{FileChange, Opened, Program, Socket, Trace};

use crate::needs;
use crate::world::{Ran, World};

/// The strace of this machine.
#[derive(Debug, Clone)]
pub struct Strace {
    program: PathBuf,
}

/// Whether the processes that a command starts are traced as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Children {
    /// They are, and the run ends when the last of them did: a detached fold too.
    Follow,
    /// Only the command itself.
    Leave,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// The process is killed before the call is carried out.
    Kill,
    /// The call is not carried out and fails with this error, as in `ENOSPC`.
    Error(&'static str),
}

/// How often it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// At that call.
    Once,
    /// At that call and at every later one of that name.
    FromThenOn,
}

/// One fault in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The system call, as in `openat`.
    pub call: String,
    /// Which of the process's calls of that name, from 1.
    pub nth: u32,
    /// What happens there.
    pub harm: Harm,
    /// How often.
    pub often: Often,
}

impl Strace {
    /// Looks for it on the `PATH`.
    pub fn find() -> Option<Self> {
        needs::program("strace").map(|program| Self { program })
    }

    /// The same for a test that has nothing to do without it: `None` after telling so on stderr.
    ///
    /// # Panics
    /// With the variable `CI` set, because there a test must not pass over itself.
    pub fn required() -> Option<Self> {
        needs::required_program("strace").map(|program| Self { program })
    }

    fn prefix(&self, options: &[&str], log: &Path) -> Vec<OsString> {
        let mut words = vec![self.program.clone().into_os_string()];
        words.extend(options.iter().map(OsString::from));
        words.extend(["-e".into(), "signal=none".into(), "-o".into(), log.into(), "--".into()]);
        words
    }
}

impl Fault {
    /// A kill at a call.
    pub fn kill(call: impl Into<String>, nth: u32) -> Self {
        Self { call: call.into(), nth, harm: Harm::Kill, often: Often::Once }
    }

    fn injection(&self) -> String {
        let Self { call, nth, harm, often } = self;
        let harm = match harm {
            Harm::Kill => "signal=SIGKILL".to_owned(),
            Harm::Error(name) => format!("error={name}"),
        };
        let on = match often {
            Often::Once => "",
            Often::FromThenOn => "+",
        };
        format!("inject={call}:{harm}:when={nth}{on}")
    }
}

/// No text is cut, however long a record is.
const LONGEST_TEXT: &str = "16777216";

impl World {
    /// Runs one command of `thru` (`run` calls [`World::thru`], [`World::hook`] or the like once)
    /// and keeps every system call of it.
    ///
    /// # Panics
    /// If strace can't be started, or wrote what this module can't read.
    pub fn trace(
        &self,
        strace: &Strace,
        children: Children,
        run: impl FnOnce(&Self) -> Ran,
    ) -> Trace {
        let log = self.strace_log();
        let mut options = vec!["-y", "-xx", "-s", LONGEST_TEXT];
        if children == Children::Follow {
            options.push("-f");
        }
        let ran = self.under(strace.prefix(&options, &log), || run(self));
        let text = fs::read_to_string(&log)
            .unwrap_or_else(|error| panic!("{}: {error}; {}", log.display(), ran.screen()));
        Trace::parse(&text, &self.repo(), ran)
    }

    /// Runs one command of `thru` in which something goes wrong.
    ///
    /// # Panics
    /// If strace can't be started.
    pub fn with_fault(
        &self,
        strace: &Strace,
        children: Children,
        fault: &Fault,
        run: impl FnOnce(&Self) -> Ran,
    ) -> Ran {
        let injection = fault.injection();
        let trace = format!("trace={}", fault.call);
        let mut options = vec!["-e", &trace, "-e", &injection];
        if children == Children::Follow {
            options.push("-f");
        }
        self.under(strace.prefix(&options, Path::new("/dev/null")), || run(self))
    }

    fn strace_log(&self) -> PathBuf {
        self.root().join("strace.log")
    }
}

#[cfg(test)]
mod tests;
