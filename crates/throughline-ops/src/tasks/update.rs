//! The MCP tool `update_task`: fields, links, claim and status of one task, as one unit.
//!
//! Each part is planned as its own command plans it, on the line as the parts before it leave it:
//! all of them are done or none, and one `thru undo` takes them back.

use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::line::Claim;
use throughline_model::state::Status;
use throughline_model::view::{LEASE, View};

use super::edit::Assignment;
use super::link::{Bond, LinkOptions, Relation};
use super::transition::{Dependencies, Step, Transition, newly_ready, owner};
use super::{claim, edit, find, link, transition};
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What becomes of the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Claiming {
    /// It stays as it is, unless the status says otherwise.
    #[default]
    Keep,
    /// Who asks takes or renews it.
    Take,
    /// It ends.
    Release,
}

/// What shall change.
#[derive(Debug, Clone)]
pub struct UpdateOptions {
    /// Id or ref.
    pub task: String,
    /// Fields other than the status.
    pub set: Vec<Assignment>,
    /// Ids or refs of what must be completed first, from now on.
    pub depends_on_add: Vec<String>,
    /// Ids or refs of what need not be any more.
    pub depends_on_remove: Vec<String>,
    /// Who works on it.
    pub claim: Claiming,
    /// Where it goes.
    pub to: Option<Transition>,
    /// Whether open dependencies keep it from being completed.
    pub dependencies: Dependencies,
    /// Why, for a cancellation.
    pub reason: Option<String>,
}

impl UpdateOptions {
    /// Of that task, nothing.
    pub fn new(task: impl Into<String>) -> Self {
        Self {
            task: task.into(),
            set: Vec::new(),
            depends_on_add: Vec::new(),
            depends_on_remove: Vec::new(),
            claim: Claiming::default(),
            to: None,
            dependencies: Dependencies::Respect,
            reason: None,
        }
    }
}

/// What changed.
#[derive(Debug, Clone)]
pub struct UpdateReport {
    /// The task.
    pub id: TaskId,
    /// Whether anything changed.
    pub changed: bool,
    /// Tasks that can be worked on since.
    pub unblocked: Vec<TaskId>,
    /// The line as it stands now.
    pub view: View,
}

/// Changes a task, all of it or nothing.
pub fn update(
    world: &Surroundings,
    here: &Here,
    options: &UpdateOptions,
) -> Result<UpdateReport, OpsError> {
    let (mut found, mut before) = (None, None);
    let done = apply(world, here, "update", |view| {
        let id = find(view, &options.task)?.0.clone();
        before = Some(view.clone());
        let changes = changes(world, here, view.clone(), &id, options)?;
        found = Some(id);
        Ok(changes)
    })?;
    let id = found.expect("a plan that succeeded found the task");
    let unblocked = before.map(|before| newly_ready(&before, &done.view)).unwrap_or_default();
    Ok(UpdateReport { id, changed: done.unit.is_some(), unblocked, view: done.view })
}

fn changes(
    world: &Surroundings,
    here: &Here,
    mut after: View,
    id: &TaskId,
    options: &UpdateOptions,
) -> Result<Vec<Change>, OpsError> {
    let mut all = edit::assignments(world, &after, find(&after, id.as_str())?, &options.set)?;
    all.iter().for_each(|change| after.change(change));
    let mut then = |after: &mut View, changes: Vec<Change>| {
        changes.iter().for_each(|change| after.change(change));
        all.extend(changes);
    };
    for link in links(id, options) {
        let changes = link::changes(&after, &link)?;
        then(&mut after, changes);
    }
    let changes = claiming(world, &after, id, options)?;
    then(&mut after, changes.into_iter().collect());
    if let Some(to) = options.to {
        let step =
            Step { to, dependencies: options.dependencies, reason: options.reason.as_deref() };
        let task = find(&after, id.as_str())?;
        let changes = transition::changes(world, here, &after, task, step)?;
        then(&mut after, changes);
    }
    Ok(all)
}

/// What leaves goes first, so that one call can turn a dependency around.
fn links(id: &TaskId, options: &UpdateOptions) -> Vec<LinkOptions> {
    let links = |names: &[String], bond| {
        let link = |name: &String| LinkOptions {
            from: id.to_string(),
            relation: Relation::DependsOn,
            to: name.clone(),
            bond,
        };
        names.iter().map(link).collect::<Vec<_>>()
    };
    let gone = links(&options.depends_on_remove, Bond::Unlink);
    gone.into_iter().chain(links(&options.depends_on_add, Bond::Link)).collect()
}

fn claiming(
    world: &Surroundings,
    view: &View,
    id: &TaskId,
    options: &UpdateOptions,
) -> Result<Option<Change>, OpsError> {
    match options.claim {
        Claiming::Keep => Ok(None),
        // Beginning to work claims by itself.
        Claiming::Take if options.to == Some(Transition::Start) && !is_begun(view, id) => Ok(None),
        Claiming::Take => {
            let claim = Claim { owner: owner(world), until: world.clock.now() + LEASE };
            Ok(Some(claim::taken(world, view, id, claim)?))
        }
        Claiming::Release => claim::released(world, view, id),
    }
}

fn is_begun(view: &View, id: &TaskId) -> bool {
    view.task(id).is_some_and(|task| task.status == Status::InProgress)
}
