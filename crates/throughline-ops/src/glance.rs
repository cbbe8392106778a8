//! `thru status --line`: one line for a shell's prompt, tmux or an editor.
//!
//! It is asked at every prompt, so it writes nothing, settles nothing, and parses a state only if that is
//! small: else it takes what the last fold left ready, and says if that is old.

use std::path::Path;

use throughline_model::drift::{Drift, DriftKind, Place};
use throughline_model::line::{Glance, Line, ReadyBrief};
use throughline_model::next::NextStep;
use throughline_model::reconcile::{Outcome, decide};
use throughline_model::record::{Mark, Record};
use throughline_model::state::Status;
use throughline_model::view::View;
use throughline_store::StoreError;
use throughline_store::durable;
use throughline_store::journal::Filter;
use throughline_store::view::hash;

use crate::drift::Seen;
use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::next::steps;
use crate::surroundings::Surroundings;

/// State files up to this size are simply parsed: about 1,000 tasks.
pub(crate) const SMALL: u64 = 512 * 1024;

/// What a prompt shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlanceReport {
    /// Where git stands.
    pub place: Place,
    /// What is not as memory left it.
    pub drift: Drift,
    /// What waits for somebody's decision: of this drift, or of an earlier one.
    pub undecided: Option<DriftKind>,
    /// The tasks; `None`, if nothing is ready that tells.
    pub tasks: Option<Glance>,
    /// Whether the tasks changed since that was made.
    pub is_old: bool,
    /// Whether the line is not known yet. The next command begins it, and finds what it starts from.
    pub is_new: bool,
}

/// Looks at the project here; `None` where there is none.
///
/// # Errors
/// [`OpsError`]: git, or files of ours that can't be read.
pub fn glance(world: &Surroundings) -> Result<Option<GlanceReport>, OpsError> {
    let site = Site::of(world, &world.directory)?;
    let Ok(here) = Here::at(world, site)? else { return Ok(None) };
    if !here.config.enabled {
        return Ok(None);
    }
    let last = crate::drift::last_seen(&here)?;
    let drift = crate::drift::look(world, &here, last.as_ref(), Seen::default())?;
    let line = here.project.line(&here.line())?;
    let earlier = line.as_ref().and_then(|line| line.open.as_ref()).map(|open| open.drift.kind);
    let undecided = asked(&here, &drift).or(earlier);
    let is_new = !crate::lines::is_known(&here, &here.line())?;
    let (tasks, is_old) = if is_new { (None, false) } else { tasks(world, &here, line)? };
    Ok(Some(GlanceReport { place: here.site.place(), drift, undecided, tasks, is_old, is_new }))
}

fn asked(here: &Here, drift: &Drift) -> Option<DriftKind> {
    let decisions = decide(drift, &here.config.drift);
    decisions.iter().find(|d| d.outcome == Outcome::Ask).map(|decision| decision.kind)
}

fn tasks(
    world: &Surroundings,
    here: &Here,
    line: Option<Line>,
) -> Result<(Option<Glance>, bool), OpsError> {
    let file = here.project.state_path(&here.line(), &here.site.worktree);
    let ready = line.and_then(|line| line.brief);
    if let Some(ready) = &ready
        && ready.glance.is_some()
        && is_current(here, &file, ready)?
    {
        return Ok((ready.glance.clone(), false));
    }
    if is_small(&file) {
        let view = here.read()?.view;
        return Ok((Some(of_view(&view, &steps(world, &view))), false));
    }
    Ok((ready.and_then(|ready| ready.glance), true))
}

/// Whether a state file can be parsed within a hook's budget.
pub(crate) fn is_small(file: &Path) -> bool {
    std::fs::metadata(file).map_or(0, |meta| meta.len()) <= SMALL
}

/// Whether what a fold left ready still holds: same bytes, and no record of the line since.
pub(crate) fn is_current(here: &Here, file: &Path, ready: &ReadyBrief) -> Result<bool, StoreError> {
    if has_changes_since(here, ready.through)? {
        return Ok(false);
    }
    let bytes = durable::read_if_there(file, /*limit*/ u64::MAX)?;
    Ok(bytes.as_deref().map(hash) == ready.state)
}

fn has_changes_since(here: &Here, mark: Mark) -> Result<bool, StoreError> {
    let since = here.project.journal().read(mark, &Filter::Lines(vec![here.line()]))?;
    let changed =
        |record: &Record| !record.body.changes().is_empty() || record.body.ends_something();
    Ok(since.records.iter().any(|(_, record)| changed(record)))
}

/// What a glance at this view tells.
pub(crate) fn of_view(view: &View, steps: &[NextStep<'_>]) -> Glance {
    let mut glance = Glance { ready: steps.len(), ..Glance::default() };
    for (_, task) in view.tasks() {
        glance.open += usize::from(task.status.is_open());
        glance.completed += usize::from(task.status == Status::Completed);
    }
    glance.next = steps.first().map(|step| (step.id.clone(), step.task.title.clone()));
    glance
}
