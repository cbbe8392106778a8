//! What can be done: one module per verb, Options in, Report out.
//!
//! Architecture invariant: nothing here prints, parses arguments or knows how a report is shown.
//! Locks are taken here, in the order project, journal, and held over no git call but the two of
//! a publish, and those that mend a state file or look for what stands in for it.

pub mod adr;
pub mod agents;
pub mod apply;
pub mod brief;
pub mod cache;
mod cores;
pub mod databases;
pub mod demo;
pub mod diary;
pub mod doctor;
pub mod drift;
mod error;
pub mod fold;
pub mod glance;
pub mod goals;
pub mod here;
pub mod hook;
pub mod index;
pub mod init;
pub mod jobs;
pub mod last_good;
pub mod lines;
pub mod live;
pub mod log;
pub mod logs;
pub mod look;
pub mod memory;
mod merge;
pub mod merge_driver;
pub mod migrate;
pub mod milestones;
pub mod next;
pub mod notes;
pub mod observe;
pub mod plan;
pub mod prune;
pub mod publish;
pub mod recall;
pub mod reconcile;
pub mod resolve;
pub mod restore;
mod run;
pub mod sessions;
pub mod setup;
pub mod snapshots;
mod spawn;
pub mod status;
pub mod surroundings;
pub mod tasks;
pub mod template;
pub mod threads;
mod times;
mod transcript;
pub mod trust;
pub mod undo;
pub mod watch;

pub use error::OpsError;
