//! Models and vectors, asked of a server that answers from a script.

#![expect(clippy::unwrap_used, reason = "test code")]

mod answers;
mod failures;
mod vectors;

use std::time::Duration;

use serde_json::json;
use throughline_model::config::memory::Wire;
use throughline_provider::{Ask, Endpoint, Retries, Secret, Timeouts};
use throughline_testkit::Provider;

const KEY: &str = "key-of-the-test-3141592653589793";

/// An endpoint at `provider`, with a key, and pauses that nobody notices.
fn endpoint(provider: &Provider, wire: Wire) -> Endpoint {
    Endpoint {
        base_url: provider.base_url(),
        wire,
        model: "small".to_owned(),
        key: Some(Secret::new(KEY).unwrap()),
        allow_insecure: false,
        timeouts: Timeouts::answering_within(Duration::from_secs(60)),
        retries: Retries { first: Duration::from_millis(2), ..Retries::default() },
        proxy: None,
    }
}

fn question() -> Ask {
    Ask {
        instructions: "Be brief.".to_owned(),
        input: "What is it?".to_owned(),
        schema: json!({
            "type": "object", "additionalProperties": false,
            "properties": {"a": {"type": "integer"}}, "required": ["a"],
        }),
        schema_name: "it".to_owned(),
        max_output_tokens: 50,
    }
}
