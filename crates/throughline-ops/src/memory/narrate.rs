//! A session's transcript as a narrative: what people and agents said, what ran, what changed.
//!
//! Redacted on the way in. Outputs of tools, developers' messages and what was injected stand in no
//! item that is read here. A session that took in words of strangers says so.

use std::path::Path;

use jiff::Timestamp;
use throughline_agents::agent::{self, AgentSpec};
use throughline_agents::transcript::{Item, ItemKind, Limits, Offset, TranscriptError, read_from};
use throughline_model::memory::{Narrative, Ran, Told};
use throughline_model::redact::redact;
use throughline_store::index::ThreadRow;

/// Of a longer text the start and the end are read: a pasted log teaches nothing.
const LIMITS: Limits = Limits { longest_line: 8 * 1024 * 1024, longest_text: 32 * 1024 };

/// How many items of each sort a turn keeps.
const MOST: usize = 500;

/// MCP servers whose words are our own.
const OWN_SERVERS: [&str; 2] = ["throughline", "thru"];

/// A session, told.
#[derive(Debug)]
pub(super) struct Telling {
    /// What it says.
    pub(super) narrative: Narrative,
    /// By what it took in words of strangers: an MCP server or a tool of the web.
    pub(super) taint: Option<String>,
}

/// Tells a session from its transcript.
///
/// # Errors
/// [`TranscriptError`], if it can't be read.
pub(super) fn narrate(thread: &ThreadRow, line: &str) -> Result<Telling, TranscriptError> {
    let mut telling = Telling {
        narrative: Narrative {
            session: thread.meta.key.clone(),
            line: line.to_owned(),
            head: thread.meta.head.clone(),
            turns: Vec::new(),
        },
        taint: None,
    };
    let Some(agent) = agent::find(&thread.source.found.agent) else { return Ok(telling) };
    let path = &thread.source.found.path;
    let began = Timestamp::from_millisecond(thread.created).unwrap_or_default();
    let folder = Path::new(&thread.meta.cwd);
    let mut teller = Teller { agent, folder, began, telling: &mut telling };
    for item in read_from(path, Offset::default(), &LIMITS, &agent.transcript)? {
        teller.take(item?);
    }
    Ok(telling)
}

struct Teller<'a> {
    agent: &'static AgentSpec,
    folder: &'a Path,
    began: Timestamp,
    telling: &'a mut Telling,
}

fn clean(text: &str) -> String {
    redact(text).into_owned()
}

impl Teller<'_> {
    /// The turn of an item. Old transcripts name none: there a prompt begins one.
    fn turn(&mut self, item: &Item) -> Option<&mut Told> {
        let turns = &mut self.telling.narrative.turns;
        let begins = matches!(item.kind, ItemKind::Prompt { .. } | ItemKind::TurnStarted);
        let known = match &item.turn {
            Some(id) => turns.iter().rposition(|turn| turn.id == *id),
            None if matches!(item.kind, ItemKind::Prompt { .. }) => None,
            None => turns.len().checked_sub(1),
        };
        if known.is_none() && begins {
            let id = item.turn.clone().unwrap_or_else(|| format!("turn-{}", turns.len() + 1));
            turns.push(Told {
                id,
                at: item.at.unwrap_or(self.began),
                prompts: Vec::new(),
                answers: Vec::new(),
                commands: Vec::new(),
                files: Vec::new(),
                commits: Vec::new(),
                plan: Vec::new(),
                is_interrupted: false,
            });
            return turns.last_mut();
        }
        turns.get_mut(known?)
    }

    fn take(&mut self, item: Item) {
        self.look_for_strangers(&item.kind);
        let folder = self.folder;
        let Some(turn) = self.turn(&item) else { return };
        match item.kind {
            ItemKind::Prompt { text } => push(&mut turn.prompts, clean(&text)),
            ItemKind::Answer { text } => push(&mut turn.answers, clean(&text)),
            ItemKind::Command { command, exit_code, commit, .. } => {
                push(&mut turn.commands, Ran { command: clean(&command), exit_code });
                commit.into_iter().for_each(|commit| push(&mut turn.commits, commit));
            }
            ItemKind::FilesChanged { files } => {
                for file in files {
                    let path = file.path.strip_prefix(folder).unwrap_or(&file.path);
                    let path = path.to_string_lossy().into_owned();
                    if !turn.files.contains(&path) {
                        push(&mut turn.files, path);
                    }
                }
            }
            ItemKind::Plan { steps } => {
                turn.plan = steps.iter().map(|step| clean(&step.text)).collect();
            }
            ItemKind::TurnAborted { .. } => turn.is_interrupted = true,
            ItemKind::Meta(_)
            | ItemKind::Settings { .. }
            | ItemKind::TurnStarted
            | ItemKind::TurnEnded { .. }
            | ItemKind::ToolCall { .. }
            | ItemKind::McpCall { .. }
            | ItemKind::Subagent(_)
            | ItemKind::Usage { .. }
            | ItemKind::Compacted
            | ItemKind::Injected => {}
        }
    }

    fn look_for_strangers(&mut self, kind: &ItemKind) {
        let by = match kind {
            ItemKind::McpCall { server, .. } if !OWN_SERVERS.contains(&server.as_str()) => server,
            ItemKind::ToolCall { tool } if self.agent.web_tools.contains(&tool.as_str()) => tool,
            _other => return,
        };
        self.telling.taint.get_or_insert_with(|| by.clone());
    }
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MOST {
        list.push(item);
    }
}
