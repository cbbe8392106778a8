//! What to do next, and why: pure and deterministic.
//!
//! Ready = pending or in progress, not deferred, everything it depends on completed.
//! Order: in progress on this line; interrupted last time; priority; milestone due; how much it
//! unblocks; plan order; age.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::ids::TaskId;
use crate::line::{Line, Plan};
use crate::state::{MilestoneStatus, Status, Task};
use crate::view::View;

/// A task that can be worked on now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep<'v> {
    /// Which.
    pub id: &'v TaskId,
    /// The task.
    pub task: &'v Task,
    /// Why it stands where it stands, most important first.
    pub why: Vec<Why>,
}

/// A reason for a place in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Somebody works on it on this line.
    InProgress,
    /// The last turn that worked on it was broken off.
    Interrupted,
    /// Its priority, if not the ordinary one.
    Priority(u8),
    /// Its milestone is due then.
    Due(Timestamp),
    /// So many open tasks wait for it, directly or not.
    Unblocks(usize),
    /// It is the next step of the plan.
    Plan,
    /// Nothing stands in its way.
    Ready,
}

impl Why {
    /// The reason in a few words.
    pub fn text(&self) -> String {
        match self {
            Self::InProgress => "in progress on this line".to_owned(),
            Self::Interrupted => "interrupted last time".to_owned(),
            Self::Priority(priority) => format!("priority {priority}"),
            Self::Due(due) => format!("milestone due {}", due.strftime("%Y-%m-%d")),
            Self::Unblocks(1) => "unblocks 1 task".to_owned(),
            Self::Unblocks(count) => format!("unblocks {count} tasks"),
            Self::Plan => "next in the plan".to_owned(),
            Self::Ready => "nothing stands in its way".to_owned(),
        }
    }
}

/// The ordinary priority, which is no reason for anything.
const ORDINARY: u8 = 2;

/// Whether everything that a task depends on is completed. What was removed holds nobody up.
pub fn is_unblocked(view: &View, task: &Task) -> bool {
    task.depends_on.iter().all(|id| view.task(id).is_none_or(|t| t.status == Status::Completed))
}

/// Whether a task can be worked on now.
pub fn is_ready(view: &View, task: &Task, now: Timestamp) -> bool {
    task.status.is_open() && !task.is_deferred(now) && is_unblocked(view, task)
}

/// Whether a task waits for another one.
pub fn is_blocked(view: &View, task: &Task) -> bool {
    task.status.is_open() && !is_unblocked(view, task)
}

/// All tasks that can be worked on, best first. A root made from a prompt does not stand for
/// itself while it has open steps. `is_live` tells whether a session may still be at work.
pub fn next_steps<'v>(
    view: &'v View,
    now: Timestamp,
    is_live: &dyn Fn(&str) -> bool,
) -> Vec<NextStep<'v>> {
    let ranks = Ranks::of(view, is_live);
    let parents_of_open: BTreeSet<&TaskId> = view
        .tasks()
        .filter(|(_, t)| t.status.is_open())
        .filter_map(|(_, t)| t.parent.as_ref())
        .collect();
    let stands = |id: &TaskId, task: &Task| {
        is_ready(view, task, now) && !(task.is_prompt_root() && parents_of_open.contains(id))
    };
    let mut steps: Vec<_> = view
        .tasks()
        .filter(|(id, task)| stands(id, task))
        .map(|(id, task)| (ranks.key(view, id, task), id, task))
        .collect();
    steps.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    steps.into_iter().map(|(key, id, task)| NextStep { id, task, why: key.why() }).collect()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    in_progress: Reverse<bool>,
    interrupted: Reverse<bool>,
    priority: u8,
    due: Due,
    unblocks: Reverse<usize>,
    plan_place: usize,
    created_at: Timestamp,
}

/// What is due sooner comes first, what is never due last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    At(Timestamp),
    Never,
}

impl Due {
    fn time(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Never => None,
        }
    }
}

impl Key {
    fn why(&self) -> Vec<Why> {
        let mut why = Vec::new();
        why.extend(self.in_progress.0.then_some(Why::InProgress));
        why.extend(self.interrupted.0.then_some(Why::Interrupted));
        why.extend((self.priority != ORDINARY).then_some(Why::Priority(self.priority)));
        why.extend(self.due.time().map(Why::Due));
        why.extend((self.unblocks.0 > 0).then_some(Why::Unblocks(self.unblocks.0)));
        why.extend((self.plan_place != usize::MAX).then_some(Why::Plan));
        if why.is_empty() {
            why.push(Why::Ready);
        }
        why
    }
}

struct Ranks<'v> {
    interrupted: BTreeSet<&'v TaskId>,
    plan_place: BTreeMap<&'v TaskId, usize>,
    unblocks: BTreeMap<&'v TaskId, usize>,
}

impl<'v> Ranks<'v> {
    fn of(view: &'v View, is_live: &dyn Fn(&str) -> bool) -> Self {
        let plans = || view.line.plans.iter();
        let broken_off = plans().filter(|p| view.line.is_interrupted(&p.session, is_live));
        Self {
            interrupted: broken_off.flat_map(steps_of).map(|(_, id)| id).collect(),
            plan_place: plans().flat_map(steps_of).map(|(place, id)| (id, place)).collect(),
            unblocks: unblocks(view),
        }
    }

    fn key(&self, view: &View, id: &TaskId, task: &Task) -> Key {
        let milestone = task.milestone.as_ref().and_then(|m| view.state.milestones.get(m));
        let open = milestone.filter(|m| m.status == MilestoneStatus::Open);
        let due = open.and_then(|m| m.due);
        let in_progress = task.status == Status::InProgress;
        Key {
            in_progress: Reverse(in_progress),
            interrupted: Reverse(in_progress && self.interrupted.contains(id)),
            priority: task.priority,
            due: due.map_or(Due::Never, Due::At),
            unblocks: Reverse(self.unblocks.get(id).copied().unwrap_or(0)),
            plan_place: self.plan_place.get(id).copied().unwrap_or(usize::MAX),
            created_at: task.created_at,
        }
    }
}

fn steps_of(plan: &Plan) -> impl Iterator<Item = (usize, &TaskId)> {
    plan.steps.iter().enumerate().map(|(place, step)| (place, &step.task))
}

impl Line {
    /// Whether a session's last turn began, never ended, and its process is gone.
    pub fn is_interrupted(&self, session: &str, is_live: &dyn Fn(&str) -> bool) -> bool {
        let open = self.sessions.get(session).is_some_and(|seen| seen.open_turn.is_some());
        open && !is_live(session)
    }

    /// Sessions whose last turn was broken off, the latest first.
    pub fn interrupted_sessions(&self, is_live: &dyn Fn(&str) -> bool) -> Vec<&str> {
        let broken_off = self.sessions.iter().filter(|(id, _)| self.is_interrupted(id, is_live));
        let mut found: Vec<_> = broken_off.collect();
        found.sort_by_key(|(_, seen)| Reverse(seen.last));
        found.into_iter().map(|(id, _)| id.as_str()).collect()
    }
}

/// How many open tasks wait for each open task, directly or through others.
///
/// Exact up to [`MOST_WAITING`] and "at least" beyond: counting on would be quadratic in a long
/// chain, and the difference between 100 and 101 decides nothing.
fn unblocks(view: &View) -> BTreeMap<&TaskId, usize> {
    let mut waiting: BTreeMap<&TaskId, Vec<&TaskId>> = BTreeMap::new();
    for (id, task) in view.tasks().filter(|(_, t)| t.status.is_open()) {
        for needed in &task.depends_on {
            waiting.entry(needed).or_default().push(id);
        }
    }
    let direct = waiting
        .keys()
        .filter(|id| view.task(id).is_some_and(|t| t.status.is_open() && is_unblocked(view, t)));
    direct.map(|id| (*id, waiting_for(id, &waiting))).collect()
}

/// Beyond this many, waiting tasks are not counted on.
pub const MOST_WAITING: usize = 100;

fn waiting_for<'v>(id: &'v TaskId, waiting: &BTreeMap<&'v TaskId, Vec<&'v TaskId>>) -> usize {
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        for next in waiting.get(id).into_iter().flatten() {
            if seen.len() == MOST_WAITING {
                return MOST_WAITING;
            }
            if seen.insert(*next) {
                open.push(next);
            }
        }
    }
    seen.len()
}

#[cfg(test)]
mod tests;
