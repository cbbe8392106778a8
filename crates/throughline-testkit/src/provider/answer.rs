//! A step as the Responses API says it: output items and stream events.

use serde_json::{Value, json};

use super::Request;
use super::script::{Ending, Item, Step};

/// What an answer is said to cost when the script doesn't care.
const OUTPUT_TOKENS: u64 = 10;

/// A step and the request that it answers. The number, from 1, makes its ids unique.
#[derive(Debug)]
pub(super) struct Numbered<'a> {
    pub(super) number: usize,
    pub(super) step: &'a Step,
}

impl Numbered<'_> {
    /// The body of `/responses/compact`.
    pub(super) fn compaction(&self) -> Value {
        let id = format!("cmp_{}", self.number);
        json!({"id": id, "object": "response.compaction", "output": self.items()})
    }

    /// The stream, in order. What hangs has a beginning only.
    pub(super) fn events(&self, raw: &str) -> Vec<Value> {
        let id = format!("resp_{}", self.number);
        let mut events = vec![json!({"type": "response.created", "response": {"id": id}})];
        match &self.step.ending {
            Ending::Hang | Ending::Status(_) => {}
            Ending::Raw(_) | Ending::Cut | Ending::HangUp => {}
            Ending::Fail { code, message } => {
                let error = json!({"code": code, "message": message});
                let response = json!({"id": id, "error": error});
                events.push(json!({"type": "response.failed", "response": response}));
            }
            Ending::Complete | Ending::Incomplete(_) | Ending::Refusal(_) => {
                let items = self.items();
                events
                    .extend(items.iter().enumerate().flat_map(|(at, item)| item_events(at, item)));
                let response = json!({
                    "id": id, "output": items, "end_turn": null, "usage": self.usage(raw),
                });
                events.push(json!({"type": "response.completed", "response": response}));
            }
        }
        events
    }

    /// The body of `/responses` to who asks for no stream.
    pub(super) fn document(&self, request: &Request) -> Value {
        let mut output = self.items();
        let mut document = json!({
            "id": format!("resp_{}", self.number), "object": "response", "error": null,
            "status": "completed", "model": request.body()["model"],
            "usage": self.usage(request.raw()),
        });
        match &self.step.ending {
            Ending::Incomplete(reason) => {
                document["status"] = json!("incomplete");
                document["incomplete_details"] = json!({"reason": reason});
            }
            Ending::Refusal(said) => {
                let content = json!([{"type": "refusal", "refusal": said}]);
                output.push(json!({"type": "message", "role": "assistant", "content": content}));
            }
            Ending::Fail { code, message } => {
                document["status"] = json!("failed");
                document["error"] = json!({"code": code, "message": message});
            }
            Ending::Complete | Ending::Hang | Ending::Status(_) => {}
            Ending::Raw(_) | Ending::Cut | Ending::HangUp => {}
        }
        document["output"] = json!(output);
        document
    }

    /// The body of `/chat/completions`: texts only.
    pub(super) fn completion(&self, request: &Request) -> Value {
        let content: String = self.step.items.iter().filter_map(Item::text).collect();
        let (reason, refusal) = match &self.step.ending {
            Ending::Incomplete(reason) => (reason.as_str(), None),
            Ending::Refusal(said) => ("stop", Some(said)),
            Ending::Complete | Ending::Hang | Ending::Status(_) | Ending::Fail { .. } => {
                ("stop", None)
            }
            Ending::Raw(_) | Ending::Cut | Ending::HangUp => ("stop", None),
        };
        let usage = self.usage(request.raw());
        json!({
            "id": format!("chatcmpl_{}", self.number), "object": "chat.completion",
            "model": request.body()["model"],
            "choices": [{
                "index": 0, "finish_reason": reason,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
            }],
            "usage": {
                "prompt_tokens": usage["input_tokens"],
                "prompt_tokens_details": usage["input_tokens_details"],
                "completion_tokens": usage["output_tokens"],
                "completion_tokens_details": usage["output_tokens_details"],
                "total_tokens": usage["total_tokens"],
            },
        })
    }

    fn items(&self) -> Vec<Value> {
        self.step.items.iter().enumerate().map(|(at, item)| self.item(at, item)).collect()
    }

    fn item(&self, at: usize, item: &Item) -> Value {
        let place = format!("{}_{at}", self.number);
        let call = format!("call_{place}");
        match item {
            Item::Text(text) => json!({
                "type": "message", "role": "assistant", "id": format!("msg_{place}"),
                "content": [{"type": "output_text", "annotations": [], "text": text}],
            }),
            Item::Function { namespace, name, arguments } => {
                let mut item = json!({
                    "type": "function_call", "id": format!("fc_{place}"), "call_id": call,
                    "name": name, "arguments": arguments.to_string(),
                });
                if let Some(namespace) = namespace {
                    item["namespace"] = json!(namespace);
                }
                item
            }
            Item::Custom { name, input } => json!({
                "type": "custom_tool_call", "id": format!("ctc_{place}"), "call_id": call,
                "name": name, "input": input,
            }),
        }
    }

    fn usage(&self, raw: &str) -> Value {
        let usage = self.step.usage;
        let estimate = u64::try_from(raw.len() / 4).unwrap_or(u64::MAX);
        let (input, output) = match usage.input {
            Some(input) => (input, usage.output),
            None => (estimate.max(1), OUTPUT_TOKENS),
        };
        json!({
            "input_tokens": input, "input_tokens_details": {"cached_tokens": usage.cached},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            "total_tokens": input + output,
        })
    }
}

fn item_events(at: usize, item: &Value) -> Vec<Value> {
    let mut begun = item.clone();
    let text = item["content"][0]["text"].as_str();
    if text.is_some() {
        begun["content"] = json!([]);
    }
    let mut events =
        vec![json!({"type": "response.output_item.added", "output_index": at, "item": begun})];
    events.extend(text.map(|text| {
        json!({
            "type": "response.output_text.delta", "output_index": at, "item_id": item["id"],
            "content_index": 0, "delta": text,
        })
    }));
    events.push(json!({"type": "response.output_item.done", "output_index": at, "item": item}));
    events
}
