//! `thru adr list`: decision records, their tasks, and whether the files changed since.

use std::collections::BTreeSet;
use std::path::Path;

use throughline_model::adr::{self, Imprint, digest};
use throughline_model::ids::TaskId;
use throughline_model::state::{Status, Task};

use super::import::everywhere;
use super::{files, records};
use crate::error::OpsError;
use crate::here::Here;

/// How a record's file stands to its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As the last import saw it.
    Same,
    /// It changed since.
    Changed,
    /// It is gone, or can't be read.
    Gone,
    /// It was never imported.
    New,
}

impl Standing {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

/// A decision record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdrRow {
    /// Its file, relative to the worktree.
    pub path: String,
    /// Its name: `ADR-0007`.
    pub reference: Option<String>,
    /// What was decided; the file's words where it can be read.
    pub title: String,
    /// The file's word of its status.
    pub says: Option<String>,
    /// The task that stands for it, and where that stands.
    pub task: Option<(TaskId, Status)>,
    /// Tasks that have to do with it.
    pub related: Vec<TaskId>,
    /// How file and task stand to each other.
    pub standing: Standing,
}

/// What was listed.
#[derive(Debug, Clone)]
pub struct ListReport {
    /// In the order of their paths.
    pub records: Vec<AdrRow>,
}

/// Lists decision records: those with a task, and those that an import would find.
pub fn list(here: &Here) -> Result<ListReport, OpsError> {
    let view = here.read()?.view;
    let worktree = &here.site.worktree;
    // Records come in the order of their tasks, and sorting keeps that where two have one file.
    let mut rows: Vec<_> =
        records(&view).map(|(id, task, path)| with_task(worktree, id, task, path)).collect();
    let known: BTreeSet<String> = rows.iter().map(|row| row.path.clone()).collect();
    let found = everywhere(&view, worktree)?.paths;
    rows.extend(found.difference(&known).filter_map(|path| without_task(worktree, path)));
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(ListReport { records: rows })
}

fn with_task(worktree: &Path, id: &TaskId, task: &Task, path: &str) -> AdrRow {
    let bytes = files::read(worktree, path).ok();
    let record = bytes.as_deref().map(|bytes| adr::read(name(path), bytes));
    let seen = task.adr_import.as_deref().and_then(Imprint::parse);
    let standing = match (&bytes, seen) {
        (None, _) => Standing::Gone,
        (Some(bytes), Some(seen)) if seen.file() == digest(bytes) => Standing::Same,
        (Some(_), Some(_)) => Standing::Changed,
        (Some(_), None) => Standing::New,
    };
    AdrRow {
        path: path.to_owned(),
        reference: task.reference.clone(),
        title: record.as_ref().map_or_else(|| task.title.clone(), |record| record.title.clone()),
        says: record.and_then(|record| record.status),
        task: Some((id.clone(), task.status)),
        related: task.related.clone(),
        standing,
    }
}

fn without_task(worktree: &Path, path: &str) -> Option<AdrRow> {
    let bytes = files::read(worktree, path).ok()?;
    let record = Some(adr::read(name(path), &bytes)).filter(adr::Adr::is_record)?;
    Some(AdrRow {
        path: path.to_owned(),
        reference: record.reference(),
        title: record.title,
        says: record.status,
        task: None,
        related: Vec::new(),
        standing: Standing::New,
    })
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
