//! What went wrong, for a model: one sentence, with what helps.

use std::error::Error;
use std::fmt;
use std::path::Path;

use throughline_model::sanitise;
use throughline_ops::OpsError;

/// The longest sentence, in characters.
const LONGEST: usize = 500;

/// Why a tool did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(String);

impl Refusal {
    /// With that sentence.
    pub(crate) fn new(sentence: impl AsRef<str>) -> Self {
        Self(sanitise::for_model(sentence.as_ref(), LONGEST))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<OpsError> for Refusal {
    fn from(error: OpsError) -> Self {
        let said = if let OpsError::Store(error) = &error
            && let Some(path) = error.quoted_file()
        {
            unquoted(path)
        } else if let OpsError::Unreadable(unreadable) = &error {
            unreadable.unquoted()
        } else {
            with_causes(&error)
        };
        match remedy(&error) {
            Some(remedy) => Self::new(format!("{said}; {remedy}")),
            None => Self::new(said),
        }
    }
}

/// What is wrong with a file may quote it: that is for the user alone.
fn unquoted(path: &Path) -> String {
    format!("{} can't be read; ask the user to run `thru cache validate`", path.display())
}

fn with_causes(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said
}

/// Whether it looks like what `TaskId::from_entropy` makes: a prefix and some digits, no words.
fn is_id_of_ours(name: &str) -> bool {
    name.len() <= 12 && name.strip_prefix("t-").is_some_and(|id| !id.contains(['-', '_', '.']))
}

/// What helps; what only a person can do says so.
fn remedy(error: &OpsError) -> Option<String> {
    let say = |text: &str| Some(text.to_owned());
    match error {
        OpsError::Store(error) if error.is_read_only() => say(
            "memory is not writable for this process: ask the user to make that folder writable, or to set THROUGHLINE_HOME",
        ),
        OpsError::Store(error) if error.is_locked() => say("nothing was changed: try again"),
        OpsError::Store(error) if error.is_unconfirmed() => say("look before you repeat it"),
        OpsError::Store(_)
        | OpsError::Unreadable(_)
        | OpsError::Index(_)
        | OpsError::Runtime(_)
        | OpsError::Git(_) => None,
        OpsError::NoProject { .. } => say("ask the user to run `thru init` here"),
        OpsError::NotTrusted { .. } => say("ask the user to run `thru trust` here"),
        OpsError::SwitchedOff { .. } => say("go on without it"),
        // A ref is free text, and nobody may have accepted it.
        OpsError::NoTask { similar: Some(similar), .. } if is_id_of_ours(similar) => {
            Some(format!("did you mean {similar}?"))
        }
        OpsError::NoTask { .. } => say("list_tasks with which=all shows all of them"),
        OpsError::OpenDependencies { .. } => {
            say("complete that first, or pass force=true if it does not matter")
        }
        OpsError::Claimed { .. } => say("take another task from next_steps, or ask the user"),
        OpsError::NoSuch { .. }
        | OpsError::Broken(_)
        | OpsError::Field(_)
        | OpsError::Refused { .. }
        | OpsError::Import { .. }
        | OpsError::Program { .. }
        | OpsError::File { .. } => None,
    }
}
