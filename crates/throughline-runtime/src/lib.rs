//! The databases that are truth and no cache: [`DATABASES`] is the table of them.
//!
//! Architecture invariant: what lies here exists nowhere else in this form. A damaged file is kept
//! beside as `<file>.corrupt-<time>`, its last backup takes its place ([`recover`]), and the user is told;
//! nothing is deleted, and none of it is made anew in silence. Each file fails alone: who opens one looks
//! at no other. Every claim and every end of a job is one `BEGIN IMMEDIATE` transaction over
//! [`throughline_model::job`] or [`throughline_model::agent_job`], so that two processes never have one job.
//!
//! A database more: a row in [`table`], its migrations beside the code that asks it, and a type that
//! implements [`Truth`]. Start-up, `thru doctor`, backup, repair and the counts of `thru stats` go through the
//! table.

pub mod agents;
mod backup;
mod columns;
mod database;
mod error;
pub mod goals;
pub mod jobs;
pub mod memories;
mod opened;
pub mod table;

pub use backup::{Backup, Restored, back_up, backups, recover};
pub use database::{Database, Hold, Insoundness, Migration, Standing, Waiting};
pub use error::RuntimeError;
pub use opened::{Change, Opened, Truth, read_for_turn};
pub use table::DATABASES;
