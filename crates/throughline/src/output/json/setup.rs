//! Set-up and demo for programs.

use serde_json::{Value, json};
use throughline_ops::demo::DemoReport;
use throughline_ops::setup::{
    Check, CheckState, FileChange, RemovalReport, SetupPlan, SetupReport,
};

use super::{Checks, Json, Written};

/// What is to change, file by file.
pub(super) fn changes(all: &[FileChange]) -> Value {
    let change =
        |c: &FileChange| json!({ "path": c.path, "new": c.before.is_none(), "summary": c.summary });
    all.iter().map(change).collect()
}

impl Json for SetupPlan {
    fn to_json(&self) -> Value {
        json!({ "changes": changes(&self.changes) })
    }
}

impl Json for SetupReport {
    fn to_json(&self) -> Value {
        json!({ "written": self.written, "hooks": self.hooks, "trusted": self.trusted })
    }
}

impl Json for RemovalReport {
    fn to_json(&self) -> Value {
        json!({ "restored": self.restored, "cleaned": self.cleaned })
    }
}

impl Json for Written {
    fn to_json(&self) -> Value {
        json!({ "written": self.files })
    }
}

impl Json for Checks {
    fn to_json(&self) -> Value {
        let check =
            |c: &Check| json!({ "name": c.name, "state": word(c.state), "remedy": c.remedy });
        json!({ "checks": self.checks.iter().map(check).collect::<Vec<_>>() })
    }
}

const fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Ok => "ok",
        CheckState::Missing => "missing",
        CheckState::Stale => "stale",
        CheckState::Untrusted => "untrusted",
        CheckState::Disabled => "disabled",
        CheckState::Unknown => "unknown",
    }
}

impl Json for DemoReport {
    fn to_json(&self) -> Value {
        let scene =
            |s: &throughline_ops::demo::Scene| json!({ "title": s.title, "shown": s.shown });
        json!({ "scenes": self.scenes.iter().map(scene).collect::<Vec<_>>() })
    }
}
