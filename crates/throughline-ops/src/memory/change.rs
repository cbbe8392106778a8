//! What a person does to memories: add, edit, pin, confirm, reject, move, forget.

use throughline_model::ids::MemoryId;
use throughline_model::memory::{
    Author, Confidence, Memory, MemoryKind, MemoryScope, MemoryStatus, Source,
};
use throughline_model::session::first_sentence;
use throughline_runtime::memories::{Change, Memories};

use super::here::MemoryPlace;
use super::root::{Root, roots_of};
use super::write::write;
use super::{find, forget_findings, new_id};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// How long a title is that nobody gave, in characters.
const TITLE: usize = 80;

/// In which scope something is to hold, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeWord {
    /// Everywhere.
    User,
    /// In the project here.
    Project,
    /// On the line here.
    Line,
}

impl ScopeWord {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Line => "line",
        }
    }

    /// The scope itself; without a word: the project here, else everywhere.
    pub(super) fn scope(word: Option<Self>, here: &MemoryPlace) -> Result<MemoryScope, OpsError> {
        let project = || {
            let reason = "there is no project here: add `--scope user`, or go where one is";
            here.project.clone().ok_or_else(|| OpsError::Refused { reason: reason.to_owned() })
        };
        Ok(match (word, here.line()) {
            (Some(Self::User), _) => MemoryScope::User,
            (None, _) if here.project.is_none() => MemoryScope::User,
            (Some(Self::Line), Some(line)) => {
                MemoryScope::Line { project: project()?, line: line.to_owned() }
            }
            (Some(Self::Project | Self::Line) | None, _) => {
                MemoryScope::Project { project: project()? }
            }
        })
    }
}

/// What is to be remembered.
#[derive(Debug, Clone)]
pub struct AddOptions {
    /// In full.
    pub text: String,
    /// In a few words; else the text's first sentence.
    pub title: Option<String>,
    /// What kind of thing.
    pub kind: MemoryKind,
    /// Where it holds.
    pub scope: Option<ScopeWord>,
    /// Files it is about.
    pub files: Vec<String>,
    /// It never sinks.
    pub pinned: bool,
}

/// What became of a memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedReport {
    /// As it stands now; as it stood, if it is forgotten.
    pub memory: Memory,
    /// What was done, as a past participle.
    pub done: &'static str,
}

/// Adds a memory.
///
/// # Errors
/// [`OpsError`]: no text, no project for the scope, files of ours.
pub fn add(world: &Surroundings, options: &AddOptions) -> Result<ChangedReport, OpsError> {
    let here = MemoryPlace::of(world)?;
    let scope = ScopeWord::scope(options.scope, &here)?;
    know_line(world, &scope)?;
    let text = options.text.trim();
    if text.is_empty() {
        return Err(OpsError::Refused { reason: "there is nothing to remember".to_owned() });
    }
    let title = options.title.clone().unwrap_or_else(|| first_sentence(text, TITLE));
    let now = world.clock.now();
    let root = Root::of(&scope);
    let memory = write(world, &[root], &format!("add: {title}"), |change| {
        let source = Source { commit: here.head.clone(), ..Source::of(now) };
        let words = (title, text.to_owned());
        let stated =
            Memory::stated(new_id(world, change)?, options.kind.clone(), scope, words, source);
        let memory = Memory { files: options.files.clone(), pinned: options.pinned, ..stated };
        change.put(&memory)?;
        Ok(memory)
    })?;
    Ok(ChangedReport { memory, done: "added" })
}

/// A line of which nobody else heard yet begins with its first memory: else its merge would be no news.
fn know_line(world: &Surroundings, scope: &MemoryScope) -> Result<(), OpsError> {
    match scope {
        MemoryScope::Line { .. } => Here::find_unsettled(world).map(drop),
        MemoryScope::User | MemoryScope::Project { .. } => Ok(()),
    }
}

/// What is to be different in a memory; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct EditOptions {
    /// In full.
    pub text: Option<String>,
    /// In a few words.
    pub title: Option<String>,
    /// What kind of thing.
    pub kind: Option<MemoryKind>,
}

/// Edits a memory: what it says is the user's own word from then on.
///
/// # Errors
/// [`OpsError`]: nothing of that name, files of ours.
pub fn edit(
    world: &Surroundings,
    name: &str,
    options: &EditOptions,
) -> Result<ChangedReport, OpsError> {
    changed(world, name, "edited", |memory| {
        memory.reword(options.text.clone().unwrap_or_else(|| memory.text.clone()));
        memory.title = options.title.clone().unwrap_or_else(|| memory.title.clone());
        memory.kind = options.kind.clone().unwrap_or_else(|| memory.kind.clone());
        memory.author = Author::Person;
        memory.confidence = Confidence::Stated;
    })
}

/// Whether a memory may sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// It may not.
    On,
    /// It may.
    Off,
}

/// Pins a memory, so that it never sinks, or lets go of it.
///
/// # Errors
/// As [`edit`].
pub fn pin(world: &Surroundings, name: &str, pin: Pin) -> Result<ChangedReport, OpsError> {
    let done = if pin == Pin::On { "pinned" } else { "unpinned" };
    changed(world, name, done, |memory| memory.pinned = pin == Pin::On)
}

/// Confirms a memory: it holds, and is the user's own word.
///
/// # Errors
/// As [`edit`].
pub fn confirm(world: &Surroundings, name: &str) -> Result<ChangedReport, OpsError> {
    changed(world, name, "confirmed", |memory| {
        memory.confirm();
        memory.unfounded = false;
    })
}

/// Rejects a memory: it is wrong, and nothing that says the same is suggested again.
///
/// # Errors
/// As [`edit`].
pub fn reject(world: &Surroundings, name: &str) -> Result<ChangedReport, OpsError> {
    let now = world.clock.now();
    changed(world, name, "rejected", |memory| {
        memory.status = MemoryStatus::Rejected;
        memory.author = Author::Person;
        memory.until = Some(memory.until.unwrap_or(now));
    })
}

/// Moves a memory to another scope.
///
/// # Errors
/// As [`edit`]; no project here for the scope.
pub fn move_to(
    world: &Surroundings,
    name: &str,
    scope: ScopeWord,
) -> Result<ChangedReport, OpsError> {
    let here = MemoryPlace::of(world)?;
    let scope = ScopeWord::scope(Some(scope), &here)?;
    know_line(world, &scope)?;
    let target = Root::of(&scope);
    changed_in(world, name, ("moved", Some(target)), |memory| {
        memory.scope = scope;
        memory.author = Author::Person;
    })
}

/// Forgets a memory and what it rests on, so that it does not come back.
///
/// # Errors
/// As [`edit`].
pub fn forget(world: &Surroundings, name: &str) -> Result<ChangedReport, OpsError> {
    let memories = crate::databases::open::<Memories>(world)?;
    let memory = find(&memories, name)?;
    drop(memories);
    let message = format!("forget {}: {}", memory.id, memory.title);
    write(world, &roots_of([&memory].into_iter()), &message, |change| {
        forget_findings(change, &memory)?;
        change.remove(&memory.id)?;
        Ok(())
    })?;
    Ok(ChangedReport { memory, done: "forgotten" })
}

fn changed(
    world: &Surroundings,
    name: &str,
    done: &'static str,
    change: impl FnOnce(&mut Memory),
) -> Result<ChangedReport, OpsError> {
    changed_in(world, name, (done, None), change)
}

fn changed_in(
    world: &Surroundings,
    name: &str,
    (done, target): (&'static str, Option<Root>),
    change: impl FnOnce(&mut Memory),
) -> Result<ChangedReport, OpsError> {
    let memory = find(&crate::databases::open::<Memories>(world)?, name)?;
    let roots: Vec<Root> = roots_of([&memory].into_iter()).into_iter().chain(target).collect();
    let message = format!("{done} {}: {}", memory.id, memory.title);
    let memory = write(world, &roots, &message, |inside| {
        // A hand may have changed it since.
        let mut memory = current(inside, &memory.id)?;
        change(&mut memory);
        inside.put(&memory)?;
        Ok(memory)
    })?;
    Ok(ChangedReport { memory, done })
}

fn current(change: &Change<'_>, id: &MemoryId) -> Result<Memory, OpsError> {
    let gone = || OpsError::NoSuch { what: "memory", name: id.to_string() };
    change.get(id)?.ok_or_else(gone)
}
