//! Reports for programs. The shapes are documented in `docs/formats/json.md` and held by tests;
//! an absent value is an absent member, except where scripts rely on it being there.

mod adr;
mod agents;
mod audit;
mod diary;
mod disk;
mod goals;
mod jobs;
mod lines;
mod memory;
mod merging;
mod migrate;
mod milestones;
mod project;
mod prune;
mod setup;
mod tasks;
mod template;
mod threads;

use serde_json::{Value, json};
use throughline_ops::last_good::{Generation, Unreadable};
use throughline_store::backup::Backup;

use super::{Report, Screen};
use crate::failure::{Exit, Failure};

/// The JSON half of a report.
pub trait Json {
    /// The object that `--json` prints.
    fn to_json(&self) -> Value;

    /// The same as text. For a list of thousands the tree of [`Json::to_json`] takes more memory
    /// than all the rest.
    fn to_text(&self) -> String {
        self.to_json().to_string()
    }

    /// Whether the object is somebody's file, to which nothing is added.
    fn is_verbatim(&self) -> bool {
        false
    }

    /// How the process ends with this answer.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

impl<T: Json + super::human::Human> Report for T {
    fn human(&self, screen: &mut Screen) {
        self.show(screen);
    }

    fn json(&self) -> String {
        self.to_text()
    }

    fn is_verbatim(&self) -> bool {
        Json::is_verbatim(self)
    }

    fn exit(&self) -> Exit {
        Json::exit(self)
    }
}

/// An answer, with the state files in whose place an earlier generation was read for it.
pub fn with_served(report: &dyn Report, unreadable: &[Unreadable]) -> String {
    let answer = report.json();
    if unreadable.is_empty() || report.is_verbatim() {
        return answer;
    }
    let Ok(Value::Object(mut members)) = serde_json::from_str(&answer) else { return answer };
    members.insert("served".to_owned(), "last_good".into());
    members.insert("unreadable".to_owned(), unreadable.iter().map(one_unreadable).collect());
    Value::Object(members).to_string()
}

fn one_unreadable(one: &Unreadable) -> Value {
    json!({
        "file": one.file, "problem": one.problem, "remedy": one.remedy.as_str(),
        "generation": one.generation.map(Generation::as_str),
    })
}

/// A failure.
pub fn failure(failure: &Failure) -> Value {
    json!({ "error": { "message": failure.message, "hints": failure.hints, "exit": failure.exit.code() } })
}

/// An answer that is text for another program.
#[derive(Debug)]
pub struct Export {
    /// As it is.
    pub text: String,
}

/// The state's canonical text.
#[derive(Debug)]
pub struct StateText {
    /// As it would be published.
    pub text: String,
}

/// Kept states.
#[derive(Debug)]
pub struct Backups {
    /// Oldest first.
    pub backups: Vec<Backup>,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// Which files.
    pub files: Vec<std::path::PathBuf>,
}

/// Every file is of the version that this program writes.
#[derive(Debug)]
pub struct UpToDate;

/// A project with a template.
#[derive(Debug)]
pub struct Templated {
    /// The project.
    pub project: throughline_ops::init::InitReport,
    /// What the template wrote.
    pub written: Vec<std::path::PathBuf>,
    /// What it left as it is.
    pub kept: Vec<throughline_ops::template::Kept>,
}

/// What was looked at.
#[derive(Debug)]
pub struct Checks {
    /// In order.
    pub checks: Vec<throughline_ops::setup::Check>,
}

impl Json for Export {
    fn to_json(&self) -> Value {
        json!({ "text": self.text })
    }
}

impl Json for StateText {
    fn to_json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    fn is_verbatim(&self) -> bool {
        true
    }
}

impl Json for Backups {
    fn to_json(&self) -> Value {
        let backup = |b: &Backup| json!({ "generation": b.generation, "at": b.about.at, "line": b.about.line, "before": b.about.before });
        json!({ "backups": self.backups.iter().map(backup).collect::<Vec<_>>() })
    }
}

/// Leaves out members that are null or empty lists.
pub(super) fn terse(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, v| !v.is_null() && v.as_array().is_none_or(|list| !list.is_empty()));
    }
    value
}
