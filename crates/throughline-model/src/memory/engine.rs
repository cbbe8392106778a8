//! The pure parts of the engines that let a model think: what it is asked, and what is taken of its answer.
//!
//! Owns the words of the questions and the schemas of the answers. An answer is text from outside: it is
//! sanitised, redacted and cut to size, and where a finding comes from is set here, never by the model.

pub mod answer;
pub mod budget;
mod consolidation;
mod extraction;
mod pen;
mod read;
mod render;

pub use consolidation::{
    Access, Change, MOST_PROPOSALS, Objection, PHASE2_OUTPUT_TOKENS, PHASE2_SCHEMA_NAME, Proposal,
    Proposals, Refusal, Wording, phase2_input, phase2_instructions, phase2_schema, read_proposals,
};
pub use extraction::{
    LONGEST_TEXT, LONGEST_TITLE, MOST_FINDINGS, PHASE1_OUTPUT_TOKENS, PHASE1_SCHEMA_NAME,
    phase1_instructions, phase1_schema, read_extraction,
};
pub use read::ReadError;
pub use render::render;
