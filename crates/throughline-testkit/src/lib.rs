//! A world for tests: a repository, a stand-in model provider, the real Codex, a clock.
//!
//! | module | what a test gets from it |
//! | --- | --- |
//! | [`world`] | folders, git and `thru`, with nothing of the machine's own settings in them |
//! | [`provider`] | a model provider on 127.0.0.1 that answers from a script and keeps every request |
//! | [`pane`] | `thru` in a terminal of its own, what is seen there, and keys pressed |
//! | [`strace`] | every system call of `thru`, and faults at any of them |
//! | [`effort`] | whether a sample or all of very many cases is run |
//! | [`power`] | what a power cut in the middle of that may leave on the disk |
//! | [`needs`] | what a test needs of the machine, and what happens where that is missing |
//! | [`codex`] | the pinned, unmodified Codex, installed once per target folder |
//! | [`codex_run`] | that Codex, run in a world against a provider |
//!
//! Used as a dev-dependency only, and knows no other crate of the workspace: it sees the product as
//! a user does. What goes wrong here is a failed test, so these functions panic instead of
//! returning errors, except where a test can choose to go without Codex.

pub mod codex;
pub mod codex_run;
pub mod effort;
pub mod history;
pub mod needs;
pub mod pane;
pub mod power;
mod process;
pub mod provider;
pub mod strace;
pub mod world;

pub use codex::Codex;
pub use codex_run::{CodexRun, CodexSession};
pub use effort::Effort;
pub use needs::must_run_all;
pub use pane::{Key, Pane, Size};
pub use provider::{Provider, Request, Script, Step};
pub use strace::{Children, Fault, Harm, Often, Strace, Trace};
pub use world::{Caller, HookEvent, Picture, Ran, World, operations};
