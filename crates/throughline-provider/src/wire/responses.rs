//! `POST /responses`.

use serde_json::{Value, json};
use throughline_model::memory::engine::budget::TokenUse;

use super::{Failed, Manner, Shape, count, instructions};
use crate::ask::Ask;

/// Nothing is to be kept on the server: the words are the user's.
pub(super) fn body(model: &str, ask: &Ask, manner: Manner) -> Value {
    let mut body = json!({
        "model": model,
        "instructions": instructions(ask, manner.shape),
        "input": [{
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": ask.input}],
        }],
        "max_output_tokens": ask.max_output_tokens,
        "store": false,
        "stream": false,
    });
    match manner.shape {
        Shape::Enforced => {
            body["text"] = json!({"format": {
                "type": "json_schema",
                "name": ask.schema_name,
                "schema": ask.schema,
                "strict": true,
            }});
        }
        Shape::Described => {}
    }
    body
}

/// All `output_text` of all messages. What was thought before stands in other items.
pub(super) fn text(answer: &Value) -> Result<String, Failed> {
    let parts = || {
        let items = answer["output"].as_array().into_iter().flatten();
        let messages = items.filter(|item| item["type"] == "message");
        messages.flat_map(|message| message["content"].as_array().into_iter().flatten())
    };
    if let Some(refusal) = parts().find_map(|part| part["refusal"].as_str()) {
        return Err(Failed::Declined(refusal.to_owned()));
    }
    match answer["status"].as_str() {
        None | Some("completed") => {}
        Some(status) => {
            let reason = answer["incomplete_details"]["reason"].as_str().unwrap_or(status);
            return Err(Failed::Incomplete(reason.to_owned()));
        }
    }
    Ok(parts().filter_map(|part| part["text"].as_str()).collect())
}

pub(super) fn usage(usage: &Value) -> TokenUse {
    TokenUse {
        input: count(&usage["input_tokens"]),
        cached: count(&usage["input_tokens_details"]["cached_tokens"]),
        output: count(&usage["output_tokens"]),
        reasoning: count(&usage["output_tokens_details"]["reasoning_tokens"]),
    }
}
