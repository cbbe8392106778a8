//! The hook input of Codex, field by field. Members that are not named here are ignored, so that a
//! newer Codex can add some.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::value::RawValue;
use throughline_model::plan::PlanStep;
use throughline_model::state::Status;

use crate::transcript::Few;

/// The input.
#[derive(Deserialize)]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub(super) hook_event_name: Cow<'a, str>,
    pub(super) session_id: String,
    pub(super) cwd: PathBuf,
    pub(super) transcript_path: Option<PathBuf>,
    pub(super) turn_id: Option<String>,
    pub(super) agent_id: Option<String>,
    pub(super) agent_type: Option<String>,
    pub(super) model: Option<String>,
    pub(super) permission_mode: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SessionStart {
    pub(super) source: Source,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    Startup,
    Resume,
    Clear,
    Compact,
    Fork,
}

#[derive(Deserialize)]
pub(super) struct UserPromptSubmit {
    pub(super) prompt: String,
}

/// PreToolUse, PostToolUse and PermissionRequest.
#[derive(Deserialize)]
pub(super) struct ToolEvent<'a> {
    pub(super) tool_name: String,
    #[serde(borrow)]
    pub(super) tool_input: &'a RawValue,
    /// PermissionRequest has none.
    pub(super) tool_use_id: Option<String>,
    /// PostToolUse only: any JSON at all.
    #[serde(borrow)]
    pub(super) tool_response: Option<&'a RawValue>,
}

/// The input of `Bash`, and of `apply_patch`, which has the patch under the same name.
#[derive(Deserialize)]
pub(super) struct CommandInput {
    pub(super) command: String,
}

/// The input of `update_plan`, in hooks and in transcripts.
#[derive(Deserialize)]
pub(super) struct PlanInput {
    pub(super) explanation: Option<String>,
    pub(super) plan: Few<Step>,
}

#[derive(Deserialize)]
pub(super) struct Step {
    step: String,
    status: StepStatus,
}

/// Hooks and tool calls say `in_progress`, the app-server says `inProgress`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StepStatus {
    Pending,
    #[serde(alias = "inProgress")]
    InProgress,
    Completed,
}

impl From<Step> for PlanStep {
    fn from(step: Step) -> Self {
        let status = match step.status {
            StepStatus::Pending => Status::Pending,
            StepStatus::InProgress => Status::InProgress,
            StepStatus::Completed => Status::Completed,
        };
        Self { text: step.step, status }
    }
}

/// Stop and SubagentStop.
#[derive(Deserialize)]
pub(super) struct Stop {
    pub(super) last_assistant_message: Option<String>,
    #[serde(default)]
    pub(super) stop_hook_active: bool,
    /// SubagentStop only.
    pub(super) agent_transcript_path: Option<PathBuf>,
}

#[derive(Deserialize)]
pub(super) struct SessionEnd {
    pub(super) reason: String,
}

/// A tool's response, when it is an object; a response of other shape tells nothing.
#[derive(Deserialize)]
pub(super) struct ResponseObject {
    #[serde(alias = "exitCode")]
    pub(super) exit_code: Option<i32>,
    /// MCP's own member.
    #[serde(alias = "isError")]
    pub(super) is_error: Option<bool>,
}
