//! Decision records as text, for who looks for words in them.

use std::path::Path;

use throughline_model::adr::{self, Adr};
use throughline_model::view::View;

use super::import::everywhere;
use super::{files, records};
use crate::error::OpsError;

/// A record: its file relative to the worktree, what it says of itself, and all of it.
pub(crate) type RecordText = (String, Adr, String);

/// The records here: those with a task, and those that an import would find. What can't be read is left out.
///
/// # Errors
/// [`OpsError`]: there are too many.
pub(crate) fn records_as_text(view: &View, worktree: &Path) -> Result<Vec<RecordText>, OpsError> {
    let mut paths = everywhere(view, worktree)?.paths;
    paths.extend(records(view).map(|(_, _, path)| path.to_owned()));
    Ok(paths.into_iter().filter_map(|path| as_text(worktree, path)).collect())
}

fn as_text(worktree: &Path, path: String) -> Option<RecordText> {
    let bytes = files::read(worktree, &path).ok()?;
    let name = path.rsplit('/').next().unwrap_or(&path);
    let record = Some(adr::read(name, &bytes)).filter(Adr::is_record)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Some((path, record, text))
}
