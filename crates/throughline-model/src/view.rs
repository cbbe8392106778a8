//! What a reader of a line sees: the state with the line's records that the file lacks, and the
//! private nodes beside it.
//!
//! Replay is idempotent: applying the same records again, in order, ends in the same view. A file
//! that git or a hand changed (its hash is unknown) is replayed [`Replay::Guarded`]: a change
//! counts only where its old value stands, so that what was merged since is not overwritten.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Change, Place, Settled};
use crate::drift::{Drift, DriftKind};
use crate::ids::{RecordId, TaskId, UnitId};
use crate::line::{Checkpoint, Ended, Line, MOST_OWED, Owed, Plan, Seen, Told};
use crate::merge::{put_at, value_at};
use crate::reconcile::{Decision, Outcome, is_settled_by_default};
use crate::record::{Actor, Body, Mark, Process, Record};
use crate::state::{Pointer, State, Status, Task};

/// The source of a session that takes the place of another one in its process.
const CLEAR: &str = "clear";

/// The source of a session that begins as a copy of another one.
const FORK: &str = "fork";

/// How records meet the file on which they are replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// The file is known to lack exactly these records.
    Plain,
    /// The file is unknown: a change counts only where its old value stands.
    Guarded,
}

/// A change that was not applied, because the file holds neither its old nor its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overtaken {
    /// The record.
    pub record: RecordId,
    /// The change.
    pub change: Change,
}

/// A line as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The state, pending records included.
    pub state: State,
    /// What HOME keeps for the line, pending records included.
    pub line: Line,
    /// How many changes the state file lacks.
    pub pending: usize,
    /// Acknowledged changes that git or a hand overtook.
    pub overtaken: Vec<Overtaken>,
}

impl View {
    /// The view without any pending record.
    pub fn new(state: State, line: Line) -> Self {
        Self { state, line, pending: 0, overtaken: Vec::new() }
    }

    /// A task, private or not.
    pub fn task(&self, id: &TaskId) -> Option<&Task> {
        self.state.tasks.get(id).or_else(|| self.line.private.get(id))
    }

    /// All tasks, private ones included.
    pub fn tasks(&self) -> impl Iterator<Item = (&TaskId, &Task)> {
        self.state.tasks.iter().chain(&self.line.private)
    }

    /// Whether the task is kept in the line's private part.
    pub fn is_private(&self, id: &TaskId) -> bool {
        !self.state.tasks.contains_key(id) && self.line.private.contains_key(id)
    }

    /// Finds a task by id or by `ref`.
    pub fn find(&self, id_or_ref: &str) -> Option<(&TaskId, &Task)> {
        let by_id = TaskId::parse(id_or_ref).ok();
        let by_id = by_id.and_then(|id| {
            self.state.tasks.get_key_value(&id).or_else(|| self.line.private.get_key_value(&id))
        });
        by_id.or_else(|| self.tasks().find(|(_, t)| t.reference.as_deref() == Some(id_or_ref)))
    }

    /// Whether a root made from a prompt is done, so that its steps are folded into it.
    pub fn is_folded(&self, task: &Task) -> bool {
        let root = task.parent.as_ref().and_then(|parent| self.line.private.get(parent));
        let done = |root: &Task| root.status == Status::Completed && root.is_prompt_root();
        task.status != Status::Pending && !task.status.is_open() && root.is_some_and(done)
    }

    /// Applies one record of this line.
    pub fn apply(&mut self, record: &Record, replay: Replay) {
        for change in record.body.changes() {
            if self.is_overtaken(change, replay) {
                let (record, change) = (record.id.clone(), change.clone());
                self.overtaken.push(Overtaken { record, change });
            } else {
                // Once a later change of the same thing holds, the earlier one is history.
                self.overtaken.retain(|earlier| !supersedes(change, &earlier.change));
                self.change(change);
            }
        }
        self.line.observe(record);
    }

    /// Counts a record that the state file lacks.
    pub fn count_pending(&mut self, record: &Record) {
        self.pending += record.body.changes().iter().filter(|c| self.is_published(c)).count();
    }

    fn is_published(&self, change: &Change) -> bool {
        match change {
            Change::Create { place, .. } | Change::Remove { place, .. } => *place == Place::State,
            Change::Claim { .. }
            | Change::Focus { .. }
            | Change::Recall { .. }
            | Change::Forget { .. }
            | Change::Mirror { .. } => false,
            Change::Set { id, .. }
            | Change::Add { id, .. }
            | Change::Drop { id, .. }
            | Change::Show { id, .. }
            | Change::Unshow { id, .. } => self.state.tasks.contains_key(id),
            Change::Promote { .. }
            | Change::Demote { .. }
            | Change::Milestone { .. }
            | Change::Note { .. }
            | Change::Snapshot { .. }
            | Change::Resolve { .. } => true,
        }
    }

    fn is_overtaken(&self, change: &Change, replay: Replay) -> bool {
        if replay == Replay::Plain {
            return false;
        }
        match change {
            Change::Set { id, field, old, new } => self.state.tasks.get(id).is_some_and(|task| {
                let now = task.get(*field);
                now != *old && now != *new
            }),
            Change::Milestone { id, old, new } => {
                neither(self.state.milestones.get(id), old.as_ref(), new.as_ref())
            }
            Change::Note { id, old, new } => {
                neither(self.state.notes.get(id), old.as_ref(), new.as_ref())
            }
            Change::Snapshot { id, old, new } => {
                neither(self.state.snapshots.get(id), old.as_ref(), new.as_ref())
            }
            Change::Resolve { at, old, new } => {
                let now = settled_at(&self.state, at);
                now != *old && now != *new
            }
            // Deleted here, edited there: the edit is kept.
            Change::Remove { id, task, .. } => {
                self.state.tasks.get(id).is_some_and(|now| !now.says_same_as(&task.0))
            }
            Change::Create { .. }
            | Change::Add { .. }
            | Change::Drop { .. }
            | Change::Show { .. }
            | Change::Unshow { .. }
            | Change::Promote { .. }
            | Change::Demote { .. }
            | Change::Claim { .. }
            | Change::Focus { .. }
            | Change::Recall { .. }
            | Change::Forget { .. }
            | Change::Mirror { .. } => false,
        }
    }

    fn task_mut(&mut self, id: &TaskId) -> Option<&mut Task> {
        self.state.tasks.get_mut(id).or_else(|| self.line.private.get_mut(id))
    }

    fn place_mut(&mut self, place: Place) -> &mut BTreeMap<TaskId, Task> {
        match place {
            Place::State => &mut self.state.tasks,
            Place::Private => &mut self.line.private,
        }
    }

    /// Applies one change; what is there already stays.
    pub fn change(&mut self, change: &Change) {
        match change {
            Change::Create { id, place, task } => {
                self.state.tombstones.remove(id);
                if self.task(id).is_none() {
                    self.place_mut(*place).insert(id.clone(), (*task.0).clone());
                }
            }
            Change::Remove { id, place, at, .. } => {
                if self.place_mut(*place).remove(id).is_some() && *place == Place::State {
                    self.state.tombstones.insert(id.clone(), *at);
                }
            }
            Change::Set { id, field, new, .. } => {
                if let Some(task) = self.task_mut(id) {
                    // A value from a newer program that this one can't hold leaves the field.
                    let _ = task.set(*field, new.as_deref());
                }
            }
            Change::Add { id, list, value } => {
                if let Some(task) = self.task_mut(id) {
                    task.add(*list, value);
                }
            }
            Change::Drop { id, list, value } => {
                if let Some(task) = self.task_mut(id) {
                    task.drop_from(*list, value);
                }
            }
            Change::Show { id, evidence } => {
                let lacks = |t: &&mut Task| !t.evidence.contains(evidence);
                if let Some(task) = self.task_mut(id).filter(lacks) {
                    task.evidence.push(evidence.clone());
                }
            }
            Change::Unshow { id, evidence } => {
                if let Some(task) = self.task_mut(id) {
                    task.evidence.retain(|e| e != evidence);
                }
            }
            Change::Promote { id } => {
                if let Some(task) = self.line.private.remove(id) {
                    self.state.tasks.entry(id.clone()).or_insert(task);
                }
            }
            Change::Demote { id } => {
                if let Some(task) = self.state.tasks.remove(id) {
                    self.line.private.entry(id.clone()).or_insert(task);
                }
            }
            Change::Milestone { id, new, .. } => {
                put(&mut self.state.milestones, id, new.as_ref());
            }
            Change::Note { id, new, .. } => put(&mut self.state.notes, id, new.as_ref()),
            Change::Snapshot { id, new, .. } => put(&mut self.state.snapshots, id, new.as_ref()),
            Change::Resolve { at, old, new } => {
                if old.value != new.value {
                    put_at(&mut self.state, at, new.value.clone());
                }
                put(&mut self.state.conflicts, at, new.conflict.as_ref());
            }
            Change::Claim { id, new, .. } => put(&mut self.line.claims, id, new.as_ref()),
            Change::Focus { new, .. } => self.line.focus.clone_from(new),
            Change::Mirror { session, new, .. } => self.put_plan(session, new.as_deref()),
            // The session's file holds it.
            Change::Recall { .. } | Change::Forget { .. } => {}
        }
    }

    /// One plan of a session that nobody observed; those of its subagents are not told.
    fn put_plan(&mut self, session: &str, plan: Option<&Plan>) {
        self.line.plans.retain(|known| known.session != session || known.agent.is_some());
        self.line.plans.extend(plan.cloned());
    }

    /// The ids that are in use, so that a new one can avoid them.
    pub fn is_taken(&self, id: &TaskId) -> bool {
        self.task(id).is_some() || self.state.tombstones.contains_key(id)
    }
}

impl Task {
    /// Whether the task was made from the first prompt of a session.
    pub fn is_prompt_root(&self) -> bool {
        self.source.kind == crate::state::SourceKind::Prompt
    }
}

/// Whether, of two changes, the earlier one leaves no trace after the later one.
fn supersedes(later: &Change, earlier: &Change) -> bool {
    match later {
        Change::Set { id, field, .. } => {
            matches!(earlier, Change::Set { id: i, field: f, .. } if i == id && f == field)
        }
        Change::Remove { id, .. } => earlier.task() == Some(id),
        Change::Milestone { id, .. } => {
            matches!(earlier, Change::Milestone { id: i, .. } if i == id)
        }
        Change::Note { id, .. } => matches!(earlier, Change::Note { id: i, .. } if i == id),
        Change::Snapshot { id, .. } => matches!(earlier, Change::Snapshot { id: i, .. } if i == id),
        Change::Resolve { at, .. } => matches!(earlier, Change::Resolve { at: a, .. } if a == at),
        Change::Create { .. }
        | Change::Add { .. }
        | Change::Drop { .. }
        | Change::Show { .. }
        | Change::Unshow { .. }
        | Change::Promote { .. }
        | Change::Demote { .. }
        | Change::Claim { .. }
        | Change::Focus { .. }
        | Change::Recall { .. }
        | Change::Forget { .. }
        | Change::Mirror { .. } => false,
    }
}

/// What stands in a place, and what is recorded about it.
pub(crate) fn settled_at(state: &State, at: &Pointer) -> Settled {
    Settled { value: value_at(state, at), conflict: state.conflicts.get(at).cloned() }
}

fn neither<T: PartialEq>(now: Option<&T>, old: Option<&T>, new: Option<&T>) -> bool {
    now != old && now != new
}

fn put<K: Ord + Clone, V: Clone>(map: &mut BTreeMap<K, V>, key: &K, value: Option<&V>) {
    match value {
        Some(value) => map.insert(key.clone(), value.clone()),
        None => map.remove(key),
    };
}

impl Line {
    /// Takes in what a record observed: sessions, turns, plans, the checkpoint.
    pub fn observe(&mut self, record: &Record) {
        self.renew_claims(record);
        match &record.body {
            Body::LineBegin { origin, fork_point, settled, git } => {
                self.ended = None;
                self.settled |= settled;
                if self.origin.is_none() {
                    self.origin.clone_from(origin);
                }
                if self.fork_point.is_none() && self.origin == *origin {
                    self.fork_point.clone_from(fork_point);
                }
                if self.checkpoint.is_none() {
                    let (at, git) = (record.stamp.at, git.clone());
                    self.checkpoint = Some(Checkpoint { at, git, session: None });
                }
            }
            Body::SessionStart { session, source, process, .. } => {
                if source == CLEAR {
                    self.end_sessions_of(process.as_ref());
                }
                let seen = self.seen(session, record);
                seen.ended = false;
                seen.forked |= source == FORK;
                seen.process.clone_from(process);
            }
            Body::TurnBegin { session, turn, prompt, process, .. } => {
                let seen = self.seen(session, record);
                seen.ended = false;
                seen.open_turn = Some(turn.clone());
                seen.process.clone_from(process);
                if seen.first_prompt.is_none() {
                    seen.first_prompt.clone_from(prompt);
                }
            }
            Body::TurnEnd { session, git, .. } => {
                self.seen(session, record).open_turn = None;
                let (at, session) = (record.stamp.at, Some(session.clone()));
                self.checkpoint = Some(Checkpoint { at, git: git.clone(), session });
                self.settled = true;
                self.owed.iter_mut().for_each(|owed| owed.passed = true);
            }
            Body::SessionEnd { session, .. } => {
                let seen = self.seen(session, record);
                seen.ended = true;
                seen.open_turn = None;
            }
            Body::Plan { .. } => self.observe_plan(record),
            Body::Drift { drift, asks, .. } => {
                self.owe(drift, *asks);
                self.observe_drift(record.stamp.at, drift, *asks);
            }
            Body::Reconcile { drift, decisions, git, contained, .. } => {
                let (at, session) = (record.stamp.at, None);
                self.checkpoint = Some(Checkpoint { at, git: git.clone(), session });
                self.settled = true;
                self.ended = None;
                self.owed.retain(|owed| owed.passed && owed.drift != *drift);
                if let Some(contained) = contained {
                    self.remember(&contained.hash, contained.through);
                }
                self.answer(decisions);
                self.told.get_or_insert(Told { at, drift: drift.clone() });
            }
            Body::LineEnd { successor } => {
                self.ended = Some(Ended { at: record.stamp.at, successor: successor.clone() });
            }
            Body::Change { .. }
            | Body::Approval { .. }
            | Body::ToolRan { .. }
            | Body::Subagent { .. }
            | Body::Compacting { .. }
            | Body::Intent { .. }
            | Body::Abort { .. } => {}
        }
    }

    /// A cleared conversation does not say that it ends. One of the same process that is in the
    /// middle of a turn is another one; one that goes on says so at its next turn.
    fn end_sessions_of(&mut self, process: Option<&Process>) {
        let of_process = |seen: &&mut Seen| process.is_some() && seen.process.as_ref() == process;
        let idle = self.sessions.values_mut().filter(of_process).filter(|s| s.open_turn.is_none());
        idle.for_each(|seen| seen.ended = true);
    }

    /// Of several questions those that were not answered stay.
    fn answer(&mut self, decisions: &[Decision]) {
        let answers = |kind| decisions.iter().any(|d| d.kind == kind && d.settles());
        let Some(mut open) = self.open.take_if(|open| answers(open.drift.kind)) else { return };
        let asked = decisions.iter().filter(|d| d.outcome == Outcome::Ask).map(|d| d.kind);
        let mut left = asked.filter(|kind| open.drift.holds(*kind)).collect::<Vec<_>>().into_iter();
        if let Some(kind) = left.next() {
            (open.drift.kind, open.drift.also, open.drift.lost) = (kind, left.collect(), 0);
            self.open = Some(open);
        }
    }

    /// What is told and not asked is done by the next command; a turn that ends first must not hide
    /// it. Where memory stands there already, it was done.
    fn owe(&mut self, drift: &Drift, asks: bool) {
        let stood = self.checkpoint.as_ref().and_then(|checkpoint| checkpoint.git.head.as_ref());
        // A line that was only left and taken up again stands where it stood: that is not told by it.
        let only_switched = drift.kind == DriftKind::Switched && drift.also.is_empty();
        let done = self.settled && stood == drift.to.head.as_ref() && !only_switched;
        let same = |owed: &Owed| owed.drift.kind == drift.kind && owed.drift.to == drift.to;
        let follows = drift.kinds().any(is_settled_by_default);
        if !asks && !done && follows && self.owed.len() < MOST_OWED && !self.owed.iter().any(same) {
            self.owed.push(Owed { drift: drift.clone(), passed: false });
        }
    }

    /// A question that nobody answered stays as it was asked first: its beginning is where memory
    /// stood.
    fn observe_drift(&mut self, at: jiff::Timestamp, drift: &Drift, asks: bool) {
        let told = Told { at, drift: drift.clone() };
        match &mut self.open {
            Some(open) if open.drift.holds(drift.kind) => {
                if asks {
                    open.drift = open.drift.widened(drift);
                }
            }
            Some(_) | None if asks => self.open = Some(told.clone()),
            Some(_) | None => {}
        }
        self.told = Some(told);
    }

    fn seen(&mut self, session: &str, record: &Record) -> &mut Seen {
        let at = record.stamp.at;
        let new = Seen {
            process: None,
            open_turn: None,
            first_prompt: None,
            ended: false,
            forked: false,
            last: at,
        };
        let seen = self.sessions.entry(session.to_owned()).or_insert(new);
        seen.last = seen.last.max(at);
        seen
    }

    fn observe_plan(&mut self, record: &Record) {
        let Body::Plan { session, agent, root, steps, dropped, .. } = &record.body else { return };
        let plan = Plan {
            session: session.clone(),
            agent: agent.clone(),
            root: root.clone(),
            steps: steps.clone(),
            dropped: dropped.clone(),
            stamp: record.stamp.clone(),
        };
        let same = |p: &&mut Plan| p.session == plan.session && p.agent == plan.agent;
        match self.plans.iter_mut().find(same) {
            Some(known) => *known = plan,
            None => self.plans.push(plan),
        }
    }

    /// A turn of the owner is a sign of life: its leases start anew.
    fn renew_claims(&mut self, record: &Record) {
        let Body::TurnBegin { session, .. } = &record.body else { return };
        let until = record.stamp.at + LEASE;
        let own = self.claims.values_mut().filter(|claim| claim.owner == *session);
        own.for_each(|claim| claim.until = claim.until.max(until));
    }
}

/// How long a claim lasts without a sign of life from its owner.
pub const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_hours(2);

/// The records of a batch that count, in order: without those that were aborted, without second
/// copies, without parts of a whole that is not complete, without plans that are older than the
/// newest one before them.
pub fn countable<'r>(records: &'r [(Mark, Record)], line: &Line) -> Vec<&'r (Mark, Record)> {
    let mut newest = BTreeMap::new();
    let mut counted = standing(records);
    counted.retain(|entry: &&'r (Mark, Record)| {
        let entry: &'r (Mark, Record) = entry;
        let known = (entry.0 >= line.through).then_some(line);
        !is_old_plan(&entry.1, known, &mut newest)
    });
    counted
}

/// The records of a batch that stand: as [`countable`], old plans among them.
pub fn standing(records: &[(Mark, Record)]) -> Vec<&(Mark, Record)> {
    let aborted: BTreeSet<&RecordId> = records.iter().filter_map(|(_, r)| r.aborts()).collect();
    let mut seen = BTreeSet::new();
    let parts = parts_of_units(records, &aborted);
    let complete = |record: &Record| match (&record.unit, record.part) {
        (Some(unit), Some(part)) => {
            parts.get(unit).is_some_and(|there| (1..=part.of).all(|n| there.contains(&n)))
        }
        _ => true,
    };
    let stands = |entry: &&(Mark, Record)| {
        let record = &entry.1;
        let own_abort = record.aborts().is_some_and(|id| seen.contains(id));
        let fresh = seen.insert(record.id.clone());
        fresh && !aborted.contains(&record.id) && !own_abort && complete(record)
    };
    records.iter().filter(stands).collect()
}

/// Which parts of each unit are there; a second copy doesn't stand for a missing one.
fn parts_of_units<'r>(
    records: &'r [(Mark, Record)],
    aborted: &BTreeSet<&RecordId>,
) -> BTreeMap<&'r UnitId, BTreeSet<u32>> {
    let mut parts: BTreeMap<_, BTreeSet<u32>> = BTreeMap::new();
    for (_, record) in records.iter().filter(|(_, r)| !aborted.contains(&r.id)) {
        if let (Some(unit), Some(part)) = (&record.unit, record.part) {
            parts.entry(unit).or_default().insert(part.number);
        }
    }
    parts
}

/// Plans folded already were judged when they were folded: only among themselves do they count.
fn is_old_plan<'r>(
    record: &'r Record,
    line: Option<&'r Line>,
    newest: &mut BTreeMap<(&'r str, Option<&'r str>), &'r crate::record::Stamp>,
) -> bool {
    let Body::Plan { session, agent, .. } = &record.body else { return false };
    let key = (session.as_str(), agent.as_deref());
    let known = newest.get(&key).copied();
    let folded = || line.and_then(|line| line.plan_of(session, agent.as_deref()));
    let known = known.or_else(|| folded().map(|plan| &plan.stamp));
    if known.is_some_and(|known| record.stamp.is_before(known)) {
        return true;
    }
    newest.insert(key, &record.stamp);
    false
}

impl Record {
    /// The record that this one aborts.
    pub fn aborts(&self) -> Option<&RecordId> {
        match &self.body {
            Body::Abort { record, .. } => Some(record),
            Body::Change { .. }
            | Body::Plan { .. }
            | Body::LineBegin { .. }
            | Body::SessionStart { .. }
            | Body::TurnBegin { .. }
            | Body::TurnEnd { .. }
            | Body::Approval { .. }
            | Body::ToolRan { .. }
            | Body::Subagent { .. }
            | Body::Compacting { .. }
            | Body::SessionEnd { .. }
            | Body::LineEnd { .. }
            | Body::Drift { .. }
            | Body::Reconcile { .. }
            | Body::Intent { .. } => None,
        }
    }

    /// Whether a person did it.
    pub fn is_by_person(&self) -> bool {
        match self.actor {
            Actor::Person => true,
            Actor::Agent { .. } | Actor::Fold => false,
        }
    }
}

#[cfg(test)]
mod tests;
