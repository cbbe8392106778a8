//! `thru memory list | show`

use throughline_model::memory::{Memory, MemoryKind, MemoryStatus};
use throughline_runtime::memories::{Memories, MemoryFilter, Tally};

use super::change::ScopeWord;
use super::find;
use super::here::MemoryPlace;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Which memories.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Of this scope alone.
    pub scope: Option<ScopeWord>,
    /// Of this kind alone.
    pub kind: Option<MemoryKind>,
    /// That stand so; empty: all but those superseded or rejected.
    pub status: Vec<MemoryStatus>,
    /// Of which lines.
    pub lines: Reach,
}

/// How far it is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// What can be seen from here.
    #[default]
    Here,
    /// All lines of the project.
    AllLines,
}

/// One memory, with what was counted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The memory.
    pub memory: Memory,
    /// How often it was told and used.
    pub tally: Tally,
}

/// The list.
#[derive(Debug, Clone)]
pub struct ListReport {
    /// The latest first.
    pub memories: Vec<Listed>,
    /// How many there are beside them that were superseded or rejected.
    pub left_out: usize,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct ShowReport {
    /// It.
    pub listed: Listed,
    /// The one that took its place.
    pub successor: Option<Memory>,
}

/// Lists memories.
///
/// # Errors
/// [`OpsError`].
pub fn list(world: &Surroundings, options: &ListOptions) -> Result<ListReport, OpsError> {
    let (here, _) = MemoryPlace::to_read(world)?;
    let visible = match options.lines {
        Reach::Here => here.visible(),
        Reach::AllLines => here.visible_on_all_lines(),
    };
    let Some(memories) = crate::databases::read::<Memories>(world)? else {
        return Ok(ListReport { memories: Vec::new(), left_out: 0 });
    };
    let filter = MemoryFilter {
        visible,
        scope: options.scope.map(ScopeWord::as_str),
        kind: options.kind.clone(),
        status: options.status.clone(),
    };
    let mut all = memories.list(&filter)?;
    let found = all.len();
    if options.status.is_empty() {
        all.retain(|memory| is_shown(memory.status));
    }
    let left_out = found - all.len();
    let mut tallies = memories.tallies(&all)?;
    let listed = all.into_iter().map(|memory| {
        let tally = tallies.remove(memory.id.as_str()).unwrap_or_default();
        Listed { memory, tally }
    });
    Ok(ListReport { memories: listed.collect(), left_out })
}

fn is_shown(status: MemoryStatus) -> bool {
    match status {
        MemoryStatus::Current | MemoryStatus::Suggested | MemoryStatus::Disputed => true,
        MemoryStatus::Superseded | MemoryStatus::Rejected => false,
    }
}

/// Shows one memory, whatever its scope.
///
/// # Errors
/// [`OpsError`]: nothing of that name.
pub fn show(world: &Surroundings, name: &str) -> Result<ShowReport, OpsError> {
    let missing = || OpsError::NoSuch { what: "memory", name: name.to_owned() };
    let memories = crate::databases::read::<Memories>(world)?.ok_or_else(missing)?;
    let memory = find(&memories, name)?;
    let successor = memory.superseded_by.as_ref();
    let successor = successor.map(|id| find(&memories, id.as_str())).transpose()?;
    let tally = memories.tallies([&memory])?.remove(memory.id.as_str()).unwrap_or_default();
    Ok(ShowReport { listed: Listed { memory, tally }, successor })
}
