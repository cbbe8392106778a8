//! What agents say: the hook calls they make and the transcripts they write.
//!
//! An agent is one row of [`agent::AGENTS`]. Everything that only one agent does lies in that
//! agent's module ([`codex`], [`claude`]): its wire structs stay there, and what leaves is neutral,
//! [`hook`] for calls and answers, [`transcript`] for items.
//!
//! Architecture invariant: nothing here prints, asks a clock or the environment, starts a process
//! or opens a file that Throughline writes. All input is outside data: it may be refused, never
//! trusted, and never a reason to panic.

pub mod agent;
pub mod claude;
pub mod codex;
pub mod commands;
pub mod followups;
pub mod hook;
pub mod transcript;
