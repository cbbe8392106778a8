//! The lines of a transcript, only the members that are used. Results of tools are not named, so
//! that they are skipped and never copied.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use throughline_model::plan::PlanStep;
use throughline_model::state::Status;

use crate::transcript::Few;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    pub(super) subtype: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) parent_uuid: Option<IgnoredAny>,
    /// Where the chain went on after a compaction.
    pub(super) logical_parent_uuid: Option<IgnoredAny>,
    #[serde(borrow)]
    pub(super) session_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) cwd: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) git_branch: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) entrypoint: Option<Cow<'a, str>>,
    is_sidechain: Option<bool>,
    /// In a transcript of a subagent's own.
    pub(super) agent_id: Option<String>,
    is_meta: Option<bool>,
    is_compact_summary: Option<bool>,
    is_visible_in_transcript_only: Option<bool>,
    pub(super) is_api_error_message: Option<bool>,
    pub(super) forked_from: Option<ForkedFrom>,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_use_result: Option<&'a RawValue>,
}

impl Line<'_> {
    /// A subagent's line in its parent's transcript.
    pub(super) fn is_inline_subagent(&self) -> bool {
        self.is_sidechain == Some(true) && self.agent_id.is_none()
    }

    /// Whether the line itself says that these are not the user's words.
    pub(super) fn is_injected(&self) -> bool {
        [self.is_meta, self.is_compact_summary, self.is_visible_in_transcript_only]
            .contains(&Some(true))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForkedFrom {
    pub(super) session_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) stop_reason: Option<String>,
    pub(super) usage: Option<Tokens>,
    /// A text, or a list of blocks.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl<'a> Message<'a> {
    pub(super) fn blocks(&self) -> Result<Vec<Block<'a>>, serde_json::Error> {
        let Some(content) = self.content else { return Ok(Vec::new()) };
        if content.get().starts_with('"') {
            return Ok(vec![Block::of_text(serde_json::from_str(content.get())?)]);
        }
        let Few(blocks) = serde_json::from_str(content.get())?;
        Ok(blocks)
    }
}

#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    pub(super) text: Option<String>,
    pub(super) name: Option<String>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
}

impl Block<'_> {
    fn of_text(text: String) -> Self {
        Self { kind: Cow::Borrowed("text"), text: Some(text), name: None, input: None }
    }

    pub(super) fn into_text(self) -> Option<String> {
        self.text.filter(|_| self.kind == "text")
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Tokens {
    pub(super) input_tokens: u64,
    pub(super) cache_creation_input_tokens: u64,
    pub(super) cache_read_input_tokens: u64,
    pub(super) output_tokens: u64,
}

#[derive(Deserialize)]
pub(super) struct BashInput {
    pub(super) command: String,
}

#[derive(Deserialize)]
pub(super) struct TodoInput {
    pub(super) todos: Few<Todo>,
}

#[derive(Deserialize)]
pub(super) struct Todo {
    content: String,
    status: TodoStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TodoStatus {
    Pending,
    InProgress,
    Completed,
}

impl From<Todo> for PlanStep {
    fn from(todo: Todo) -> Self {
        let status = match todo.status {
            TodoStatus::Pending => Status::Pending,
            TodoStatus::InProgress => Status::InProgress,
            TodoStatus::Completed => Status::Completed,
        };
        Self { text: todo.content, status }
    }
}

/// What a tool that worked gave back; only what tells of files and subagents.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolResult {
    /// Of Write: `create` or `update`. Other tools have other words.
    #[serde(rename = "type")]
    kind: Option<String>,
    file_path: Option<String>,
    structured_patch: Option<IgnoredAny>,
    old_string: Option<IgnoredAny>,
    edits: Option<IgnoredAny>,
    #[serde(rename = "notebook_path")]
    notebook_path: Option<String>,
    #[serde(rename = "new_source")]
    new_source: Option<IgnoredAny>,
    error: Option<String>,
    pub(super) agent_id: Option<String>,
    pub(super) status: Option<String>,
}

impl ToolResult {
    /// The changed file, and whether it is new.
    pub(super) fn changed(&self) -> Option<(&str, bool)> {
        let kind = self.kind.as_deref();
        let written = matches!(kind, Some("create" | "update"));
        let marks = [self.structured_patch, self.old_string, self.edits];
        let edited = marks.iter().any(Option::is_some);
        let failed = self.error.as_deref().is_some_and(|error| !error.is_empty());
        let file = self.file_path.as_deref().filter(|_| written || edited);
        let notebook = self.notebook_path.as_deref().filter(|_| self.new_source.is_some());
        let path = file.or(notebook).filter(|_| !failed)?;
        Some((path, kind == Some("create")))
    }
}
