//! A request as the provider got it, and the questions that tests ask about it.

use serde_json::Value;

/// One request of Codex.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) raw: String,
    pub(super) body: Value,
}

impl Request {
    /// `GET` or `POST`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// With its query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Names in lower case, in the order of the wire.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body's text, as it came.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The body, `null` if it is empty or no JSON.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// Codex's own word for why it asks: `turn`, `compaction` or `memory`.
    pub fn kind(&self) -> Option<String> {
        Some(self.turn_metadata()?["request_kind"].as_str()?.to_owned())
    }

    /// The header `x-codex-turn-metadata`: ids of session, thread and turn, and what git said.
    pub fn turn_metadata(&self) -> Option<Value> {
        serde_json::from_str(self.header("x-codex-turn-metadata")?).ok()
    }

    /// Whether one of the input's texts contains `text`, which is not escaped.
    pub fn contains(&self, text: &str) -> bool {
        self.input_texts().iter().any(|found| found.contains(text))
    }

    /// What developer messages say: base instructions, and what hooks added.
    pub fn developer_texts(&self) -> Vec<String> {
        self.texts_of("developer")
    }

    /// What user messages say: AGENTS.md, the environment, prompts.
    pub fn user_texts(&self) -> Vec<String> {
        self.texts_of("user")
    }

    /// Every text of the input in order: messages of all roles, calls, and what tools returned.
    pub fn input_texts(&self) -> Vec<String> {
        self.input().flat_map(item_texts).collect()
    }

    fn texts_of(&self, role: &str) -> Vec<String> {
        self.input().filter(|item| item["role"] == role).flat_map(item_texts).collect()
    }

    fn input(&self) -> impl Iterator<Item = &Value> {
        self.body["input"].as_array().into_iter().flatten()
    }
}

fn item_texts(item: &Value) -> Vec<String> {
    let places = ["content", "output", "arguments", "input"];
    places.iter().flat_map(|place| texts(&item[*place])).collect()
}

/// A text is a string, or a list of objects that have a `text`.
fn texts(value: &Value) -> Vec<String> {
    let parts = value.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
    value.as_str().into_iter().chain(parts).map(str::to_owned).collect()
}
