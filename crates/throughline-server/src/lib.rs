//! Project memory for other programs: editors, dashboards, other agents. JSON-RPC on standard input and output
//! and on a unix socket.
//!
//! Where Codex's app-server has a method for the job, ours has its name, its parameters and its answer, over
//! what Throughline knows: its clients work with both (`docs/app-server.md` lists the differences). What is
//! ours alone is the command line: `tasks/list` answers what `thru tasks list --json` prints. Who carries
//! that out is told from outside ([`Commands`]).
//!
//! A client has three threads: one reads its lines, one carries its requests out in their order, one
//! writes. So a slow client holds up nobody else, and a request can be taken back while another runs. There is no
//! `async` here and no network: a socket is a file of the user's, 0600, and who connects has the user's id.
//!
//! | module | what |
//! | --- | --- |
//! | `message` | JSON-RPC: what a line is, what is answered |
//! | `wire` | shapes of Codex's protocol |
//! | `methods` | the table: name, effect, what is done |
//! | `threads`, `goals`, `changes` | the methods |
//! | `client` | one client, from its first line to its last |
//! | `backend` | Codex's own server behind ours, where one is wanted |
//! | `outbox` | what is on its way to a client, and who the clients are |
//! | `socket`, `websocket` | the unix socket, and the websocket that Codex's clients speak there |

mod backend;
mod changes;
mod client;
mod goals;
mod message;
mod methods;
mod outbox;
mod socket;
mod threads;
mod websocket;
mod wire;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use throughline_ops::index::AgentHome;
use throughline_ops::surroundings::Surroundings;
use throughline_ops::threads::desk::Freshness;

pub use message::{Code, Fault, LONGEST};
pub use socket::SocketError;

use outbox::Clients;

/// What the command line can do, by method.
pub trait Commands: Send + Sync {
    /// The names of all methods.
    fn names(&self) -> Vec<&'static str>;

    /// Carries one of them out, as if it had been called in this directory.
    fn call(
        &self,
        method: &str,
        directory: &Path,
        params: &Map<String, Value>,
    ) -> Result<Value, Fault>;
}

/// What a server needs.
pub struct ServerOptions {
    /// Makes the world of a client: a person acts through it.
    pub world: Box<dyn Fn() -> Surroundings + Send + Sync>,
    /// The homes of all agents.
    pub homes: Vec<AgentHome>,
    /// Codex's home, which clients of Codex ask for.
    pub codex_home: PathBuf,
    /// What the command line can do.
    pub commands: Box<dyn Commands>,
    /// The Codex to which everything goes that is not answered here.
    pub backend: Option<PathBuf>,
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("codex_home", &self.codex_home)
            .finish_non_exhaustive()
    }
}

/// What all clients share.
struct Service {
    options: ServerOptions,
    clients: Clients,
    freshness: Freshness,
}

impl Service {
    fn start(options: ServerOptions) -> Arc<Self> {
        let freshness = Freshness::watch(&(options.world)(), &options.homes);
        Arc::new(Self { options, clients: Clients::default(), freshness })
    }
}

/// Serves one client on standard input and output, until its input ends.
///
/// # Errors
/// What the operating system says of a thread that can't be started.
pub fn serve_stdio(options: ServerOptions) -> io::Result<()> {
    client::serve(&Service::start(options), io::stdin().lock(), io::stdout(), || {})
}

/// Serves whoever connects to a socket at `path`, until the process ends.
///
/// # Errors
/// [`SocketError`], if there can't be one.
pub fn serve_socket(options: ServerOptions, path: &Path) -> Result<(), SocketError> {
    socket::listen(path)?.serve(&Service::start(options))
}
