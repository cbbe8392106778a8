//! The pure parts of the engines that let a model think: what it is asked, and what is taken of its answer.
//!
//! Owns the words of the questions and the schemas of the answers. An answer is text from outside: it is
//! sanitised, redacted and cut to size, and where a finding comes from is set here, never by the model.
//!
//! | phase | asked | read | then |
//! | --- | --- | --- | --- |
//! | 1 | [`phase1_instructions`], [`render()`], [`phase1_schema`] | [`read_extraction`] | as without a model |
//! | 2 | [`phase2_instructions`], [`phase2_input`], [`phase2_schema`] | [`read_proposals`] | [`ground`] |
//!
//! Phase 2 is asked for one root at a time: what one project taught is no matter of another's question.

pub mod answer;
pub mod budget;
mod consolidation;
mod extraction;
mod grounding;
mod pen;
mod read;
mod render;

pub use consolidation::{
    MOST_PROPOSALS, Objection, PHASE2_OUTPUT_TOKENS, PHASE2_SCHEMA_NAME, Proposal, Proposals,
    ProposedChange, Refusal, Wording, phase2_input, phase2_instructions, phase2_schema,
    read_proposals,
};
pub use extraction::{
    LONGEST_TEXT, LONGEST_TITLE, MOST_FINDINGS, PHASE1_OUTPUT_TOKENS, PHASE1_SCHEMA_NAME,
    phase1_instructions, phase1_schema, read_extraction,
};
pub use grounding::ground;
pub use read::ReadError;
pub use render::render;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{PHASE1_SCHEMA_NAME, PHASE2_SCHEMA_NAME, phase1_schema, phase2_schema};

    /// Strict mode takes objects only whose members are all required and no others, and needs a type everywhere.
    fn check_strict(schema: &Value) {
        assert!(!schema["type"].is_null(), "{schema}");
        if let Some(properties) = schema["properties"].as_object() {
            assert_eq!(schema["additionalProperties"], false, "{schema}");
            let required = schema["required"].as_array().unwrap();
            let mut required: Vec<_> = required.iter().map(|name| name.as_str().unwrap()).collect();
            required.sort_unstable();
            let mut named: Vec<_> = properties.keys().map(String::as_str).collect();
            named.sort_unstable();
            assert_eq!(required, named, "{schema}");
            properties.values().for_each(check_strict);
        }
        if !schema["items"].is_null() {
            check_strict(&schema["items"]);
        }
    }

    #[test]
    fn the_schemas_fit_strict_mode() {
        for (name, schema) in
            [(PHASE1_SCHEMA_NAME, phase1_schema()), (PHASE2_SCHEMA_NAME, phase2_schema())]
        {
            check_strict(&schema);
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            assert!(name.len() <= 64 && name.chars().all(is_part), "{name}");
        }
    }
}
