//! The files of decision records: where they are looked for, and how they are read.
//!
//! A repository's files are anybody's. Only regular files inside the worktree are read, no symbolic
//! link is followed below it, and no more than [`LARGEST_FILE`] bytes of [`MOST_FILES`] files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use throughline_store::durable;

use crate::error::OpsError;

/// Where decision records usually lie, below the worktree.
pub const FOLDERS: [&str; 7] = [
    "docs/adr",
    "docs/decisions",
    "docs/architecture/decisions",
    "doc/adr",
    "doc/architecture/decisions",
    "adr",
    "architecture/decisions",
];

/// The largest file that is read, in bytes: a decision record is a page or two.
pub const LARGEST_FILE: u64 = 512 * 1024;

/// The most files that one command looks at.
pub const MOST_FILES: usize = 2_000;

/// Pages that lie beside decision records and are none.
const OTHER_PAGES: [&str; 3] = ["readme", "index", "template"];

/// Files, in the order of their paths.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Relative to the worktree.
    pub(super) paths: BTreeSet<String>,
    /// What was not taken, and why.
    pub(super) skipped: Vec<(String, String)>,
}

impl Found {
    /// The decision records of a folder, if it is one and no link leads there.
    pub(super) fn folder(&mut self, worktree: &Path, folder: &Path) -> Result<(), OpsError> {
        let Some(place) = inside(worktree, folder).filter(|place| place.is_dir()) else {
            return Ok(());
        };
        for entry in fs::read_dir(&place).into_iter().flatten().filter_map(Result::ok) {
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let path = folder.join(entry.file_name());
            if is_file && is_markdown(&path) && !is_other_page(&path) {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), OpsError> {
        let Some(text) = path.to_str() else {
            let reason = "its name is not UTF-8".to_owned();
            self.skipped.push((path.to_string_lossy().into_owned(), reason));
            return Ok(());
        };
        self.paths.insert(text.to_owned());
        if self.paths.len() > MOST_FILES {
            let reason = format!("more than {MOST_FILES} files: name fewer folders");
            return Err(OpsError::Refused { reason });
        }
        Ok(())
    }

    /// What the user named: a file, or a folder of them.
    pub(super) fn named(
        &mut self,
        worktree: &Path,
        directory: &Path,
        path: &Path,
    ) -> Result<(), OpsError> {
        let refused =
            |problem: &str| OpsError::File { path: path.to_owned(), problem: problem.to_owned() };
        let whole = directory.join(path);
        // Of the last part no link is followed, so that none is imported as a file.
        let real = match (whole.parent(), whole.file_name()) {
            (Some(parent), Some(name)) => fs::canonicalize(parent).map(|parent| parent.join(name)),
            _ => fs::canonicalize(&whole),
        };
        let real = real.map_err(|error| refused(&error.to_string()))?;
        let found = fs::symlink_metadata(&real).map_err(|error| refused(&error.to_string()))?;
        let outside = || refused("this lies outside of the worktree");
        let relative = real.strip_prefix(worktree).map_err(|_| outside())?;
        match found.file_type() {
            kind if kind.is_dir() => self.folder(worktree, relative),
            kind if kind.is_file() => self.file(relative),
            _ => Err(refused("neither a file nor a folder; links are not followed")),
        }
    }
}

fn is_markdown(path: &Path) -> bool {
    let is = |wanted: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(wanted));
    is("md") || is("markdown")
}

fn is_other_page(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    stem.starts_with('.')
        || OTHER_PAGES.iter().any(|page| stem == *page || stem.ends_with("template"))
}

/// The place of a path below the worktree; `None` if it leads out of it, or over a link.
fn inside(worktree: &Path, path: &Path) -> Option<PathBuf> {
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let place = worktree.join(path);
    let real = fs::canonicalize(&place).ok().filter(|_| is_plain)?;
    // Without a path of its own the worktree stands for itself, with a slash at the end.
    (real.components().eq(place.components())).then_some(place)
}

/// Whether a record's file can't be read because it is gone.
pub(super) fn is_gone(worktree: &Path, path: &str) -> bool {
    inside(worktree, Path::new(path)).is_none_or(|place| !place.is_file())
}

/// The bytes of a record's file; why not, in words.
pub(super) fn read(worktree: &Path, path: &str) -> Result<Vec<u8>, String> {
    let place = inside(worktree, Path::new(path));
    let place = place.ok_or_else(|| "it is gone, or a link leads there".to_owned())?;
    durable::read(&place, LARGEST_FILE).map_err(|error| error.to_string())
}
