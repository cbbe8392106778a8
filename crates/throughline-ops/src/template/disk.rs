//! Looks at, writes and takes away files of a worktree, and follows no link in it: a repository can
//! carry one, to anywhere.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use throughline_store::durable::{self, Access};

use super::Reason;
use crate::error::OpsError;

/// In bytes; larger than any page.
const LIMIT: u64 = 1024 * 1024;

/// What stands in a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// This text.
    Text(String),
    /// Something that is left alone.
    Other(Reason),
}

fn refused(path: &Path, error: &std::io::Error) -> OpsError {
    OpsError::File { path: path.to_owned(), problem: error.to_string() }
}

fn metadata(path: &Path) -> Result<Option<Metadata>, OpsError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(path, &error)),
    }
}

/// The folders between a worktree and a path in it, outermost first.
fn folders(worktree: &Path, path: &str) -> Vec<PathBuf> {
    let parent = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut all: Vec<_> = parent.ancestors().map(|folder| worktree.join(folder)).collect();
    // The worktree itself.
    all.pop();
    all.reverse();
    all
}

/// Looks at a file.
pub(super) fn look(worktree: &Path, path: &str) -> Result<Found, OpsError> {
    for folder in folders(worktree, path) {
        match metadata(&folder)? {
            None => return Ok(Found::Nothing),
            Some(found) if found.is_dir() => {}
            Some(found) => return Ok(Found::Other(reason(&found))),
        }
    }
    let path = worktree.join(path);
    let Some(found) = metadata(&path)? else { return Ok(Found::Nothing) };
    if !found.is_file() || found.nlink() > 1 {
        return Ok(Found::Other(reason(&found)));
    }
    if found.len() > LIMIT {
        return Ok(Found::Other(Reason::NoText));
    }
    let text = String::from_utf8(durable::read(&path, LIMIT)?);
    Ok(text.map_or(Found::Other(Reason::NoText), Found::Text))
}

fn reason(found: &Metadata) -> Reason {
    if found.is_symlink() || found.is_file() { Reason::Link } else { Reason::NoText }
}

/// Writes a file, with its folders.
pub(super) fn write(worktree: &Path, path: &str, text: &str) -> Result<PathBuf, OpsError> {
    for folder in folders(worktree, path) {
        durable::check_directory(&folder)?;
        durable::create_repository_dir(&folder)?;
    }
    let path = worktree.join(path);
    durable::replace(&path, text.as_bytes(), Access::Repository)?;
    Ok(path)
}

/// Takes a file away, and the folders that are empty without it.
pub(super) fn remove(worktree: &Path, path: &str) -> Result<PathBuf, OpsError> {
    let file = worktree.join(path);
    fs::remove_file(&file).map_err(|error| refused(&file, &error))?;
    for folder in folders(worktree, path).iter().rev() {
        // One that holds something else stays.
        let _ = fs::remove_dir(folder);
    }
    Ok(file)
}
