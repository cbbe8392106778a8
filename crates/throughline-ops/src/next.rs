//! `thru next`

use throughline_model::ids::TaskId;
use throughline_model::next::{NextStep, next_steps};
use throughline_model::view::View;

use crate::error::OpsError;
use crate::here::Here;
use crate::live::is_live;
use crate::surroundings::Surroundings;
use crate::tasks::list::{Row, row};

/// A next step, with its reasons in words.
#[derive(Debug, Clone)]
pub struct Step {
    /// The task.
    pub row: Row,
    /// Why it stands where it stands.
    pub why: Vec<String>,
    /// What it is part of: title.
    pub part_of: Option<String>,
}

/// What to do next.
#[derive(Debug, Clone)]
pub struct NextReport {
    /// Best first, as many as asked for.
    pub steps: Vec<Step>,
    /// How many there are in all.
    pub total: usize,
    /// How many open tasks wait for others.
    pub blocked: usize,
    /// The line's key.
    pub line: String,
}

/// Finds the next steps.
pub fn next(world: &Surroundings, here: &Here, most: usize) -> Result<NextReport, OpsError> {
    Ok(of_view(world, &here.read()?.view, most))
}

/// All next steps of a line that is loaded already, as of now.
pub(crate) fn steps<'v>(world: &Surroundings, view: &'v View) -> Vec<NextStep<'v>> {
    let now = world.clock.now();
    let live = |session: &str| is_live(&view.line, session, now);
    next_steps(view, now, &live)
}

/// The first of them, in words.
pub(crate) fn of_view(world: &Surroundings, view: &View, most: usize) -> NextReport {
    let now = world.clock.now();
    let all = steps(world, view);
    let title = |id: &TaskId| view.task(id).map(|task| task.title.clone());
    let steps = all.iter().take(most).map(|step| Step {
        row: row(view, step.id, step.task, now),
        why: step.why.iter().map(throughline_model::next::Why::text).collect(),
        part_of: step.task.parent.as_ref().and_then(title),
    });
    let blocked =
        view.tasks().filter(|(_, t)| throughline_model::next::is_blocked(view, t)).count();
    NextReport { steps: steps.collect(), total: all.len(), blocked, line: view.line.key.clone() }
}
