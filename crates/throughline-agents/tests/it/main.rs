//! Reads transcripts as they lie on disks: damaged in every known way, and far too big; and asks Codex.

#![expect(clippy::unwrap_used, reason = "the files belong to the tests")]

mod corpus;
mod exec;
mod packed;
mod shapes;
#[cfg(target_os = "linux")]
mod size;
