//! The desk at which one worker of an agent job hands in its result: a server that is bound to an item has this
//! tool, and no other.

use std::sync::Arc;

use rmcp::model::ToolAnnotations;
use serde_json::{Map, Value, json};
use throughline_model::agent_job::Assignment;
use throughline_ops::jobs::report::{report, schema};
use throughline_ops::surroundings::Surroundings;

use crate::refusal::Refusal;

/// The tool's name.
pub(crate) const TOOL: &str = "report_result";

/// The only text about it that a model always sees.
pub(crate) const INSTRUCTIONS: &str = "You work on one item of a table. Hand in its result by report_result, \
    once: nothing else that you say is kept.";

/// The tool of one worker.
#[derive(Debug)]
pub(crate) struct ItemDesk {
    worker: Assignment,
    schema: Option<Value>,
}

impl ItemDesk {
    /// For this worker. That its job can't be found is said when it reports.
    pub(crate) fn of(world: &Surroundings, worker: Assignment) -> Self {
        let schema = schema(world, &worker).ok().flatten();
        Self { worker, schema }
    }

    /// As a client lists it. A schema that refers to parts of itself can't stand inside another one.
    pub(crate) fn described(&self) -> rmcp::model::Tool {
        let inside = self.schema.as_ref().filter(|schema| !schema.to_string().contains("\"$ref\""));
        let result = inside.cloned().unwrap_or_else(|| json!({ "description": "any JSON value" }));
        let schema = json!({
            "type": "object", "properties": { "result": result }, "required": ["result"],
            "additionalProperties": false,
        });
        let schema = schema.as_object().cloned().unwrap_or_default();
        let about = "Hand in the result of your item. Once it is accepted you are done.";
        let hints = ToolAnnotations::new().destructive(false).open_world(false);
        rmcp::model::Tool::new(TOOL, about, Arc::new(schema)).with_annotations(hints)
    }

    /// Takes the result.
    pub(crate) fn take(
        &self,
        world: &Surroundings,
        arguments: Map<String, Value>,
        session: Option<&str>,
    ) -> Result<Value, Refusal> {
        let unknown = arguments.keys().find(|name| *name != "result");
        if let Some(name) = unknown {
            return Err(Refusal::new(format!(
                "unknown argument `{name}`; this tool takes `result`"
            )));
        }
        let Some(result) = arguments.get("result") else {
            return Err(Refusal::new("`result` is missing; it is what your item came to"));
        };
        report(world, &self.worker, result, session)?;
        Ok(json!({ "accepted": true }))
    }
}
