//! A place of its own for one test: folders, a repository, an environment, a clock.
//!
//! ```text
//! [WORLD]/home     HOME
//! [WORLD]/codex    CODEX_HOME
//! [WORLD]/state    THROUGHLINE_HOME
//! [WORLD]/repo     the repository, or a plain folder
//! ```
//!
//! Every program gets this environment and nothing of the machine's own but `PATH`. The same calls
//! make the same commits, times and ids: the clock is a counter, not the time of day. Only one
//! thread uses a world; two programs at once are started through it one after the other.

mod caller;
mod environment;
mod hook_event;
mod picture;
mod ran;
mod words;

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Running;
pub use caller::{Caller, operations};
pub use hook_event::HookEvent;
pub use picture::Picture;
pub(crate) use picture::{Entry, is_above_pictured, is_pictured};
pub use ran::Ran;
use words::words;

/// No command that a test starts takes that long, unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A detached fold may still write while its world is removed.
const REMOVE_ATTEMPTS: u32 = 20;
const REMOVE_PAUSE: Duration = Duration::from_millis(25);

/// A temporary world. Dropping it removes it; with the variable `THRU_TEST_KEEP=1` it stays and
/// its path is printed.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    /// Without symbolic links, as programs report it.
    root: PathBuf,
    binary: Option<PathBuf>,
    /// Calls of `thru` so far.
    calls: Cell<u32>,
    /// Calls of git so far: git's clock.
    git_calls: Cell<u32>,
    /// Tool calls so far, for hook events that don't name theirs.
    tool_calls: Cell<u32>,
    /// What `thru` is started by, if it is not started by itself.
    under: RefCell<Vec<OsString>>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A repository on branch `main` with one commit, "first commit", of a `README.md`.
    pub fn new() -> Self {
        Self::repository(&[]).with_first_commit()
    }

    /// A repository on branch `main` without a commit.
    pub fn unborn() -> Self {
        Self::repository(&[])
    }

    /// As [`World::new`], with SHA-256 object ids.
    pub fn sha256() -> Self {
        Self::repository(&["--object-format=sha256"]).with_first_commit()
    }

    /// As [`World::new`], with refs in a reftable instead of files.
    pub fn reftable() -> Self {
        Self::repository(&["--ref-format=reftable"]).with_first_commit()
    }

    /// A folder without git, holding the same `README.md`.
    pub fn plain() -> Self {
        let world = Self::folders();
        world.write("README.md", "# Sample\n");
        world
    }

    /// Says which `thru` is tested: `env!("CARGO_BIN_EXE_thru")`.
    pub fn with_binary(mut self, path: impl AsRef<Path>) -> Self {
        self.binary = Some(path.as_ref().to_owned());
        self
    }

    fn folders() -> Self {
        let folder = tempfile::Builder::new().prefix("thru-world-").tempdir();
        let folder = folder.expect("a temporary folder");
        let root = folder.path().canonicalize().expect("a folder just made");
        let counters = (Cell::new(0), Cell::new(0), Cell::new(0));
        let (calls, git_calls, tool_calls) = counters;
        let under = RefCell::default();
        let world = Self { folder, root, binary: None, calls, git_calls, tool_calls, under };
        for path in [world.home(), world.codex_home(), world.state(), world.repo()] {
            fs::create_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        world
    }

    fn repository(options: &[&str]) -> Self {
        let world = Self::folders();
        // No template: samples of hooks are of no use and cost 15 files per test.
        let fixed = ["init", "--quiet", "--initial-branch=main", "--template="];
        world.git_args(&[&fixed[..], options].concat());
        for (key, value) in [
            ("user.name", "A U Thor"),
            ("user.email", "author@example.com"),
            ("commit.gpgsign", "false"),
            ("gc.auto", "0"),
        ] {
            world.git_args(&["config", key, value]);
        }
        world
    }

    fn with_first_commit(self) -> Self {
        self.write("README.md", "# Sample\n").commit("first commit");
        self
    }

    /// The folder that holds all others; reads `[WORLD]` in [`World::run`].
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `HOME`, empty at first.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// `CODEX_HOME`, empty at first.
    pub fn codex_home(&self) -> PathBuf {
        self.root.join("codex")
    }

    /// `THROUGHLINE_HOME`, empty at first.
    pub fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// The repository, where commands run.
    pub fn repo(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// Writes a file, path relative to the repository, and its folders.
    pub fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> &Self {
        let path = self.repo().join(path);
        let folder = path.parent().expect("a file lies in a folder");
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    /// A file's text, path relative to the repository.
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.repo().join(path);
        fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    }

    /// Commits everything in the worktree, and a line that this call adds to a file named after the
    /// message, so that commits of other messages merge cleanly.
    pub fn commit(&self, message: &str) -> &Self {
        let slug: String =
            message.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = self.repo().join("changes").join(format!("{slug}.txt"));
        let before = fs::read_to_string(&path).unwrap_or_default();
        self.write(&path, format!("{before}{message}\n"));
        self.git_args(&["add", "--all"]);
        self.git_args(&["commit", "--quiet", "--message", message]);
        self
    }

    /// Makes a branch here and switches to it.
    pub fn branch(&self, name: &str) -> &Self {
        self.git_args(&["switch", "--quiet", "--create", name]);
        self
    }

    /// Runs git in the repository and returns its stdout. Words are split at white space; quotes
    /// hold some together.
    ///
    /// # Panics
    /// If git fails.
    pub fn git(&self, arguments: &str) -> String {
        let arguments = words(arguments);
        self.git_args(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// [`World::git`] with words as they are.
    pub fn git_args(&self, arguments: &[&str]) -> String {
        let ran = self.try_git(arguments);
        assert!(ran.is_success(), "git {}: {ran:?}", arguments.join(" "));
        ran.stdout
    }

    /// Runs git where failing is the point, as in a merge with conflicts.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn try_git(&self, arguments: &[&str]) -> Ran {
        self.git_calls.set(self.git_calls.get() + 1);
        self.run_git(arguments)
    }

    /// Runs a shell's script in the repository, up to its first failure. `$THRU` is the program.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn shell(&self, script: &str) -> Ran {
        self.git_calls.set(self.git_calls.get() + 1);
        let mut command = self.command("sh", &self.repo());
        command.args(["-ec", script]).env("THRU", self.binary());
        self.finish(&mut command, b"")
    }

    /// The full id of HEAD's commit. Asking does not move git's clock, so a test that asks once more
    /// makes the same commits.
    pub fn head(&self) -> String {
        self.run_git(&["rev-parse", "--verify", "HEAD"])
            .assert_success()
            .stdout
            .trim_end()
            .to_owned()
    }

    fn run_git(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command("git", &self.repo());
        self.finish(command.args(arguments), b"")
    }

    /// Runs `thru` in the repository.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn thru(&self, arguments: &[&str]) -> Ran {
        self.thru_in(self.repo(), arguments)
    }

    /// Runs `thru` in another folder; a relative one lies in the repository.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn thru_in(&self, folder: impl AsRef<Path>, arguments: &[&str]) -> Ran {
        self.start_thru(&self.repo().join(folder), arguments, b"")
    }

    /// Runs `thru` in the repository with something to read.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn thru_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        self.start_thru(&self.repo(), arguments, input.as_ref())
    }

    /// Runs `thru` and returns the screen: the command, stdout, stderr under `[stderr]` if there is
    /// any, and `[exit N]` if it is not 0. Arguments are split as in [`World::git`].
    pub fn run(&self, arguments: &str) -> String {
        let split = words(arguments);
        let ran = self.thru(&split.iter().map(String::as_str).collect::<Vec<_>>());
        self.without_paths(&format!("$ thru {arguments}\n{}", ran.screen()))
    }

    /// Runs `thru hook codex` in the repository, as Codex would. An event that names no folder
    /// happens in the repository; a tool event that names no call gets the next number.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn hook(&self, event: impl Into<Value>) -> Ran {
        let mut event = event.into();
        if event["cwd"].is_null() {
            event["cwd"] = json!(self.repo());
        }
        if event["tool_use_id"] == "" {
            self.tool_calls.set(self.tool_calls.get() + 1);
            event["tool_use_id"] = json!(format!("call_{}", self.tool_calls.get()));
        }
        self.thru_with_input(&["hook", "codex"], event.to_string())
    }

    /// `text` with this world's folder replaced by `[WORLD]`.
    pub fn without_paths(&self, text: &str) -> String {
        let text = text.replace(&self.root.display().to_string(), "[WORLD]");
        text.replace(&self.folder.path().display().to_string(), "[WORLD]")
    }

    /// The program under test.
    ///
    /// # Panics
    /// Without [`World::with_binary`].
    pub fn binary(&self) -> &Path {
        self.binary.as_deref().expect("World::with_binary says which thru is tested")
    }

    /// A command with this world's environment, to start in `folder`.
    pub fn command(&self, program: impl AsRef<Path>, folder: &Path) -> Command {
        environment::command(self, program.as_ref(), folder)
    }

    /// Calls of `thru` in the repository from other threads.
    pub fn caller(&self) -> Caller {
        Caller::of(self)
    }

    /// While `run` runs, no file that `thru` writes may grow past so many blocks of 512 bytes. A
    /// write is cut short there, and the next one fails.
    pub fn with_largest_file<T>(&self, blocks: u32, run: impl FnOnce(&Self) -> T) -> T {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        self.under(["sh", "-c", &script, "sh"].map(OsString::from).to_vec(), || run(self))
    }

    /// While `run` runs, `thru` is started by a program with these words before its own: a shell that sets
    /// a variable, `env`, `timeout`.
    pub fn started_by<T>(&self, words: &[&str], run: impl FnOnce() -> T) -> T {
        self.under(words.iter().map(OsString::from).collect(), run)
    }

    /// While `run` runs, `thru` is started by this program with these words before its own.
    pub(crate) fn under<T>(&self, words: Vec<OsString>, run: impl FnOnce() -> T) -> T {
        self.under.replace(words);
        let done = run();
        self.under.take();
        done
    }

    fn start_thru(&self, folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
        self.calls.set(self.calls.get() + 1);
        let under = self.under.borrow();
        let mut command = match under.split_first() {
            None => self.command(self.binary(), folder),
            Some((program, words)) => {
                let mut command = self.command(program, folder);
                command.args(words).arg(self.binary());
                command
            }
        };
        command.args(arguments).envs(environment::clock(self.calls.get()));
        self.finish(&mut command, input)
    }

    fn finish(&self, command: &mut Command, input: &[u8]) -> Ran {
        let ran = Ran::from(Running::start(command, input).wait(LIMIT));
        assert!(
            !ran.late,
            "{command:?} did not end, or left a child that holds its output: {ran:?}"
        );
        ran
    }
}

impl Drop for World {
    #[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "says where the world is")]
    fn drop(&mut self) {
        if environment::is_kept() {
            self.folder.disable_cleanup(true);
            eprintln!("kept: {}", self.root.display());
            return;
        }
        for _ in 0..REMOVE_ATTEMPTS {
            if fs::remove_dir_all(&self.root).is_ok() || !self.root.exists() {
                return;
            }
            thread::sleep(REMOVE_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests;
