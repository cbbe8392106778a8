//! Milestones: what to reach, with the tasks that lead there. One module per verb.

pub mod add;
pub mod edit;
pub mod list;
pub mod mark;
pub mod show;

use jiff::Timestamp;
use throughline_model::ids::{MilestoneId, TaskId};
use throughline_model::state::{Milestone, MilestoneStatus, Status};
use throughline_model::view::View;

use crate::error::OpsError;
use crate::times::{self, OfDay};

/// The milestone of that id or title. Of several with one title (a merge can make them) an open
/// one is meant.
pub(crate) fn known<'v>(view: &'v View, name: &str) -> Option<(&'v MilestoneId, &'v Milestone)> {
    let title = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let all = || view.state.milestones.iter();
    let by_id = all().find(|(id, _)| id.as_str() == name);
    by_id.or_else(|| {
        let named = all().filter(|(_, milestone)| milestone.title == title);
        named.min_by_key(|(_, milestone)| milestone.status != MilestoneStatus::Open)
    })
}

/// [`known`], or the failure that says there is none.
pub(crate) fn find<'v>(
    view: &'v View,
    name: &str,
) -> Result<(&'v MilestoneId, &'v Milestone), OpsError> {
    known(view, name).ok_or_else(|| OpsError::NoSuch { what: "milestone", name: name.to_owned() })
}

/// When a milestone is due, as somebody wrote it: a day, of which the last second counts (UTC), or a
/// time as RFC 3339 has it.
pub fn parse_due(text: &str) -> Result<Timestamp, OpsError> {
    times::parse(text, OfDay::End)
}

/// How far the tasks of a milestone came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Completed.
    pub completed: usize,
    /// Neither completed nor cancelled.
    pub open: usize,
    /// Cancelled.
    pub cancelled: usize,
}

/// A milestone in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneRow {
    /// Its id.
    pub id: MilestoneId,
    /// All of it.
    pub milestone: Milestone,
    /// How far its tasks came.
    pub progress: Progress,
    /// Whether it is open and its time is over.
    pub overdue: bool,
}

/// A milestone as a row.
pub(crate) fn row(
    view: &View,
    id: &MilestoneId,
    milestone: &Milestone,
    now: Timestamp,
) -> MilestoneRow {
    let mut progress = Progress::default();
    for (_, task) in view.tasks().filter(|(_, task)| task.milestone.as_ref() == Some(id)) {
        match task.status {
            Status::Completed => progress.completed += 1,
            Status::Cancelled => progress.cancelled += 1,
            Status::Pending | Status::InProgress => progress.open += 1,
        }
    }
    let is_open = milestone.status == MilestoneStatus::Open;
    let overdue = is_open && milestone.due.is_some_and(|due| due < now);
    MilestoneRow { id: id.clone(), milestone: milestone.clone(), progress, overdue }
}

/// The open tasks that lead to a milestone.
pub(crate) fn open_tasks(view: &View, id: &MilestoneId) -> Vec<TaskId> {
    let leads = view.tasks().filter(|(_, task)| task.milestone.as_ref() == Some(id));
    leads.filter(|(_, task)| task.status.is_open()).map(|(task, _)| task.clone()).collect()
}
