//! Starting git: which program, with which environment, for how long.
//!
//! Invariant: what was started is gone when the call returns. A git that is asked leads a process
//! group of its own, which is killed as a whole unless git ended by itself. A git that is told to
//! write (see the crate's documentation) stays in ours, so that Ctrl-C reaches both, and is first
//! asked to end: killed outright it would leave its lock.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, path, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::GitError;

/// How long git may take for one question, unless somebody is in more of a hurry.
const DEADLINE: Duration = Duration::from_secs(5);

/// How much of an answer is kept: the status of about half a million changed files.
const MOST_BYTES: usize = 64 << 20;

/// What of the user's environment git needs. Everything else is cleared, all of `GIT_*` too.
#[derive(Debug, Clone)]
pub struct GitEnv {
    /// The program: a path, or a name to be found in `path`.
    pub program: PathBuf,
    /// `PATH`; entries that are not absolute are dropped.
    pub path: OsString,
    /// `HOME`, for the user's own settings such as `safe.directory`.
    pub home: Option<OsString>,
    /// `XDG_CONFIG_HOME`
    pub xdg_config_home: Option<OsString>,
}

/// A git that can be asked.
#[derive(Debug, Clone)]
pub struct Git {
    environment: GitEnv,
    deadline: Duration,
}

/// One question.
#[derive(Debug, Clone)]
pub(crate) struct Question<'q> {
    pub(crate) directory: &'q Path,
    /// The subcommand and what follows.
    pub(crate) arguments: &'q [&'q str],
    /// What stands before the subcommand.
    pub(crate) options: &'q [&'q str],
    /// Settings that win over the repository's, with keys that `-c` can't express.
    pub(crate) settings: &'q [(OsString, &'static str)],
    /// The index that is meant, if not the worktree's own; an absolute path.
    pub(crate) index: Option<&'q Path>,
    pub(crate) deadline: Duration,
}

impl<'q> Question<'q> {
    pub(crate) fn new(directory: &'q Path, arguments: &'q [&'q str]) -> Self {
        Self { directory, arguments, options: &[], settings: &[], index: None, deadline: DEADLINE }
    }

    fn command(&self) -> String {
        self.arguments.first().copied().unwrap_or_default().to_owned()
    }

    /// What a "no" means that was not expected.
    pub(crate) fn failed(&self, answer: &Answer) -> GitError {
        let first = answer.stderr.lines().next().unwrap_or("no message");
        if first.contains("dubious ownership") {
            let named = first.split('\'').nth(1).map(PathBuf::from);
            return GitError::DubiousOwnership {
                path: named.unwrap_or_else(|| self.directory.to_owned()),
            };
        }
        let directory = self.directory.to_owned();
        GitError::Failed { command: self.command(), directory, message: first.to_owned() }
    }

    pub(crate) fn unexpected(&self) -> GitError {
        GitError::Unexpected { command: self.command(), directory: self.directory.to_owned() }
    }

    fn stopped(&self, why: Stopped, deadline: Duration) -> GitError {
        let (command, directory) = (self.command(), self.directory.to_owned());
        match why {
            Stopped::Late => GitError::Timeout { command, directory, deadline },
            Stopped::TooLong => GitError::TooLong { command, directory, most: MOST_BYTES },
            Stopped::Broken(source) => GitError::Read { command, directory, source },
        }
    }
}

/// What git answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// See the table in the crate's documentation.
const HARDENED: [&str; 9] = [
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.attributesFile=/dev/null",
    "-c",
    "log.showSignature=false",
];

/// What is added to the index must be what the user's own `git add` would add, so attributes and
/// the filters that they name count.
const TOLD: [&str; 5] =
    ["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];

/// How long a git that is told to write may take to end when it is asked to.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Whether git only answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Asked,
    Told,
}

/// `none` names no protocol, so none is allowed.
const VARIABLES: [(&str, &str); 6] = [
    ("LC_ALL", "C"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_ATTR_NOSYSTEM", "1"),
];

impl Git {
    /// A git in this environment. The program is looked up once, in absolute folders only: a
    /// repository must not bring its own.
    pub fn new(environment: GitEnv) -> Self {
        let folders: Vec<PathBuf> =
            env::split_paths(&environment.path).filter(|folder| folder.is_absolute()).collect();
        let program = find(&environment.program, &folders);
        let path = env::join_paths(folders).unwrap_or_default();
        Self { environment: GitEnv { program, path, ..environment }, deadline: DEADLINE }
    }

    /// The same in a hurry: no question may take longer than this. The default is 5 s.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts git")]
    fn command(&self, question: &Question<'_>, manner: Manner) -> Command {
        let mut command = Command::new(&self.environment.program);
        command.env_clear().envs(VARIABLES).env("PATH", &self.environment.path);
        match manner {
            Manner::Asked => command.args(HARDENED).process_group(/*the child's own*/ 0),
            Manner::Told => command.args(TOLD).env_remove("GIT_ATTR_NOSYSTEM"),
        };
        command.args(question.options).args(question.arguments);
        command.current_dir(question.directory);
        command.envs(question.index.map(|index| ("GIT_INDEX_FILE", index)));
        let homes = [
            ("HOME", &self.environment.home),
            ("XDG_CONFIG_HOME", &self.environment.xdg_config_home),
        ];
        for (name, value) in homes {
            command.envs(value.as_ref().map(|value| (name, value)));
        }
        command.env("GIT_CONFIG_COUNT", question.settings.len().to_string());
        for (n, (key, value)) in question.settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{n}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{n}"), value);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Asks. An exit code other than 0 is an answer too.
    pub(crate) fn run(&self, question: &Question<'_>) -> Result<Answer, GitError> {
        Ok(self.run_while(question, || ())?.0)
    }

    /// Asks, and does something until the answer is there. It counts for the deadline.
    pub(crate) fn run_while<T>(
        &self,
        question: &Question<'_>,
        work: impl FnOnce() -> T,
    ) -> Result<(Answer, T), GitError> {
        self.run_as(question, Manner::Asked, work)
    }

    /// Tells git to write; any exit code but 0 is an error.
    pub(crate) fn tell(&self, question: &Question<'_>) -> Result<(), GitError> {
        let (answer, ()) = self.run_as(question, Manner::Told, || ())?;
        match answer.code {
            Some(0) => Ok(()),
            Some(_) | None => Err(question.failed(&answer)),
        }
    }

    fn run_as<T>(
        &self,
        question: &Question<'_>,
        manner: Manner,
        work: impl FnOnce() -> T,
    ) -> Result<(Answer, T), GitError> {
        let deadline = question.deadline.min(self.deadline);
        let until = Instant::now() + deadline;
        let start = |source| GitError::Start { program: self.environment.program.clone(), source };
        let child = self.command(question, manner).spawn().map_err(start)?;
        let mut running = Running { child, manner, ended: false };
        let done = work();
        let heard = running.hear(until).map_err(|why| question.stopped(why, deadline))?;
        Ok((heard, done))
    }

    /// Asks a question to which any exit code but 0 is an error.
    pub(crate) fn answer(&self, question: &Question<'_>) -> Result<Vec<u8>, GitError> {
        let answer = self.run(question)?;
        match answer.code {
            Some(0) => Ok(answer.stdout),
            Some(_) | None => Err(question.failed(&answer)),
        }
    }

    /// Asks a question that git answers with yes (0) or no (1).
    pub(crate) fn yes(&self, question: &Question<'_>) -> Result<bool, GitError> {
        let answer = self.run(question)?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            Some(_) | None => Err(question.failed(&answer)),
        }
    }
}

/// A name without a folder is looked up; anything else means what it means here, not in the
/// folder where git will run.
fn find(program: &Path, folders: &[PathBuf]) -> PathBuf {
    if program.components().count() > 1 {
        return path::absolute(program).unwrap_or_else(|_| program.to_owned());
    }
    let candidates = folders.iter().map(|folder| folder.join(program));
    candidates.into_iter().find(|path| path.is_file()).unwrap_or_else(|| program.to_owned())
}

/// Why we stopped listening.
#[derive(Debug)]
enum Stopped {
    Late,
    TooLong,
    Broken(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// A child that does not outlive its handle.
struct Running {
    child: Child,
    manner: Manner,
    ended: bool,
}

impl Running {
    fn hear(&mut self, until: Instant) -> Result<Answer, Stopped> {
        let mut pipes = [
            Pipe::new(self.child.stdout.take().map(OwnedFd::from)),
            Pipe::new(self.child.stderr.take().map(OwnedFd::from)),
        ];
        while pipes.iter().any(|pipe| pipe.file.is_some()) {
            hear_some(&mut pipes, until)?;
        }
        let status = self.wait(until)?;
        let [stdout, stderr] = pipes.map(|pipe| pipe.heard);
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Ok(Answer { code: status.code(), stdout, stderr })
    }

    /// Waits for the exit that follows the end of both pipes, as a rule within microseconds.
    fn wait(&mut self, until: Instant) -> Result<ExitStatus, Stopped> {
        let mut pause = Duration::from_micros(10);
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.ended = true;
                return Ok(status);
            }
            left(until)?;
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // Not reaped yet, so the id is still its own. If it ended meanwhile, that is as good.
        match self.manner {
            Manner::Asked => drop(id.map(|group| kill_process_group(group, Signal::KILL))),
            Manner::Told => {
                let _ = id.map(|id| kill_process(id, Signal::TERM));
                if self.wait(Instant::now() + LAST_WORDS).is_err() {
                    let _ = self.child.kill();
                }
            }
        }
        let _ = self.child.wait();
    }
}

/// One output of the child, until its end.
struct Pipe {
    file: Option<File>,
    heard: Vec<u8>,
}

impl Pipe {
    fn new(pipe: Option<OwnedFd>) -> Self {
        Self { file: pipe.map(File::from), heard: Vec::new() }
    }

    /// One read, which does not block when the pipe is ready.
    fn read(&mut self, file: File) -> Result<(), Stopped> {
        let mut buffer = [0; 16 << 10];
        let read = match (&file).read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
            read => Some(read?),
        };
        self.heard.extend_from_slice(&buffer[..read.unwrap_or(0)]);
        // An empty read is the end.
        self.file = (read != Some(0)).then_some(file);
        if self.heard.len() > MOST_BYTES { Err(Stopped::TooLong) } else { Ok(()) }
    }
}

/// Waits until a pipe has something, and reads it.
fn hear_some(pipes: &mut [Pipe], until: Instant) -> Result<(), Stopped> {
    let left = left(until)?;
    let mut polled: Vec<PollFd<'_>> = pipes
        .iter()
        .filter_map(|pipe| pipe.file.as_ref())
        .map(|file| PollFd::from_borrowed_fd(file.as_fd(), PollFlags::IN))
        .collect();
    match poll(&mut polled, Some(&left)) {
        Ok(_) | Err(Errno::INTR) => (),
        Err(error) => return Err(Stopped::Broken(error.into())),
    }
    let mut ready =
        polled.iter().map(|fd| !fd.revents().is_empty()).collect::<Vec<_>>().into_iter();
    for pipe in pipes.iter_mut().filter(|pipe| pipe.file.is_some()) {
        if ready.next() == Some(true)
            && let Some(file) = pipe.file.take()
        {
            pipe.read(file)?;
        }
    }
    Ok(())
}

fn left(until: Instant) -> Result<Timespec, Stopped> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Stopped::Late);
    }
    Timespec::try_from(left).map_err(|_| Stopped::Late)
}

/// One line, without its end.
pub(crate) fn line(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\n").unwrap_or(bytes)
}

/// The records of an answer to a `-z` question.
pub(crate) fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

/// Bytes of git as a path.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(bytes))
}
