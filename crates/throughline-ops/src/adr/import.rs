//! `thru adr import`: decision records become tasks, and tasks learn what changed in the records.
//!
//! One unit: one `thru undo` takes it back. A record that was imported before is known by its path,
//! by its name where its task has no file (any more), or by its bytes where only its file was renamed.
//! What a person changed on the task since stays. Nothing is written if nothing changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use throughline_model::adr::{self, Adr, Imprint, Standing, Wanted, digest};
use throughline_model::change::{Change, Place, TaskJson};
use throughline_model::ids::{TaskId, UnitId};
use throughline_model::redact::redact;
use throughline_model::state::{Field, Kind, Source, SourceKind, Status, Task};
use throughline_model::view::View;

use super::files::{self, FOLDERS, Found};
use super::records;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks::LONGEST_TITLE;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has a task now.
    Created,
    /// Its task changed.
    Updated,
    /// Its task said so already.
    Unchanged,
}

/// A record that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its file, relative to the worktree.
    pub path: String,
    /// Its task.
    pub id: TaskId,
    /// The name of the task; none if the record has no number, or another task has its name.
    pub reference: Option<String>,
    /// The name that its number would give it and another task has.
    pub name_taken: Option<String>,
    /// The title of the task.
    pub title: String,
    /// Where the task stands.
    pub status: Status,
    /// What became of it.
    pub outcome: Outcome,
    /// What the file changed and somebody had changed on the task: left as it is there.
    pub kept: Vec<Field>,
}

/// What was imported.
#[derive(Debug, Clone)]
pub struct ImportReport {
    /// In the order of their paths.
    pub imported: Vec<Imported>,
    /// Files that were not taken, and why.
    pub skipped: Vec<(String, String)>,
    /// The unit that `thru undo` takes back; `None` if nothing changed.
    pub unit: Option<UnitId>,
}

/// A record's file, read.
struct Record {
    path: String,
    adr: Adr,
    wanted: Wanted,
}

/// Imports the records in `paths`; without any, those in the usual folders and in the folders from
/// which records came before.
pub fn import(
    world: &Surroundings,
    here: &Here,
    paths: &[PathBuf],
) -> Result<ImportReport, OpsError> {
    let worktree = &here.site.worktree;
    let mut found = if paths.is_empty() {
        usual(&here.load()?.view, worktree)?
    } else {
        let mut found = Found::default();
        for path in paths {
            found.named(worktree, &world.directory, path)?;
        }
        found
    };
    let records = read(worktree, &mut found);
    let mut imported = Vec::new();
    let done = apply(world, here, "adr import", |view| {
        let mut import = Import::new(world, view, worktree);
        for record in &records {
            import.take(record)?;
        }
        imported = import.imported;
        Ok(import.changes)
    })?;
    Ok(ImportReport { imported, skipped: found.skipped, unit: done.unit })
}

/// The files that lie where decision records usually do, or did before.
fn usual(view: &View, worktree: &Path) -> Result<Found, OpsError> {
    let found = everywhere(view, worktree)?;
    if found.paths.is_empty() && records(view).next().is_none() {
        let reason = format!("there are no decision records in {}", FOLDERS.join(", "));
        return Err(OpsError::Refused { reason });
    }
    Ok(found)
}

/// As [`usual`], where none is an answer too.
pub(super) fn everywhere(view: &View, worktree: &Path) -> Result<Found, OpsError> {
    let known = records(view).filter(|(_, task, _)| task.adr_import.is_some());
    let known = known.filter_map(|(_, _, path)| Path::new(path).parent());
    let folders: BTreeSet<&Path> = FOLDERS.iter().map(Path::new).chain(known).collect();
    let mut found = Found::default();
    for folder in folders {
        found.folder(worktree, folder)?;
    }
    Ok(found)
}

fn read(worktree: &Path, found: &mut Found) -> Vec<Record> {
    let mut records = Vec::new();
    for path in std::mem::take(&mut found.paths) {
        match record(worktree, &path) {
            Ok(record) => records.push(record),
            Err(reason) => found.skipped.push((path, reason)),
        }
    }
    records
}

fn record(worktree: &Path, path: &str) -> Result<Record, String> {
    if matches!(redact(path), std::borrow::Cow::Owned(_)) {
        return Err("its path looks like a secret".to_owned());
    }
    let bytes = files::read(worktree, path)?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let adr = adr::read(name, &bytes);
    if !adr.is_record() {
        return Err("neither a number nor a status says that it is a decision record".to_owned());
    }
    let wanted = wanted(path, &bytes, &adr);
    Ok(Record { path: path.to_owned(), adr, wanted })
}

/// What the record means for a task. Text passes the funnel here already, so that its digest is
/// that of the text that will stand in the task.
fn wanted(path: &str, bytes: &[u8], adr: &Adr) -> Wanted {
    let (status, reason) = match adr.standing() {
        Standing::Decided => (Status::Completed, None),
        Standing::Open => (Status::Pending, None),
        Standing::Ended => (Status::Cancelled, adr.status.as_deref().map(short)),
    };
    Wanted {
        title: short(&adr.title),
        status,
        reason,
        completed_at: adr.date.filter(|_| status == Status::Completed),
        path: path.to_owned(),
        file: digest(bytes),
    }
}

fn short(text: &str) -> String {
    let text = redact(text).into_owned();
    if text.chars().count() <= LONGEST_TITLE {
        return text;
    }
    let cut: String = text.chars().take(LONGEST_TITLE - 1).collect();
    format!("{}…", cut.trim_end())
}

/// An import while it is planned.
struct Import<'v> {
    world: &'v Surroundings,
    view: &'v View,
    worktree: &'v Path,
    references: BTreeSet<String>,
    used: BTreeSet<TaskId>,
    /// Tasks by the path of their record; of two, the one that an import made.
    by_path: BTreeMap<&'v str, (&'v TaskId, &'v Task)>,
    changes: Vec<Change>,
    imported: Vec<Imported>,
}

impl<'v> Import<'v> {
    fn new(world: &'v Surroundings, view: &'v View, worktree: &'v Path) -> Self {
        let references = view.tasks().filter_map(|(_, task)| task.reference.clone()).collect();
        let mut by_path: BTreeMap<&str, (&TaskId, &Task)> = BTreeMap::new();
        for (id, task, path) in records(view) {
            let known = by_path.entry(path).or_insert((id, task));
            if known.1.adr_import.is_none() {
                *known = (id, task);
            }
        }
        let (used, changes, imported) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { world, view, worktree, references, used, by_path, changes, imported }
    }

    fn take(&mut self, record: &Record) -> Result<(), OpsError> {
        match self.task_of(record) {
            Some((id, task)) => self.update(record, id, task),
            None => self.create(record)?,
        }
        Ok(())
    }

    /// The task that stands for a record already.
    fn task_of(&self, record: &Record) -> Option<(&'v TaskId, &'v Task)> {
        let by_path = self.by_path.get(record.path.as_str()).copied();
        let reference = record.adr.reference();
        let is_free = |(id, task): &(&TaskId, &Task)| {
            let lacks_file =
                || task.adr.as_ref().is_none_or(|path| files::is_gone(self.worktree, path));
            task.kind == Kind::Decision && !self.used.contains(*id) && lacks_file()
        };
        let decisions = || self.view.state.tasks.iter();
        let by_name = || {
            let has_name = |task: &Task| reference.is_some() && task.reference == reference;
            decisions().filter(|(_, task)| has_name(task)).find(is_free)
        };
        let by_bytes = || {
            let seen = |task: &Task| task.adr_import.as_deref().and_then(Imprint::parse);
            let same = |task: &Task| seen(task).is_some_and(|i| i.file() == record.wanted.file);
            decisions().filter(|(_, task)| same(task)).find(is_free)
        };
        by_path.or_else(by_name).or_else(by_bytes)
    }

    fn update(&mut self, record: &Record, id: &TaskId, task: &Task) {
        let update = record.wanted.update(id, task, self.world.clock.now());
        let outcome = if update.changes.is_empty() { Outcome::Unchanged } else { Outcome::Updated };
        let mut after = task.clone();
        for change in &update.changes {
            if let Change::Set { field, new, .. } = change {
                // The values are of our own making; one that would not fit changes nothing here.
                let _ = after.set(*field, new.as_deref());
            }
        }
        self.changes.extend(update.changes);
        self.note(record, id.clone(), &after, outcome, update.kept);
    }

    fn create(&mut self, record: &Record) -> Result<(), OpsError> {
        let source = Source {
            session: crate::tasks::add::source(&self.world.actor).session,
            ..Source::outside_session(SourceKind::Import)
        };
        let now = self.world.clock.now();
        let mut task = Task::new(String::new(), Kind::Decision, source, now);
        record.wanted.fill(&mut task);
        task.reference = record.adr.reference().filter(|name| self.references.insert(name.clone()));
        let id = loop {
            let id = self.world.task_id(self.view)?;
            if !self.used.contains(&id) {
                break id;
            }
        };
        self.note(record, id.clone(), &task, Outcome::Created, Vec::new());
        let task = TaskJson(Box::new(task));
        self.changes.push(Change::Create { id, place: Place::State, task });
        Ok(())
    }

    fn note(
        &mut self,
        record: &Record,
        id: TaskId,
        task: &Task,
        outcome: Outcome,
        kept: Vec<Field>,
    ) {
        self.used.insert(id.clone());
        self.imported.push(Imported {
            path: record.path.clone(),
            id,
            reference: task.reference.clone(),
            name_taken: record
                .adr
                .reference()
                .filter(|_| outcome == Outcome::Created && task.reference.is_none()),
            title: task.title.clone(),
            status: task.status,
            outcome,
            kept,
        });
    }
}
