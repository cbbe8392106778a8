//! The tools: one row each, at most nine, all of it below 6 kB: a model pays for every word.

use std::sync::Arc;

use rmcp::model::ToolAnnotations;
use serde_json::{Map, Value};
use throughline_ops::goals::are_on;
use throughline_ops::here::Here;
use throughline_ops::surroundings::Surroundings;

use crate::parameters::{Arguments, Need, Parameter, Shape, schema};
use crate::refusal::Refusal;
use crate::{changing, goals, reading, shown};

/// What a tool does to the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    Changes,
}

/// What a tool is given: the project here, found for this call.
pub(crate) struct Call<'w> {
    pub(crate) world: &'w Surroundings,
    pub(crate) here: Here,
    pub(crate) arguments: Arguments,
}

/// One tool.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    about: &'static str,
    effect: Effect,
    parameters: &'static [Parameter],
    run: fn(&Call<'_>) -> Result<Value, Refusal>,
}

impl Tool {
    /// As a client lists it.
    pub(crate) fn described(&self) -> rmcp::model::Tool {
        let schema = Arc::new(schema(self.parameters));
        let hints = match self.effect {
            Effect::Reads => ToolAnnotations::new().read_only(true),
            Effect::Changes => ToolAnnotations::new().destructive(false).open_world(false),
        };
        rmcp::model::Tool::new(self.name, self.about, schema).with_annotations(hints)
    }

    /// Carries out a call. Git may have moved since the last one, so the project is found anew.
    pub(crate) fn call(
        &self,
        world: &Surroundings,
        arguments: Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let arguments = Arguments::check(arguments, self.parameters)?;
        let here = Here::find(world)?;
        let moved = here.settled.as_ref().filter(|plan| plan.changes_memory());
        let moved = moved.map(|plan| shown::sentence(&plan.drift.sentence()));
        let call = Call { world, here, arguments };
        let mut answer = (self.run)(&call)?;
        if let (Some(moved), Some(members)) = (moved, answer.as_object_mut()) {
            members.entry("git_moved").or_insert(moved.into());
        }
        let unreadable = call.here.own_unreadable();
        if let (Some(unreadable), Some(members)) = (unreadable, answer.as_object_mut()) {
            members.insert("served".to_owned(), "last_good".into());
            members.insert("unreadable".to_owned(), unreadable.unquoted().into());
        }
        Ok(answer)
    }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Parameter {
    Parameter { name, shape, need: Need::Required, about }
}

const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Parameter {
    Parameter { name, shape, need: Need::Optional, about }
}

const STATUSES: &[&str] = &["pending", "in_progress", "completed", "cancelled"];

const WHICH: &[&str] =
    &["open", "ready", "blocked", "pending", "in_progress", "completed", "cancelled", "all"];

/// A plan's steps are made by the mirror alone.
const KINDS: &[&str] = &["task", "epic", "bug", "chore", "decision"];

const LIMIT: Parameter = optional("limit", Shape::Number(1..=100), "default 10");

/// Every tool that all have, in the order of need.
const TOOLS: &[Tool] = &[
    Tool {
        name: "next_steps",
        about: "What to do next on this branch, best first, with reasons.",
        effect: Effect::Reads,
        parameters: &[LIMIT],
        run: reading::next_steps,
    },
    Tool {
        name: "project_status",
        about: "Branch, counts, the open plan, interrupted work, and whether git moved.",
        effect: Effect::Reads,
        parameters: &[],
        run: reading::project_status,
    },
    Tool {
        name: "list_tasks",
        about: "Tasks of this branch, oldest first; without `which` the open ones.",
        effect: Effect::Reads,
        parameters: &[
            optional("which", Shape::Word(WHICH), ""),
            optional("kind", Shape::Word(KINDS), ""),
            optional("label", Shape::Text, ""),
            LIMIT,
        ],
        run: reading::list_tasks,
    },
    Tool {
        name: "show_task",
        about: "All about one task: acceptance, notes, what it needs and what waits for it.",
        effect: Effect::Reads,
        parameters: &[required("task", Shape::Text, "id or ref")],
        run: reading::show_task,
    },
    Tool {
        name: "add_task",
        about: "Record work that outlives this session. Not for the steps of your plan.",
        effect: Effect::Changes,
        parameters: &[
            required("title", Shape::Text, ""),
            optional("kind", Shape::Word(KINDS), ""),
            optional("priority", Shape::Number(0..=4), "0 most urgent; default 2"),
            optional("acceptance", Shape::Text, "when it counts as done"),
            optional("notes", Shape::Text, ""),
            optional("parent", Shape::Text, "id of what it is part of"),
            optional("depends_on", Shape::Texts, "ids of what must be completed first"),
            optional("discovered_from", Shape::Text, "id of the task that turned it up"),
        ],
        run: changing::add_task,
    },
    Tool {
        name: "update_task",
        about: "Change a task: all that is given, or nothing. in_progress claims it for you and puts \
                your plan under it; completed is refused while a dependency is open.",
        effect: Effect::Changes,
        parameters: &[
            required("task", Shape::Text, "id or ref"),
            optional("status", Shape::Word(STATUSES), ""),
            optional("reason", Shape::Text, "why it was cancelled"),
            optional("force", Shape::Flag, "complete it despite open dependencies"),
            optional("title", Shape::Text, ""),
            optional("priority", Shape::Number(0..=4), ""),
            optional("acceptance", Shape::Text, "replaces; \"\" empties"),
            optional("notes", Shape::Text, "replaces; \"\" empties"),
            optional("depends_on_add", Shape::Texts, "ids"),
            optional("depends_on_remove", Shape::Texts, "ids"),
            optional("claim", Shape::Flag, "true: yours for 2 h; false: let go"),
        ],
        run: changing::update_task,
    },
    Tool {
        name: "add_note",
        about: "Keep a decision or finding, about a task or the project.",
        effect: Effect::Changes,
        parameters: &[
            required("text", Shape::Text, ""),
            optional("task", Shape::Text, "id or ref"),
        ],
        run: changing::add_note,
    },
    Tool {
        name: "recall",
        about: "What earlier sessions and the user taught about this project: decisions, conventions, \
                commands that work, pitfalls; notes, tasks and decision records too. Ask before you guess. \
                Empty if nothing is known.",
        effect: Effect::Reads,
        parameters: &[
            required("question", Shape::Text, "in plain words"),
            optional("as_of", Shape::Text, "a day or time: as it was then"),
            LIMIT,
        ],
        run: reading::recall,
    },
    Tool {
        name: "reconcile",
        about: "Where git and memory disagree: what would be done and what can be chosen. Changes \
                nothing; a person decides with `thru cache reconcile`.",
        effect: Effect::Reads,
        parameters: &[],
        run: reading::reconcile,
    },
];

/// The tools for goals, below 1.5 kB.
const GOAL_TOOLS: &[Tool] = &[
    Tool {
        name: "get_goal",
        about: "The active goal of this session or project, and what it cost.",
        effect: Effect::Reads,
        parameters: &[],
        run: goals::get,
    },
    Tool {
        name: "create_goal",
        about: "Only when the user asked for a goal in so many words, never by yourself: this session \
                then goes on until it is reached.",
        effect: Effect::Changes,
        parameters: &[
            required("objective", Shape::Text, "what is to be reached, and how that is known"),
            optional("token_budget", Shape::Count, "only if the user named one"),
        ],
        run: goals::create,
    },
    Tool {
        name: "update_goal",
        about: "complete: it is reached, and you made sure. blocked: you can't go on without a person.",
        effect: Effect::Changes,
        parameters: &[
            required("goal", Shape::Text, "the id that you were told"),
            required("status", Shape::Word(&["complete", "blocked"]), ""),
            optional("reason", Shape::Text, "why it is blocked"),
        ],
        run: goals::update,
    },
];

/// The tools that this user has.
pub(crate) fn offered(world: &Surroundings) -> impl Iterator<Item = &'static Tool> {
    let of_goals = if are_on(world) { GOAL_TOOLS } else { &[] };
    TOOLS.iter().chain(of_goals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_lists_stays_small() {
        assert!(TOOLS.len() <= 9);
        let listed: Vec<_> = TOOLS.iter().map(Tool::described).collect();
        let text = serde_json::to_string(&listed).unwrap();
        assert!(text.len() < 6_000, "{} bytes", text.len());
        assert!(!text.contains("  "), "{text}");
        let listed: Vec<_> = GOAL_TOOLS.iter().map(Tool::described).collect();
        let text = serde_json::to_string(&listed).unwrap();
        assert!(text.len() < 1_500 && !text.contains("  "), "{} bytes: {text}", text.len());
    }

    #[test]
    fn arguments_are_checked_before_anything_happens() {
        let update = TOOLS.iter().find(|tool| tool.name == "update_task").unwrap();
        let refusal = |arguments: &str| {
            let arguments = serde_json::from_str(arguments).unwrap();
            Arguments::check(arguments, update.parameters).err().map(|r| r.to_string())
        };
        let cases = [
            (r#"{"task":"t-1","status":null}"#, None),
            (r#"{"task":"t-1","priority":4,"claim":false,"depends_on_add":["t-2"]}"#, None),
            (r#"{}"#, Some("`task` is missing; it must be a text")),
            (r#"{"task":7}"#, Some("`task` must be a text")),
            (
                r#"{"task":"t-1","priority":5}"#,
                Some("`priority` must be a whole number from 0 to 4"),
            ),
            (
                r#"{"task":"t-1","priority":1.5}"#,
                Some("`priority` must be a whole number from 0 to 4"),
            ),
            (r#"{"task":"t-1","claim":"yes"}"#, Some("`claim` must be true or false")),
            (
                r#"{"task":"t-1","depends_on_add":"t-2"}"#,
                Some("`depends_on_add` must be a list of texts"),
            ),
            (
                r#"{"task":"t-1","status":"done"}"#,
                Some("`status` must be one of pending, in_progress, completed, cancelled"),
            ),
        ];
        for (arguments, expected) in cases {
            assert_eq!(refusal(arguments).as_deref(), expected, "{arguments}");
        }
        let unknown = refusal(r#"{"task":"t-1","state":"done","due":1}"#).unwrap();
        assert!(
            unknown.starts_with("unknown argument `due`, `state`; this tool takes task, status,"),
            "{unknown}"
        );
    }
}
