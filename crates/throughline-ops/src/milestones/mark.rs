//! `thru milestones reach | drop | reopen`: what became of a milestone.

use throughline_model::change::Change;
use throughline_model::ids::{MilestoneId, TaskId};
use throughline_model::state::{Extra, Milestone, MilestoneStatus, Snapshot};
use throughline_model::view::View;

use super::{MilestoneRow, find, open_tasks, row};
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What becomes of a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is reached, here and now: git's HEAD becomes a snapshot.
    Reach,
    /// It is given up.
    Drop,
    /// It is to be reached after all.
    Reopen,
}

/// Whether open tasks keep a milestone from being reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenTasks {
    /// They do.
    Respect,
    /// They don't: `--force`.
    Ignore,
}

/// What was marked.
#[derive(Debug, Clone)]
pub struct MarkReport {
    /// The milestone as it stands now.
    pub row: MilestoneRow,
    /// What was asked for.
    pub outcome: Outcome,
    /// Whether anything changed; if not, it stood there already.
    pub changed: bool,
    /// Open tasks that still lead to it.
    pub open: Vec<TaskId>,
}

impl Outcome {
    /// The verb in the journal.
    fn verb(self) -> &'static str {
        match self {
            Self::Reach => "reach milestone",
            Self::Drop => "drop milestone",
            Self::Reopen => "reopen milestone",
        }
    }

    /// The status to which it leads.
    fn status(self) -> MilestoneStatus {
        match self {
            Self::Reach => MilestoneStatus::Reached,
            Self::Drop => MilestoneStatus::Dropped,
            Self::Reopen => MilestoneStatus::Open,
        }
    }
}

/// Says what became of a milestone.
pub fn mark(
    world: &Surroundings,
    here: &Here,
    name: &str,
    outcome: Outcome,
    tasks: OpenTasks,
) -> Result<MarkReport, OpsError> {
    let mut marked = None;
    let done = apply(world, here, outcome.verb(), |view| {
        let (id, old) = find(view, name)?;
        marked = Some(id.clone());
        if old.status == outcome.status() {
            return Ok(Vec::new());
        }
        check(view, id, old, outcome, tasks)?;
        let new = Milestone { status: outcome.status(), ..old.clone() };
        let reached = (outcome == Outcome::Reach).then(|| snapshot(world, here, view, id, old));
        let (id, old, new) = (id.clone(), Some(old.clone()), Some(new));
        let change = Change::Milestone { id, old, new };
        Ok([change].into_iter().chain(reached.flatten()).collect())
    })?;
    let id = marked.expect("a plan that succeeded found the milestone");
    let milestone = &done.view.state.milestones[&id];
    let row = row(&done.view, &id, milestone, world.clock.now());
    let open = open_tasks(&done.view, &id);
    Ok(MarkReport { row, outcome, changed: done.unit.is_some(), open })
}

fn check(
    view: &View,
    id: &MilestoneId,
    old: &Milestone,
    outcome: Outcome,
    tasks: OpenTasks,
) -> Result<(), OpsError> {
    let open = open_tasks(view, id);
    let reason = match outcome {
        Outcome::Reach if tasks == OpenTasks::Respect && !open.is_empty() => {
            let open: Vec<_> = open.iter().map(TaskId::as_str).collect();
            format!("{id} can't be reached yet, still open: {} (--force)", open.join(", "))
        }
        Outcome::Drop if old.status == MilestoneStatus::Reached => {
            format!("{id} is reached; what is reached can't be dropped")
        }
        Outcome::Reach | Outcome::Drop | Outcome::Reopen => return Ok(()),
    };
    Err(OpsError::Refused { reason })
}

/// The snapshot of a milestone that is reached: named by its title, or by title and id where
/// another one has that name. One that it got before is replaced.
fn snapshot(
    world: &Surroundings,
    here: &Here,
    view: &View,
    id: &MilestoneId,
    milestone: &Milestone,
) -> Option<Change> {
    let commit = here.site.git_point().head?;
    let all = || view.state.snapshots.iter();
    let earlier = all().find(|(_, kept)| kept.milestone.as_ref() == Some(id));
    let title = &milestone.title;
    let name = match earlier {
        Some((name, _)) => name.clone(),
        None if view.state.snapshots.contains_key(title) => format!("{title} ({id})"),
        None => title.clone(),
    };
    let old = view.state.snapshots.get(&name).cloned();
    let new = Snapshot {
        commit,
        at: world.clock.now(),
        reason: "milestone reached".to_owned(),
        milestone: Some(id.clone()),
        extra: Extra::new(),
    };
    Some(Change::Snapshot { id: name, old, new: Some(new) })
}
