//! `thru agents resume`: what was closed with an agent is open again, and how to go on with each.

use std::path::Path;
use std::process::Stdio;

use throughline_agents::codex;
use throughline_agents::commands::shell_text;
use throughline_runtime::agents::Agents;

use super::close::Do;
use super::tree::Graph;
use super::{AgentRow, refused};
use crate::databases;
use crate::error::OpsError;
use crate::index::AgentHome;
use crate::spawn;
use crate::surroundings::Surroundings;

/// Who is open again.
#[derive(Debug, Clone)]
pub struct ResumeReport {
    /// It and those that were closed with it, parents first; as they stood before.
    pub agents: Vec<AgentRow>,
    /// How each of them is gone on with, in the same order, as a shell reads it; none where that is done through the
    /// agent above it, or its program has no word for it.
    pub commands: Vec<Option<String>>,
    /// Whether it was done.
    pub what: Do,
}

/// Opens again.
///
/// # Errors
/// [`OpsError`]: there is no such agent, it is not closed, or a file of ours can't be read or written.
pub fn resume(
    world: &Surroundings,
    homes: &[AgentHome],
    name: &str,
    what: Do,
) -> Result<ResumeReport, OpsError> {
    let graph = Graph::open(world, homes)?;
    let (family, id) = graph.find(name)?;
    let nodes = family.tree.resume(&id).map_err(|refusal| refused(&refusal))?;
    if what == Do::It {
        let ids: Vec<&str> = nodes.iter().map(|node| node.agent.id.as_str()).collect();
        databases::open::<Agents>(world)?.open_again(&ids)?;
    }
    let nodes: Vec<_> = nodes.into_iter().cloned().collect();
    let agents = family.rows(&nodes);
    let commands = agents.iter().map(command).collect();
    Ok(ResumeReport { agents, commands, what })
}

fn command(row: &AgentRow) -> Option<String> {
    let meta = &row.thread.meta;
    let words = |words: [&str; 2], last: &str| {
        shell_text(&[words[0].to_owned(), words[1].to_owned(), last.to_owned()])
    };
    // Codex goes on with an agent that has a path only through the one that spawned it.
    let is_on_its_own = meta.parent.is_none() || meta.agent_path.is_none();
    let is_codex = row.thread.source.found.agent == codex::SPEC.id && is_on_its_own;
    let resume = words(["codex", "resume"], &meta.key);
    let there = Path::new(&meta.cwd).is_dir();
    let cd = there.then(|| words(["cd", "--"], &meta.cwd));
    is_codex.then(|| cd.into_iter().chain([resume]).collect::<Vec<_>>().join(" && "))
}

/// Goes on with each in this terminal, one after another.
///
/// # Errors
/// [`OpsError::Program`]: Codex can't be started.
pub fn go_on(world: &Surroundings, report: &ResumeReport) -> Result<(), OpsError> {
    for (row, _) in report.agents.iter().zip(&report.commands).filter(|(_, way)| way.is_some()) {
        let folder = Path::new(&row.thread.meta.cwd);
        let folder = if folder.is_dir() { folder } else { &world.directory };
        let mut codex = spawn::command(Path::new("codex"), folder);
        codex.args(["resume", &row.thread.meta.key]).stdin(Stdio::inherit());
        codex.status().map_err(|error| OpsError::Program {
            program: "codex resume".to_owned(),
            problem: error.to_string(),
        })?;
    }
    Ok(())
}
