//! Hook input of every agent: any bytes are taken or refused, and each answer is JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_agents::agent::AGENTS;
use throughline_agents::hook::{HookAnswer, event_key};

fuzz_target!(|bytes: &[u8]| {
    for hooks in AGENTS.iter().filter_map(|agent| agent.hooks) {
        let Ok(Some(call)) = (hooks.parse)(bytes) else { continue };
        assert!(!event_key(&call).is_empty());
        let text = Some(call.session.clone());
        let answer = HookAnswer { context: text.clone(), message: text };
        if let Some(written) = (hooks.answer)(&call.event, &answer) {
            serde_json::from_str::<serde_json::Value>(&written).expect("JSON");
        }
    }
});
