//! What a worker reports: checked, and taken if the item is still its own.

use serde_json::Value;
use throughline_model::agent_job::{AgentJobOrder, Assignment};
use throughline_model::event::Level;
use throughline_runtime::jobs::{Jobs, Reported};

use super::{count, find};
use crate::databases;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// As much as a result may have, in bytes.
pub const LARGEST_RESULT: usize = 1 << 20;

/// What a worker's result has to fit; `None`, if it may be anything.
///
/// # Errors
/// [`OpsError`]: there is no such job.
pub fn schema(world: &Surroundings, worker: &Assignment) -> Result<Option<Value>, OpsError> {
    Ok(find(world, worker.job.as_str())?.order.output_schema)
}

/// Takes a worker's result. When this returns without an error it is durable.
///
/// # Errors
/// [`OpsError::Refused`]: it is too large or does not fit, and another one may come; or the item is not that
/// worker's, for good.
pub fn report(
    world: &Surroundings,
    worker: &Assignment,
    result: &Value,
    session: Option<&str>,
) -> Result<(), OpsError> {
    let order = find(world, worker.job.as_str())?.order;
    let text = checked(&order, result).map_err(|reason| {
        count(world, Level::Warn, "report_unfit", /*took*/ None);
        OpsError::Refused { reason }
    })?;
    let now = world.clock.now();
    match databases::open::<Jobs>(world)?.report(worker, &text, session, now)? {
        Reported::Accepted => {
            count(world, Level::Info, "report_accepted", /*took*/ None);
            Ok(())
        }
        Reported::Rejected => {
            count(world, Level::Warn, "report_rejected", /*took*/ None);
            let reason =
                "this item is not yours any more: it ended, or another worker has it; stop here";
            Err(OpsError::Refused { reason: reason.to_owned() })
        }
    }
}

/// A result as text, if it may be one.
pub(super) fn checked(order: &AgentJobOrder, result: &Value) -> Result<String, String> {
    let text = result.to_string();
    if text.len() > LARGEST_RESULT {
        return Err(format!(
            "the result has {} bytes; at most {LARGEST_RESULT} are taken",
            text.len()
        ));
    }
    let Some(schema) = &order.output_schema else { return Ok(text) };
    let validator = jsonschema::validator_for(schema).map_err(|error| error.to_string())?;
    let complaints: Vec<String> = validator
        .iter_errors(result)
        .take(MOST_COMPLAINTS)
        .map(|error| format!("at `{}`: {error}", error.instance_path()))
        .collect();
    match complaints.is_empty() {
        true => Ok(text),
        false => Err(format!("the result does not fit its schema: {}", complaints.join("; "))),
    }
}

/// So many are enough to mend it.
const MOST_COMPLAINTS: usize = 5;
