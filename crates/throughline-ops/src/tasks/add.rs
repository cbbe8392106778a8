//! `thru tasks add`

use jiff::Timestamp;
use throughline_model::change::{Change, Place, TaskJson};
use throughline_model::ids::{MilestoneId, TaskId};
use throughline_model::record::Actor;
use throughline_model::state::{Kind, Source, SourceKind, Task};
use throughline_model::view::View;

use super::{find, title};
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What the new task shall be.
#[derive(Debug, Clone)]
pub struct AddOptions {
    /// What is to be done.
    pub title: String,
    /// What sort of work.
    pub kind: Kind,
    /// 0 (most urgent) to 4.
    pub priority: u8,
    /// Ids or refs of what must be completed first.
    pub depends_on: Vec<String>,
    /// Id or ref of the task that it is part of.
    pub parent: Option<String>,
    /// The name that people give it.
    pub reference: Option<String>,
    /// Id or title of its milestone; a title that is new makes one.
    pub milestone: Option<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// When it counts as done.
    pub acceptance: Option<String>,
    /// Remarks.
    pub notes: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Not before then.
    pub deferred_until: Option<Timestamp>,
    /// What turned it up: id or ref.
    pub discovered_from: Option<String>,
}

impl AddOptions {
    /// A task of priority 2 without relations.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            kind: Kind::Task,
            priority: 2,
            depends_on: Vec::new(),
            parent: None,
            reference: None,
            milestone: None,
            labels: Vec::new(),
            acceptance: None,
            notes: None,
            owner: None,
            deferred_until: None,
            discovered_from: None,
        }
    }
}

/// The task that was made.
#[derive(Debug, Clone)]
pub struct AddReport {
    /// Its id.
    pub id: TaskId,
    /// The line, for showing it.
    pub view: View,
}

/// Makes a task.
pub fn add(world: &Surroundings, here: &Here, options: &AddOptions) -> Result<AddReport, OpsError> {
    let mut made = None;
    let done = apply(world, here, "add", |view| {
        let id = world.task_id(view)?;
        made = Some(id.clone());
        changes(world, view, id, options)
    })?;
    let id = made.expect("a plan that succeeded made an id");
    Ok(AddReport { id, view: done.view })
}

fn changes(
    world: &Surroundings,
    view: &View,
    id: TaskId,
    options: &AddOptions,
) -> Result<Vec<Change>, OpsError> {
    let mut changes = Vec::new();
    let mut task =
        Task::new(title(&options.title)?, options.kind, source(&world.actor), world.clock.now());
    task.priority = options.priority;
    task.reference.clone_from(&options.reference);
    task.labels.clone_from(&options.labels);
    task.acceptance.clone_from(&options.acceptance);
    task.notes.clone_from(&options.notes);
    task.owner.clone_from(&options.owner);
    task.deferred_until = options.deferred_until;
    for name in &options.depends_on {
        let needed = find(view, name)?.0.clone();
        if !task.depends_on.contains(&needed) {
            task.depends_on.push(needed);
        }
    }
    task.parent = options.parent.as_ref().map(|p| find(view, p)).transpose()?.map(|p| p.0.clone());
    if let Some(from) = &options.discovered_from {
        task.discovered_from.push(find(view, from)?.0.clone());
    }
    if let Some(name) = &options.milestone {
        task.milestone = Some(milestone(world, view, name, &mut changes)?);
    }
    promote_needed(view, &task, &mut changes);
    changes.push(Change::Create { id, place: Place::State, task: TaskJson(Box::new(task)) });
    Ok(changes)
}

/// A published task can't rest on a private one: what it names is promoted with it.
pub(crate) fn promote_needed(view: &View, task: &Task, changes: &mut Vec<Change>) {
    let named = task.depends_on.iter().chain(&task.parent).chain(&task.discovered_from);
    for id in named.filter(|id| view.is_private(id)) {
        super::promote::promote(view, id, changes);
    }
}

/// The milestone of that id or title; a new title makes a new one.
pub(crate) fn milestone(
    world: &Surroundings,
    view: &View,
    name: &str,
    changes: &mut Vec<Change>,
) -> Result<MilestoneId, OpsError> {
    if let Some((id, _)) = crate::milestones::known(view, name) {
        return Ok(id.clone());
    }
    let (id, change) = crate::milestones::add::new(world, view, name, /*due*/ None)?;
    changes.push(change);
    Ok(id)
}

/// By whom a task is made.
pub(crate) fn source(actor: &Actor) -> Source {
    match actor {
        Actor::Person | Actor::Fold => Source::outside_session(SourceKind::Person),
        Actor::Agent { session, .. } => {
            Source { session: session.clone(), ..Source::outside_session(SourceKind::Agent) }
        }
    }
}
