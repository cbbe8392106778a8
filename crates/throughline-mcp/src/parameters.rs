//! What a tool takes: one table, read as JSON schema by the client and as check by us.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use crate::refusal::Refusal;

/// What a value must be.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Text,
    Texts,
    Flag,
    Number(RangeInclusive<u8>),
    /// A whole number from 1 on.
    Count,
    Word(&'static [&'static str]),
}

impl Shape {
    fn schema(&self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Number(range) => {
                json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() })
            }
            Self::Count => json!({ "type": "integer", "minimum": 1 }),
            Self::Word(words) => json!({ "type": "string", "enum": words }),
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            Self::Flag => value.is_boolean(),
            Self::Number(range) => value
                .as_u64()
                .and_then(|n| u8::try_from(n).ok())
                .is_some_and(|n| range.contains(&n)),
            Self::Count => value.as_u64().is_some_and(|n| n > 0),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        }
    }

    fn in_words(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number(range) => {
                format!("a whole number from {} to {}", range.start(), range.end())
            }
            Self::Count => "a whole number from 1 on".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
        }
    }
}

/// Whether it can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
}

/// One parameter of a tool.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) need: Need,
    /// What a name and a shape do not tell; empty if that is nothing.
    pub(crate) about: &'static str,
}

/// The schema of an object with these members and no others.
pub(crate) fn schema(parameters: &[Parameter]) -> Map<String, Value> {
    let mut properties = Map::new();
    for parameter in parameters {
        let mut schema = parameter.shape.schema();
        if !parameter.about.is_empty() {
            schema["description"] = parameter.about.into();
        }
        properties.insert(parameter.name.to_owned(), schema);
    }
    let mut all = Map::new();
    all.insert("type".to_owned(), "object".into());
    all.insert("properties".to_owned(), properties.into());
    let required = parameters.iter().filter(|p| p.need == Need::Required).map(|p| p.name);
    let required: Vec<_> = required.collect();
    if !required.is_empty() {
        all.insert("required".to_owned(), json!(required));
    }
    all.insert("additionalProperties".to_owned(), false.into());
    all
}

/// Arguments that fit their parameters. `null` is the same as absent.
#[derive(Debug)]
pub(crate) struct Arguments(Map<String, Value>);

impl Arguments {
    /// Checks them: unknown ones are named, not passed over.
    pub(crate) fn check(
        mut given: Map<String, Value>,
        parameters: &[Parameter],
    ) -> Result<Self, Refusal> {
        given.retain(|_, value| !value.is_null());
        let known = |name: &str| parameters.iter().find(|p| p.name == name);
        let names = || match parameters {
            [] => "no arguments".to_owned(),
            _ => parameters.iter().map(|p| p.name).collect::<Vec<_>>().join(", "),
        };
        let unknown: Vec<_> =
            given.keys().filter(|k| known(k).is_none()).map(|k| format!("`{k}`")).collect();
        if !unknown.is_empty() {
            let unknown = unknown.join(", ");
            return Err(Refusal::new(format!(
                "unknown argument {unknown}; this tool takes {}",
                names()
            )));
        }
        for Parameter { name, shape, need, .. } in parameters {
            match given.get(*name) {
                Some(value) if !shape.holds(value) => {
                    return Err(Refusal::new(format!("`{name}` must be {}", shape.in_words())));
                }
                None if *need == Need::Required => {
                    return Err(Refusal::new(format!(
                        "`{name}` is missing; it must be {}",
                        shape.in_words()
                    )));
                }
                Some(_) | None => {}
            }
        }
        Ok(Self(given))
    }

    /// A required text; a word too.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// A text; a word too.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A text; what is empty counts as absent.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    /// A list; empty if it is absent.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|v| Some(v.as_str()?.to_owned())).collect()
    }

    /// True or false.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// A number without an end.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> Option<u8> {
        u8::try_from(self.0.get(name)?.as_u64()?).ok()
    }
}
