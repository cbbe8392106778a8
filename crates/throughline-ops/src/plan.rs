//! `thru plan`: the agents' plans on this line.

use throughline_model::ids::TaskId;
use throughline_model::state::Status;
use throughline_model::view::View;

use crate::error::OpsError;
use crate::here::Here;
use crate::live::is_live;
use crate::surroundings::Surroundings;

/// A step of a plan.
#[derive(Debug, Clone)]
pub struct StepLine {
    /// Its node.
    pub id: TaskId,
    /// What is to be done.
    pub title: String,
    /// Where it stands.
    pub status: Status,
}

/// One agent's plan.
#[derive(Debug, Clone)]
pub struct PlanReport {
    /// Whose.
    pub session: String,
    /// Of which subagent.
    pub agent: Option<String>,
    /// What it stands under.
    pub root: Option<String>,
    /// In the agent's order.
    pub steps: Vec<StepLine>,
    /// Whether the session may still be at work.
    pub live: bool,
    /// When it was last seen.
    pub at: jiff::Timestamp,
}

/// The plans of this line, the latest first. Plans without an open step are left out, except
/// the latest.
pub fn plans(world: &Surroundings, here: &Here) -> Result<Vec<PlanReport>, OpsError> {
    Ok(of_view(world, &here.read()?.view))
}

/// The plans of a line that is loaded already.
pub(crate) fn of_view(world: &Surroundings, view: &View) -> Vec<PlanReport> {
    let now = world.clock.now();
    let mut plans: Vec<_> = view.line.plans.iter().collect();
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.stamp.at));
    let report = |plan: &throughline_model::line::Plan| PlanReport {
        session: plan.session.clone(),
        agent: plan.agent.clone(),
        root: plan.root.as_ref().and_then(|id| view.task(id)).map(|task| task.title.clone()),
        steps: plan.steps.iter().map(|step| step_line(view, step)).collect(),
        live: is_live(&view.line, &plan.session, now),
        at: plan.stamp.at,
    };
    let mut reports: Vec<_> = plans.into_iter().map(report).collect();
    let mut first = true;
    reports.retain(|plan| {
        std::mem::take(&mut first) || plan.steps.iter().any(|step| step.status.is_open())
    });
    reports
}

fn step_line(view: &View, step: &throughline_model::record::MirroredStep) -> StepLine {
    let task = view.task(&step.task);
    StepLine {
        id: step.task.clone(),
        title: task.map_or_else(|| step.step.text.clone(), |task| task.title.clone()),
        status: task.map_or(step.step.status, |task| task.status),
    }
}
