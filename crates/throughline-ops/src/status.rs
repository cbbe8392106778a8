//! `thru status`: the project at a glance.

use std::path::PathBuf;

use throughline_model::drift::{Drift, Place};
use throughline_model::ids::TaskId;
use throughline_model::line::{Claim, Told};
use throughline_model::reconcile::Decision;
use throughline_model::state::Status;
use throughline_store::project::Mode;
use throughline_store::view::Loaded;

use crate::drift::Seen;
use crate::error::OpsError;
use crate::here::Here;
use crate::lines::{Ended, LinesReport};
use crate::live::is_live;
use crate::next::Step;
use crate::plan::PlanReport;
use crate::surroundings::Surroundings;
use crate::tasks::list::Lines;

/// How many tasks stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// In progress.
    pub in_progress: usize,
    /// Next steps, in progress or not.
    pub ready: usize,
    /// Waiting for others.
    pub blocked: usize,
    /// Neither completed nor cancelled.
    pub open: usize,
    /// Completed.
    pub completed: usize,
}

/// The project at a glance.
#[derive(Debug, Clone)]
pub struct StatusReport {
    /// The project's name.
    pub project: String,
    /// Shared or local.
    pub mode: Mode,
    /// Where git stands.
    pub place: Place,
    /// Against where memory stood.
    pub drift: Drift,
    /// What was done about it, as the settings say; empty if nothing was.
    pub decisions: Vec<Decision>,
    /// A drift about which somebody has to decide, and nobody did.
    pub open: Option<Told>,
    /// The last drift that somebody was told.
    pub told: Option<Told>,
    /// How many tasks stand where.
    pub counts: Counts,
    /// The plans with open steps.
    pub plans: Vec<PlanReport>,
    /// The next steps.
    pub next: Vec<Step>,
    /// Sessions whose last turn was broken off, with what was asked.
    pub interrupted: Vec<(String, Option<String>)>,
    /// Who works on what.
    pub claims: Vec<(TaskId, Claim)>,
    /// How many changes the state file lacks.
    pub pending: usize,
    /// How many conflicts of merges nobody has decided.
    pub conflicts: usize,
    /// Acknowledged changes that git or a hand overtook, in words.
    pub overtaken: Vec<String>,
    /// The state file.
    pub file: PathBuf,
    /// Journal lines that could not be read.
    pub bad_lines: usize,
    /// All lines, if they were asked for.
    pub lines: Option<LinesReport>,
}

/// How many next steps a glance shows.
const GLANCE: usize = 3;

/// Looks at the project.
pub fn status(world: &Surroundings, here: &Here, lines: Lines) -> Result<StatusReport, OpsError> {
    of_loaded(world, here, &here.read()?, (lines, GLANCE))
}

/// As [`status`], of a line that is loaded already, with so many next steps.
pub(crate) fn of_loaded(
    world: &Surroundings,
    here: &Here,
    loaded: &Loaded,
    (lines, steps): (Lines, usize),
) -> Result<StatusReport, OpsError> {
    let view = &loaded.view;
    let now = world.clock.now();
    let live = |session: &str| is_live(&view.line, session, now);
    let interrupted = view.line.interrupted_sessions(&live).into_iter().map(|session| {
        let prompt = view.line.sessions.get(session).and_then(|seen| seen.first_prompt.clone());
        (session.to_owned(), prompt)
    });
    let drift = match &here.settled {
        Some(plan) => plan.drift.clone(),
        None => {
            let lost = crate::reconcile::lost(here, loaded)?.len();
            let last = crate::drift::last_seen(here)?;
            let seen = Seen { lost, dirty: false };
            let drift = crate::drift::look(world, here, last.as_ref(), seen)?;
            if lost > 0 {
                // Only who reads the state file sees it. That it can't be recorded hides it not.
                let _ = crate::reconcile::tell_once(world, here, &drift);
            }
            drift
        }
    };
    let next = crate::next::of_view(world, view, steps);
    Ok(StatusReport {
        project: here.project.binding().name.clone(),
        mode: here.project.binding().mode,
        place: here.site.place(),
        drift,
        decisions: here.settled.as_ref().map(|plan| plan.decisions.clone()).unwrap_or_default(),
        open: view.line.open.clone(),
        told: view.line.told.clone(),
        counts: counts(view, next.total),
        plans: crate::plan::of_view(world, view),
        next: next.steps,
        interrupted: interrupted.collect(),
        claims: view
            .line
            .claims
            .iter()
            .filter(|(_, c)| c.until > now)
            .map(|(id, c)| (id.clone(), c.clone()))
            .collect(),
        pending: loaded.view.pending,
        conflicts: throughline_model::merge::open_conflicts(&view.state).len(),
        overtaken: view.overtaken.iter().map(|o| crate::log::sentence(&o.change)).collect(),
        file: loaded.file.clone(),
        bad_lines: loaded.bad,
        lines: match lines {
            Lines::All => Some(crate::lines::list(world, here, Ended::Hidden)?),
            Lines::This => None,
        },
    })
}

fn counts(view: &throughline_model::view::View, ready: usize) -> Counts {
    let mut counts = Counts { ready, ..Counts::default() };
    for (_, task) in view.tasks() {
        counts.in_progress += usize::from(task.status == Status::InProgress);
        counts.blocked += usize::from(throughline_model::next::is_blocked(view, task));
        counts.open += usize::from(task.status.is_open());
        counts.completed += usize::from(task.status == Status::Completed);
    }
    counts
}
