//! Claude Code's transcript → what it says.
//!
//! A line is a message, or a part of one: an answer is written block by block, each with the id
//! and the usage of its message. A prompt begins a turn, and the prompt's uuid is the turn's id.
//! A subagent of an old release speaks in its parent's transcript: what it does is told, what it
//! says is not. Files are told where a result says that they were changed, so a refused edit is
//! none; exit codes are not told at all, because a result doesn't repeat its command.

mod wire;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::transcript::{
    BadLine, Change, FileChange, ItemKind, Meta, ReadObject, Said, SubagentActivity, TokenCount,
    UsageOf,
};
use wire::{Block, Line};

/// What a known kind of line says; the error is that its members are not as expected.
type Read<T> = Result<T, serde_json::Error>;

/// Reads the line at the start of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<ReadObject, BadLine> {
    let mut lines = serde_json::Deserializer::from_slice(bytes).into_iter::<Line<'_>>();
    let line = lines.next().ok_or(BadLine)?.map_err(|_| BadLine)?;
    Ok(ReadObject { said: said(&line), length: lines.byte_offset() })
}

fn said(line: &Line<'_>) -> Said {
    let mut said = told(line).unwrap_or_else(|_| Said { odd: true, ..Said::default() });
    if let Some(meta) = meta(line) {
        said.items.insert(0, meta);
    }
    if !said.items.is_empty() {
        said.at = line.timestamp.as_deref().and_then(|at| at.parse().ok());
    }
    said
}

fn told(line: &Line<'_>) -> Read<Said> {
    match (&*line.kind, line.message) {
        ("user", Some(message)) => user(line, parsed(message)?),
        ("assistant", Some(message)) => assistant(line, parsed(message)?),
        ("system", _) if line.subtype.as_deref() == Some("compact_boundary") => {
            Ok(only(ItemKind::Compacted))
        }
        _not_used => Ok(Said::default()),
    }
}

fn only(item: ItemKind) -> Said {
    Said { items: vec![item], ..Said::default() }
}

fn parsed<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Read<T> {
    serde_json::from_str(raw.get())
}

/// Every line names its session; the first of a chain stands for all.
fn meta(line: &Line<'_>) -> Option<ItemKind> {
    let begins = line.parent_uuid.is_none() && line.logical_parent_uuid.is_none();
    let (session, cwd) = (line.session_id.as_deref()?, line.cwd.as_deref()?);
    if !begins || line.is_inline_subagent() {
        return None;
    }
    let agent = line.agent_id.as_deref();
    // "HEAD" is what git calls a detached one; outside of git it is empty.
    let branch = line.git_branch.as_deref().filter(|name| !matches!(*name, "" | "HEAD"));
    let forked_from = line.forked_from.as_ref().and_then(|from| from.session_id.clone());
    Some(ItemKind::Meta(Box::new(Meta {
        thread: agent.unwrap_or(session).to_owned(),
        session: session.to_owned(),
        cwd: Some(cwd.into()),
        branch: branch.map(str::to_owned),
        forked_from,
        parent: agent.map(|_| session.to_owned()),
        started: line.timestamp.as_deref().and_then(|at| at.parse().ok()),
        source: agent.map(|_| "subagent").or(line.entrypoint.as_deref()).map(str::to_owned),
        agent_version: line.version.as_deref().map(str::to_owned),
        ..Meta::default()
    })))
}

fn user(line: &Line<'_>, message: wire::Message<'_>) -> Read<Said> {
    let blocks = message.blocks()?;
    if blocks.iter().any(|block| block.kind == "tool_result") {
        let items = line.tool_use_result.map(result).unwrap_or_default();
        return Ok(Said { items, ..Said::default() });
    }
    let (injected, own): (Vec<String>, Vec<String>) =
        blocks.into_iter().filter_map(Block::into_text).partition(|text| is_injected(text));
    if own.first().is_some_and(|text| text.starts_with(INTERRUPTED)) {
        return Ok(only(ItemKind::TurnAborted { reason: "interrupted".to_owned() }));
    }
    if line.is_injected() || line.is_inline_subagent() || (own.is_empty() && !injected.is_empty()) {
        return Ok(only(ItemKind::Injected));
    }
    let mut own = own.into_iter();
    let first = own.next().unwrap_or_default();
    let text = own.fold(first, |text, more| text + "\n" + &more);
    let text = slash_command(&text).unwrap_or(text);
    let items = vec![ItemKind::TurnStarted, ItemKind::Prompt { text }];
    Ok(Said { turn: line.uuid.as_deref().map(str::to_owned), items, ..Said::default() })
}

/// What the user is made to say when breaking off; more words can follow before the bracket.
const INTERRUPTED: &str = "[Request interrupted by user";

/// How text begins that Claude Code puts in the user's mouth.
const INJECTED: [&str; 10] = [
    "<bash-input>",
    "<bash-stderr>",
    "<bash-stdout>",
    "<ide_",
    "<local-command-caveat>",
    "<local-command-stderr>",
    "<local-command-stdout>",
    "<system-reminder>",
    "<task-notification>",
    "Caveat: The messages below were generated by the user while running local commands",
];

fn is_injected(text: &str) -> bool {
    INJECTED.iter().any(|tag| text.trim_start().starts_with(tag))
}

/// `/name arguments`, of the tags in which a command of the user's stands.
fn slash_command(text: &str) -> Option<String> {
    if !text.starts_with("<command-") {
        return None;
    }
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.trim())
    };
    let name = tag("command-name")?;
    let arguments = tag("command-args").unwrap_or_default();
    Some(format!("{name} {arguments}").trim_end().to_owned())
}

/// What a result tells of files and of subagents; of a failed call it is mere text.
fn result(raw: &RawValue) -> Vec<ItemKind> {
    let Ok(result) = parsed::<wire::ToolResult>(raw) else { return Vec::new() };
    let files = result.changed().map(|(path, created)| {
        let change = if created { Change::Added } else { Change::Updated };
        let file = FileChange { path: path.into(), change, moved_to: None };
        ItemKind::FilesChanged { files: vec![file] }
    });
    let subagent = result.agent_id.zip(result.status).map(|(thread, activity)| {
        ItemKind::Subagent(SubagentActivity { thread, agent_path: None, activity })
    });
    files.into_iter().chain(subagent).collect()
}

fn assistant(line: &Line<'_>, message: wire::Message<'_>) -> Read<Said> {
    // What Claude Code itself says, such as that the provider failed.
    if line.is_api_error_message == Some(true) || message.model.as_deref() == Some("<synthetic>") {
        return Ok(Said::default());
    }
    let mut said = Said::default();
    let speaks = !line.is_inline_subagent();
    if speaks && let Some(model) = message.model.as_deref() {
        said.items.push(ItemKind::Settings { model: Some(model.to_owned()), effort: None });
    }
    for block in message.blocks()? {
        let item = block_item(line, block, &mut said.odd);
        said.items.extend(item.filter(|item| speaks || is_act(item)));
    }
    said.items.extend(message.usage.as_ref().zip(message.id.as_deref()).map(usage));
    if speaks && message.stop_reason.as_deref() == Some("end_turn") {
        said.items.push(ItemKind::TurnEnded { last_message: None });
    }
    Ok(said)
}

/// Whether this is something done, not something said.
fn is_act(item: &ItemKind) -> bool {
    matches!(item, ItemKind::Command { .. } | ItemKind::McpCall { .. } | ItemKind::ToolCall { .. })
}

fn block_item(line: &Line<'_>, block: Block<'_>, odd: &mut bool) -> Option<ItemKind> {
    match (&*block.kind, block.name) {
        ("text", _) => block.text.map(|text| ItemKind::Answer { text }),
        ("tool_use", Some(name)) => Some(tool(line, &name, block.input).unwrap_or_else(|_| {
            *odd = true;
            ItemKind::ToolCall { tool: name }
        })),
        _not_used => None,
    }
}

fn tool(line: &Line<'_>, name: &str, input: Option<&RawValue>) -> Read<ItemKind> {
    if let Some((server, tool)) = name.strip_prefix("mcp__").and_then(|name| name.split_once("__"))
    {
        return Ok(ItemKind::McpCall { server: server.to_owned(), tool: tool.to_owned() });
    }
    match (name, input) {
        ("Bash", Some(input)) => {
            let wire::BashInput { command } = parsed(input)?;
            let cwd = line.cwd.as_deref().map(Into::into);
            Ok(ItemKind::Command { command, exit_code: None, cwd, commit: None })
        }
        ("TodoWrite", Some(input)) => {
            let wire::TodoInput { todos } = parsed(input)?;
            Ok(ItemKind::Plan { steps: todos.into_iter().map(Into::into).collect() })
        }
        (_, _) => Ok(ItemKind::ToolCall { tool: name.to_owned() }),
    }
}

fn usage((wire, message): (&wire::Tokens, &str)) -> ItemKind {
    let read = [wire.input_tokens, wire.cache_creation_input_tokens, wire.cache_read_input_tokens];
    let tokens = TokenCount {
        input: read.into_iter().fold(0, u64::saturating_add),
        cached: wire.cache_read_input_tokens,
        output: wire.output_tokens,
        reasoning: 0,
    };
    ItemKind::Usage { of: UsageOf::Message { id: message.to_owned() }, tokens }
}
