//! `thru tasks start | complete | cancel | reopen`: a task moves on.

use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::line::Claim;
use throughline_model::record::Actor;
use throughline_model::state::{Evidence, Field, Status, Task};
use throughline_model::view::{LEASE, View};

use super::find;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// Where a task goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Work begins: it is claimed and becomes the focus.
    Start,
    /// It is done.
    Complete,
    /// It will not be done.
    Cancel,
    /// It is to be done after all.
    Reopen,
}

/// Whether open dependencies keep a task from being completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependencies {
    /// They do.
    Respect,
    /// They don't: `--force`.
    Ignore,
}

/// What shall happen.
#[derive(Debug, Clone)]
pub struct TransitionOptions {
    /// Ids or refs.
    pub tasks: Vec<String>,
    /// Where they go.
    pub to: Transition,
    /// Whether open dependencies count.
    pub dependencies: Dependencies,
    /// Why, for a cancellation.
    pub reason: Option<String>,
}

/// [`TransitionOptions`] without the tasks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'o> {
    pub(crate) to: Transition,
    pub(crate) dependencies: Dependencies,
    pub(crate) reason: Option<&'o str>,
}

impl TransitionOptions {
    fn as_step(&self) -> Step<'_> {
        let (to, dependencies) = (self.to, self.dependencies);
        Step { to, dependencies, reason: self.reason.as_deref() }
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub struct TransitionReport {
    /// The tasks, as given.
    pub tasks: Vec<TaskId>,
    /// Those that stood there already.
    pub unchanged: Vec<TaskId>,
    /// Tasks that can be worked on since.
    pub unblocked: Vec<TaskId>,
    /// Where they went.
    pub to: Transition,
    /// The line as it stands now.
    pub view: View,
}

impl Transition {
    /// The verb in the journal.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
            Self::Reopen => "reopen",
        }
    }

    /// The status to which it leads.
    pub fn status(self) -> Status {
        match self {
            Self::Start => Status::InProgress,
            Self::Complete => Status::Completed,
            Self::Cancel => Status::Cancelled,
            Self::Reopen => Status::Pending,
        }
    }
}

/// Moves tasks on, all or none.
pub fn transition(
    world: &Surroundings,
    here: &Here,
    options: &TransitionOptions,
) -> Result<TransitionReport, OpsError> {
    let (mut tasks, mut unchanged, mut before) = (Vec::new(), Vec::new(), None);
    let done = apply(world, here, options.to.verb(), |view| {
        before = Some(view.clone());
        let mut after = view.clone();
        let mut all = Vec::new();
        for name in &options.tasks {
            let (id, task) = find(&after, name)?;
            let changes = changes(world, here, &after, (id, task), options.as_step())?;
            tasks.push(id.clone());
            if changes.is_empty() {
                unchanged.push(id.clone());
            }
            changes.iter().for_each(|change| after.change(change));
            all.extend(changes);
        }
        Ok(all)
    })?;
    let unblocked = before.map(|before| newly_ready(&before, &done.view)).unwrap_or_default();
    Ok(TransitionReport { tasks, unchanged, unblocked, to: options.to, view: done.view })
}

/// One task moves on; nothing if it stands there already.
pub(crate) fn changes(
    world: &Surroundings,
    here: &Here,
    view: &View,
    (id, task): (&TaskId, &Task),
    step: Step<'_>,
) -> Result<Vec<Change>, OpsError> {
    let status = step.to.status();
    if task.status == status {
        return Ok(Vec::new());
    }
    if status == Status::Completed && step.dependencies == Dependencies::Respect {
        check_dependencies(view, id, task)?;
    }
    let mut changes = status_changes(world, id, task, status, step.reason);
    match step.to {
        Transition::Start => changes.extend(start(world, view, id)?),
        Transition::Complete => {
            changes.push(Change::Show { id: id.clone(), evidence: evidence(world, here) });
            changes.extend(let_go(view, id));
        }
        Transition::Cancel => changes.extend(let_go(view, id)),
        Transition::Reopen => {}
    }
    Ok(changes)
}

/// A status with the fields that go with it.
pub(crate) fn status_changes(
    world: &Surroundings,
    id: &TaskId,
    task: &Task,
    status: Status,
    reason: Option<&str>,
) -> Vec<Change> {
    let done = (status == Status::Completed).then(|| world.clock.now().to_string());
    let reason = reason.filter(|_| status == Status::Cancelled);
    [
        Change::set(id, task, Field::Status, Some(status.as_str())),
        Change::set(id, task, Field::CompletedAt, done.as_deref()),
        Change::set(id, task, Field::Reason, reason),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn check_dependencies(view: &View, id: &TaskId, task: &Task) -> Result<(), OpsError> {
    let is_open =
        |needed: &&TaskId| view.task(needed).is_some_and(|t| t.status != Status::Completed);
    let open: Vec<TaskId> = task.depends_on.iter().filter(is_open).cloned().collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(OpsError::OpenDependencies { task: id.clone(), open })
}

/// Work begins: a claim, and the focus under which the agent's plan stands.
fn start(world: &Surroundings, view: &View, id: &TaskId) -> Result<Vec<Change>, OpsError> {
    let claim = Claim { owner: owner(world), until: world.clock.now() + LEASE };
    let claim = super::claim::taken(world, view, id, claim)?;
    let focus = Change::Focus { old: view.line.focus.clone(), new: Some(id.clone()) };
    Ok(vec![claim, focus])
}

/// Work is over: the claim and the focus go.
fn let_go(view: &View, id: &TaskId) -> Vec<Change> {
    let claim = view.line.claims.get(id).cloned();
    let claim = claim.map(|old| Change::Claim { id: id.clone(), old: Some(old), new: None });
    let focus = view.line.focus.clone().filter(|focus| focus == id);
    claim.into_iter().chain(focus.map(|old| Change::Focus { old: Some(old), new: None })).collect()
}

/// Whose claim it would be: the session's, else the user's.
pub(crate) fn owner(world: &Surroundings) -> String {
    match &world.actor {
        Actor::Agent { session: Some(session), .. } => session.clone(),
        Actor::Agent { session: None, .. } | Actor::Person | Actor::Fold => world.user.clone(),
    }
}

fn evidence(world: &Surroundings, here: &Here) -> Evidence {
    let session = match &world.actor {
        Actor::Agent { session, .. } => session.clone(),
        Actor::Person | Actor::Fold => None,
    };
    Evidence { commit: here.site.git_point().head, session, ..Evidence::default() }
}

/// What can be worked on since.
pub(crate) fn newly_ready(before: &View, after: &View) -> Vec<TaskId> {
    use throughline_model::next::{is_blocked, is_unblocked};
    let was_blocked = |id: &TaskId| before.task(id).is_some_and(|t| is_blocked(before, t));
    let free = after.tasks().filter(|(_, t)| t.status.is_open() && is_unblocked(after, t));
    free.filter(|(id, _)| was_blocked(id)).map(|(id, _)| id.clone()).collect()
}
