//! `MEMORY.md`: printed from the database, and what a hand changed in it taken back in.
//!
//! The database keeps the text that was printed last. A file that says something else was edited: what is
//! new in it, was changed or is gone becomes the user's own word. Compared is with what was printed, not
//! with the rows: after a crash between the two, what the rows gained is no edit. A file that can't be
//! understood is refused with its line and left as it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use throughline_model::ids::MemoryId;
use throughline_model::memory::sheet::{self, Entry, HandEdit};
use throughline_model::memory::{
    Author, Confidence, Memory, MemoryScope, MemoryStatus, Reach, Source,
};
use throughline_runtime::memories::{Change, Memories, Sheet};

use super::here::MemoryPlace;
use super::past::RevertReport;
use super::root::{Root, RootLock, SHEET};
use super::{forget_findings, new_id};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Takes in what a hand changed.
///
/// # Errors
/// [`OpsError::File`]: the sheet can't be understood.
pub(super) fn take_in(
    world: &Surroundings,
    memories: &mut Memories,
    root: &Root,
    lock: &RootLock,
) -> Result<RevertReport, OpsError> {
    let Some(text) = lock.sheet()? else { return Ok(RevertReport::default()) };
    let last = memories.sheet(root.key())?.map(|sheet| sheet.text).unwrap_or_default();
    if last == text {
        return Ok(RevertReport::default());
    }
    let edits = edits(memories, root, lock, (&last, &text))?;
    carry_out(world, memories, root, &edits)
}

/// Makes the memories of a root what an earlier sheet said.
///
/// # Errors
/// As [`take_in`].
pub(super) fn replace_by(
    world: &Surroundings,
    root: &Root,
    text: &str,
    message: &str,
) -> Result<RevertReport, OpsError> {
    world.home.prepare()?;
    let mut memories = crate::databases::open::<Memories>(world)?;
    let lock = root.lock(world)?;
    take_in(world, &mut memories, root, &lock)?;
    let now = sheet::print(&memories.of_root(root.project())?);
    let edits = edits(&memories, root, &lock, (&now, text))?;
    let report = carry_out(world, &mut memories, root, &edits)?;
    print(world, &mut memories, root, &lock, message)?;
    Ok(report)
}

/// Prints the sheet anew, and keeps it in the history.
///
/// # Errors
/// [`OpsError`]: the file system, git.
pub(super) fn print(
    world: &Surroundings,
    memories: &mut Memories,
    root: &Root,
    lock: &RootLock,
    message: &str,
) -> Result<(), OpsError> {
    let text = sheet::print(&memories.of_root(root.project())?);
    lock.write(SHEET, &text)?;
    let consolidated = memories.sheet(root.key())?.and_then(|sheet| sheet.consolidated);
    memories.change(|change| change.put_sheet(root.key(), &Sheet { text, consolidated }))?;
    root.ledger(world).keep(message, world.clock.now())?;
    Ok(())
}

/// What was done between two texts of a sheet.
fn edits(
    memories: &Memories,
    root: &Root,
    lock: &RootLock,
    (before, after): (&str, &str),
) -> Result<Vec<HandEdit>, OpsError> {
    let parse = |text: &str| {
        sheet::parse(text).map_err(|error| OpsError::File {
            path: lock.folder().join(SHEET),
            problem: error.to_string(),
        })
    };
    // What was printed by us reads back; another program's sheet may not, and then nothing is known of it.
    let printed = sheet::parse(before).unwrap_or_default();
    let printed: BTreeMap<&MemoryId, &Entry> =
        printed.iter().filter_map(|entry| Some((entry.id.as_ref()?, entry))).collect();
    let rows = memories.of_root(root.project())?;
    let mut edits = sheet::hand_edits(&rows, &parse(after)?);
    edits.retain(|edit| match edit {
        HandEdit::Changed { id, entry } => printed.get(id).is_none_or(|was| !is_same(was, entry)),
        HandEdit::Removed { id } => printed.contains_key(id),
        HandEdit::Added(entry) => match entry.id.as_ref().and_then(|id| printed.get(id)) {
            Some(was) => !is_same(was, entry),
            None => true,
        },
    });
    Ok(edits)
}

/// Whether two entries say the same, wherever they stand.
fn is_same(one: &Entry, other: &Entry) -> bool {
    let other = Entry { line: one.line, ..other.clone() };
    *one == other
}

fn carry_out(
    world: &Surroundings,
    memories: &mut Memories,
    root: &Root,
    edits: &[HandEdit],
) -> Result<RevertReport, OpsError> {
    if edits.is_empty() {
        return Ok(RevertReport::default());
    }
    let here = MemoryPlace::of(world)?;
    let hand = Hand { world, root, here: &here, now: world.clock.now() };
    memories.change(|change| {
        let mut report = RevertReport::default();
        for edit in edits {
            match edit {
                HandEdit::Changed { id, entry } => {
                    let Some(memory) = change.get(id)? else { continue };
                    change.put(&hand.changed(memory, entry))?;
                    report.changed += 1;
                }
                HandEdit::Added(entry) => {
                    change.put(&hand.added(change, entry)?)?;
                    report.added += 1;
                }
                HandEdit::Removed { id } => {
                    let Some(memory) = change.get(id)? else { continue };
                    forget_findings(change, &memory)?;
                    change.remove(id)?;
                    report.removed += 1;
                }
            }
        }
        Ok(report)
    })
}

/// Whoever edited a sheet.
struct Hand<'a> {
    world: &'a Surroundings,
    root: &'a Root,
    here: &'a MemoryPlace,
    now: Timestamp,
}

impl Hand<'_> {
    fn changed(&self, mut memory: Memory, entry: &Entry) -> Memory {
        memory.reword(entry.text.clone());
        let status = entry.status.unwrap_or(MemoryStatus::Current);
        let has_ended = match status {
            MemoryStatus::Superseded | MemoryStatus::Rejected => true,
            MemoryStatus::Current | MemoryStatus::Suggested | MemoryStatus::Disputed => false,
        };
        Memory {
            kind: entry.kind.clone(),
            title: entry.title.clone(),
            text: memory.text,
            earlier: memory.earlier,
            pinned: entry.pinned,
            status,
            author: Author::Person,
            confidence: Confidence::Stated,
            until: has_ended.then(|| memory.until.unwrap_or(self.now)),
            superseded_by: memory.superseded_by.filter(|_| has_ended),
            unfounded: memory.unfounded && has_ended,
            scope: memory.scope,
            id: memory.id,
            key: memory.key,
            subject: memory.subject,
            files: memory.files,
            sources: memory.sources,
            since: memory.since,
            extra: memory.extra,
        }
    }

    fn added(&self, change: &Change<'_>, entry: &Entry) -> Result<Memory, OpsError> {
        let id = match &entry.id {
            // One that was there before comes back under its name.
            Some(id) if !change.is_taken(id)? => id.clone(),
            Some(_) | None => new_id(self.world, change)?,
        };
        let source = Source { commit: self.here.head.clone(), ..Source::of(self.now) };
        let words = (entry.title.clone(), entry.text.clone());
        let scope = self.scope(entry.reach);
        Ok(Memory {
            status: entry.status.unwrap_or(MemoryStatus::Current),
            pinned: entry.pinned,
            ..Memory::stated(id, entry.kind.clone(), scope, words, source)
        })
    }

    /// A sheet's own scope, unless the entry says that it holds on the line here alone.
    fn scope(&self, reach: Reach) -> MemoryScope {
        let Some(project) = self.root.project().map(str::to_owned) else {
            return MemoryScope::User;
        };
        let line = self.here.line().filter(|_| self.here.project.as_ref() == Some(&project));
        match (reach, line) {
            (Reach::Line, Some(line)) => MemoryScope::Line { project, line: line.to_owned() },
            (Reach::User | Reach::Project | Reach::Line, _) => MemoryScope::Project { project },
        }
    }
}
