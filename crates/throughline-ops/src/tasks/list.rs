//! `thru tasks list`

use std::collections::BTreeMap;

use jiff::Timestamp;
use throughline_model::ids::{MilestoneId, TaskId};
use throughline_model::next::{is_blocked, is_ready};
use throughline_model::state::{Kind, Status, Task};
use throughline_model::view::View;

use crate::error::OpsError;
use crate::here::Here;
use crate::lines::{Broken, known_lines, view_of};
use crate::surroundings::Surroundings;

/// Which tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// Neither completed nor cancelled.
    #[default]
    Open,
    /// Those that can be worked on.
    Ready,
    /// Those that wait for others.
    Blocked,
    /// Those of one status.
    Status(Status),
    /// Those with evidence whose commit is no longer in the line's history, whatever their status.
    Orphaned,
    /// Every status, folded steps too.
    All,
}

/// Of which lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lines {
    /// The one on which we are.
    #[default]
    This,
    /// All of them.
    All,
}

/// What shall be listed.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Which tasks.
    pub which: Which,
    /// Of which lines.
    pub lines: Lines,
    /// Only those of a milestone: id or title.
    pub milestone: Option<String>,
    /// Only those of a kind.
    pub kind: Option<Kind>,
    /// Only those with a label.
    pub label: Option<String>,
}

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: TaskId,
    /// What is to be done.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// What sort of work.
    pub kind: Kind,
    /// 0 (most urgent) to 4.
    pub priority: u8,
    /// What it is part of.
    pub parent: Option<TaskId>,
    /// What must be completed first.
    pub depends_on: Vec<TaskId>,
    /// The name that people gave it.
    pub reference: Option<String>,
    /// Its milestone.
    pub milestone: Option<MilestoneId>,
    /// Whether it can be worked on now.
    pub ready: bool,
    /// What of [`Row::depends_on`] is not completed.
    pub blocked_by: Vec<TaskId>,
    /// Who works on it.
    pub claimed_by: Option<String>,
    /// Whether it is private to the line.
    pub private: bool,
    /// Whether it was folded into its finished root.
    pub folded: bool,
    /// The line's key, where lines are mixed.
    pub line: Option<String>,
}

/// What was listed.
#[derive(Debug, Clone)]
pub struct ListReport {
    /// In the order of their making.
    pub tasks: Vec<Row>,
    /// The line's key.
    pub line: String,
    /// How many tasks the line has in all.
    pub total: usize,
    /// How many open tasks other lines have that this one does not: key and count.
    pub elsewhere: Vec<(String, usize)>,
}

/// Lists tasks.
pub fn list(
    world: &Surroundings,
    here: &Here,
    options: &ListOptions,
) -> Result<ListReport, OpsError> {
    let view = here.read()?.view;
    let mut tasks = rows(world, &view, options);
    let mut elsewhere = Vec::new();
    if options.lines == Lines::All {
        let key = here.line();
        tasks.iter_mut().for_each(|row| row.line = Some(key.clone()));
        let others = known_lines(here)?.into_iter();
        for line in others.filter(|line| line.key != key && line.ended.is_none()) {
            let Ok(other) = view_of(world, here, &line, Broken::Served) else { continue };
            let mut rows = rows(world, &other, options);
            rows.retain(|row| view.task(&row.id).is_none_or(|own| own.status != row.status));
            rows.iter_mut().for_each(|row| row.line = Some(line.key.clone()));
            elsewhere.push((line.key, rows.len()));
            tasks.extend(rows);
        }
    }
    if options.lines == Lines::This {
        elsewhere = open_elsewhere(here, &view)?;
    }
    Ok(ListReport { tasks, line: here.line(), total: view.tasks().count(), elsewhere })
}

/// How many tasks are open on other lines and not known on this one, as they were folded last.
fn open_elsewhere(here: &Here, view: &View) -> Result<Vec<(String, usize)>, OpsError> {
    let key = here.line();
    let others = known_lines(here)?.into_iter();
    let others = others.filter(|line| line.key != key && line.ended.is_none());
    let counts = others.map(|line| {
        let unknown = line.open_tasks.iter().filter(|id| view.task(id).is_none()).count();
        (line.key, unknown)
    });
    Ok(counts.filter(|(_, count)| *count > 0).collect())
}

/// The rows of a line, in the order of their making.
pub(crate) fn rows(world: &Surroundings, view: &View, options: &ListOptions) -> Vec<Row> {
    let now = world.clock.now();
    let wanted = view.tasks().filter(|(_, task)| is_wanted(view, task, options, now));
    let places = plan_places(view);
    let place = |id: &TaskId| places.get(id).copied();
    let mut rows: Vec<_> =
        wanted.map(|(id, task)| ((task.created_at, place(id)), row(view, id, task, now))).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Steps of one plan were made in one second: their order is the plan's.
fn plan_places(view: &View) -> BTreeMap<&TaskId, usize> {
    let plans = view.line.plans.iter();
    plans.flat_map(|plan| plan.steps.iter().enumerate().map(|(at, s)| (&s.task, at))).collect()
}

fn is_wanted(view: &View, task: &Task, options: &ListOptions, now: Timestamp) -> bool {
    let which = match options.which {
        Which::Open => task.status.is_open(),
        Which::Ready => is_ready(view, task, now),
        Which::Blocked => is_blocked(view, task),
        Which::Status(status) => task.status == status && !view.is_folded(task),
        Which::Orphaned => task.evidence.iter().any(|evidence| evidence.orphaned),
        Which::All => true,
    };
    let milestone = options.milestone.as_ref().is_none_or(|name| {
        let own = task.milestone.as_ref();
        let title = own.and_then(|id| view.state.milestones.get(id)).map(|m| &m.title);
        own.is_some_and(|id| id.as_str() == name) || title == Some(name)
    });
    let kind = options.kind.is_none_or(|kind| task.kind == kind);
    let label = options.label.as_ref().is_none_or(|label| task.labels.contains(label));
    which && milestone && kind && label
}

/// A task as a row.
pub fn row(view: &View, id: &TaskId, task: &Task, now: Timestamp) -> Row {
    let is_open =
        |needed: &&TaskId| view.task(needed).is_some_and(|t| t.status != Status::Completed);
    let claim = view.line.claims.get(id).filter(|claim| claim.until > now);
    Row {
        id: id.clone(),
        title: task.title.clone(),
        status: task.status,
        kind: task.kind,
        priority: task.priority,
        parent: task.parent.clone(),
        depends_on: task.depends_on.clone(),
        reference: task.reference.clone(),
        milestone: task.milestone.clone(),
        ready: is_ready(view, task, now),
        blocked_by: task.depends_on.iter().filter(is_open).cloned().collect(),
        claimed_by: claim.map(|claim| claim.owner.clone()),
        private: view.is_private(id),
        folded: view.is_folded(task),
        line: None,
    }
}
