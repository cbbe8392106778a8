//! What `thru doctor --fix` mends: only what loses nothing. Each step names what stood before or where
//! it is kept; where nothing is wrong nothing is written, so a second run changes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::table::{Check, Finding, Mends, Verdict};
use super::{Doctor, storage};
use crate::error::OpsError;
use crate::here::Here;

/// What was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Of which check.
    pub check: Check,
    /// What was done, and what keeps what stood before.
    pub done: String,
}

/// Mends what was found; what can't be mended is an entry that says so.
pub(super) fn mend(doctor: &Doctor<'_>, here: Option<&Here>, findings: &[Finding]) -> Vec<Fixed> {
    let wrong = findings.iter().filter(|found| found.verdict >= Verdict::Warning);
    let wrong: BTreeSet<Check> =
        wrong.map(|found| found.check).filter(|check| check.row().mends == Mends::Doctor).collect();
    let of = |checks: &[Check]| checks.iter().copied().find(|check| wrong.contains(check));
    let mut fixed = Vec::new();
    let mut note = |check: Check, done: Result<String, OpsError>| {
        let done = done.unwrap_or_else(|error| format!("could not be mended: {error}"));
        fixed.push(Fixed { check, done });
    };
    // Permissions first: a home that others can write is refused by all that follows.
    if wrong.contains(&Check::Home) {
        note(Check::Home, close(doctor.world.home.root()));
    }
    if wrong.contains(&Check::Permissions) {
        note(Check::Permissions, close_all(doctor));
    }
    if let Some(check) = of(&[Check::Databases, Check::MemoryFile]) {
        note(check, super::databases::mend(doctor.world));
    }
    if wrong.contains(&Check::IndexFile) {
        note(Check::IndexFile, index(doctor));
    }
    if let (Some(check), Some(here)) = (of(&[Check::Lines, Check::Backlog]), here) {
        note(check, fold(doctor, here));
    }
    fixed
}

fn close(path: &Path) -> Result<String, OpsError> {
    let failed =
        |e: std::io::Error| OpsError::File { path: path.to_owned(), problem: e.to_string() };
    let found = fs::symlink_metadata(path).map_err(failed)?;
    let old = found.permissions().mode() & 0o777;
    // What a user may do stays as it is; others lose all.
    fs::set_permissions(path, fs::Permissions::from_mode(old & 0o700)).map_err(failed)?;
    Ok(format!("{} had mode {old:o}, now {:o}", path.display(), old & 0o700))
}

fn close_all(doctor: &Doctor<'_>) -> Result<String, OpsError> {
    let open = storage::walk(doctor.world.home.root(), doctor.options).open;
    open.iter().try_for_each(|path| close(path).map(drop))?;
    Ok(format!("{} are yours alone now", open.len()))
}

fn index(doctor: &Doctor<'_>) -> Result<String, OpsError> {
    let report = crate::index::rebuild(doctor.world, &doctor.options.homes, &mut |_| {})?;
    Ok(format!("made anew from {} transcripts; the damaged one was put aside", report.found))
}

fn fold(doctor: &Doctor<'_>, here: &Here) -> Result<String, OpsError> {
    // A line.json that can't be read keeps us from the state; the fold puts it aside, which is its backup.
    let kept = match crate::cache::keep(doctor.world, here, "doctor --fix") {
        Ok(number) => format!("backup {number} keeps the state from before"),
        Err(_) => "what can't be read was put aside".to_owned(),
    };
    let report = crate::fold::fold_line(doctor.world, here)?;
    Ok(format!("{} records folded; {kept}", report.records))
}
