//! Three states to one, by meaning.
//!
//! Who changed what is found against `base`, thing by thing and field by field. What one side alone
//! changed is taken. What both changed differently is decided by a rule that does not know which
//! side is "ours", so both directions end in the same bytes, and what the rule passed over is
//! recorded as a [`Conflict`] beside what stands. Nothing is dropped in silence.
//!
//! | what | both sides changed it, differently |
//! | --- | --- |
//! | a field, a member that this version doesn't know | conflict; a value before none, of two texts the longer one stands |
//! | an unknown object | member by member, at any depth |
//! | priority | conflict, the more urgent one stands |
//! | status | see below |
//! | `completed_at`, `created_at`, tombstones | the earlier time |
//! | labels, relations, evidence | a union; what one side took out stays out |
//! | removed here, edited or newly needed there | kept, conflict |
//! | two tasks of one id, made on both sides at different times | the older stands whole, the other is kept in the conflict |
//! | `project` of two projects | the label with the smaller id |
//!
//! Status, for each pair and what it was before (`new`: both sides made the task, or each settled
//! an older conflict in its own way, so nobody knows what came first):
//!
//! | one side | the other | before | stands | conflict |
//! | --- | --- | --- | --- | --- |
//! | the same as before | any | any | the other side's | no |
//! | pending | in_progress | completed, cancelled, new | in_progress | no |
//! | pending | completed | in_progress, cancelled | completed | no |
//! | in_progress | completed | pending, cancelled | completed | no |
//! | pending, in_progress | completed | new | completed | yes |
//! | completed | cancelled | any | completed | yes |
//! | in_progress | cancelled | any | in_progress | yes |
//! | pending | cancelled | any | pending | yes |
//!
//! Reopened there and untouched here is the first row: pending. Completed a second time here (the
//! time changed) and reopened there counts as `new`. A milestone goes by the same rule: reached,
//! open, dropped.
//!
//! What is right on both sides can be wrong together. Then, in this order: what a new relation needs
//! comes back; a `ref` stays with who had it before, else with the older task; of a circle of
//! parents or dependencies the edge that the youngest task brought goes. Each is recorded.

mod circle;
mod conflicts;
mod members;
mod mend;

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Json, JsonError};
use crate::state::{
    AsMembers, Broken, Conflict, MOST_TASKS, Pointer, State, StateVersion, Task, check,
};

pub use conflicts::{Keep, ResolveError, open_conflicts, put_at, resolve, value_at};

use members::{Members, Rule, Sides};

/// What a merge made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// A state that [`check`] finds right.
    pub state: State,
    /// The places of the conflicts that this merge found; older ones may be open beside them.
    pub conflicts: BTreeSet<Pointer>,
}

/// Why two states can't be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A newer program wrote one of them; what it means is not known here.
    #[error("schema_version {} is newer than {}", .version.0, StateVersion::CURRENT.0)]
    Newer {
        /// Of the newer state.
        version: StateVersion,
    },
    /// Together they have more than [`MOST_TASKS`].
    #[error("{count} tasks are more than the {MOST_TASKS} that a state may have")]
    TooMany {
        /// How many there would be.
        count: usize,
    },
    /// What would have to be recorded is nested too deep to be read back.
    #[error("{at}: both sides changed a value that is nested too deep to keep them both")]
    TooDeep {
        /// Where.
        at: Pointer,
    },
    /// The merged members make no right thing.
    #[error("{at}: {problem}")]
    Shape {
        /// Where.
        at: Pointer,
        /// What is wrong.
        problem: JsonError,
    },
    /// The merged state breaks a rule, which one of the three states broke before.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Merges `ours` and `theirs`, which both come from `base`; `None` if they have nothing in common.
///
/// # Errors
/// See [`MergeError`]. The size of the text is not looked at: who writes it must.
pub fn merge(base: Option<&State>, ours: &State, theirs: &State) -> Result<Merged, MergeError> {
    let version = ours.version.max(theirs.version).max(base.map_or(ours.version, |b| b.version));
    if version > StateVersion::CURRENT {
        return Err(MergeError::Newer { version });
    }
    if ours == theirs || Some(theirs) == base {
        return Ok(Merged { state: ours.clone(), conflicts: BTreeSet::new() });
    }
    if Some(ours) == base {
        return Ok(Merged { state: theirs.clone(), conflicts: BTreeSet::new() });
    }
    merge_parts(base, ours, theirs)
}

fn merge_parts(base: Option<&State>, ours: &State, theirs: &State) -> Result<Merged, MergeError> {
    let nothing = State::empty(ours.label.clone());
    let from = base.unwrap_or(&nothing);
    let mut merge = Merge::new(from, ours, theirs);
    let sides = Sides { base: from, ours, theirs };
    let mut state = State::empty(merge.label(base)?);
    state.tasks = merge.things("tasks", Rule::of_task, sides.part(|s| &s.tasks))?;
    state.milestones =
        merge.things("milestones", Rule::of_milestone, sides.part(|s| &s.milestones))?;
    state.notes = merge.things("notes", Rule::of_any, sides.part(|s| &s.notes))?;
    state.snapshots = merge.things("snapshots", Rule::of_any, sides.part(|s| &s.snapshots))?;
    state.extra = merge.extra();
    merge.mend(&mut state);
    if state.tasks.len() > MOST_TASKS {
        return Err(MergeError::TooMany { count: state.tasks.len() });
    }
    let conflicts = merge.conclude(&mut state)?;
    check(&state)?;
    Ok(Merged { state, conflicts })
}

/// A merge under way: the three states and the conflicts found so far.
struct Merge<'s> {
    base: &'s State,
    ours: &'s State,
    theirs: &'s State,
    /// Open conflicts of each state.
    open: Sides<BTreeMap<Pointer, Conflict>>,
    found: BTreeMap<Pointer, Conflict>,
}

impl<'s> Merge<'s> {
    fn new(base: &'s State, ours: &'s State, theirs: &'s State) -> Self {
        let open = Sides {
            base: open_conflicts(base),
            ours: open_conflicts(ours),
            theirs: open_conflicts(theirs),
        };
        Self { base, ours, theirs, open, found: BTreeMap::new() }
    }

    /// Whether both sides settled the conflict that the base had there.
    fn settled_twice(&self, at: &Pointer) -> bool {
        let open = &self.open;
        open.base.contains_key(at) && !open.ours.contains_key(at) && !open.theirs.contains_key(at)
    }

    /// The label; of two projects, the one with the smaller id.
    fn label(&mut self, base: Option<&State>) -> Result<crate::state::Label, MergeError> {
        let at = Pointer::to(["project"]);
        let sides = Sides {
            base: base.map(|b| &b.label),
            ours: Some(&self.ours.label),
            theirs: Some(&self.theirs.label),
        };
        let (ours, theirs) = (&self.ours.label, &self.theirs.label);
        let unchanged = |one| base.is_some_and(|b| b.label.id == one);
        let mut members = sides.map(|label| label.map(AsMembers::members).unwrap_or_default());
        let both =
            ours.id != theirs.id && !unchanged(ours.id.clone()) && !unchanged(theirs.id.clone());
        if both {
            let (first, second) = if ours.id < theirs.id {
                (&members.ours, &mut members.theirs)
            } else {
                (&members.theirs, &mut members.ours)
            };
            let standing = |key: &str| first.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
            for (key, value) in second.iter_mut().filter(|(k, _)| k == "id" || k == "name") {
                *value = standing(key).unwrap_or(Json::Null);
            }
        }
        let merged = self.object(&at, Rule::of_any, &members);
        AsMembers::from_members(merged).map_err(|problem| MergeError::Shape { at, problem })
    }

    fn extra(&mut self) -> Members {
        let members = Sides {
            base: self.base.extra.clone(),
            ours: self.ours.extra.clone(),
            theirs: self.theirs.extra.clone(),
        };
        self.object(&Pointer::to([]), Rule::of_any, &members)
    }

    /// All things of one sort, by id.
    fn things<K: Ord + Clone + ToString, V: Thing>(
        &mut self,
        sort: &str,
        rule: fn(&str) -> Rule,
        sides: Sides<&BTreeMap<K, V>>,
    ) -> Result<BTreeMap<K, V>, MergeError> {
        let mut merged = BTreeMap::new();
        let added = sides.theirs.keys().filter(|id| !sides.ours.contains_key(*id));
        for id in sides.ours.keys().chain(added) {
            let one = sides.map(|things| things.get(id));
            let thing = match self.undisputed(&one) {
                Some(thing) => Some(thing.clone()),
                None => self.thing(Pointer::to([sort, &id.to_string()]), rule, one)?,
            };
            merged.extend(thing.map(|thing| (id.clone(), thing)));
        }
        Ok(merged)
    }

    /// What both sides have and at most one changed, where no older conflict has a say.
    fn undisputed<'t, V: PartialEq>(&self, sides: &Sides<Option<&'t V>>) -> Option<&'t V> {
        let (Some(ours), Some(theirs)) = (sides.ours, sides.theirs) else { return None };
        let is_free = self.open.base.is_empty();
        if ours == theirs || (is_free && sides.base == Some(theirs)) {
            return Some(ours);
        }
        (is_free && sides.base == Some(ours)).then_some(theirs)
    }

    /// One thing that differs.
    fn thing<V: Thing>(
        &mut self,
        at: Pointer,
        rule: fn(&str) -> Rule,
        sides: Sides<Option<&V>>,
    ) -> Result<Option<V>, MergeError> {
        let (Some(ours), Some(theirs)) = (sides.ours, sides.theirs) else {
            return Ok(self.one_sided(at, sides));
        };
        if sides.base.is_none() && ours.is_other_than(theirs) {
            return Ok(Some(self.two_of_one_id(at, ours, theirs)));
        }
        let mut members = sides.map(|thing| thing.map(AsMembers::members).unwrap_or_default());
        if sides.base.is_some_and(|base| ours.is_done_again(base) || theirs.is_done_again(base)) {
            members.base.retain(|(key, _)| key != "status");
        }
        let merged = self.object(&at, rule, &members);
        let thing = V::from_members(merged);
        thing.map(Some).map_err(|problem| MergeError::Shape { at, problem })
    }

    /// One that is on one side only: new there, or removed on the other.
    fn one_sided<V: Thing>(&mut self, at: Pointer, sides: Sides<Option<&V>>) -> Option<V> {
        let there = sides.ours.or(sides.theirs)?;
        let names = at.names();
        let buried = V::tombstone(self, names.last().map_or("", String::as_str));
        let is_new = sides.base.is_none();
        if (is_new && !buried) || (sides.base == Some(there) && !self.settled_twice(&at)) {
            return is_new.then(|| there.clone());
        }
        let removed = Conflict { empty: true, ..Conflict::default() };
        self.found.insert(at, removed);
        Some(there.clone())
    }

    /// Two tasks that were made on both sides and happen to have one id: the older one stands.
    fn two_of_one_id<V: Thing>(&mut self, at: Pointer, ours: &V, theirs: &V) -> V {
        let order = |thing: &V| (thing.age(), Json::Map(thing.members()).text());
        let (first, second) =
            if order(ours) <= order(theirs) { (ours, theirs) } else { (theirs, ours) };
        let others = vec![Json::Map(second.members())];
        self.found.insert(at, Conflict { others, ..Conflict::default() });
        first.clone()
    }
}

/// What the state holds by id.
trait Thing: AsMembers + Clone + PartialEq {
    /// When it was made, where that is known.
    fn age(&self) -> Option<jiff::Timestamp> {
        None
    }

    /// Whether these can't be two editions of the same thing.
    fn is_other_than(&self, other: &Self) -> bool {
        self.age() != other.age()
    }

    /// Whether it was completed a second time since `base`.
    fn is_done_again(&self, _base: &Self) -> bool {
        false
    }

    /// Whether one side removed a thing of this id that the base does not know.
    fn tombstone(_merge: &Merge<'_>, _id: &str) -> bool {
        false
    }
}

impl Thing for crate::state::Milestone {}
impl Thing for crate::state::Note {}
impl Thing for crate::state::Snapshot {}

impl Thing for Task {
    fn age(&self) -> Option<jiff::Timestamp> {
        Some(self.created_at)
    }

    fn is_done_again(&self, base: &Self) -> bool {
        use crate::state::Status::Completed;
        let both = self.status == Completed && base.status == Completed;
        both && self.completed_at.is_some() && self.completed_at != base.completed_at
    }

    fn tombstone(merge: &Merge<'_>, id: &str) -> bool {
        let Ok(id) = crate::ids::TaskId::parse(id) else { return false };
        let buried = |state: &State| state.tombstones.contains_key(&id);
        !buried(merge.base) && (buried(merge.ours) || buried(merge.theirs))
    }
}

#[cfg(test)]
mod tests;
