//! `thru setup git`: git is to merge the state file by meaning.
//!
//! Two blocks between marks of ours, in files of this clone that git never delivers: the driver in
//! `config`, the attribute that asks for it in `info/attributes`, both of the common directory, so
//! they hold in linked worktrees. Why not `git config`: docs/decisions/0002-git-setup.md. Taking a
//! block out leaves every other byte as it is.

use std::fs;
use std::path::{Path, PathBuf};

use throughline_store::durable::{self, Access};

use super::files::{FileChange, text_of};
use super::{Check, CheckState, RemovalReport, SetupPlan, check, still_as_planned};
use crate::error::OpsError;
use crate::here::Site;
use crate::surroundings::Surroundings;

const BEGIN: &str = "# begin throughline (thru setup git --remove takes it out)\n";

/// Stands at the beginning where the text before did not end with a newline.
const BEGIN_JOINED: &str =
    "\n# begin throughline, after a newline of ours (thru setup git --remove takes it out)\n";

const END: &str = "# end throughline\n";

/// Where git looks, and which program it shall start.
#[derive(Debug, Clone)]
pub struct GitSetupOptions {
    /// The repository's common directory.
    pub common_dir: PathBuf,
    /// This program; an absolute path.
    pub thru: PathBuf,
}

impl GitSetupOptions {
    /// For the repository in which we are.
    pub fn here(world: &Surroundings) -> Result<Self, OpsError> {
        let site = Site::of(world, &world.directory)?;
        let Some(repository) = site.repository else {
            return Err(OpsError::Refused { reason: "this is no git repository".to_owned() });
        };
        Ok(Self { common_dir: repository.common_dir, thru: world.program.clone() })
    }

    fn config(&self) -> PathBuf {
        self.common_dir.join("config")
    }

    fn attributes(&self) -> PathBuf {
        self.common_dir.join("info").join("attributes")
    }

    /// Each file with what stands between the marks.
    fn blocks(&self) -> Result<[(PathBuf, String); 2], OpsError> {
        let driver = quoted(&driver(&self.thru)?);
        let config = format!(
            "[merge \"throughline\"]\n\tname = project memory, merged by meaning\n\tdriver = {driver}\n"
        );
        let attributes = "/.throughline/project_state.json merge=throughline\n".to_owned();
        // What asks for the driver comes last.
        Ok([(self.config(), config), (self.attributes(), attributes)])
    }
}

/// The driver's command, for git (which replaces `%…`) and its shell. If the program fails, is
/// killed or is gone, git's own merge puts its markers there and the file counts as unmerged.
fn driver(thru: &Path) -> Result<String, OpsError> {
    let unfit = |problem: &str| refused(thru, problem);
    let path = thru.to_str().ok_or_else(|| unfit("is not UTF-8"))?;
    if !thru.is_absolute() || path.contains(['\n', '\r', '\0']) {
        return Err(unfit("is no absolute path on one line, which git's config needs"));
    }
    let path = path.replace('%', "%%").replace('\'', "'\\''");
    Ok(format!(
        "'{path}' merge-driver %O %A %B || {{ git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B; exit 1; }}"
    ))
}

/// As a value of git's config.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn refused(path: &Path, problem: &str) -> OpsError {
    OpsError::File { path: path.to_owned(), problem: problem.to_owned() }
}

/// Where our block lies in a text; an error if one of its marks is alone.
fn block(text: &str) -> Result<Option<std::ops::Range<usize>>, &'static str> {
    let joined = text.find(BEGIN_JOINED).map(|at| (at, BEGIN_JOINED.len()));
    let begin = joined.or_else(|| text.find(BEGIN).map(|at| (at, BEGIN.len())));
    let Some((begin, length)) = begin else { return Ok(None) };
    let end = text[begin + length..].find(END).ok_or("the end of our block is missing")?;
    Ok(Some(begin..begin + length + end + END.len()))
}

fn with_block(text: &str, inner: &str) -> Result<String, &'static str> {
    if let Some(range) = block(text)? {
        let begin = if text[range.clone()].starts_with('\n') { BEGIN_JOINED } else { BEGIN };
        return Ok(format!("{}{begin}{inner}{END}{}", &text[..range.start], &text[range.end..]));
    }
    let begin = if text.is_empty() || text.ends_with('\n') { BEGIN } else { BEGIN_JOINED };
    Ok(format!("{text}{begin}{inner}{END}"))
}

fn without_block(text: &str) -> Result<Option<String>, &'static str> {
    let range = block(text)?;
    Ok(range.map(|range| format!("{}{}", &text[..range.start], &text[range.end..])))
}

/// Plans what to write; changes nothing.
pub fn plan(options: &GitSetupOptions) -> Result<SetupPlan, OpsError> {
    let mut changes = Vec::new();
    for (path, inner) in options.blocks()? {
        let before = text_of(&path)?;
        let after = with_block(before.as_deref().unwrap_or_default(), &inner);
        let after = after.map_err(|problem| refused(&path, problem))?;
        if before.as_deref() != Some(after.as_str()) {
            let summary = inner.lines().map(|line| line.replace('\t', "    ")).collect();
            changes.push(FileChange { path, before, after, summary });
        }
    }
    Ok(SetupPlan { changes })
}

/// Writes what was planned. The files that were written.
pub fn carry_out(plan: &SetupPlan) -> Result<Vec<PathBuf>, OpsError> {
    plan.changes.iter().try_for_each(still_as_planned)?;
    for change in &plan.changes {
        if let Some(folder) = change.path.parent() {
            durable::create_repository_dir(folder)?;
        }
        replace(&change.path, &change.after)?;
    }
    Ok(plan.changes.iter().map(|change| change.path.clone()).collect())
}

/// Git's own writers hold `<file>.lock` meanwhile: who comes second gives way.
fn replace(path: &Path, text: &str) -> Result<(), OpsError> {
    let lock = path
        .with_file_name(format!("{}.lock", path.file_name().unwrap_or_default().to_string_lossy()));
    if lock.exists() {
        return Err(refused(path, "git is writing it at this moment; run it again"));
    }
    Ok(durable::replace(path, text.as_bytes(), Access::Repository)?)
}

/// Takes our blocks out; a file that held nothing else goes, unless it is git's config.
pub fn remove(options: &GitSetupOptions) -> Result<RemovalReport, OpsError> {
    let mut restored = Vec::new();
    // What asks for the driver goes first.
    for path in [options.attributes(), options.config()] {
        let Some(text) = text_of(&path)? else { continue };
        let left = without_block(&text).map_err(|problem| refused(&path, problem))?;
        let Some(left) = left else { continue };
        if left.is_empty() && path == options.attributes() {
            fs::remove_file(&path).map_err(|e| refused(&path, &e.to_string()))?;
        } else {
            replace(&path, &left)?;
        }
        restored.push(path);
    }
    Ok(RemovalReport { restored, cleaned: Vec::new() })
}

/// Looks whether everything is as it should be.
pub fn status(options: &GitSetupOptions) -> Result<Vec<Check>, OpsError> {
    let open = plan(options)?.changes;
    let mut checks = Vec::new();
    for (path, _) in options.blocks()? {
        let is_there = text_of(&path)?.is_some_and(|text| matches!(block(&text), Ok(Some(_))));
        let state = match open.iter().any(|change| change.path == path) {
            false => CheckState::Ok,
            true if is_there => CheckState::Stale,
            true => CheckState::Missing,
        };
        let wrong = match state {
            CheckState::Missing => "git does not merge memory by meaning; `thru setup git` lets it",
            CheckState::Ok
            | CheckState::Stale
            | CheckState::Untrusted
            | CheckState::Disabled
            | CheckState::Unknown => {
                "not as this program at this place writes it; `thru setup git` mends it"
            }
        };
        checks.push(check(path.display().to_string(), state, wrong));
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out_byte_for_byte() {
        for text in ["", "a\n", "a", "a\n\n", "[core]\n\tx = 1"] {
            let with = with_block(text, "inner\n").expect("sound");
            assert_eq!(with_block(&with, "inner\n").as_ref(), Ok(&with), "twice is once");
            let other = with_block(&with, "other\n").expect("sound");
            for ours in [with, other] {
                let after = format!("{ours}later\n");
                assert_eq!(without_block(&ours), Ok(Some(text.to_owned())));
                assert_eq!(without_block(&after), Ok(Some(format!("{text}later\n"))));
            }
        }
        assert!(with_block(BEGIN, "x").is_err());
    }
}
