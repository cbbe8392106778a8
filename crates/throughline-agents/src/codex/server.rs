//! What passes between a client and Codex's app-server, as far as Throughline looks into it: where a
//! conversation works, its turns and plans, and what a request for a turn may carry besides. As observed in
//! release 0.169.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use throughline_model::plan::PlanStep;
use throughline_model::state::Status;

use crate::hook::StartSource;

/// Something that the server told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// A conversation is there to be worked in.
    Began(Began),
    /// A turn has taken its prompt, and the agent's own hooks for that have ended.
    Prompted {
        /// The conversation.
        thread: String,
        /// The turn.
        turn: String,
    },
    /// The agent gave its plan.
    Plan {
        /// The conversation.
        thread: String,
        /// The turn.
        turn: String,
        /// Why, if it says so.
        explanation: Option<String>,
        /// The whole list.
        steps: Vec<PlanStep>,
    },
    /// A turn ended.
    TurnEnded {
        /// The conversation.
        thread: String,
        /// The turn.
        turn: String,
        /// Whether it was broken off.
        interrupted: bool,
        /// The last answer.
        last_message: Option<String>,
    },
}

/// A conversation that can be worked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Began {
    /// Its id.
    pub thread: String,
    /// Where it works.
    pub cwd: PathBuf,
    /// Its transcript.
    pub transcript: Option<PathBuf>,
    /// The model in use.
    pub model: Option<String>,
}

/// How a conversation begins that a request asks for; `None` for any other request.
pub fn begins(method: &str) -> Option<StartSource> {
    match method {
        "thread/start" => Some(StartSource::Startup),
        "thread/resume" => Some(StartSource::Resume),
        "thread/fork" => Some(StartSource::Fork),
        _ => None,
    }
}

#[derive(Deserialize)]
struct OfThread {
    thread: Thread,
    model: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thread {
    id: String,
    cwd: PathBuf,
    path: Option<PathBuf>,
    parent_thread_id: Option<String>,
    #[serde(default)]
    ephemeral: bool,
}

/// The conversation in the answer to a request that [`begins`] one. A subagent's is part of its parent's, and one that
/// is kept nowhere is no session: Codex's screens ask for titles in such.
pub fn began(result: &RawValue) -> Option<Began> {
    let OfThread { thread, model } = serde_json::from_str(result.get()).ok()?;
    let Thread { id, cwd, path, parent_thread_id, ephemeral } = thread;
    let is_session = parent_thread_id.is_none() && !ephemeral;
    is_session.then_some(Began { thread: id, cwd, transcript: path, model })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfTurn {
    thread_id: String,
    turn: Turn,
}

#[derive(Deserialize)]
struct Turn {
    id: String,
    status: String,
    #[serde(default)]
    items: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemStarted {
    thread_id: String,
    turn_id: String,
    item: Item,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlanUpdated {
    thread_id: String,
    turn_id: String,
    explanation: Option<String>,
    plan: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    step: String,
    status: String,
}

/// What a notification tells, if it is of use. One that is not as expected is none.
pub fn notification(method: &str, params: &RawValue) -> Option<ServerEvent> {
    let params = params.get();
    match method {
        "thread/started" => {
            began(&RawValue::from_string(params.to_owned()).ok()?).map(ServerEvent::Began)
        }
        "item/started" => {
            let item: ItemStarted = serde_json::from_str(params).ok()?;
            let (thread, turn) = (item.thread_id, item.turn_id);
            (item.item.kind == "userMessage").then_some(ServerEvent::Prompted { thread, turn })
        }
        "turn/plan/updated" => {
            let plan: PlanUpdated = serde_json::from_str(params).ok()?;
            let steps = plan.plan.into_iter().map(|step| PlanStep {
                status: match step.status.as_str() {
                    "completed" => Status::Completed,
                    "inProgress" => Status::InProgress,
                    _pending => Status::Pending,
                },
                text: step.step,
            });
            Some(ServerEvent::Plan {
                thread: plan.thread_id,
                turn: plan.turn_id,
                explanation: plan.explanation,
                steps: steps.collect(),
            })
        }
        "turn/completed" => {
            let OfTurn { thread_id: thread, turn } = serde_json::from_str(params).ok()?;
            let answers = turn.items.iter().filter(|item| item["type"] == "agentMessage");
            let last_message = answers.filter_map(|item| item["text"].as_str()).next_back();
            Some(ServerEvent::TurnEnded {
                thread,
                turn: turn.id,
                interrupted: turn.status != "completed",
                last_message: last_message.map(str::to_owned),
            })
        }
        _not_used => None,
    }
}

/// The words that a request for a turn gives the agent.
pub fn prompt(params: &Value) -> String {
    let pieces = params["input"].as_array().into_iter().flatten();
    let texts: Vec<&str> = pieces.filter_map(|piece| piece["text"].as_str()).collect();
    texts.join("\n")
}

/// Gives a turn something to know, beside what its client gives it.
pub fn add_context(params: &mut Value, context: &str) {
    let entry = json!({ "value": context, "kind": "application" });
    member(params, "additionalContext").insert("throughline".to_owned(), entry);
}

/// Carries `clientMetadata` over into what Codex sends to the provider with the turn: what stands there
/// stays, what the client says in Codex's own way wins, and names that are Codex's own it keeps itself.
pub fn carry_metadata(params: &mut Value) {
    let Some(members) = params.as_object_mut() else { return };
    let Some(Value::Object(given)) = members.remove("clientMetadata") else { return };
    let carried = member(params, "responsesapiClientMetadataPatch");
    for (name, value) in given {
        if let Value::String(text) = value {
            carried.entry(name).or_insert(text.into());
        }
    }
}

/// A member that is an object; it is made where it is not.
fn member<'v>(params: &'v mut Value, name: &str) -> &'v mut Map<String, Value> {
    if !params.is_object() {
        *params = json!({});
    }
    let found = &mut params[name];
    if !found.is_object() {
        *found = json!({});
    }
    found.as_object_mut().expect("it was just made one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).expect("JSON")
    }

    #[test]
    fn what_is_told_of_turns_and_plans() {
        let turn = |status: &str| {
            json!({ "threadId": "t", "turn": { "id": "u", "status": status, "items": [
            { "type": "agentMessage", "text": "One" }, { "type": "reasoning" }, { "type": "agentMessage", "text": "Two" },
        ] } })
        };
        let (thread, turn_id) = ("t".to_owned(), "u".to_owned());
        let ended = |interrupted| {
            Some(ServerEvent::TurnEnded {
                thread: thread.clone(),
                turn: turn_id.clone(),
                interrupted,
                last_message: Some("Two".to_owned()),
            })
        };
        assert_eq!(notification("turn/completed", &raw(&turn("completed"))), ended(false));
        assert_eq!(notification("turn/completed", &raw(&turn("interrupted"))), ended(true));
        let plan = json!({ "threadId": "t", "turnId": "u", "plan": [
            { "step": "a", "status": "inProgress" }, { "step": "b", "status": "pending" }] });
        let Some(ServerEvent::Plan { steps, .. }) = notification("turn/plan/updated", &raw(&plan))
        else {
            panic!()
        };
        assert_eq!(
            steps.iter().map(|step| step.status).collect::<Vec<_>>(),
            [Status::InProgress, Status::Pending]
        );
        let started =
            |kind: &str| json!({ "threadId": "t", "turnId": "u", "item": { "type": kind } });
        let prompted = Some(ServerEvent::Prompted { thread, turn: turn_id });
        assert_eq!(notification("item/started", &raw(&started("userMessage"))), prompted);
        assert_eq!(notification("item/started", &raw(&started("agentMessage"))), None);
        for (method, params) in [
            ("turn/completed", json!({})),
            ("item/started", turn("completed")),
            ("thread/started", json!({ "thread": {} })),
        ] {
            assert_eq!(notification(method, &raw(&params)), None, "{method}");
        }
    }

    #[test]
    fn a_subagents_conversation_is_none_of_its_own() {
        let thread = |parent: Value| {
            raw(
                &json!({ "thread": { "id": "t", "cwd": "/w", "path": "/r", "parentThreadId": parent }, "model": "m" }),
            )
        };
        let own = Began {
            thread: "t".to_owned(),
            cwd: "/w".into(),
            transcript: Some("/r".into()),
            model: Some("m".to_owned()),
        };
        assert_eq!(began(&thread(Value::Null)), Some(own));
        assert_eq!(began(&thread(json!("p"))), None);
        let passing =
            json!({ "thread": { "id": "t", "cwd": "/w", "path": null, "ephemeral": true } });
        assert_eq!(began(&raw(&passing)), None);
    }

    #[test]
    fn what_a_client_gave_a_turn_stays() {
        let mut params = json!({
            "input": [{ "type": "text", "text": "Do" }, { "type": "image" }, { "type": "text", "text": "it" }],
            "additionalContext": { "editor": { "value": "x", "kind": "untrusted" } },
            "clientMetadata": { "a": "1", "b": "2", "c": 3 },
            "responsesapiClientMetadataPatch": { "b": "own" },
        });
        assert_eq!(prompt(&params), "Do\nit");
        add_context(&mut params, "memory");
        carry_metadata(&mut params);
        assert_eq!(params["additionalContext"]["editor"]["value"], "x");
        assert_eq!(params["additionalContext"]["throughline"]["value"], "memory");
        assert_eq!(params["responsesapiClientMetadataPatch"], json!({ "a": "1", "b": "own" }));
        assert_eq!(params.get("clientMetadata"), None);
        let mut null = Value::Null;
        add_context(&mut null, "memory");
        assert_eq!(null["additionalContext"]["throughline"]["kind"], "application");
    }
}
