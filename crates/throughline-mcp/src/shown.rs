//! What of the memory an agent may see, and how.
//!
//! Text that this user neither wrote nor accepted is replaced; all other text is sanitised and cut.
//! Ids, statuses and counts are always shown.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use throughline_model::ids::TaskId;
use throughline_model::record::Actor;
use throughline_model::sanitise;
use throughline_model::state::{Kind, Task};
use throughline_model::view::View;
use throughline_ops::OpsError;
use throughline_ops::brief::shown_texts;
use throughline_ops::here::Here;
use throughline_ops::surroundings::Surroundings;
use throughline_ops::tasks::list::Row;

/// The longest title, in characters.
const TITLE: usize = 200;

/// The longest of other texts, in characters: what a task says of itself, a note.
const TEXT: usize = 1_000;

/// The longest name (a ref, an owner), in characters.
const NAME: usize = 40;

/// The priority that goes without saying.
const ORDINARY: u8 = 2;

/// In place of text that nobody accepted.
pub(crate) const NOT_ACCEPTED: &str = "(not accepted: thru trust --diff)";

/// A line with what may be shown of it.
pub(crate) struct Shown<'w> {
    world: &'w Surroundings,
    texts: BTreeSet<TaskId>,
}

impl<'w> Shown<'w> {
    /// Asks the journal, and what the user accepted.
    pub(crate) fn of(world: &'w Surroundings, here: &Here, view: &View) -> Result<Self, OpsError> {
        Ok(Self { world, texts: shown_texts(here, view)? })
    }

    fn says(&self, id: &TaskId) -> bool {
        self.texts.contains(id)
    }

    /// A title of a task.
    pub(crate) fn title(&self, id: &TaskId, title: &str) -> String {
        if self.says(id) { sanitise::for_model(title, TITLE) } else { NOT_ACCEPTED.to_owned() }
    }

    /// What a task says of itself.
    pub(crate) fn text(&self, id: &TaskId, text: Option<&String>) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        Some(if self.says(id) { long(text) } else { NOT_ACCEPTED.to_owned() })
    }

    /// A task in a list, without what goes without saying.
    pub(crate) fn row(&self, row: &Row) -> Value {
        let is_name =
            |name: &&String| name.chars().count() <= NAME && !name.chars().any(char::is_whitespace);
        let reference = row.reference.as_ref().filter(|_| self.says(&row.id)).filter(is_name);
        terse(json!({
            "id": row.id,
            "title": self.title(&row.id, &row.title),
            "status": row.status,
            "ref": reference.map(|name| sanitise::for_model(name, NAME)),
            "kind": (row.kind != Kind::Task).then_some(row.kind),
            "priority": (row.priority != ORDINARY).then_some(row.priority),
            "parent": row.parent,
            "blocked_by": row.blocked_by,
            "claimed_by": row.claimed_by.as_ref().map(|owner| self.owner(owner)),
            "ready": row.ready.then_some(true),
        }))
    }

    /// The same in short, where the task is beside the point.
    pub(crate) fn mention(&self, id: &TaskId, task: &Task) -> Value {
        json!({ "id": id, "title": self.title(id, &task.title), "status": task.status })
    }

    /// Who has a claim. A session's name tells a model nothing but whether it is its own.
    fn owner(&self, owner: &str) -> String {
        let own = match &self.world.actor {
            Actor::Agent { session: Some(session), .. } => session,
            Actor::Agent { session: None, .. } | Actor::Person | Actor::Fold => &self.world.user,
        };
        if own == owner { "you".to_owned() } else { sanitise::for_model(owner, NAME) }
    }
}

/// Text that may be shown, at some length.
pub(crate) fn long(text: &str) -> String {
    sanitise::for_model(text, TEXT)
}

/// A sentence of ours with names from outside in it.
pub(crate) fn sentence(text: &str) -> String {
    sanitise::for_model(text, TITLE)
}

/// As many as fit, and how many more there are.
pub(crate) fn first<T>(mut all: Vec<T>, most: usize) -> (Vec<T>, Option<usize>) {
    let more = all.len().saturating_sub(most);
    all.truncate(most);
    (all, (more > 0).then_some(more))
}

/// Leaves out members that are null or empty lists.
pub(crate) fn terse(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let says = |value: &Value| !value.is_null() && value.as_array().is_none_or(|l| !l.is_empty());
    members.into_iter().filter(|(_, value)| says(value)).collect::<Map<_, _>>().into()
}

/// [`terse`], but for the list that the answer is about: it is there even if it is empty.
pub(crate) fn about(name: &str, list: Vec<Value>, rest: Value) -> Value {
    let mut all = terse(rest);
    all[name] = list.into();
    all
}
