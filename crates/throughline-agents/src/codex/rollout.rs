//! Codex's transcript ("rollout") → what it says, line by line, in both dialects: *paginated*
//! (since `history_mode` exists: events are `item_completed`, lines have an `ordinal`) and
//! *legacy* (one event type for each thing). No file mixes them, so nothing is told twice.
//!
//! Events are read and the model's own stream (`response_item`) is not, except for what has no
//! event: plans, names of tools, and the marks of injected text. Lines of outputs are passed over
//! unparsed.

mod scales;
mod wire;

pub(super) use scales::SCALES;

use serde::Deserialize;
use serde_json::value::RawValue;
use throughline_model::remote::without_user;

use crate::commands::{printed_commit, runs_git_commit, shell_text};
use crate::transcript::{
    BadLine, ForkBase, ItemKind, Meta, ReadObject, Said, SubagentActivity, TokenCount, UsageOf,
};

/// What a known kind of object says; the error is that its members are not as expected.
type Read<T> = Result<T, serde_json::Error>;

/// What a payload says: its turn, and its item.
type Told = (Option<String>, Option<ItemKind>);

const NOTHING: Told = (None, None);

/// Reads the line at the start of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<ReadObject, BadLine> {
    let mut lines = serde_json::Deserializer::from_slice(bytes).into_iter::<wire::Line<'_>>();
    let line = lines.next().ok_or(BadLine)?.map_err(|_| BadLine)?;
    Ok(ReadObject { said: said(&line), length: lines.byte_offset() })
}

fn said(line: &wire::Line<'_>) -> Said {
    match told(line) {
        Err(_) => Said { odd: true, ..Said::default() },
        Ok((turn, None)) => Said { turn, ..Said::default() },
        Ok((turn, Some(kind))) => {
            let at = line.timestamp.parse().ok();
            Said { turn, at, items: vec![kind], odd: false }
        }
    }
}

fn told(line: &wire::Line<'_>) -> Read<Told> {
    let Some(payload) = line.payload else { return Ok(NOTHING) };
    match &*line.kind {
        "session_meta" => Ok((None, Some(meta(parsed(payload)?)))),
        "turn_context" => of_turn(payload, settings(payload)),
        "event_msg" => event(payload),
        "response_item" => response(payload),
        "token_usage_record" => {
            let wire::UsageRecord { turn_id, turn_token_usage } = parsed(payload)?;
            Ok((turn_id, turn_token_usage.map(|tokens| usage(UsageOf::Turn, tokens))))
        }
        // A paginated rollout tells it by an item as well, which is never too long to be read.
        "compacted" if line.ordinal.is_none() => Ok((None, Some(ItemKind::Compacted))),
        _not_used => Ok(NOTHING),
    }
}

/// Settings of an unknown shape must not cost us the turn that they stand with.
fn settings(payload: &RawValue) -> Option<ItemKind> {
    let context: wire::TurnContext = parsed(payload).ok()?;
    let effort = context.effort().map(str::to_owned);
    let told = context.model.is_some() || effort.is_some();
    told.then_some(ItemKind::Settings { model: context.model, effort })
}

fn parsed<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Read<T> {
    serde_json::from_str(raw.get())
}

/// The `type` of an object. Codex writes it first, so that most lines cost no parsing.
fn kind_of(raw: &RawValue) -> Read<String> {
    let first = raw.get().strip_prefix(r#"{"type":""#).and_then(|rest| rest.split_once('"'));
    match first {
        Some((kind, _)) if !kind.contains('\\') => Ok(kind.to_owned()),
        Some(_) | None => Ok(parsed::<wire::Tagged>(raw)?.kind),
    }
}

fn event(payload: &RawValue) -> Read<Told> {
    match kind_of(payload)?.as_str() {
        "item_completed" => {
            let wire::ItemCompleted { turn_id, item } = parsed(payload)?;
            Ok((turn_id, item_completed(item)?))
        }
        "task_started" | "turn_started" => turn(payload, ItemKind::TurnStarted),
        "task_complete" | "turn_complete" => {
            let wire::TurnComplete { turn_id, last_agent_message } = parsed(payload)?;
            Ok((turn_id, Some(ItemKind::TurnEnded { last_message: last_agent_message })))
        }
        "turn_aborted" => {
            let wire::TurnAborted { turn_id, reason } = parsed(payload)?;
            Ok((turn_id, Some(ItemKind::TurnAborted { reason })))
        }
        "token_count" => {
            let wire::TokenCount { info } = parsed(payload)?;
            Ok((None, info.map(|info| usage(UsageOf::Thread, info.total_token_usage))))
        }
        "user_message" => Ok((None, Some(legacy_prompt(parsed(payload)?)))),
        "agent_message" => {
            let wire::LegacyMessage { message, .. } = parsed(payload)?;
            Ok((None, Some(ItemKind::Answer { text: message })))
        }
        "exec_command_end" => of_turn(payload, command(parsed(payload)?)),
        "patch_apply_end" => of_turn(payload, files(parsed(payload)?)),
        "mcp_tool_call_end" => {
            let wire::LegacyMcpCall { invocation } = parsed(payload)?;
            of_turn(payload, Some(mcp_call(invocation)))
        }
        _not_used => Ok(NOTHING),
    }
}

fn turn(payload: &RawValue, kind: ItemKind) -> Read<Told> {
    of_turn(payload, Some(kind))
}

fn of_turn(payload: &RawValue, kind: Option<ItemKind>) -> Read<Told> {
    Ok((parsed::<wire::OfTurn>(payload)?.turn_id, kind))
}

fn item_completed(item: &RawValue) -> Read<Option<ItemKind>> {
    let kind = match kind_of(item)?.as_str() {
        "UserMessage" => Some(prompt(parsed::<wire::Message>(item)?.text())),
        "AgentMessage" => Some(ItemKind::Answer { text: parsed::<wire::Message>(item)?.text() }),
        "CommandExecution" => command(parsed(item)?),
        "FileChange" => files(parsed(item)?),
        "McpToolCall" => Some(mcp_call(parsed(item)?)),
        "SubAgentActivity" => Some(subagent(parsed(item)?)),
        "ContextCompaction" => Some(ItemKind::Compacted),
        _not_used => None,
    };
    Ok(kind)
}

/// Codex also puts words of its own in the user's mouth; they stand in tags like these.
const HARNESS_TAGS: [&str; 6] = [
    "<codex_internal_context",
    "<environment_context>",
    "<hook_prompt",
    "<turn_aborted>",
    "<user_instructions>",
    "<skill>",
];

fn prompt(text: String) -> ItemKind {
    let injected = HARNESS_TAGS.iter().any(|tag| text.trim_start().starts_with(tag));
    if injected { ItemKind::Injected } else { ItemKind::Prompt { text } }
}

fn legacy_prompt(message: wire::LegacyMessage) -> ItemKind {
    // Very old rollouts mark the harness's own messages by another kind.
    match message.kind.as_deref() {
        None | Some("plain") => prompt(message.message),
        Some(_) => ItemKind::Injected,
    }
}

/// Only what ran: a refused call has no exit, and looking at a running one is no new command.
fn command(wire: wire::Command<'_>) -> Option<ItemKind> {
    let ran = wire.status.as_deref() != Some("declined");
    let starts = wire.source.as_deref() != Some("unified_exec_interaction");
    (ran && starts).then(|| {
        let command = shell_text(&wire.command.0);
        let output = if runs_git_commit(&command) { wire.output() } else { None };
        let commit = output.as_deref().and_then(printed_commit).map(str::to_owned);
        let cwd = wire.cwd.as_deref().map(wire::path);
        ItemKind::Command { command, exit_code: wire.exit_code, cwd, commit }
    })
}

/// Only what was applied.
fn files(wire: wire::Files) -> Option<ItemKind> {
    let applied = wire.success != Some(false)
        && !matches!(wire.status.as_deref(), Some("failed" | "declined" | "in_progress"));
    let files: Vec<_> = wire.changes.into_iter().filter_map(wire::FileChange::named).collect();
    (applied && !files.is_empty()).then_some(ItemKind::FilesChanged { files })
}

fn mcp_call(wire: wire::McpCall) -> ItemKind {
    ItemKind::McpCall { server: wire.server, tool: wire.tool }
}

fn subagent(wire: wire::Subagent) -> ItemKind {
    ItemKind::Subagent(SubagentActivity {
        thread: wire.agent_thread_id,
        agent_path: wire.agent_path,
        activity: wire.kind,
    })
}

fn usage(of: UsageOf, wire: wire::Tokens) -> ItemKind {
    let tokens = TokenCount {
        input: wire.input_tokens,
        cached: wire.cached_input_tokens,
        output: wire.output_tokens,
        reasoning: wire.reasoning_output_tokens,
    };
    ItemKind::Usage { of, tokens }
}

fn response(payload: &RawValue) -> Read<Told> {
    match kind_of(payload)?.as_str() {
        "message" => {
            let wire::ResponseMessage { mark } = parsed(payload)?;
            let mark = mark.unwrap_or_default();
            let injected = mark.is_of_hook();
            Ok((mark.turn_id, injected.then_some(ItemKind::Injected)))
        }
        "function_call" | "custom_tool_call" => tool_call(parsed(payload)?),
        // The provider ran it; it has no event of its own.
        "web_search_call" => {
            let wire::ResponseMessage { mark } = parsed(payload)?;
            let tool = super::WEB_SEARCH.to_owned();
            Ok((mark.unwrap_or_default().turn_id, Some(ItemKind::ToolCall { tool })))
        }
        _not_used => Ok(NOTHING),
    }
}

fn tool_call(call: wire::ToolCall<'_>) -> Read<Told> {
    let kind = match (call.name.as_str(), call.arguments) {
        ("update_plan", Some(arguments)) => Some(plan(arguments)?),
        // Its event tells it.
        (_, _) if call.is_mcp() => None,
        (_, _) => Some(ItemKind::ToolCall { tool: call.name }),
    };
    Ok((call.mark.unwrap_or_default().turn_id, kind))
}

fn plan(arguments: &RawValue) -> Read<ItemKind> {
    let arguments: String = parsed(arguments)?;
    let input: super::wire::PlanInput = serde_json::from_str(&arguments)?;
    Ok(ItemKind::Plan { steps: input.plan.into_iter().map(Into::into).collect() })
}

fn meta(wire: wire::SessionMeta) -> ItemKind {
    let git = wire.git.unwrap_or_default();
    let source = wire.source.as_ref().and_then(wire::Source::name);
    let spawn = wire.source.and_then(wire::Source::spawn).unwrap_or_default();
    ItemKind::Meta(Box::new(Meta {
        session: wire.session_id.unwrap_or_else(|| wire.id.clone()),
        thread: wire.id,
        cwd: wire.cwd.as_deref().map(wire::path),
        commit: git.commit_hash,
        branch: git.branch,
        forked_from: wire.forked_from_id,
        base: wire
            .history_base
            .map(|base| ForkBase { thread: base.thread_id, end: base.end_byte_offset }),
        parent: wire.parent_thread_id.or(spawn.parent_thread_id),
        nickname: wire.agent_nickname.or(spawn.agent_nickname),
        agent_path: wire.agent_path.or(spawn.agent_path),
        role: wire.agent_role.or(spawn.agent_role),
        started: wire.timestamp.and_then(|at| at.parse().ok()),
        originator: wire.originator,
        source,
        provider: wire.model_provider,
        agent_version: wire.cli_version,
        repository: git.repository_url.as_deref().map(without_user),
    }))
}
