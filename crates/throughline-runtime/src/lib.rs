//! The databases that are truth and no cache.
//!
//! Architecture invariant: what lies here exists nowhere else in this form, so none of it is ever made
//! anew in silence. A damaged file is refused with its name and put aside only when somebody asks.
//! Every claim and every end of a job is one `BEGIN IMMEDIATE` transaction over
//! [`throughline_model::job`], so that two processes never have one job.

mod error;
pub mod memories;

pub use error::RuntimeError;
