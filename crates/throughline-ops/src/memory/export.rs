//! `thru memory export`: every memory that can be seen from here, one JSON object a line, as
//! `thru memory import` reads it.

use throughline_runtime::memories::{Memories, MemoryFilter};

use super::here::MemoryPlace;
use super::import::Entry;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Everything, as text.
///
/// # Errors
/// [`OpsError`].
pub fn export(world: &Surroundings) -> Result<String, OpsError> {
    let here = MemoryPlace::of(world)?;
    let Some(memories) = crate::databases::read::<Memories>(world)? else {
        return Ok(String::new());
    };
    let filter = MemoryFilter { visible: here.visible_on_all_lines(), ..MemoryFilter::default() };
    let all = memories.list(&filter)?;
    let line = |memory| format!("{}\n", Entry::of(memory).text());
    Ok(all.into_iter().map(line).collect())
}
