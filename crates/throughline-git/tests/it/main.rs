//! Asks a real git about real repositories: every layout, and a hostile one.

#![expect(clippy::disallowed_methods, reason = "the tests start git to build repositories")]
#![expect(clippy::unwrap_used, reason = "the sandbox belongs to the tests")]

mod commits;
mod history;
mod hostile;
mod layouts;
mod ledger;
mod limits;
mod merges;
mod sandbox;
mod status;
mod tags;
