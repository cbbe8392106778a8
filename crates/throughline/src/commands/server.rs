//! `thru app-server`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use throughline_model::record::Actor;
use throughline_server::{ServerOptions, serve_socket, serve_stdio};

use super::methods::CommandLine;
use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::json::Export;

/// Where clients come from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Listen {
    Stdio,
    Socket(Option<PathBuf>),
}

/// The socket in the home.
const SOCKET: &str = "app-server.sock";

fn listen(text: &str) -> Result<Listen, String> {
    match text.split_once("://") {
        Some(("stdio", "")) => Ok(Listen::Stdio),
        Some(("unix", "")) => Ok(Listen::Socket(None)),
        Some(("unix", path)) if Path::new(path).is_absolute() => {
            Ok(Listen::Socket(Some(path.into())))
        }
        Some(_) | None => Err("stdio://, unix:// or unix:///an/absolute/path".to_owned()),
    }
}

/// Serve editors, dashboards and other programs: JSON-RPC, as Codex's app-server speaks it
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// `stdio://`, `unix://` (a socket in the home) or `unix://PATH`
    #[arg(long, value_name = "URL", default_value = "stdio://", value_parser = listen)]
    listen: Listen,
    /// Hand on to this agent's own server what is not answered here: turns, approvals, settings
    #[arg(long, value_enum, value_name = "AGENT")]
    backend: Option<Backend>,
    /// The Codex that is handed on to
    #[arg(long, value_name = "PROGRAM", requires = "backend")]
    codex: Option<PathBuf>,
}

/// Agents that have a server
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// `codex app-server`, one for each client
    Codex,
}

/// Standard output is the protocol's: nothing else is said there.
pub(crate) fn app_server(context: &mut Context<'_>, args: ServerArgs) -> Answer {
    let environment = context.environment.clone();
    let backend =
        args.backend.map(|Backend::Codex| args.codex.or_else(|| environment.find_program("codex")));
    if backend == Some(None) {
        return Err(Failure::failed("there is no `codex` on the PATH: --codex names it"));
    }
    let options = ServerOptions {
        homes: environment.agent_homes.clone(),
        codex_home: environment.codex_home(),
        backend: backend.flatten(),
        commands: Box::new(CommandLine::new(environment.clone())),
        world: Box::new(move || environment.surroundings(Actor::Person)),
    };
    match args.listen {
        Listen::Stdio => {
            serve_stdio(options).map_err(|error| Failure::failed(error.to_string()))?;
        }
        Listen::Socket(path) => {
            let home = &context.world.home;
            home.prepare().map_err(throughline_ops::OpsError::from)?;
            let path = path.unwrap_or_else(|| home.file(SOCKET));
            context.screen.status(&format!("Listening at unix://{}", path.display()));
            serve_socket(options, &path).map_err(|error| Failure::failed(error.to_string()))?;
        }
    }
    Ok(Box::new(Export { text: String::new() }))
}
