//! The one way in which commands and tools change a line.
//!
//! Under the project lock: load the line, let the caller plan changes on what it sees, check that
//! the result keeps the rules, append one unit to the journal, synced. Then, and only then, is it
//! done. The lock keeps two commands from planning on the same view; hooks never take it.

pub(crate) mod across;

use throughline_model::change::Change;
use throughline_model::ids::UnitId;
use throughline_model::record::{Actor, Body, Part, Record};
use throughline_model::state::check;
use throughline_model::view::View;
use throughline_store::StoreError;
use throughline_store::journal::Durability;
use throughline_store::lock::COMMAND_PATIENCE;

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What was done.
#[derive(Debug, Clone)]
pub struct Done {
    /// What `thru undo` takes back; `None` if there was nothing to change.
    pub unit: Option<UnitId>,
    /// The line as it stands now.
    pub view: View,
    /// What changed.
    pub changes: Vec<Change>,
}

/// How large one record of a unit may get, in bytes of JSON: a fraction of what is read.
const RECORD_SIZE: usize = 48 * 1024;

/// Past this many changes since the last fold the command folds before it returns, so that the next reader
/// need not replay them.
const MANY_PENDING: usize = 500;

/// Plans changes on the line as it stands and acknowledges them as one unit.
pub fn apply(
    world: &Surroundings,
    here: &Here,
    verb: &str,
    plan: impl FnOnce(&View) -> Result<Vec<Change>, OpsError>,
) -> Result<Done, OpsError> {
    commit(world, here, verb, None, plan)
}

/// As [`apply`], for a unit that takes back another one.
pub(crate) fn commit(
    world: &Surroundings,
    here: &Here,
    verb: &str,
    undoes: Option<UnitId>,
    plan: impl FnOnce(&View) -> Result<Vec<Change>, OpsError>,
) -> Result<Done, OpsError> {
    commit_with(world, here, (&world.actor, verb, undoes), plan, Vec::new())
}

/// As [`commit`], by somebody else than who asks, and with more records than the changes: they are
/// there or absent together. The last of `with` is one of this line and counts as the unit's last
/// part.
pub(crate) fn commit_with(
    world: &Surroundings,
    here: &Here,
    (actor, verb, undoes): (&Actor, &str, Option<UnitId>),
    plan: impl FnOnce(&View) -> Result<Vec<Change>, OpsError>,
    with: Vec<Record>,
) -> Result<Done, OpsError> {
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let loaded = here.load()?;
    here.project.check_writable(&loaded)?;
    let mut view = loaded.view;
    let mut changes = plan(&view)?;
    changes.iter_mut().for_each(Change::redact);
    if changes.is_empty() {
        return Ok(Done { unit: None, view, changes });
    }
    let before = view.clone();
    changes.iter().for_each(|change| view.change(change));
    view.pending += changes.len();
    if check(&before.state).is_ok() {
        check(&view.state)?;
    }
    check_private(&view)?;
    let unit = world.unit()?;
    let mut records = records(world, &here.line(), verb, undoes, &unit, &changes)?;
    records.iter_mut().for_each(|record| record.actor.clone_from(actor));
    join(&mut records, &unit, with);
    here.project.journal().append(&records, Durability::Acknowledged)?;
    drop(lock);
    if view.pending.saturating_sub(view.line.cached_pending) > MANY_PENDING {
        // The change is done; that the files follow later is no failure of it.
        let _ = crate::fold::fold_line(world, here);
    }
    Ok(Done { unit: Some(unit), view, changes })
}

/// Parents and dependencies may cross from private nodes to the state; a circle may not.
fn check_private(view: &View) -> Result<(), OpsError> {
    if view.line.private.is_empty() {
        return Ok(());
    }
    let mut all = view.state.clone();
    all.tasks.extend(view.line.private.iter().map(|(id, task)| (id.clone(), task.clone())));
    Ok(check(&all)?)
}

fn records(
    world: &Surroundings,
    line: &str,
    verb: &str,
    undoes: Option<UnitId>,
    unit: &UnitId,
    changes: &[Change],
) -> Result<Vec<Record>, StoreError> {
    let chunks = chunks(changes);
    let of = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    let mut records = Vec::with_capacity(chunks.len());
    for (number, changes) in (1..).zip(chunks) {
        let (verb, undoes) = (verb.to_owned(), undoes.clone());
        let mut record = world.record(line, Body::Change { verb, undoes, changes })?;
        record.unit = Some(unit.clone());
        record.part = (of > 1).then_some(Part { number, of });
        records.push(record);
    }
    Ok(records)
}

/// Puts more records behind those of a unit, the last of them as its last part.
fn join(records: &mut Vec<Record>, unit: &UnitId, mut with: Vec<Record>) {
    let Some(last) = with.last_mut() else { return };
    let of = u32::try_from(records.len()).unwrap_or(u32::MAX).saturating_add(1);
    last.unit = Some(unit.clone());
    for (number, record) in (1..).zip(records.iter_mut().chain([last])) {
        record.part = Some(Part { number, of });
    }
    records.extend(with);
}

/// Splits changes so that no record grows too long.
fn chunks(changes: &[Change]) -> Vec<Vec<Change>> {
    let mut chunks: Vec<Vec<Change>> = vec![Vec::new()];
    let mut size = 0;
    for change in changes {
        let length = serde_json::to_string(change).map_or(0, |json| json.len());
        if size + length > RECORD_SIZE && size > 0 {
            chunks.push(Vec::new());
            size = 0;
        }
        size += length;
        chunks.last_mut().expect("there is always a last chunk").push(change.clone());
    }
    chunks
}
