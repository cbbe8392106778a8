//! Bytes to state, or a refusal that names the line and the id.
//!
//! Compatibility: unknown members are kept where they stand. A newer `schema_version` is read as
//! far as it is understood (an unknown status counts as pending or open, an unknown kind as task) and
//! marked [`Writable::No`]. Cost: one pass, no tree; 10,000 tasks in a few milliseconds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    Broken, Conflict, Evidence, Extra, Field, Kind, Label, Milestone, MilestoneStatus, Note,
    Pointer, Snapshot, Source, SourceKind, State, StateVersion, Status, Task, check,
};
use crate::ids::{MilestoneId, NoteId, ProjectId, TaskId};
use crate::json::{Json, JsonError, Reader};

/// The largest state file that is read, in bytes.
pub const LARGEST_STATE: usize = 16 * 1024 * 1024;

/// Why the bytes are not a state. The file itself is named by whoever read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Over [`LARGEST_STATE`].
    #[error("{size} bytes is more than the {LARGEST_STATE} that a state may have")]
    TooLarge {
        /// In bytes.
        size: usize,
    },
    /// Not UTF-8.
    #[error("line {line}: not UTF-8")]
    NotText {
        /// Counted from 1.
        line: usize,
    },
    /// Starts as a Git LFS pointer does.
    #[error("line 1: a Git LFS pointer stands here instead of the state (run `git lfs pull`)")]
    Pointer,
    /// Not JSON, or not of the expected shape.
    #[error(transparent)]
    Shape(#[from] JsonError),
    /// The tasks contradict each other.
    #[error("line {line}: {broken}")]
    Broken {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        broken: Broken,
    },
}

/// Whether this program may write the state back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writable {
    /// It understood everything.
    Yes,
    /// A newer program wrote it.
    No,
}

/// Reads a state and checks it whole.
pub fn read(bytes: &[u8]) -> Result<(State, Writable), Refused> {
    if bytes.len() > LARGEST_STATE {
        return Err(Refused::TooLarge { size: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = &bytes[..e.valid_up_to()];
        Refused::NotText { line: 1 + before.iter().filter(|b| **b == b'\n').count() }
    })?;
    if text.starts_with("version https://git-lfs.") {
        return Err(Refused::Pointer);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let state = state_of(text)?;
    check(&state).map_err(|broken| Refused::Broken { line: line_of(text, &broken), broken })?;
    let writable = if state.version > StateVersion::CURRENT { Writable::No } else { Writable::Yes };
    Ok((state, writable))
}

/// Reads strictly first: that a newer program wrote the file matters only where strictness fails.
fn state_of(text: &str) -> Result<State, JsonError> {
    let read = |version| {
        let mut reader = Reader::new(text);
        let state = state(&mut reader, version)?;
        reader.finish()?;
        Ok(state)
    };
    read(StateVersion::CURRENT).or_else(|error| match version(text) {
        Some(newer) if newer > StateVersion::CURRENT => read(newer),
        _ => Err(error),
    })
}

/// A task from the line of JSON that a journal record holds.
pub(crate) fn task_from_compact(text: &str) -> Result<Task, JsonError> {
    let mut reader = Reader::new(text);
    let task = task(&mut reader, StateVersion::CURRENT)?;
    reader.finish()?;
    Ok(task)
}

/// Where the task that a rule complains about begins; 1 if it can't be found.
fn line_of(text: &str, broken: &Broken) -> usize {
    let mut line = None;
    let mut reader = Reader::new(text);
    let _ = reader.map(|reader, key| {
        if key != "tasks" {
            return reader.value().map(drop);
        }
        reader.map(|reader, id| {
            if id == broken.task().as_str() {
                line.get_or_insert(reader.error("").line);
            }
            reader.value().map(drop)
        })
    });
    line.unwrap_or(1)
}

/// The version alone, of a text whose other members may be anything.
fn version(text: &str) -> Option<StateVersion> {
    let mut version = None;
    let whole = Reader::new(text).map(|r, key| {
        if key == "schema_version" {
            version = Some(schema_version(r)?);
            return Ok(());
        }
        r.skip()
    });
    whole.ok().and(version)
}

fn schema_version(reader: &mut Reader<'_>) -> Result<StateVersion, JsonError> {
    let number = reader.integer()?;
    let known = u32::try_from(number).ok().filter(|n| *n >= 1);
    let wrong = || reader.error(format!("schema_version can't be {number}"));
    known.map(StateVersion).ok_or_else(wrong)
}

fn state(reader: &mut Reader<'_>, version: StateVersion) -> Result<State, JsonError> {
    let (mut label, mut found) = (None, None);
    let nobody = ProjectId::from_entropy(&[], /*length*/ 0);
    let mut state = State::empty(Label { id: nobody, name: String::new(), extra: Extra::new() });
    reader.object(|r, key| {
        match key {
            "schema_version" => found = Some(schema_version(r)?),
            "project" => label = Some(self::label(r)?),
            "tasks" => state.tasks = entries(r, |r| task(r, version))?,
            "milestones" => state.milestones = entries(r, |r| milestone(r, version))?,
            "notes" => state.notes = entries(r, note)?,
            "snapshots" => state.snapshots = entries(r, snapshot)?,
            "tombstones" => state.tombstones = entries(r, time)?,
            "conflicts" => state.conflicts = entries(r, conflict)?,
            _ => state.extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    state.version = found.ok_or_else(|| reader.error("schema_version is missing"))?;
    state.label = label.ok_or_else(|| reader.error("project is missing"))?;
    Ok(state)
}

/// A map keyed by id; an id that occurs twice is refused.
fn entries<K: Ord + EntryKey, V>(
    reader: &mut Reader<'_>,
    mut value: impl FnMut(&mut Reader<'_>) -> Result<V, JsonError>,
) -> Result<BTreeMap<K, V>, JsonError> {
    let mut entries = Entries { ascending: Vec::new(), others: BTreeMap::new() };
    reader.map(|r, key| {
        let id = K::from_key(&key).ok_or_else(|| r.error(format!("`{key}` is not an id")))?;
        let within = |mut e: JsonError| {
            e.problem = format!("{key}: {}", e.problem);
            e
        };
        if entries.contains(&id) {
            return Err(r.error(format!("the id {key} stands here a second time")));
        }
        entries.push(id, value(r).map_err(within)?);
        Ok(())
    })?;
    Ok(entries.into_map())
}

/// Entries on their way into a map. Files that we wrote are in order, and a map that is made of
/// ordered entries at once takes half the memory and time of one that grows.
struct Entries<K, V> {
    ascending: Vec<(K, V)>,
    others: BTreeMap<K, V>,
}

impl<K: Ord, V> Entries<K, V> {
    fn is_next(&self, key: &K) -> bool {
        self.ascending.last().is_none_or(|(last, _)| last < key)
    }

    fn contains(&self, key: &K) -> bool {
        let in_order = || self.ascending.binary_search_by(|(k, _)| k.cmp(key)).is_ok();
        self.others.contains_key(key) || (!self.is_next(key) && in_order())
    }

    fn push(&mut self, key: K, value: V) {
        if self.is_next(&key) {
            self.ascending.push((key, value));
        } else {
            self.others.insert(key, value);
        }
    }

    fn into_map(self) -> BTreeMap<K, V> {
        let mut map: BTreeMap<K, V> = self.ascending.into_iter().collect();
        map.extend(self.others);
        map
    }
}

trait EntryKey: Sized {
    fn from_key(key: &str) -> Option<Self>;
}

impl EntryKey for TaskId {
    fn from_key(key: &str) -> Option<Self> {
        Self::parse(key).ok()
    }
}

impl EntryKey for MilestoneId {
    fn from_key(key: &str) -> Option<Self> {
        Self::parse(key).ok()
    }
}

impl EntryKey for NoteId {
    fn from_key(key: &str) -> Option<Self> {
        Self::parse(key).ok()
    }
}

impl EntryKey for String {
    fn from_key(key: &str) -> Option<Self> {
        Some(key.to_owned())
    }
}

impl EntryKey for Pointer {
    fn from_key(key: &str) -> Option<Self> {
        Some(Self(key.to_owned()))
    }
}

pub(super) fn conflict(reader: &mut Reader<'_>) -> Result<Conflict, JsonError> {
    let mut conflict = Conflict::default();
    reader.object(|r, key| {
        match key {
            "stands" => conflict.stands = Some(r.value()?),
            "others" => conflict.others = list(r, |r| r.value())?,
            "empty" => conflict.empty = r.value()? == Json::Bool(true),
            _ => conflict.extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    Ok(conflict)
}

pub(super) fn label(reader: &mut Reader<'_>) -> Result<Label, JsonError> {
    let (mut id, mut name, mut extra) = (None, String::new(), Extra::new());
    reader.object(|r, key| {
        match key {
            "id" => id = Some(id_value(r)?),
            "name" => name = text(r)?,
            _ => extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    let id = id.ok_or_else(|| reader.error("project.id is missing"))?;
    Ok(Label { id, name, extra })
}

fn text(reader: &mut Reader<'_>) -> Result<String, JsonError> {
    reader.string().map(Cow::into_owned)
}

fn time(reader: &mut Reader<'_>) -> Result<Timestamp, JsonError> {
    let text = reader.string()?;
    let expected = "is not a time such as 2026-11-21T05:20:11Z";
    text.parse().map_err(|_| reader.error(format!("`{text}` {expected}")))
}

fn id_value<T: TryFrom<String>>(reader: &mut Reader<'_>) -> Result<T, JsonError> {
    let text = reader.string()?;
    T::try_from(text.clone().into_owned())
        .map_err(|_| reader.error(format!("`{text}` is not an id")))
}

fn list<T>(
    reader: &mut Reader<'_>,
    mut item: impl FnMut(&mut Reader<'_>) -> Result<T, JsonError>,
) -> Result<Vec<T>, JsonError> {
    let mut items = Vec::new();
    reader.array(|r| {
        items.push(item(r)?);
        Ok(())
    })?;
    Ok(items)
}

/// Reads a word of a closed list; a newer file may use words that we don't know yet.
fn word<T>(
    reader: &mut Reader<'_>,
    version: StateVersion,
    parse: fn(&str) -> Result<T, super::FieldError>,
    newer: T,
) -> Result<T, JsonError> {
    let text = reader.string()?;
    match parse(&text) {
        Ok(word) => Ok(word),
        Err(_) if version > StateVersion::CURRENT => Ok(newer),
        Err(error) => Err(reader.error(error.to_string())),
    }
}

pub(super) fn task(reader: &mut Reader<'_>, version: StateVersion) -> Result<Task, JsonError> {
    let source = Source::outside_session(SourceKind::Person);
    let mut task = Task::new(String::new(), Kind::Task, source, Timestamp::UNIX_EPOCH);
    let (mut has_title, mut has_status) = (false, false);
    reader.object(|r, key| {
        has_title |= key == "title";
        has_status |= key == "status";
        task_member(r, key, version, &mut task)
    })?;
    if !has_title || task.title.is_empty() {
        return Err(reader.error("title is missing"));
    }
    if !has_status {
        return Err(reader.error("status is missing"));
    }
    Ok(task)
}

fn task_member(
    r: &mut Reader<'_>,
    key: &str,
    version: StateVersion,
    task: &mut Task,
) -> Result<(), JsonError> {
    match key {
        "status" => task.status = word(r, version, Field::status, Status::Pending)?,
        "created_at" => task.created_at = time(r)?,
        "kind" => task.kind = word(r, version, Field::kind, Kind::Task)?,
        "priority" => task.priority = priority(r)?,
        "source" => task.source = source(r, version)?,
        "title" => task.title = text(r)?,
        "ref" => task.reference = Some(text(r)?),
        "parent" => task.parent = Some(id_value(r)?),
        "milestone" => task.milestone = Some(id_value(r)?),
        "owner" => task.owner = Some(text(r)?),
        "labels" => task.labels = list(r, text)?,
        "depends_on" => task.depends_on = list(r, id_value)?,
        "related" => task.related = list(r, id_value)?,
        "discovered_from" => task.discovered_from = list(r, id_value)?,
        "acceptance" => task.acceptance = Some(text(r)?),
        "notes" => task.notes = Some(text(r)?),
        "deferred_until" => task.deferred_until = Some(time(r)?),
        "target_commit" => task.target_commit = Some(text(r)?),
        "adr" => task.adr = Some(text(r)?),
        "adr_import" => task.adr_import = Some(text(r)?),
        "reason" => task.reason = Some(text(r)?),
        "completed_at" => task.completed_at = Some(time(r)?),
        "evidence" => task.evidence = list(r, evidence)?,
        _ => task.extra.push((key.to_owned(), r.value()?)),
    }
    Ok(())
}

fn priority(reader: &mut Reader<'_>) -> Result<u8, JsonError> {
    let number = reader.integer()?;
    Field::priority(&number.to_string()).map_err(|e| reader.error(e.to_string()))
}

fn source(reader: &mut Reader<'_>, version: StateVersion) -> Result<Source, JsonError> {
    let mut source = Source::outside_session(SourceKind::Person);
    reader.object(|r, key| {
        match key {
            "kind" => source.kind = word(r, version, Field::source, SourceKind::Person)?,
            "session" => source.session = Some(text(r)?),
            _ => source.extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    Ok(source)
}

pub(super) fn evidence(reader: &mut Reader<'_>) -> Result<Evidence, JsonError> {
    let mut evidence = Evidence::default();
    reader.object(|r, key| {
        match key {
            "commit" => evidence.commit = Some(text(r)?),
            "files" => evidence.files = list(r, text)?,
            "session" => evidence.session = Some(text(r)?),
            "turn" => evidence.turn = Some(text(r)?),
            "orphaned" => evidence.orphaned = r.boolean()?,
            _ => evidence.extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    Ok(evidence)
}

pub(super) fn milestone(
    reader: &mut Reader<'_>,
    version: StateVersion,
) -> Result<Milestone, JsonError> {
    let mut milestone = Milestone {
        title: String::new(),
        status: MilestoneStatus::Open,
        due: None,
        extra: Extra::new(),
    };
    reader.object(|r, key| {
        match key {
            "title" => milestone.title = text(r)?,
            "due" => milestone.due = Some(time(r)?),
            "status" => milestone.status = milestone_status(r, version)?,
            _ => milestone.extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    Ok(milestone)
}

fn milestone_status(
    reader: &mut Reader<'_>,
    version: StateVersion,
) -> Result<MilestoneStatus, JsonError> {
    match &*reader.string()? {
        "open" => Ok(MilestoneStatus::Open),
        "reached" => Ok(MilestoneStatus::Reached),
        "dropped" => Ok(MilestoneStatus::Dropped),
        _ if version > StateVersion::CURRENT => Ok(MilestoneStatus::Open),
        other => {
            Err(reader.error(format!("status can't be \"{other}\": open, reached or dropped")))
        }
    }
}

pub(super) fn note(reader: &mut Reader<'_>) -> Result<Note, JsonError> {
    let mut note = Note {
        text: String::new(),
        at: Timestamp::UNIX_EPOCH,
        task: None,
        session: None,
        extra: Extra::new(),
    };
    reader.object(|r, key| {
        match key {
            "text" => note.text = text(r)?,
            "at" => note.at = time(r)?,
            "task" => note.task = Some(id_value(r)?),
            "session" => note.session = Some(text(r)?),
            _ => note.extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    Ok(note)
}

pub(super) fn snapshot(reader: &mut Reader<'_>) -> Result<Snapshot, JsonError> {
    let mut snapshot = Snapshot {
        commit: String::new(),
        at: Timestamp::UNIX_EPOCH,
        reason: String::new(),
        milestone: None,
        extra: Extra::new(),
    };
    reader.object(|r, key| {
        match key {
            "milestone" => snapshot.milestone = Some(id_value(r)?),
            "commit" => snapshot.commit = text(r)?,
            "at" => snapshot.at = time(r)?,
            "reason" => snapshot.reason = text(r)?,
            _ => snapshot.extra.push((key.to_owned(), r.value()?)),
        }
        Ok(())
    })?;
    Ok(snapshot)
}
