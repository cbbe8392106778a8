//! Templates for programs.

use serde_json::{Value, json};
use throughline_ops::template::{Kept, Reason, TemplatePlan, TemplateRemoval};

use super::{Json, Templated};

fn kept(all: &[Kept]) -> Value {
    let one = |kept: &Kept| json!({ "path": kept.path, "why": word(kept.reason) });
    all.iter().map(one).collect()
}

const fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Changed => "changed",
        Reason::Link => "link",
        Reason::NoText => "no_text",
        Reason::Records => "records",
    }
}

impl Json for TemplatePlan {
    fn to_json(&self) -> Value {
        let changes = super::setup::changes(&self.changes);
        json!({ "changes": changes, "kept": kept(&self.kept) })
    }
}

impl Json for Templated {
    fn to_json(&self) -> Value {
        let mut object = self.project.to_json();
        object["written"] = json!(self.written);
        object["kept"] = kept(&self.kept);
        object
    }
}

impl Json for TemplateRemoval {
    fn to_json(&self) -> Value {
        json!({ "restored": self.restored, "removed": self.removed, "kept": kept(&self.kept) })
    }
}
