//! `thru merge-driver`: git hands over three files, the merge by meaning takes the place of ours.
//!
//! Knows no project and asks nobody. Any doubt is an error that leaves all three files as they
//! are: git then keeps its own conflict. A killed driver leaves ours whole, old or new, and at
//! worst a temporary file beside it.

use std::path::{Path, PathBuf};

use throughline_model::memory::shared;
use throughline_model::merge::{MergeError, Merged, merge, open_conflicts};
use throughline_model::state::{LARGEST_STATE, State, Writable, read, write};
use throughline_store::StoreError;
use throughline_store::durable::{self, Access};

use crate::error::OpsError;

/// The files, as git names them.
#[derive(Debug, Clone)]
pub struct DriverOptions {
    /// `%O`: what both sides come from; empty if there is no such thing.
    pub base: PathBuf,
    /// `%A`: ours, and where the result goes.
    pub ours: PathBuf,
    /// `%B`
    pub theirs: PathBuf,
}

/// What was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriverReport {
    /// How many conflicts this merge recorded.
    pub new: usize,
    /// How many are open in the result.
    pub open: usize,
}

/// Merges, and puts the result into ours.
pub fn drive(options: &DriverOptions) -> Result<DriverReport, OpsError> {
    let base = bytes(&options.base)?;
    let base = if base.is_empty() { None } else { Some(base) };
    let (ours, theirs) = (bytes(&options.ours)?, bytes(&options.theirs)?);
    if is_memory(&ours) {
        return drive_memory(options, base.as_deref(), (&ours, &theirs));
    }
    let merged = merge_bytes(
        base.as_deref().map(|base| (options.base.as_path(), base)),
        (&options.ours, &ours),
        (&options.theirs, &theirs),
    )?;
    let text = text_of(&options.ours, &merged.state)?;
    durable::replace(&options.ours, text.as_bytes(), Access::Repository)?;
    Ok(DriverReport { new: merged.conflicts.len(), open: open_conflicts(&merged.state).len() })
}

/// A shared memory begins with its head, a state with a brace.
fn is_memory(bytes: &[u8]) -> bool {
    bytes.starts_with(b"---")
}

/// Merges a memory that both sides edited. Two texts stay both, and the memory says that it is disputed.
fn drive_memory(
    options: &DriverOptions,
    base: Option<&[u8]>,
    (ours, theirs): (&[u8], &[u8]),
) -> Result<DriverReport, OpsError> {
    let parse = |path: &Path, bytes: &[u8]| {
        shared::parse(&String::from_utf8_lossy(bytes))
            .map_err(|error| OpsError::File { path: path.to_owned(), problem: error.to_string() })
    };
    let base = base.map(|base| parse(&options.base, base)).transpose()?;
    let (ours, theirs) = (parse(&options.ours, ours)?, parse(&options.theirs, theirs)?);
    let merged = shared::merge(base.as_ref(), &ours, &theirs);
    let text = shared::print(&merged.shared);
    durable::replace(&options.ours, text.as_bytes(), Access::Repository)?;
    let disputed = usize::from(merged.is_disputed);
    Ok(DriverReport { new: disputed, open: disputed })
}

fn bytes(path: &Path) -> Result<Vec<u8>, OpsError> {
    Ok(durable::read(path, u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX))?)
}

/// Merges what stands in three places; each is named if it is no state that this program may write.
pub(crate) fn merge_bytes(
    base: Option<(&Path, &[u8])>,
    ours: (&Path, &[u8]),
    theirs: (&Path, &[u8]),
) -> Result<Merged, OpsError> {
    let base = base.map(|(path, bytes)| state(path, bytes)).transpose()?;
    let (mine, other) = (state(ours.0, ours.1)?, state(theirs.0, theirs.1)?);
    merge(base.as_ref(), &mine, &other).map_err(|error| refused(ours.0, &error))
}

pub(crate) fn state(path: &Path, bytes: &[u8]) -> Result<State, OpsError> {
    let unread = |refused| StoreError::State { path: path.to_owned(), refused: Box::new(refused) };
    match read(bytes).map_err(unread)? {
        (state, Writable::Yes) => Ok(state),
        (state, Writable::No) => Err(refused(path, &MergeError::Newer { version: state.version })),
    }
}

fn refused(path: &Path, error: &MergeError) -> OpsError {
    OpsError::File { path: path.to_owned(), problem: error.to_string() }
}

/// The text of a state, which must read back as it.
pub(crate) fn text_of(path: &Path, state: &State) -> Result<String, OpsError> {
    let text = write(state);
    match read(text.as_bytes()) {
        Ok((back, _)) if back == *state => Ok(text),
        Ok(_) => Err(StoreError::Unfaithful { path: path.to_owned() }.into()),
        Err(refused) => {
            Err(StoreError::State { path: path.to_owned(), refused: Box::new(refused) }.into())
        }
    }
}
