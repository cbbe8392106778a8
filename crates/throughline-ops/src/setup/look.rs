//! What of ours stands in Codex's settings, for `thru doctor`: reads, asks nobody, changes nothing.

use std::path::PathBuf;

use toml_edit::{DocumentMut, Item};

use super::app_server::{self, Trust};
use super::files::{File, text_of};
use super::{SetupOptions, hooks, manifest, plan};
use crate::error::OpsError;

/// How many hooks are ours when all is well.
pub(crate) const HOOKS: usize = hooks::COUNT;

/// How our parts stand in Codex's settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// Events whose hook is as this version writes it.
    pub(crate) exact: usize,
    /// Events that have a hook of ours, however it looks.
    pub(crate) there: usize,
    /// Hooks of ours that would run beside the first of their event.
    pub(crate) doubled: usize,
    /// The commands of our hooks, each once.
    pub(crate) commands: Vec<String>,
    /// Whether the plan tool is on.
    pub(crate) plan_tool: bool,
    /// Our MCP server: program and arguments.
    pub(crate) server: Option<Vec<String>>,
    /// Whether there is nothing to change in the file of that name.
    pub(crate) config_is_right: bool,
    /// The same of all skills.
    pub(crate) skills_are_right: bool,
    /// The version that set it up, if one did.
    pub(crate) set_up_by: Option<String>,
}

impl Standing {
    /// Whether anybody connected Codex with us.
    pub(crate) fn is_connected(&self) -> bool {
        self.there > 0 || self.server.is_some() || self.set_up_by.is_some()
    }
}

/// Reads it.
pub(crate) fn standing(options: &SetupOptions) -> Result<Standing, OpsError> {
    let text = |file: File| text_of(&file.path(&options.codex_home));
    let (hooks_text, config_text) = (text(File::Hooks)?, text(File::Config)?);
    let refused = |file: File, problem: String| OpsError::File {
        path: file.path(&options.codex_home),
        problem,
    };
    let command = hooks::command(&options.thru)?;
    let census = hooks::census(hooks_text.as_deref().unwrap_or_default(), &command)
        .map_err(|problem| refused(File::Hooks, problem))?;
    let config: DocumentMut = config_text
        .unwrap_or_default()
        .parse()
        .map_err(|_| refused(File::Config, "is not TOML".to_owned()))?;
    let open: Vec<PathBuf> = plan(options)?.changes.into_iter().map(|change| change.path).collect();
    let is_right = |file: File| !open.contains(&file.path(&options.codex_home));
    let skills = File::ALL.into_iter().filter(|file| matches!(file, File::Skill(_)));
    let plan_tool = config.get("tools").and_then(|tools| tools.get("update_plan"));
    Ok(Standing {
        exact: census.exact,
        there: census.there,
        doubled: census.doubled + doubled_in(&config, &census.commands.iter().collect::<Vec<_>>()),
        commands: census.commands.into_iter().collect(),
        plan_tool: plan_tool.and_then(|tool| tool.get("enabled")).and_then(Item::as_bool)
            == Some(true),
        server: server(&config),
        config_is_right: is_right(File::Config),
        skills_are_right: skills.into_iter().all(is_right),
        set_up_by: manifest::version(options)?,
    })
}

/// Hooks of ours that stand in the configuration as well, where Codex reads them too.
fn doubled_in(config: &DocumentMut, commands: &[&String]) -> usize {
    let Some(hooks) = config.get("hooks") else { return 0 };
    let text = hooks.to_string();
    commands.iter().map(|command| text.matches(command.as_str()).count()).sum()
}

fn server(config: &DocumentMut) -> Option<Vec<String>> {
    let server = config.get("mcp_servers")?.get("throughline")?;
    let program = server.get("command")?.as_str()?.to_owned();
    let arguments = server.get("args").and_then(Item::as_array);
    let arguments = arguments.into_iter().flatten().filter_map(|one| one.as_str());
    Some(std::iter::once(program).chain(arguments.map(str::to_owned)).collect())
}

/// Asks Codex whether it trusts and runs our hooks.
pub(crate) fn trust(options: &SetupOptions) -> Result<Trust, OpsError> {
    app_server::look(options)
}
