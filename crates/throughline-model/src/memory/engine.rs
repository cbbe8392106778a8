//! The pure parts of the engines that let a model think: what it is asked, and what is taken of its answer.
//!
//! Owns the words of the questions and the schemas of the answers. An answer is text from outside: it is
//! sanitised, redacted and cut to size, and where a finding comes from is set here, never by the model.

pub mod answer;
pub mod budget;
