//! A folder of its own with a git that knows nothing of the machine's settings.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use throughline_git::{Git, GitEnv};
use throughline_model::head::{Head, Oid, Repository};

pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(sandbox.path("home")).unwrap();
        sandbox
    }

    /// With a repository `r` of one commit of `a.txt` on the branch `main`.
    pub(crate) fn with_repository() -> Self {
        let sandbox = Self::new();
        sandbox.git(".", &["init", "-q", "-b", "main", "r"]);
        sandbox.commit("r", "a.txt", "one\n", "first");
        sandbox
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(below)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A program, written by another process: one that this process still had open for writing
    /// when another test forks could not be started.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let write = r#"printf '%s\n' '#!/bin/sh' "$1" > "$0" && chmod 755 "$0""#;
        let done = Command::new("sh").args(["-c", write]).arg(&path).arg(text).status().unwrap();
        assert!(done.success());
        path
    }

    pub(crate) fn commit(&self, repository: &str, file: &str, text: &str, subject: &str) -> Oid {
        self.write(&format!("{repository}/{file}"), text);
        self.git(repository, &["add", "--", file]);
        self.git(repository, &["commit", "-q", "-m", subject]);
        self.oid(repository, "HEAD")
    }

    pub(crate) fn oid(&self, repository: &str, name: &str) -> Oid {
        Oid::parse(&self.git(repository, &["rev-parse", name])).unwrap()
    }

    pub(crate) fn git(&self, directory: &str, arguments: &[&str]) -> String {
        let output = self.try_git(directory, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn try_git(&self, directory: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("git");
        command.env_clear().env("PATH", path()).env("HOME", self.path("home"));
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C"), ("GIT_EDITOR", "true")]);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@b.c");
            command.env(format!("GIT_{who}_DATE"), "1800000000 +0200");
        }
        let settings = ["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"];
        command.args(settings).args(arguments).current_dir(self.path(directory));
        command.output().expect("these tests need git on the PATH")
    }

    /// The git under test.
    pub(crate) fn ask(&self) -> Git {
        self.ask_with(Path::new("git"))
    }

    pub(crate) fn ask_with(&self, program: &Path) -> Git {
        Git::new(GitEnv {
            program: program.to_owned(),
            path: path(),
            home: Some(self.path("home").into()),
            xdg_config_home: None,
        })
    }

    pub(crate) fn discover(&self, directory: &str) -> (Repository, Head) {
        self.ask().discover(&self.path(directory)).unwrap().expect("a repository")
    }
}

pub(crate) fn path() -> OsString {
    std::env::var_os("PATH").expect("a PATH")
}
