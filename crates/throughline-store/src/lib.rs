//! What Throughline remembers: state, journal, locks, backups.
//!
//! The only crate that opens our files. Architecture invariant: nothing here starts a process
//! (except to ask who called), prints, or knows an agent's format.

pub mod accepted;
pub mod backup;
pub mod clock;
pub mod config;
pub mod database;
pub mod discard;
pub mod durable;
pub mod entropy;
mod error;
pub mod foreign;
#[cfg(test)]
mod golden;
pub mod home;
pub mod index;
pub mod journal;
mod json;
mod line;
pub mod lock;
pub mod logs;
pub mod marker;
pub mod overlay;
pub mod process;
pub mod project;
mod schedule;
pub mod session;
pub mod trash;
pub mod view;
pub mod write;

pub use error::StoreError;
