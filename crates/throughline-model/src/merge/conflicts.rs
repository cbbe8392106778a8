//! Conflicts of a state: which are open, what stands in their places, how they are settled, and
//! how those of two states become one list.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::members::{Members, Rule};
use super::{Merge, MergeError};
use crate::change::{Change, Place, Settled, TaskJson};
use crate::ids::{MilestoneId, NoteId, TaskId};
use crate::json::{DEEPEST, Json};
use crate::state::{AsMembers, Broken, Conflict, Pointer, State, check};
use crate::view::View;

/// What is to hold where a conflict was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// What stands there.
    Standing,
    /// One of [`Conflict::others`], counted from 0.
    Other(usize),
    /// Nothing: the place is emptied, the thing removed.
    Empty,
}

/// Why a conflict can't be settled so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is none.
    #[error("{at}: there is no conflict here")]
    NoConflict {
        /// Where.
        at: Pointer,
    },
    /// The conflict does not know that value.
    #[error("{at}: nobody wanted that here")]
    NotWanted {
        /// Where.
        at: Pointer,
    },
    /// The state would break a rule.
    #[error("{at}: {broken}")]
    Broken {
        /// Where.
        at: Pointer,
        /// Which.
        broken: Broken,
    },
}

/// The conflicts that nobody settled yet. One whose value no longer stands was settled by the edit.
pub fn open_conflicts(state: &State) -> BTreeMap<Pointer, Conflict> {
    let open = state.conflicts.iter().filter(|(at, conflict)| {
        let now = value_at(state, at);
        let names = at.names();
        if is_whole(&names) {
            now.is_some()
        } else {
            now == conflict.stands && !is_gone(state, &names)
        }
    });
    open.map(|(at, conflict)| (at.clone(), conflict.clone())).collect()
}

/// The changes that settle the conflict at `at`, for a state in which it is open.
///
/// # Errors
/// See [`ResolveError`].
pub fn resolve(
    state: &State,
    at: &Pointer,
    keep: Keep,
    now: Timestamp,
) -> Result<Vec<Change>, ResolveError> {
    let none = || ResolveError::NoConflict { at: at.clone() };
    let conflict = open_conflicts(state).remove(at).ok_or_else(none)?;
    let not_wanted = || ResolveError::NotWanted { at: at.clone() };
    let standing = value_at(state, at);
    let value = match keep {
        Keep::Standing => standing.clone(),
        Keep::Other(number) => Some(conflict.others.get(number).cloned().ok_or_else(not_wanted)?),
        Keep::Empty if conflict.empty => None,
        Keep::Empty => return Err(not_wanted()),
    };
    let mut changes: Vec<Change> =
        removed_task(state, at, value.as_ref(), now).into_iter().collect();
    // What a removal did is not done a second time.
    let standing = standing.filter(|_| changes.is_empty());
    let old = Settled { value: standing, conflict: Some(conflict) };
    changes.push(Change::Resolve { at: at.clone(), old, new: Settled { value, conflict: None } });
    let mut view = View::new(state.clone(), crate::line::Line::new(""));
    changes.iter().for_each(|change| view.change(change));
    let broken = check(&view.state);
    broken.map_err(|broken| ResolveError::Broken { at: at.clone(), broken })?;
    Ok(changes)
}

fn removed_task(
    state: &State,
    at: &Pointer,
    value: Option<&Json>,
    now: Timestamp,
) -> Option<Change> {
    let names = at.names();
    let is_task = is_whole(&names) && names[0] == "tasks" && value.is_none();
    let id = TaskId::parse(names.get(1).filter(|_| is_task)?).ok()?;
    let task = TaskJson(Box::new(state.tasks.get(&id)?.clone()));
    Some(Change::Remove { id, place: Place::State, task, at: now })
}

/// Whether the names lead to a whole task, milestone, note or snapshot.
fn is_whole(names: &[String]) -> bool {
    names.len() == 2 && ["tasks", "milestones", "notes", "snapshots"].contains(&names[0].as_str())
}

/// What stands in a place.
pub fn value_at(state: &State, at: &Pointer) -> Option<Json> {
    let names = at.names();
    let [sort, rest @ ..] = &names[..] else { return None };
    let id = rest.first().map_or("", String::as_str);
    let members = match sort.as_str() {
        "tasks" => state.tasks.get(&TaskId::parse(id).ok()?)?.members(),
        "milestones" => state.milestones.get(&MilestoneId::parse(id).ok()?)?.members(),
        "notes" => state.notes.get(&NoteId::parse(id).ok()?)?.members(),
        "snapshots" => state.snapshots.get(id)?.members(),
        "project" => return descend(&Json::Map(state.label.members()), rest).cloned(),
        _ => return descend(&Json::Map(state.extra.clone()), &names).cloned(),
    };
    descend(&Json::Map(members), &rest[1..]).cloned()
}

fn descend<'j>(value: &'j Json, names: &[String]) -> Option<&'j Json> {
    let [name, rest @ ..] = names else { return Some(value) };
    let inner = match value {
        Json::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        Json::List(items) => items.iter().find(|item| is_text(item, name)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => None,
    };
    descend(inner?, rest)
}

fn is_text(value: &Json, text: &str) -> bool {
    matches!(value, Json::Text(own) if own == text)
}

/// Puts a value into a place, or empties it. A value that can't stand there changes nothing.
pub fn put_at(state: &mut State, at: &Pointer, value: Option<Json>) {
    let names = at.names();
    let [sort, rest @ ..] = &names[..] else { return };
    let id = rest.first().map_or("", String::as_str);
    let inner = rest.get(1..).unwrap_or_default();
    match sort.as_str() {
        "tasks" => put_in(&mut state.tasks, TaskId::parse(id).ok(), inner, value),
        "milestones" => put_in(&mut state.milestones, MilestoneId::parse(id).ok(), inner, value),
        "notes" => put_in(&mut state.notes, NoteId::parse(id).ok(), inner, value),
        "snapshots" => put_in(&mut state.snapshots, Some(id.to_owned()), inner, value),
        "project" => {
            let mut members = state.label.members();
            edit(&mut members, rest, value);
            if let Ok(label) = AsMembers::from_members(members) {
                state.label = label;
            }
        }
        _ => edit(&mut state.extra, &names, value),
    }
}

fn put_in<K: Ord, V: AsMembers>(
    things: &mut BTreeMap<K, V>,
    id: Option<K>,
    names: &[String],
    value: Option<Json>,
) {
    let Some(id) = id else { return };
    let members = if names.is_empty() {
        match value {
            Some(Json::Map(members)) => Some(members),
            Some(_) => return,
            None => None,
        }
    } else {
        let Some(mut members) = things.get(&id).map(AsMembers::members) else { return };
        edit(&mut members, names, value);
        Some(members)
    };
    match members.map(V::from_members) {
        Some(Ok(thing)) => drop(things.insert(id, thing)),
        Some(Err(_)) => {}
        None => drop(things.remove(&id)),
    }
}

fn edit(members: &mut Members, names: &[String], value: Option<Json>) {
    let [name, rest @ ..] = names else { return };
    let place = members.iter().position(|(key, _)| key == name);
    let Some(inner) = rest.first() else {
        match (place, value) {
            (Some(place), Some(value)) => members[place].1 = value,
            (Some(place), None) => drop(members.remove(place)),
            (None, Some(value)) => members.push((name.clone(), value)),
            (None, None) => {}
        }
        return;
    };
    let place = place.unwrap_or_else(|| {
        let is_set = rest.len() == 1 && Rule::of_task(name) == Rule::Set;
        let new = if is_set { Json::List(Vec::new()) } else { Json::Map(Members::new()) };
        members.push((name.clone(), new));
        members.len() - 1
    });
    match &mut members[place].1 {
        Json::Map(members) => edit(members, rest, value),
        Json::List(items) => {
            items.retain(|item| !is_text(item, inner));
            items.extend(value);
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

impl Conflict {
    /// This one, with all that the other one wanted.
    pub(super) fn united(mut self, other: Self) -> Self {
        self.empty |= other.empty;
        self.others.extend(other.stands.into_iter().chain(other.others));
        let text = |members: &Members| Json::Map(members.clone()).text();
        if text(&self.extra) < text(&other.extra) {
            self.extra = other.extra;
        }
        self
    }

    /// What two sides carry for one place: which of both stands is not known yet.
    fn beside(&self, other: &Self, is_whole: bool) -> Self {
        let mut both = self.clone().united(other.clone());
        both.empty |= !is_whole && (self.stands.is_none() || other.stands.is_none());
        both.others.extend(both.stands.take());
        both
    }

    /// This one for a place where `now` stands; `None` if nobody wants anything else.
    fn standing(mut self, now: Option<Json>, is_whole: bool) -> Option<Self> {
        if is_whole {
            self.stands = None;
        } else {
            self.empty &= now.is_some();
            self.stands = now.clone();
        }
        self.others.retain(|other| now.as_ref() != Some(other));
        self.others.sort_by_cached_key(Json::text);
        self.others.dedup();
        (self.empty || !self.others.is_empty()).then_some(self)
    }

    fn depth(&self) -> usize {
        self.others.iter().chain(&self.stands).map(depth).max().unwrap_or(0)
    }
}

fn depth(value: &Json) -> usize {
    match value {
        Json::Map(members) => 1 + members.iter().map(|(_, v)| depth(v)).max().unwrap_or(0),
        Json::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => 0,
    }
}

/// How deep the values of a conflict stand in the file: in the state, the conflicts, the conflict
/// and the list.
const WITHIN: usize = 4;

impl Merge<'_> {
    /// Writes the conflicts of both sides and of this merge into the state. The answer is where
    /// this merge found some.
    pub(super) fn conclude(&mut self, state: &mut State) -> Result<BTreeSet<Pointer>, MergeError> {
        let mut all = self.carried();
        let mut found = std::mem::take(&mut self.found);
        for (at, conflict) in &mut found {
            // Only what is wanted besides is carried over: what stands is known by now.
            if let Some(Conflict { stands: _, others, empty, extra }) = all.remove(at) {
                let carried = Conflict { stands: None, others, empty, extra };
                *conflict = conflict.clone().united(carried);
            }
            conflict.others.extend(conflict.stands.take());
        }
        let mut places: BTreeSet<Pointer> = found.keys().cloned().collect();
        all.extend(found);
        for (at, conflict) in all {
            let names = at.names();
            let now = value_at(state, &at);
            let standing = conflict.standing(now, is_whole(&names));
            let standing = standing.filter(|_| !is_gone(state, &names));
            let Some(conflict) = standing else {
                places.remove(&at);
                continue;
            };
            if conflict.depth() + WITHIN > DEEPEST {
                return Err(MergeError::TooDeep { at });
            }
            state.conflicts.insert(at, conflict);
        }
        Ok(places)
    }

    /// The open conflicts of both sides, without what one of them settled.
    fn carried(&self) -> BTreeMap<Pointer, Conflict> {
        let open = &self.open;
        let places: BTreeSet<_> = open.ours.keys().chain(open.theirs.keys()).collect();
        let mut carried = BTreeMap::new();
        for at in places {
            let (base, ours, theirs) = (open.base.get(at), open.ours.get(at), open.theirs.get(at));
            let one = if ours == theirs || theirs == base {
                ours.cloned()
            } else if ours == base {
                theirs.cloned()
            } else {
                match (ours, theirs) {
                    (Some(ours), Some(theirs)) => Some(ours.beside(theirs, is_whole(&at.names()))),
                    (one, other) => one.or(other).cloned(),
                }
            };
            carried.extend(one.map(|one| (at.clone(), one)));
        }
        carried
    }
}

/// Whether the place lies in a thing that is not there.
fn is_gone(state: &State, names: &[String]) -> bool {
    let owner = names.get(..2).unwrap_or_default();
    let at = Pointer::to(owner.iter().map(String::as_str));
    is_whole(owner) && value_at(state, &at).is_none()
}
