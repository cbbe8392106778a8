//! The place where it is measured: a repository of 5,000 files with a project in it.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use throughline_testkit::{HookEvent, World};

use super::samples::Samples;

const FILES: usize = 5_000;

/// A world with a project, and how many tasks it has.
pub(crate) struct Ground {
    pub(crate) world: World,
}

/// A program with this process's environment.
#[expect(clippy::disallowed_methods, reason = "a chore starts programs itself")]
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    Command::new(name)
}

/// Builds `thru` as users get it, and returns where it lies.
///
/// # Panics
/// If it can't be built.
pub(crate) fn release_build() -> PathBuf {
    let mut cargo = program(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--quiet", "--bin", "thru"]);
    let built = cargo.args(["--message-format", "json"]).current_dir(crate::workspace_root());
    let built = built.stderr(Stdio::inherit()).output().expect("cargo starts");
    assert!(built.status.success(), "the release build failed");
    let messages = String::from_utf8_lossy(&built.stdout).into_owned();
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    messages.lines().find_map(executable).expect("cargo names what it built")
}

/// What git calls itself.
pub(crate) fn git_version() -> String {
    let said = program("git").arg("--version").output().expect("git starts").stdout;
    String::from_utf8_lossy(&said).trim().to_owned()
}

impl Ground {
    /// A new one without tasks.
    pub(crate) fn new(binary: &Path) -> Self {
        let world = World::new().with_binary(binary);
        for n in 0..FILES {
            world.write(format!("src/part{}/file{n}.txt", n % 50), format!("{n}\n"));
        }
        world.thru(&["init"]).assert_success();
        world.commit("five thousand files");
        Self { world }
    }

    /// A repository of one commit, without a project.
    pub(crate) fn without_files(binary: &Path) -> Self {
        Self { world: World::new().with_binary(binary) }
    }

    /// The wall time of one run of a program in the repository.
    ///
    /// # Panics
    /// If it fails.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str], input: &str) -> Duration {
        let mut command = self.world.command(program, &self.world.repo());
        command.args(arguments);
        let (time, code) = timed(command, input);
        assert_eq!(code, Some(0), "{} {arguments:?}", program.display());
        time
    }

    /// The wall time of `thru` with these words.
    pub(crate) fn thru(&self, arguments: &[&str]) -> Duration {
        self.run(self.world.binary(), arguments, "")
    }

    /// The wall time of git with these words.
    pub(crate) fn git(&self, arguments: &[&str]) -> Duration {
        self.run(Path::new("git"), arguments, "")
    }

    /// The wall time of one hook.
    pub(crate) fn hook(&self, event: HookEvent, call: usize) -> Duration {
        let mut event = Value::from(event);
        event["cwd"] = json!(self.world.repo());
        if event["tool_use_id"] == "" {
            event["tool_use_id"] = json!(format!("call_{call}"));
        }
        self.run(self.world.binary(), &["hook", "codex"], &event.to_string())
    }

    /// The wall time of an import that adds the tasks `first..last`; every third waits for the one
    /// before.
    pub(crate) fn import(&self, first: usize, last: usize) -> Duration {
        let mut lines = String::new();
        for n in first..last {
            let waits = if n % 3 == 2 { vec![format!("R-{}", n - 1)] } else { Vec::new() };
            let title = format!("Task number {n} of an ordinary length");
            let task = json!({ "title": title, "ref": format!("R-{n}"), "depends_on": waits });
            writeln!(lines, "{task}").expect("a string takes it");
        }
        self.run(self.world.binary(), &["tasks", "import", "-"], &lines)
    }

    /// One append of a journal record's size with fdatasync, on the same disk.
    pub(crate) fn append(&self, samples: &mut Samples) {
        let path = self.world.root().join("appended");
        let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a file");
        let began = Instant::now();
        file.write_all(&[b'x'; 400]).and_then(|()| file.sync_data()).expect("written");
        samples.push(began.elapsed());
    }

    /// Where the only project's files lie.
    pub(crate) fn project_folder(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.world.state().join("projects")).expect("projects");
        entries.next().expect("one project").expect("readable").path()
    }
}

/// Wall time and exit code.
pub(crate) fn timed(mut command: Command, input: &str) -> (Duration, Option<i32>) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A child that doesn't read may close its end first.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let ended = child.wait_with_output().expect("it ends");
    (began.elapsed(), ended.status.code())
}
