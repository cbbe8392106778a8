//! What is true: the state of a line, its tasks, the agent's plan, drift, the next steps, the brief.
//!
//! Architecture invariant: nothing here does I/O, asks a clock, the environment or a source of
//! randomness. Time, ids and bytes come in as arguments, so every rule can be tested as a value.

pub mod head;
pub mod redact;
pub mod sanitise;
pub mod stem;
