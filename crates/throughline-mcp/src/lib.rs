//! Project memory as MCP tools, on standard input and output.
//!
//! Architecture invariant: all `async` there is lies in `server.rs`. A tool is one row of the table in
//! `tools.rs`, calls one op, and answers with terse JSON; a change through it is the same op, with the
//! agent as actor. Nothing here speaks to a network or starts a process.
//!
//! | module | what |
//! | --- | --- |
//! | `server` | the protocol, by rmcp |
//! | `tools` | the table: name, parameters, what it does |
//! | `parameters` | what a tool takes: as schema, and as check |
//! | `reading`, `changing` | the tools themselves |
//! | `goals` | those for goals, where the user turned them on |
//! | `item` | the one tool of a server that is bound to a worker of an agent job |
//! | `shown` | what of the memory an agent may see |
//! | `warnings` | what the library warns of, in the local log |
//! | `refusal` | what went wrong, in one sentence with its remedy |

mod changing;
mod goals;
mod item;
mod parameters;
mod reading;
mod refusal;
mod server;
mod shown;
mod tools;
mod warnings;

pub use server::{ServeError, serve};
