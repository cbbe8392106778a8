//! What is true: the state of a line, its tasks, the agent's plan, drift, the next steps, the brief.
//!
//! Architecture invariant: nothing here does I/O, asks a clock, the environment or a source of
//! randomness. Time, ids and bytes come in as arguments, so every rule can be tested as a value.

pub mod adr;
pub mod agent_job;
pub mod agent_tree;
pub mod brief;
pub mod change;
pub mod config;
pub mod drift;
pub mod event;
#[cfg(test)]
mod formats;
mod funnel;
pub mod goal;
pub mod head;
pub mod ids;
pub mod job;
pub mod json;
pub mod line;
pub mod markdown;
pub mod memory;
pub mod merge;
pub mod next;
pub mod overlay;
pub mod plan;
pub mod recall;
pub mod reconcile;
pub mod record;
pub mod redact;
pub mod remote;
pub mod retention;
pub mod sanitise;
pub mod session;
pub mod state;
pub mod stem;
pub mod undo;
pub mod view;
