//! Tools: the plan, approvals, and the publish before a commit.

use throughline_agents::commands::runs_git_commit;
use throughline_agents::hook::{HookAnswer, Tool, ToolUse};
use throughline_model::config::PublishAt;
use throughline_model::drift::DriftKind;
use throughline_model::record::Body;

use super::{Hook, PUBLISH_PATIENCE};
use crate::error::OpsError;

/// How much of a command a request for approval keeps, in characters.
const WHAT: usize = 200;

impl Hook<'_> {
    /// Just before the agent's `git commit` the pending changes go into the committed file.
    pub(super) fn tool_starting(&self, tool: &ToolUse) -> Result<HookAnswer, OpsError> {
        let commits = matches!(&tool.kind, Tool::Shell { command } if runs_git_commit(command));
        if !commits
            || self.here.config.publish == PublishAt::Manual
            || self.is_asked_about_loss()?
        {
            return Ok(HookAnswer::default());
        }
        match crate::publish::publish(self.world, self.here, PUBLISH_PATIENCE) {
            Err(error) if !crate::publish::stays_pending(&error) => Err(error),
            Ok(_) | Err(_) => Ok(HookAnswer::default()),
        }
    }

    /// Missing changes must not be written back before somebody decided about them.
    fn is_asked_about_loss(&self) -> Result<bool, OpsError> {
        let line = self.here.project.load_line_alone(&self.here.line())?.line;
        Ok(line.open.is_some_and(|open| open.drift.kind == DriftKind::LostChanges))
    }

    pub(super) fn tool_finished(&self, tool: &ToolUse) -> Result<HookAnswer, OpsError> {
        match &tool.kind {
            Tool::Plan { steps, .. } => self.plan(steps),
            Tool::Shell { .. } | Tool::Patch { .. } | Tool::Mcp { .. } | Tool::Other { .. } => {
                self.approved(tool)
            }
        }
    }

    pub(super) fn permission_asked(&self, tool: &ToolUse) -> Result<HookAnswer, OpsError> {
        let (tool, what) = described(tool);
        self.note(Body::Approval {
            session: self.session(),
            turn: self.call.turn.clone(),
            tool,
            what,
        })
    }

    /// A call for which approval was asked in this turn did run.
    fn approved(&self, tool: &ToolUse) -> Result<HookAnswer, OpsError> {
        let (tool, what) = described(tool);
        let since = self.here.project.folded_through();
        let batch =
            self.here.project.journal().read(since, &throughline_store::journal::Filter::All)?;
        let mut open = 0_i32;
        for (_, record) in &batch.records {
            match &record.body {
                Body::Approval { session, turn, what: asked, .. }
                    if *session == self.call.session
                        && *turn == self.call.turn
                        && *asked == what =>
                {
                    open += 1;
                }
                Body::ToolRan { session, what: ran, .. }
                    if *session == self.call.session && *ran == what =>
                {
                    open -= 1;
                }
                _ => {}
            }
        }
        if open <= 0 {
            return Ok(HookAnswer::default());
        }
        self.note(Body::ToolRan {
            session: self.session(),
            turn: self.call.turn.clone(),
            tool,
            what,
        })
    }
}

/// The tool's name, and what it would do.
fn described(tool: &ToolUse) -> (String, String) {
    let (name, what) = match &tool.kind {
        Tool::Plan { .. } => ("plan", String::new()),
        Tool::Shell { command } => ("shell", command.clone()),
        Tool::Patch { text } => ("patch", text.lines().nth(1).unwrap_or_default().to_owned()),
        Tool::Mcp { server, tool } => ("mcp", format!("{server} {tool}")),
        Tool::Other { name } => ("other", name.clone()),
    };
    let what = throughline_model::redact::redact(&what).chars().take(WHAT).collect();
    (name.to_owned(), what)
}
