//! `cargo xtask versions [--old REV] [--operations N]`: an older build and this one at work on one project.
//!
//! The old one is built from git's own copy of a revision, in `target/versions/<commit>`, where the next run
//! finds it again. Without `--old` that is the newest tag; without a tag the commit [`BEHIND`] first parents
//! before HEAD, or the first one. [`matrix`] says what both do and what must hold.

mod matrix;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bench::ground::program;
use crate::{Outcome, XtaskError, workspace_root};

/// How far back the old program comes from where no release was tagged, in commits.
const BEHIND: usize = 20;

/// How many operations each writer carries out, if nothing else is asked.
const OPERATIONS: usize = 24;

struct Asked {
    old: Option<String>,
    operations: usize,
}

/// Runs the chore.
///
/// # Errors
/// When an argument is not known, the revision is none, or a program can't be built or started.
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let asked = asked(arguments)?;
    let commit = revision(asked.old.as_deref())?;
    writeln!(
        output,
        "versions: {commit} beside this checkout, {} operations a writer",
        asked.operations
    )?;
    let programs = matrix::Programs { old: old_build(&commit)?, new: new_build()? };
    let outcome = matrix::run(&programs, asked.operations, output)?;
    Ok(outcome)
}

fn asked(arguments: &[String]) -> Result<Asked, XtaskError> {
    let mut asked = Asked { old: None, operations: OPERATIONS };
    let problem = || XtaskError::Usage {
        problem: "versions: it takes --old REVISION and --operations NUMBER".to_owned(),
    };
    for pair in arguments.chunks(2) {
        match pair {
            [flag, revision] if flag == "--old" => asked.old = Some(revision.clone()),
            [flag, number] if flag == "--operations" => {
                asked.operations = number.parse().map_err(|_| problem())?;
            }
            [..] => return Err(problem()),
        }
    }
    Ok(asked)
}

/// The short id of the commit that the old program is built from.
fn revision(asked: Option<&str>) -> io::Result<String> {
    let named = match asked {
        Some(revision) => revision.to_owned(),
        None => match git(&["describe", "--tags", "--abbrev=0"]) {
            Ok(tag) => tag,
            Err(_) => behind()?,
        },
    };
    git(&["rev-parse", "--verify", "--short=9", &format!("{named}^{{commit}}")])
}

fn behind() -> io::Result<String> {
    let most = format!("--max-count={}", BEHIND + 1);
    let commits = git(&["rev-list", "--first-parent", &most, "HEAD"])?;
    commits.lines().last().map(str::to_owned).ok_or_else(|| io::Error::other("there is no commit"))
}

fn git(words: &[&str]) -> io::Result<String> {
    let ran = program("git").args(words).current_dir(workspace_root()).output()?;
    if ran.status.success() {
        return Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned());
    }
    let complaint = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
    Err(io::Error::other(format!("git {}: {complaint}", words.join(" "))))
}

fn old_build(commit: &str) -> io::Result<PathBuf> {
    let folder = workspace_root().join("target/versions").join(commit);
    let source = folder.join("source");
    if !source.join("Cargo.lock").is_file() {
        take_out(commit, &source)?;
    }
    build(&source, &folder.join("target"))
}

fn new_build() -> io::Result<PathBuf> {
    build(&workspace_root(), &workspace_root().join("target"))
}

/// A revision's files, without a work tree that git would have to know of.
fn take_out(commit: &str, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut archive = program("git");
    archive.args(["archive", commit]).current_dir(workspace_root()).stdout(Stdio::piped());
    let mut archive = archive.spawn()?;
    let files =
        archive.stdout.take().ok_or_else(|| io::Error::other("git archive says nothing"))?;
    succeeds(program("tar").args(["-x", "-C"]).arg(folder).stdin(files))?;
    if archive.wait()?.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("git archive {commit} failed")))
}

/// A debug build: what is compared here are files, not times.
fn build(source: &Path, target: &Path) -> io::Result<PathBuf> {
    let mut cargo = program(env!("CARGO"));
    cargo.args(["build", "--locked", "--quiet", "--package", "throughline", "--bin", "thru"]);
    succeeds(cargo.arg("--target-dir").arg(target).current_dir(source))?;
    Ok(target.join("debug/thru"))
}

fn succeeds(command: &mut Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?}: {status}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_and_a_number_are_the_only_arguments() {
        let asked_for =
            |text: &str| asked(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let both = asked_for("--old v1 --operations 3").unwrap();
        assert_eq!((both.old.as_deref(), both.operations), (Some("v1"), 3));
        assert_eq!(asked_for("").unwrap().operations, OPERATIONS);
        for wrong in ["--old", "--operations many", "v1", "--new v1"] {
            assert!(asked_for(wrong).is_err(), "{wrong}");
        }
    }
}
