//! Carrying out what was planned: what stands is kept, one write, then the fold.

use throughline_model::change::Change;
use throughline_model::event::{Kind, Level};
use throughline_model::record::{Body, Record};

use super::{LineFate, MigratePlan, VERB, Written};
use crate::apply::across::commit_across;
use crate::error::OpsError;
use crate::fold::fold_line;
use crate::here::Here;
use crate::logs;
use crate::surroundings::Surroundings;

/// What was done.
#[derive(Debug, Clone)]
pub struct MigrateReport {
    /// As it was planned.
    pub plan: MigratePlan,
    /// `None`: nothing was done.
    pub written: Option<Written>,
    /// What went wrong without keeping the rest from being done, in sentences.
    pub problems: Vec<String>,
}

/// Carries a plan out. What somebody did meanwhile stays.
///
/// # Errors
/// [`OpsError`]; then nothing of the unit was done, or it is said that this is not known.
pub fn carry_out(
    world: &Surroundings,
    here: &Here,
    plan: MigratePlan,
) -> Result<MigrateReport, OpsError> {
    let mut report = MigrateReport { plan, written: None, problems: Vec::new() };
    if report.plan.is_empty() {
        return Ok(report);
    }
    let backup = crate::cache::keep(world, here, VERB)?;
    let mut changes = report.plan.changes.clone();
    let ends = ends(world, &report.plan)?;
    let done = commit_across(world, here, (VERB, None), ends, |own| {
        for (line, changes) in &mut changes {
            let other;
            let view = if *line == here.line() {
                own
            } else {
                other = here.project.load_line_alone(line)?;
                &other
            };
            changes.retain(|change| match change {
                Change::Create { id, .. } => !view.is_taken(id),
                _other => true,
            });
        }
        Ok(changes)
    })?;
    report.written = done.unit.map(|unit| Written { unit, backup });
    let taken = format!("{} sessions", report.plan.counts.sessions);
    let event = logs::event(world, Level::Info, Kind::Backfill).word("history");
    logs::note(world, &event.text(&taken));
    // The unit is done; files that can't be made now are made by the next fold.
    match fold_line(world, here) {
        Ok(folded) => report.problems = folded.problems,
        Err(error) => report.problems.push(error.to_string()),
    }
    Ok(report)
}

fn ends(world: &Surroundings, plan: &MigratePlan) -> Result<Vec<Record>, OpsError> {
    let mut ends = Vec::new();
    for part in &plan.lines {
        if let LineFate::Ends { successor } = &part.fate {
            let body = Body::LineEnd { successor: successor.clone() };
            ends.push(world.record(&part.key, body)?);
        }
    }
    Ok(ends)
}
