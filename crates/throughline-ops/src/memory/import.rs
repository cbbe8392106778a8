//! `thru memory import`: memories as JSON lines, from a backup, another machine or another tool.
//!
//! One object a line: `title` or `text` or both, and optionally `scope` (user, project, line), `kind`,
//! `project`, `line`, `files`, `at`, `until`, `status`, `key`, `pinned`, `confidence`, `session`,
//! `turn`, `commit`. Members that this version doesn't know are kept. All or nothing. The same line again
//! changes nothing; one with a `key` that is known in its scope, and other words, takes the other's place.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use throughline_model::memory::{
    Confidence, Memory, MemoryKind, MemoryScope, MemoryStatus, Source,
};
use throughline_model::session::first_sentence;
use throughline_runtime::memories::Change;

use super::here::{MemoryPlace, project_called};
use super::root::Root;
use super::write::write;
use super::{new_id, random_id};
use crate::error::OpsError;
use crate::surroundings::Surroundings;
use crate::times::{self, OfDay};

/// How long a title is that nobody gave, in characters.
const TITLE: usize = 80;

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// New memories.
    pub added: usize,
    /// Those of them that took another one's place.
    pub superseding: usize,
    /// Lines that said what was known.
    pub known: usize,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

/// A line of an import.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    title: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<Confidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(flatten)]
    extra: BTreeMap<String, serde_json::Value>,
}

fn wrong(line: usize, problem: impl ToString) -> OpsError {
    OpsError::Import { line, problem: problem.to_string() }
}

/// Imports memories.
///
/// # Errors
/// [`OpsError::Import`] with the line; then nothing was imported.
pub fn import(world: &Surroundings, text: &str) -> Result<ImportReport, OpsError> {
    let here = MemoryPlace::of(world)?;
    let mut reading =
        Reading { world, here: &here, projects: BTreeMap::new(), strange: BTreeSet::new() };
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let entry: Entry = serde_json::from_str(line).map_err(|error| wrong(number, error))?;
        entries.push(reading.draft(number, entry)?);
    }
    // Older ones first, so that a later one finds what it takes the place of.
    entries.sort_by_key(|draft| draft.since);
    let roots: Vec<Root> = entries.iter().map(|draft| Root::of(&draft.scope)).collect();
    let message = format!("import {} memories", entries.len());
    let mut report = ImportReport { notes: reading.notes(), ..ImportReport::default() };
    if entries.is_empty() {
        return Ok(report);
    }
    write(world, &roots, &message, |change| {
        let mut known = Known::of(change, &roots)?;
        for draft in entries {
            known.take(world, change, draft, &mut report)?;
        }
        Ok::<(), OpsError>(change.gather_words()?)
    })?;
    Ok(report)
}

/// Lines become drafts.
struct Reading<'w> {
    world: &'w Surroundings,
    here: &'w MemoryPlace,
    /// Names to keys: a look at all projects for each line would take long.
    projects: BTreeMap<String, String>,
    /// Words for a status that are not known.
    strange: BTreeSet<String>,
}

impl Reading<'_> {
    fn notes(&self) -> Vec<String> {
        let words: Vec<String> = self.strange.iter().map(|word| format!("`{word}`")).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let known: Vec<&str> = MemoryStatus::ALL.iter().map(|status| status.as_str()).collect();
        vec![format!(
            "no such status: {}; taken as current (known are {})",
            words.join(", "),
            known.join(", ")
        )]
    }

    fn draft(&mut self, number: usize, entry: Entry) -> Result<Memory, OpsError> {
        let scope = self.scope(number, &entry)?;
        let time = |text: &Option<String>| {
            let parse = |text: &str| times::parse(text.trim(), OfDay::Start);
            text.as_deref().map(parse).transpose().map_err(|error| wrong(number, error))
        };
        let since = time(&entry.at)?.unwrap_or_else(|| self.world.clock.now());
        let until = time(&entry.until)?;
        let (title, text) = words(number, &entry)?;
        let source = Source {
            session: entry.session,
            turn: entry.turn,
            commit: entry.commit,
            ..Source::of(since)
        };
        let kind = entry.kind.map_or(MemoryKind::Fact, MemoryKind::from);
        let id = random_id(self.world)?;
        Ok(Memory {
            confidence: entry.confidence.unwrap_or(Confidence::Stated),
            status: self.status(entry.status.as_deref()),
            pinned: entry.pinned,
            key: entry.key,
            files: entry.files,
            until,
            extra: entry.extra,
            ..Memory::stated(id, kind, scope, (title, text), source)
        })
    }

    fn status(&mut self, word: Option<&str>) -> MemoryStatus {
        let lower = word.unwrap_or("current").trim().to_lowercase();
        if let Some(status) = MemoryStatus::of(&lower) {
            return status;
        }
        match lower.as_str() {
            "" | "active" | "valid" | "confirmed" | "open" => MemoryStatus::Current,
            "outdated" | "obsolete" | "replaced" | "stale" | "deprecated" | "retired"
            | "expired" | "inactive" | "archived" => MemoryStatus::Superseded,
            "wrong" | "retracted" | "invalid" => MemoryStatus::Rejected,
            "proposed" | "candidate" | "unconfirmed" => MemoryStatus::Suggested,
            "contradicted" | "contested" => MemoryStatus::Disputed,
            _ => {
                self.strange.insert(lower);
                MemoryStatus::Current
            }
        }
    }

    fn scope(&mut self, number: usize, entry: &Entry) -> Result<MemoryScope, OpsError> {
        let word = entry.scope.as_deref().map(|word| word.trim().to_lowercase());
        match (word.as_deref(), &entry.line) {
            (Some("user" | "global"), _) => Ok(MemoryScope::User),
            (Some("line" | "branch"), Some(line)) | (None, Some(line)) => {
                Ok(MemoryScope::Line { project: self.project(entry)?, line: line.clone() })
            }
            (Some("line" | "branch"), None) => Err(wrong(number, "a line memory names its `line`")),
            (Some("project"), _) => Ok(MemoryScope::Project { project: self.project(entry)? }),
            (None, None) if entry.project.is_some() || self.here.project.is_some() => {
                Ok(MemoryScope::Project { project: self.project(entry)? })
            }
            (None, None) => Ok(MemoryScope::User),
            (Some(other), _) => {
                Err(wrong(number, format!("`{other}` is no scope: user, project or line")))
            }
        }
    }

    fn project(&mut self, entry: &Entry) -> Result<String, OpsError> {
        let name = match (&entry.project, &self.here.project) {
            (Some(name), _) => name.clone(),
            (None, Some(here)) => return Ok(here.clone()),
            // Outside of any project the folder is the nearest thing to one.
            (None, None) => {
                let folder = self.world.directory.file_name().unwrap_or_default();
                folder.to_string_lossy().into_owned()
            }
        };
        if let Some(key) = self.projects.get(&name) {
            return Ok(key.clone());
        }
        let key = project_called(&self.world.home, self.here, &name)?;
        self.projects.insert(name, key.clone());
        Ok(key)
    }
}

fn words(number: usize, entry: &Entry) -> Result<(String, String), OpsError> {
    let (title, text) = (entry.title.trim(), entry.text.trim());
    match (title, text) {
        ("", "") => Err(wrong(number, "neither `title` nor `text` says anything")),
        ("", text) => Ok((first_sentence(text, TITLE), text.to_owned())),
        (title, "") => Ok((title.to_owned(), title.to_owned())),
        (title, text) => Ok((title.to_owned(), text.to_owned())),
    }
}

/// What is remembered already, to find doubles and what is replaced.
struct Known {
    said: BTreeSet<(MemoryScope, String, String, Option<String>)>,
    keyed: BTreeMap<(MemoryScope, String), Memory>,
}

impl Known {
    fn of(change: &Change<'_>, roots: &[Root]) -> Result<Self, OpsError> {
        let mut known = Self { said: BTreeSet::new(), keyed: BTreeMap::new() };
        let mut roots: Vec<&Root> = roots.iter().collect();
        roots.sort();
        roots.dedup();
        for root in roots {
            for memory in change.of_root(root.project())? {
                known.note(memory);
            }
        }
        Ok(known)
    }

    fn note(&mut self, memory: Memory) {
        let Memory { scope, title, text, key, .. } = &memory;
        self.said.insert((scope.clone(), title.clone(), text.clone(), key.clone()));
        if let Some(key) = memory.key.clone() {
            let place = (memory.scope.clone(), key);
            let newer = self.keyed.get(&place).is_none_or(|known| known.since <= memory.since);
            if newer {
                self.keyed.insert(place, memory);
            }
        }
    }

    fn take(
        &mut self,
        world: &Surroundings,
        change: &Change<'_>,
        draft: Memory,
        report: &mut ImportReport,
    ) -> Result<(), OpsError> {
        let mut memory = draft;
        // What is kept is redacted, so doubles are looked for with redacted words.
        memory.redact();
        let Memory { scope, title, text, key, .. } = &memory;
        if self.said.contains(&(scope.clone(), title.clone(), text.clone(), key.clone())) {
            report.known += 1;
            return Ok(());
        }
        if change.is_taken(&memory.id)? {
            memory.id = new_id(world, change)?;
        }
        let before = memory.key.as_ref().and_then(|key| {
            let before = self.keyed.get(&(memory.scope.clone(), key.clone()))?;
            (before.since <= memory.since).then(|| before.clone())
        });
        if let Some(mut before) = before {
            before.status = MemoryStatus::Superseded;
            before.until = Some(memory.since);
            before.superseded_by = Some(memory.id.clone());
            change.put(&before)?;
            report.superseding += 1;
        }
        change.put(&memory)?;
        report.added += 1;
        self.note(memory);
        Ok(())
    }
}

impl Entry {
    /// A memory as a line.
    pub(super) fn of(memory: Memory) -> Self {
        let source = memory.sources.last().cloned();
        let (session, turn, commit) = source
            .map_or((None, None, None), |source| (source.session, source.turn, source.commit));
        Self {
            scope: Some(memory.scope.as_str().to_owned()),
            kind: Some(memory.kind.as_str().to_owned()),
            title: memory.title,
            text: memory.text,
            project: memory.scope.project().map(|key| super::root::unnamed(key).to_owned()),
            line: memory.scope.line().map(str::to_owned),
            files: memory.files,
            at: Some(memory.since.to_string()),
            until: memory.until.map(|until| until.to_string()),
            status: Some(memory.status.as_str().to_owned()),
            key: memory.key,
            pinned: memory.pinned,
            confidence: Some(memory.confidence),
            session,
            turn,
            commit,
            extra: memory.extra,
        }
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("our types are JSON")
    }
}
