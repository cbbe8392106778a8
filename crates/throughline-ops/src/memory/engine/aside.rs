//! Codex as an engine: `codex exec` beside what the user does, with the user's login.
//!
//! Each question is a run of its own in a folder of ours (`HOME/memory/aside/`), where nothing lies but
//! what it is to do and the form of the answer: the same bytes each time, so runs at once don't disturb
//! each other. Hooks are off in it; [`ASIDE`] says so once more to ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_agents::codex;
use throughline_agents::codex::exec::{ExecError, ExecQuestion, Sight, arguments, read_answer};
use throughline_model::redact::redact;
use throughline_model::sanitise;
use throughline_provider::TokenUse;
use throughline_store::durable::{self, Access};

use super::{Answer, NoAnswer, Question};
use crate::error::OpsError;
use crate::index::AgentHome;
use crate::run::run;
use crate::spawn::command;
use crate::surroundings::Surroundings;

/// The variable that tells our own hooks that nobody works there.
pub const ASIDE: &str = "THROUGHLINE_ASIDE";

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// As much as is repeated of what it said on its way down, in characters.
const LONGEST_COMPLAINT: usize = 200;

/// Codex, to be asked.
#[derive(Debug)]
pub(super) struct Aside {
    /// Its home.
    home: PathBuf,
    /// MCP servers that are not to be started for it.
    servers: Vec<String>,
}

impl Aside {
    pub(super) fn of(homes: &[AgentHome]) -> Self {
        let home = homes.iter().find(|home| home.agent.id == codex::SPEC.id);
        let home = home.map(|home| home.path.clone()).unwrap_or_default();
        let servers = servers(&home.join("config.toml"));
        Self { home, servers }
    }

    pub(super) fn ask(&self, world: &Surroundings, question: &Question) -> Answer {
        match self.run(world, question) {
            Ok(answer) => answer,
            Err(error) => {
                let said = Err(NoAnswer::Later(error.to_string()));
                Answer { said, cost: TokenUse::default(), is_last: true }
            }
        }
    }

    fn run(&self, world: &Surroundings, question: &Question) -> Result<Answer, OpsError> {
        let folder = world.home.root().join("memory").join("aside");
        world.home.prepare()?;
        durable::create_private_dir(&world.home.root().join("memory"))?;
        durable::create_private_dir(&folder)?;
        let (name, schema) = (question.name, question.schema.to_string());
        let instructions = given(&folder, &format!("{name}.md"), &question.instructions)?;
        let schema = given(&folder, &format!("{name}.json"), &schema)?;
        let asked = ExecQuestion {
            folder: &folder,
            instructions: &instructions,
            schema: &schema,
            model: None,
            sight: Sight::Question,
            mcp_servers: &self.servers,
        };
        let mut exec = command(Path::new("codex"), &folder);
        exec.args(arguments(&asked)).env("CODEX_HOME", &self.home).env(ASIDE, "1");
        let failed = |problem| OpsError::Program { program: "codex exec".to_owned(), problem };
        let ran = run(&mut exec, &question.input, PATIENCE);
        let ran = ran.map_err(|error| failed(error.to_string()))?;
        Ok(match read_answer(&ran.stdout) {
            Ok(answer) => Answer { said: Ok(answer.text), cost: answer.usage, is_last: false },
            Err(ExecError::Failed { message, spent }) => broken(&message, spent),
            Err(ExecError::Silent { spent }) => {
                broken(ran.stderr.trim().lines().last().unwrap_or("it said nothing"), spent)
            }
        })
    }
}

/// A login that ran out, or a model that is not there, is no question's fault; nothing tells it from what is.
fn broken(message: &str, cost: TokenUse) -> Answer {
    let message = sanitise::for_model(&redact(message), LONGEST_COMPLAINT);
    let said = Err(NoAnswer::Failed(format!("codex exec has no answer: {message}")));
    Answer { said, cost, is_last: true }
}

/// A file with these words; it is left as it is where it has them.
fn given(folder: &Path, name: &str, text: &str) -> Result<PathBuf, OpsError> {
    let path = folder.join(name);
    if fs::read_to_string(&path).ok().as_deref() != Some(text) {
        durable::replace(&path, text.as_bytes(), Access::Private)?;
    }
    Ok(path)
}

/// The names under `[mcp_servers]`; a file that can't be read has none that would be started.
fn servers(config: &Path) -> Vec<String> {
    let text = fs::read_to_string(config).unwrap_or_default();
    let Ok(document) = text.parse::<toml_edit::DocumentMut>() else { return Vec::new() };
    let servers = document.get("mcp_servers").and_then(toml_edit::Item::as_table_like);
    let names = servers.into_iter().flat_map(|servers| servers.iter());
    names.map(|(name, _)| name.to_owned()).collect()
}
