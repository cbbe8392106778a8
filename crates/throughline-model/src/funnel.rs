//! The funnel through which every record passes before it is written: free text is redacted.
//!
//! Ids, hashes, paths of git and times are not free text. Redaction is idempotent, so a stored old
//! value stays what it was.

use crate::change::{Change, Settled};
use crate::json::Json;
use crate::plan::PlanStep;
use crate::record::{Body, Record};
use crate::redact::redact;
use crate::session::{Action, Session};
use crate::state::{Evidence, Field, ListField, Task};

fn clean(text: &mut String) {
    if let std::borrow::Cow::Owned(redacted) = redact(text) {
        *text = redacted;
    }
}

pub(crate) fn clean_all<'t>(texts: impl IntoIterator<Item = &'t mut String>) {
    texts.into_iter().for_each(clean);
}

impl Task {
    /// Redacts all free text.
    pub fn redact(&mut self) {
        clean(&mut self.title);
        clean_all(
            [
                &mut self.reference,
                &mut self.owner,
                &mut self.acceptance,
                &mut self.notes,
                &mut self.target_commit,
                &mut self.adr,
                &mut self.reason,
            ]
            .into_iter()
            .flatten(),
        );
        clean_all(&mut self.labels);
        self.evidence.iter_mut().for_each(Evidence::redact);
    }
}

impl Evidence {
    fn redact(&mut self) {
        clean_all(&mut self.files);
    }
}

impl PlanStep {
    /// Redacts the step's words.
    pub fn redact(&mut self) {
        clean(&mut self.text);
    }
}

impl Field {
    fn is_free_text(self) -> bool {
        match self {
            Self::Title
            | Self::Ref
            | Self::Owner
            | Self::Acceptance
            | Self::Notes
            | Self::TargetCommit
            | Self::Adr
            | Self::Reason => true,
            Self::Status
            | Self::Kind
            | Self::Priority
            | Self::Parent
            | Self::Milestone
            | Self::DeferredUntil
            | Self::AdrImport
            | Self::CompletedAt => false,
        }
    }
}

impl Change {
    /// Redacts all free text.
    pub fn redact(&mut self) {
        match self {
            Self::Create { task, .. } | Self::Remove { task, .. } => task.0.redact(),
            Self::Set { field, old, new, .. } if field.is_free_text() => {
                clean_all([old, new].into_iter().flatten());
            }
            Self::Add { list: ListField::Labels, value, .. }
            | Self::Drop { list: ListField::Labels, value, .. } => clean(value),
            Self::Show { evidence, .. } | Self::Unshow { evidence, .. } => evidence.redact(),
            Self::Milestone { old, new, .. } => {
                clean_all([old, new].into_iter().flatten().map(|m| &mut m.title));
            }
            Self::Note { old, new, .. } => {
                clean_all([old, new].into_iter().flatten().map(|n| &mut n.text));
            }
            Self::Snapshot { id, old, new } => {
                clean(id);
                clean_all([old, new].into_iter().flatten().map(|s| &mut s.reason));
            }
            Self::Resolve { old, new, .. } => [old, new].into_iter().for_each(Settled::redact),
            Self::Claim { old, new, .. } => {
                clean_all([old, new].into_iter().flatten().map(|c| &mut c.owner));
            }
            Self::Set { .. }
            | Self::Add { .. }
            | Self::Drop { .. }
            | Self::Promote { .. }
            | Self::Demote { .. }
            | Self::Focus { .. }
            | Self::Recall { .. }
            | Self::Forget { .. } => {}
            Self::Mirror { old, new, .. } => {
                let plans = [old, new].into_iter().flatten();
                let steps = plans.flat_map(|p| p.steps.iter_mut().chain(&mut p.dropped));
                steps.for_each(|step| step.step.redact());
            }
        }
    }
}

impl Settled {
    fn redact(&mut self) {
        self.value.iter_mut().for_each(Json::redact);
        if let Some(conflict) = &mut self.conflict {
            conflict.stands.iter_mut().chain(&mut conflict.others).for_each(Json::redact);
        }
    }
}

impl Json {
    fn redact(&mut self) {
        match self {
            Self::Text(text) => clean(text),
            Self::List(items) => items.iter_mut().for_each(Self::redact),
            Self::Map(members) => members.iter_mut().for_each(|(_, value)| value.redact()),
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }
}

impl Record {
    /// Redacts all free text.
    pub fn redact(&mut self) {
        match &mut self.body {
            Body::Change { changes, .. } | Body::Abort { changes, .. } => {
                changes.iter_mut().for_each(Change::redact);
            }
            Body::Plan { steps, dropped, changes, .. } => {
                steps.iter_mut().chain(dropped).for_each(|step| step.step.redact());
                changes.iter_mut().for_each(Change::redact);
            }
            Body::TurnBegin { prompt, .. } => clean_all(prompt),
            Body::Approval { what, .. } | Body::ToolRan { what, .. } => clean(what),
            Body::Drift { drift, .. } | Body::Reconcile { drift, .. } => {
                clean_all(&mut drift.commits);
            }
            Body::LineBegin { .. }
            | Body::LineEnd { .. }
            | Body::SessionStart { .. }
            | Body::TurnEnd { .. }
            | Body::Subagent { .. }
            | Body::Compacting { .. }
            | Body::SessionEnd { .. }
            | Body::Intent { .. } => {}
        }
    }
}

impl Session {
    /// Redacts all free text.
    pub fn redact(&mut self) {
        for turn in &mut self.turns {
            clean_all([&mut turn.prompt, &mut turn.answer].into_iter().flatten());
            clean_all(&mut turn.follow_ups);
            clean_all(turn.approvals.iter_mut().map(|a| &mut a.what));
            turn.actions.iter_mut().for_each(Action::redact);
        }
        clean_all(&mut self.digest);
        clean_all(self.steps.iter_mut().map(|s| &mut s.title));
    }
}

impl Action {
    fn redact(&mut self) {
        match self {
            Self::Command { command, .. } => clean(command),
            Self::Files { paths } => clean_all(paths),
            Self::Mcp { server, tool } => clean_all([server, tool]),
        }
    }
}

#[cfg(test)]
mod tests;
