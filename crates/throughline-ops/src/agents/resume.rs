//! `thru agents resume`: what was closed with an agent is open again, and how to go on with each.

use std::path::{Path, PathBuf};
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

/// How an agent is gone on with: by `codex resume`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Its id.
    pub thread: String,
    /// The folder in which it worked, if that is still there.
    pub folder: Option<PathBuf>,
}

impl Way {
    /// None where Codex goes on with it through the agent above it, or another program has it.
    fn of(row: &AgentRow) -> Option<Self> {
        let meta = &row.thread.meta;
        let is_on_its_own = meta.parent.is_none() || meta.agent_path.is_none();
        let is_codex = row.thread.source.found.agent == codex::SPEC.id;
        let folder = Some(PathBuf::from(&meta.cwd)).filter(|folder| folder.is_dir());
        (is_codex && is_on_its_own).then(|| Self { thread: meta.key.clone(), folder })
    }

    /// As a shell reads it.
    pub fn text(&self) -> String {
        let text = |words: [&str; 3]| shell_text(&words.map(str::to_owned));
        let folder = self.folder.as_ref().map(|folder| folder.to_string_lossy());
        let cd = folder.map(|folder| format!("{} && ", text(["cd", "--", &folder])));
        cd.unwrap_or_default() + &text(["codex", "resume", &self.thread])
    }
}

/// Who is open again.
#[derive(Debug, Clone)]
pub struct ResumeReport {
    /// It and those that were closed with it, parents first; as they stood before.
    pub agents: Vec<AgentRow>,
    /// How each of them is gone on with, in the same order.
    pub ways: Vec<Option<Way>>,
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
    let agents = family.rows(nodes);
    let ways = agents.iter().map(Way::of).collect();
    Ok(ResumeReport { agents, ways, what })
}

/// Goes on with each in this terminal, one after another.
///
/// # Errors
/// [`OpsError::Program`]: Codex can't be started.
pub fn go_on(world: &Surroundings, report: &ResumeReport) -> Result<(), OpsError> {
    for Way { thread, folder } in report.ways.iter().flatten() {
        let folder = folder.as_deref().unwrap_or(&world.directory);
        let mut codex = spawn::command(Path::new("codex"), folder);
        codex.args(["resume", thread]).stdin(Stdio::inherit());
        codex.status().map_err(|error| OpsError::Program {
            program: "codex resume".to_owned(),
            problem: error.to_string(),
        })?;
    }
    Ok(())
}
