//! `thru undo [UNIT]`

use std::collections::{BTreeMap, BTreeSet};

use throughline_model::change::Change;
use throughline_model::ids::UnitId;
use throughline_model::record::{Body, Mark, Record};
use throughline_model::undo::plan_undo;
use throughline_model::view::standing;
use throughline_store::journal::Filter;

use crate::apply::across::commit_across;
use crate::apply::commit;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What was taken back.
#[derive(Debug, Clone)]
pub struct UndoReport {
    /// Which unit.
    pub undone: UnitId,
    /// What it had been.
    pub verb: String,
    /// What changed, in words.
    pub changes: Vec<String>,
    /// What was left alone because it changed since, in words.
    pub left_alone: Vec<String>,
    /// The new unit: its undo is a redo.
    pub unit: Option<UnitId>,
}

struct Unit {
    id: UnitId,
    verb: String,
    by_person: bool,
    undoes: Option<UnitId>,
    changes: Vec<Change>,
}

/// Takes back a unit: the named one, or the last one that a person made on this line and that
/// was not taken back.
pub fn undo(world: &Surroundings, here: &Here, name: Option<&str>) -> Result<UndoReport, OpsError> {
    let batch = here.project.journal().read(Mark::default(), &Filter::Lines(vec![here.line()]))?;
    let units = units(standing(&batch.records).into_iter().map(|(_, record)| record.clone()));
    let unit = pick(units, name)?;
    let mut left_alone = Vec::new();
    let others = others(here, &unit)?;
    if unit.verb == crate::migrate::VERB || !others.is_empty() {
        return undo_across(world, here, unit, others);
    }
    let done = commit(world, here, "undo", Some(unit.id.clone()), |view| {
        let plan = plan_undo(view, &unit.changes, world.clock.now());
        left_alone = plan.changed_since;
        Ok(plan.changes)
    })?;
    if done.unit.is_none() {
        return Err(nothing_left(&unit.id, &left_alone));
    }
    let changes = done.changes.iter().map(crate::log::sentence).collect();
    Ok(UndoReport { undone: unit.id, verb: unit.verb, changes, left_alone, unit: done.unit })
}

fn nothing_left(unit: &UnitId, left_alone: &[String]) -> OpsError {
    let reason = format!("nothing of {unit} can be taken back: {}", left_alone.join("; "));
    OpsError::Refused { reason }
}

/// What a unit did on other lines: only what was brought in from history goes beyond one.
fn others(here: &Here, unit: &Unit) -> Result<BTreeMap<String, Vec<Change>>, OpsError> {
    let mut others: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    if unit.verb != crate::migrate::VERB && unit.undoes.is_none() {
        return Ok(others);
    }
    let batch = here.project.journal().read(Mark::default(), &Filter::All)?;
    for (_, record) in standing(&batch.records) {
        if record.unit.as_ref() == Some(&unit.id) && record.line != here.line() {
            let changes = record.body.changes().iter().cloned();
            others.entry(record.line.clone()).or_default().extend(changes);
        }
    }
    Ok(others)
}

/// Takes a unit back on every line that it changed, in one write.
fn undo_across(
    world: &Surroundings,
    here: &Here,
    unit: Unit,
    others: BTreeMap<String, Vec<Change>>,
) -> Result<UndoReport, OpsError> {
    let mut left_alone = Vec::new();
    let now = world.clock.now();
    let said = ("undo", Some(unit.id.clone()));
    let done = commit_across(world, here, said, Vec::new(), |view| {
        let mut all = BTreeMap::new();
        for (line, changes) in others {
            let plan = plan_undo(&here.project.load_line_alone(&line)?, &changes, now);
            left_alone.extend(plan.changed_since);
            all.insert(line, plan.changes);
        }
        let plan = plan_undo(view, &unit.changes, now);
        left_alone.extend(plan.changed_since);
        all.insert(here.line(), plan.changes);
        Ok(all)
    })?;
    if done.unit.is_none() {
        return Err(nothing_left(&unit.id, &left_alone));
    }
    // Sessions that are forgotten lose their files; where that can't be done now it is done later.
    let _ = crate::fold::fold_line(world, here);
    let changes = done.changes.iter().map(crate::log::sentence).collect();
    Ok(UndoReport { undone: unit.id, verb: unit.verb, changes, left_alone, unit: done.unit })
}

/// The units of a line, oldest first.
fn units(records: impl Iterator<Item = Record>) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for record in records {
        let by_person = record.is_by_person();
        let Some(id) = record.unit.clone() else { continue };
        let (verb, undoes) = match &record.body {
            Body::Change { verb, undoes, .. } => (verb.clone(), undoes.clone()),
            Body::Plan { .. } => ("plan".to_owned(), None),
            _ => continue,
        };
        let changes = record.body.changes().to_vec();
        match units.iter_mut().rev().find(|unit| unit.id == id) {
            Some(unit) => unit.changes.extend(changes),
            None => units.push(Unit { id, verb, by_person, undoes, changes }),
        }
    }
    units
}

fn pick(units: Vec<Unit>, name: Option<&str>) -> Result<Unit, OpsError> {
    let found = match name {
        Some(name) => units.into_iter().find(|unit| unit.id.as_str() == name),
        None => last_of_person(units),
    };
    found.ok_or_else(|| match name {
        Some(name) => OpsError::NoSuch { what: "unit on this line", name: name.to_owned() },
        None => OpsError::Refused { reason: "there is nothing to undo on this line".to_owned() },
    })
}

fn last_of_person(units: Vec<Unit>) -> Option<Unit> {
    // An undo of an undo leaves the first one standing, so the newest word counts.
    let mut taken_back: BTreeSet<UnitId> = BTreeSet::new();
    for unit in units.iter().rev() {
        if let Some(undone) = &unit.undoes
            && !taken_back.contains(&unit.id)
        {
            taken_back.insert(undone.clone());
        }
    }
    let stands =
        |unit: &Unit| unit.by_person && unit.undoes.is_none() && !taken_back.contains(&unit.id);
    units.into_iter().rev().find(stands)
}
