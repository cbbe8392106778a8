//! `thru cache show | validate | backups | rollback`

use std::path::PathBuf;

use throughline_model::change::{Change, Place, TaskJson};
use throughline_model::ids::{TaskId, UnitId};
use throughline_model::state::{Field, LARGEST_STATE, ListField, State, Task, read, write};
use throughline_model::view::View;
use throughline_store::backup::{About, Backup};
use throughline_store::journal::Filter;
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::{StoreError, durable};

use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// The state of the line as it would be published now: the canonical text.
pub fn show(here: &Here) -> Result<String, OpsError> {
    Ok(write(&here.load()?.view.state))
}

/// What was looked at.
#[derive(Debug, Clone)]
pub struct ValidateReport {
    /// The state file.
    pub file: PathBuf,
    /// How many tasks it shows, pending ones included.
    pub tasks: usize,
    /// How many changes it lacks.
    pub pending: usize,
    /// Whether its bytes are the canonical ones.
    pub canonical: bool,
    /// Journal lines that could not be read.
    pub bad_lines: usize,
    /// Journal lines that a newer program wrote.
    pub newer_lines: usize,
}

/// Reads everything and says what stands.
pub fn validate(here: &Here) -> Result<ValidateReport, OpsError> {
    let loaded = here.load()?;
    let journal = here.project.journal().read(Default::default(), &Filter::All)?;
    let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
    let bytes = durable::read_if_there(&loaded.file, limit)?;
    let canonical = bytes
        .as_deref()
        .is_none_or(|bytes| read(bytes).is_ok_and(|(state, _)| write(&state).as_bytes() == bytes));
    Ok(ValidateReport {
        file: loaded.file,
        tasks: loaded.view.state.tasks.len(),
        pending: loaded.view.pending,
        canonical,
        bad_lines: journal.bad,
        newer_lines: journal.newer,
    })
}

/// What is kept of earlier states.
pub fn backups(here: &Here) -> Result<Vec<Backup>, OpsError> {
    Ok(here.project.backups()?)
}

/// What a rollback did.
#[derive(Debug, Clone)]
pub struct RollbackReport {
    /// To which generation.
    pub generation: u64,
    /// Where the state as it stood is kept; `None` if nothing had to change.
    pub kept: Option<u64>,
    /// How many changes it took.
    pub changes: usize,
    /// What `thru undo` takes back.
    pub unit: Option<UnitId>,
}

/// Brings the line back to a kept state, as a unit of changes. What stands is kept first.
pub fn rollback(
    world: &Surroundings,
    here: &Here,
    generation: u64,
) -> Result<RollbackReport, OpsError> {
    let missing = || OpsError::NoSuch { what: "backup", name: generation.to_string() };
    let backup =
        backups(here)?.into_iter().find(|b| b.generation == generation).ok_or_else(missing)?;
    let bytes = durable::read(&backup.state, u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX))?;
    let (target, _) = read(&bytes).map_err(|refused| StoreError::State {
        path: backup.state.clone(),
        refused: Box::new(refused),
    })?;
    let kept = keep(world, here, &format!("rollback to {generation}"))?;
    let done = apply(world, here, "rollback", |view| Ok(towards(world, view, &target)))?;
    let changes = done.changes.len();
    Ok(RollbackReport { generation, kept: (changes > 0).then_some(kept), changes, unit: done.unit })
}

/// Keeps the state as it stands.
pub fn keep(world: &Surroundings, here: &Here, before: &str) -> Result<u64, OpsError> {
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let bytes = write(&here.load()?.view.state).into_bytes();
    let hash = throughline_store::view::hash(&bytes);
    let about = About { at: world.clock.now(), line: here.line(), before: before.to_owned(), hash };
    Ok(here.project.back_up(&lock, &bytes, about)?)
}

/// The changes that lead from a view to a state.
fn towards(world: &Surroundings, view: &View, target: &State) -> Vec<Change> {
    let now = &view.state;
    let mut changes = Vec::new();
    for (id, new) in &target.milestones {
        let old = now.milestones.get(id);
        if old != Some(new) {
            let (old, new) = (old.cloned(), Some(new.clone()));
            changes.push(Change::Milestone { id: id.clone(), old, new });
        }
    }
    for (id, new) in &target.tasks {
        match view.state.tasks.get(id) {
            Some(old) => between(id, old, new, &mut changes),
            None => changes.push(Change::Create {
                id: id.clone(),
                place: Place::State,
                task: TaskJson(Box::new(new.clone())),
            }),
        }
    }
    for (id, old) in now.tasks.iter().filter(|(id, _)| !target.tasks.contains_key(*id)) {
        let (place, task) = (Place::State, TaskJson(Box::new(old.clone())));
        changes.push(Change::Remove { id: id.clone(), place, task, at: world.clock.now() });
    }
    for (id, old) in &now.notes {
        if target.notes.get(id) != Some(old) {
            let (old, new) = (Some(old.clone()), target.notes.get(id).cloned());
            changes.push(Change::Note { id: id.clone(), old, new });
        }
    }
    for (id, new) in target.notes.iter().filter(|(id, _)| !now.notes.contains_key(*id)) {
        changes.push(Change::Note { id: id.clone(), old: None, new: Some(new.clone()) });
    }
    changes
}

const FIELDS: [Field; 15] = [
    Field::Status,
    Field::Kind,
    Field::Priority,
    Field::Title,
    Field::Ref,
    Field::Parent,
    Field::Milestone,
    Field::Owner,
    Field::Acceptance,
    Field::Notes,
    Field::DeferredUntil,
    Field::TargetCommit,
    Field::Adr,
    Field::Reason,
    Field::CompletedAt,
];

const LISTS: [ListField; 4] =
    [ListField::DependsOn, ListField::Related, ListField::DiscoveredFrom, ListField::Labels];

fn between(id: &TaskId, old: &Task, new: &Task, changes: &mut Vec<Change>) {
    for field in FIELDS {
        changes.extend(Change::set(id, old, field, new.get(field).as_deref()));
    }
    for list in LISTS {
        let (was, will) = (old.list(list), new.list(list));
        let gone = was.iter().filter(|v| !will.contains(v)).map(|v| (*v).to_owned());
        changes.extend(gone.map(|value| Change::Drop { id: id.clone(), list, value }));
        let come = will.iter().filter(|v| !was.contains(v)).map(|v| (*v).to_owned());
        changes.extend(come.map(|value| Change::Add { id: id.clone(), list, value }));
    }
    let gone = old.evidence.iter().filter(|e| !new.evidence.contains(e)).cloned();
    changes.extend(gone.map(|evidence| Change::Unshow { id: id.clone(), evidence }));
    let come = new.evidence.iter().filter(|e| !old.evidence.contains(e)).cloned();
    changes.extend(come.map(|evidence| Change::Show { id: id.clone(), evidence }));
}
