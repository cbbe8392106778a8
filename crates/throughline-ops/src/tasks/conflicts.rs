//! `thru tasks conflicts | resolve`: what merges could not decide, and deciding it.

use std::collections::BTreeMap;

use throughline_model::ids::UnitId;
use throughline_model::json::Json;
use throughline_model::merge::{Keep, open_conflicts, resolve as settle};
use throughline_model::state::{Conflict, Pointer};
use throughline_model::view::View;

use super::find;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// An open conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConflict {
    /// Where.
    pub at: Pointer,
    /// The same in words.
    pub place: String,
    /// What stands there, what else was wanted.
    pub conflict: Conflict,
    /// Whether the place is a whole task or other thing, which stands as it is.
    pub whole: bool,
}

/// The open conflicts of a line.
#[derive(Debug, Clone)]
pub struct ConflictsReport {
    /// By place.
    pub conflicts: Vec<OpenConflict>,
    /// The line's key.
    pub line: String,
}

/// Lists the open conflicts.
pub fn conflicts(here: &Here) -> Result<ConflictsReport, OpsError> {
    let view = here.read()?.view;
    Ok(ConflictsReport { conflicts: of_view(&view), line: here.line() })
}

fn of_view(view: &View) -> Vec<OpenConflict> {
    let open = open_conflicts(&view.state).into_iter();
    open.map(|(at, conflict)| OpenConflict {
        place: words(view, &at),
        whole: at.names().len() == 2,
        at,
        conflict,
    })
    .collect()
}

/// The place in words.
fn words(view: &View, at: &Pointer) -> String {
    let names = at.names();
    let [sort, id, fields @ ..] = &names[..] else { return names.join(" ") };
    let title = view.find(id).map(|(_, task)| format!(" \"{}\"", task.title)).unwrap_or_default();
    let sort = sort.strip_suffix('s').unwrap_or(sort);
    match fields {
        [] => format!("{sort} {id}{title}, the whole of it"),
        _ => format!("{} of {sort} {id}{title}", fields.join(" ").replace('_', " ")),
    }
}

impl OpenConflict {
    /// What can be kept: the word for `--keep`, and what it means.
    pub fn choices(&self) -> Vec<(String, String)> {
        let now = match &self.conflict.stands {
            Some(value) => text(value),
            None if self.whole => "as it stands".to_owned(),
            None => "(empty, as it stands)".to_owned(),
        };
        let others = (1_usize..).zip(&self.conflict.others);
        let others = others.map(|(number, value)| (number.to_string(), text(value)));
        let gone = if self.whole { "(removed)" } else { "(empty)" };
        let empty = self.conflict.empty.then(|| ("empty".to_owned(), gone.to_owned()));
        std::iter::once(("current".to_owned(), now)).chain(others).chain(empty).collect()
    }
}

fn text(value: &Json) -> String {
    match value {
        Json::Text(text) => text.clone(),
        Json::Map(_) | Json::List(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {
            serde_json::to_string(value).unwrap_or_default()
        }
    }
}

/// What was settled.
#[derive(Debug, Clone)]
pub struct ResolveReport {
    /// Where.
    pub settled: Vec<Pointer>,
    /// How many conflicts are still open.
    pub open: usize,
    /// What `thru undo` takes back.
    pub unit: Option<UnitId>,
}

/// The conflicts that a name means: a place, or all of a task (id or ref).
pub fn meant(here: &Here, name: &str) -> Result<Vec<OpenConflict>, OpsError> {
    meant_in(&here.load()?.view, name)
}

fn meant_in(view: &View, name: &str) -> Result<Vec<OpenConflict>, OpsError> {
    let open = of_view(view);
    let found: Vec<OpenConflict> = if name.starts_with('/') {
        open.into_iter().filter(|one| one.at.as_str() == name).collect()
    } else {
        let (id, _) = find(view, name)?;
        let of_task = |one: &OpenConflict| one.at.names().get(1).is_some_and(|n| n == id.as_str());
        open.into_iter().filter(of_task).collect()
    };
    if found.is_empty() {
        return Err(OpsError::NoSuch { what: "open conflict at", name: name.to_owned() });
    }
    Ok(found)
}

/// Settles the conflicts at a place or of a task. Several at once can only be left as they stand.
pub fn resolve(
    world: &Surroundings,
    here: &Here,
    name: &str,
    keep: Keep,
) -> Result<ResolveReport, OpsError> {
    let mut settled = Vec::new();
    let done = apply(world, here, "resolve", |view| {
        let found = meant_in(view, name)?;
        if found.len() > 1 && keep != Keep::Standing {
            return Err(OpsError::Refused { reason: ambiguous(name, &found) });
        }
        let mut changes = Vec::new();
        for one in found {
            let made = settle(&view.state, &one.at, keep, world.clock.now());
            changes.extend(made.map_err(|e| OpsError::Refused { reason: e.to_string() })?);
            settled.push(one.at);
        }
        Ok(changes)
    })?;
    let open: BTreeMap<Pointer, Conflict> = open_conflicts(&done.view.state);
    Ok(ResolveReport { settled, open: open.len(), unit: done.unit })
}

fn ambiguous(name: &str, found: &[OpenConflict]) -> String {
    let places: Vec<&str> = found.iter().map(|one| one.at.as_str()).collect();
    format!("{name} has several conflicts; name one place: {}", places.join(", "))
}
