//! The lines of a rollout, only the members that are used. Long ones (outputs, patches, images)
//! are not named, so that they are skipped and never copied.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::transcript::{Change, Few, FileChange as Changed};

#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow, default)]
    pub(super) timestamp: Cow<'a, str>,
    /// Paginated rollouts only.
    pub(super) ordinal: Option<IgnoredAny>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Tagged {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct OfTurn {
    pub(super) turn_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SessionMeta {
    pub(super) timestamp: Option<String>,
    pub(super) originator: Option<String>,
    pub(super) model_provider: Option<String>,
    pub(super) cli_version: Option<String>,
    pub(super) id: String,
    /// Missing in legacy rollouts.
    pub(super) session_id: Option<String>,
    pub(super) cwd: Option<String>,
    pub(super) git: Option<Git>,
    pub(super) source: Option<Source>,
    pub(super) forked_from_id: Option<String>,
    pub(super) history_base: Option<HistoryBase>,
    pub(super) parent_thread_id: Option<String>,
    pub(super) agent_nickname: Option<String>,
    pub(super) agent_path: Option<String>,
    pub(super) agent_role: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct Git {
    pub(super) commit_hash: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) repository_url: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct HistoryBase {
    pub(super) thread_id: String,
    pub(super) end_byte_offset: u64,
}

/// A word, or an object for a subagent. Whatever else it may become, it must not cost us the line.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Source(serde_json::Value);

#[derive(Deserialize, Default)]
pub(super) struct Spawn {
    pub(super) parent_thread_id: Option<String>,
    pub(super) agent_nickname: Option<String>,
    pub(super) agent_path: Option<String>,
    pub(super) agent_role: Option<String>,
}

impl Source {
    /// The word, or of an object its first key.
    pub(super) fn name(&self) -> Option<String> {
        let key = || self.0.as_object()?.keys().next().map(String::as_str);
        self.0.as_str().or_else(key).map(str::to_owned)
    }

    pub(super) fn spawn(mut self) -> Option<Spawn> {
        let spawn = self.0.pointer_mut("/subagent/thread_spawn")?.take();
        serde_json::from_value(spawn).ok()
    }
}

/// `turn_context` but for its turn.
#[derive(Deserialize, Default)]
pub(super) struct TurnContext {
    pub(super) model: Option<String>,
    effort: Option<String>,
    collaboration_mode: Option<CollaborationMode>,
}

#[derive(Deserialize)]
struct CollaborationMode {
    settings: Option<ModeSettings>,
}

#[derive(Deserialize)]
struct ModeSettings {
    reasoning_effort: Option<String>,
}

impl TurnContext {
    /// The effort, also where only the mode has it.
    pub(super) fn effort(&self) -> Option<&str> {
        let of_mode =
            || self.collaboration_mode.as_ref()?.settings.as_ref()?.reasoning_effort.as_deref();
        self.effort.as_deref().or_else(of_mode)
    }
}

#[derive(Deserialize)]
pub(super) struct UsageRecord {
    pub(super) turn_id: Option<String>,
    pub(super) turn_token_usage: Option<Tokens>,
}

#[derive(Deserialize)]
pub(super) struct TokenCount {
    /// Null until the first answer.
    pub(super) info: Option<TokenInfo>,
}

#[derive(Deserialize)]
pub(super) struct TokenInfo {
    pub(super) total_token_usage: Tokens,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Tokens {
    pub(super) input_tokens: u64,
    pub(super) cached_input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) reasoning_output_tokens: u64,
}

#[derive(Deserialize)]
pub(super) struct TurnComplete {
    pub(super) turn_id: Option<String>,
    pub(super) last_agent_message: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct TurnAborted {
    pub(super) turn_id: Option<String>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
pub(super) struct LegacyMessage {
    pub(super) message: String,
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ItemCompleted<'a> {
    pub(super) turn_id: Option<String>,
    #[serde(borrow)]
    pub(super) item: &'a RawValue,
}

/// UserMessage and AgentMessage.
#[derive(Deserialize)]
pub(super) struct Message {
    content: Few<ContentPart>,
}

#[derive(Deserialize)]
struct ContentPart {
    /// Images and mentions have none.
    text: Option<String>,
}

impl Message {
    pub(super) fn text(self) -> String {
        let mut texts = self.content.into_iter().filter_map(|part| part.text);
        let first = texts.next().unwrap_or_default();
        texts.fold(first, |text, more| text + "\n" + &more)
    }
}

/// CommandExecution and `exec_command_end`.
#[derive(Deserialize)]
pub(super) struct Command<'a> {
    pub(super) command: Few<String>,
    pub(super) cwd: Option<String>,
    pub(super) exit_code: Option<i32>,
    pub(super) status: Option<String>,
    pub(super) source: Option<String>,
    #[serde(borrow)]
    aggregated_output: Option<&'a RawValue>,
    /// Old legacy.
    #[serde(borrow)]
    stdout: Option<&'a RawValue>,
}

impl Command<'_> {
    /// A copy of what it printed. Dear, so only for what needs it.
    pub(super) fn output(&self) -> Option<String> {
        let raw = self.aggregated_output.or(self.stdout)?;
        serde_json::from_str(raw.get()).ok()
    }
}

/// FileChange and `patch_apply_end`.
#[derive(Deserialize)]
pub(super) struct Files {
    #[serde(default)]
    pub(super) changes: BTreeMap<String, FileChange>,
    pub(super) status: Option<String>,
    /// Legacy.
    pub(super) success: Option<bool>,
}

/// Paginated: `{"type": "update", …}`; legacy also `{"update": {…}}`.
#[derive(Deserialize)]
pub(super) struct FileChange {
    #[serde(rename = "type")]
    kind: Option<String>,
    move_path: Option<String>,
    add: Option<IgnoredAny>,
    update: Option<LegacyUpdate>,
    delete: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct LegacyUpdate {
    move_path: Option<String>,
}

impl FileChange {
    pub(super) fn named((name, wire): (String, Self)) -> Option<Changed> {
        let change = wire.change()?;
        let moved_to = wire.move_path.or(wire.update.and_then(|update| update.move_path));
        let moved_to = moved_to.as_deref().map(path);
        Some(Changed { path: path(&name), change, moved_to })
    }

    fn change(&self) -> Option<Change> {
        match (self.kind.as_deref(), &self.add, &self.update, &self.delete) {
            (Some("add"), ..) | (None, Some(_), ..) => Some(Change::Added),
            (Some("update"), ..) | (None, None, Some(_), _) => Some(Change::Updated),
            (Some("delete"), ..) | (None, None, None, Some(_)) => Some(Change::Deleted),
            (Some(_) | None, ..) => None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct LegacyMcpCall {
    pub(super) invocation: McpCall,
}

#[derive(Deserialize)]
pub(super) struct McpCall {
    pub(super) server: String,
    pub(super) tool: String,
}

#[derive(Deserialize)]
pub(super) struct Subagent {
    pub(super) agent_thread_id: String,
    pub(super) agent_path: Option<String>,
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct ResponseMessage {
    #[serde(rename = "internal_chat_message_metadata_passthrough")]
    pub(super) mark: Option<Mark>,
}

#[derive(Deserialize)]
pub(super) struct ToolCall<'a> {
    pub(super) name: String,
    /// `mcp__server` for tools of MCP servers.
    namespace: Option<String>,
    /// A string that holds JSON. Calls of custom tools have none.
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(rename = "internal_chat_message_metadata_passthrough")]
    pub(super) mark: Option<Mark>,
}

impl ToolCall<'_> {
    pub(super) fn is_mcp(&self) -> bool {
        let names = [Some(&self.name), self.namespace.as_ref()];
        names.into_iter().flatten().any(|name| name.starts_with("mcp__"))
    }
}

/// Where a message comes from.
#[derive(Deserialize, Default)]
pub(super) struct Mark {
    pub(super) turn_id: Option<String>,
    #[serde(default)]
    content_item_kinds: Few<String>,
    #[serde(default)]
    content_item_metadata: Few<PartMark>,
}

#[derive(Deserialize)]
struct PartMark {
    provenance: Option<Provenance>,
}

#[derive(Deserialize)]
struct Provenance {
    hook: Option<bool>,
}

impl Mark {
    pub(super) fn is_of_hook(&self) -> bool {
        let of_hook = |mark: &PartMark| {
            mark.provenance.as_ref().is_some_and(|provenance| provenance.hook == Some(true))
        };
        self.content_item_kinds.0.iter().any(|kind| kind == "hooks.additional_context")
            || self.content_item_metadata.0.iter().any(of_hook)
    }
}

/// A path, or a `file://` URL of this machine with its percent signs.
pub(super) fn path(text: &str) -> PathBuf {
    match text.strip_prefix("file://") {
        Some(rest) => decoded(rest).map_or_else(|| text.into(), PathBuf::from),
        None => text.into(),
    }
}

fn decoded(url: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(url.len());
    let mut parts = url.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        let byte = u8::from_str_radix(part.get(..2)?, 16).ok()?;
        bytes.push(byte);
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).ok()
}
