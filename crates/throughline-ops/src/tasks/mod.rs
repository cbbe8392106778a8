//! What can be done with tasks: one module per verb.

pub mod add;
pub mod claim;
pub mod conflicts;
pub mod edit;
pub mod import;
pub mod link;
pub mod list;
pub mod promote;
pub mod remove;
pub mod show;
pub mod transition;
pub mod update;

use strsim::jaro_winkler;
use throughline_model::ids::TaskId;
use throughline_model::state::Task;
use throughline_model::view::View;

use crate::error::OpsError;

/// From this likeness on a wrong name is answered with a right one (0 to 1, Jaro-Winkler).
const SIMILAR: f64 = 0.8;

/// Finds a task by id or ref.
pub(crate) fn find<'v>(view: &'v View, name: &str) -> Result<(&'v TaskId, &'v Task), OpsError> {
    view.find(name)
        .ok_or_else(|| OpsError::NoTask { name: name.to_owned(), similar: similar(view, name) })
}

fn similar(view: &View, name: &str) -> Option<String> {
    let names = view.tasks().flat_map(|(id, task)| {
        [Some(id.as_str()), task.reference.as_deref()].into_iter().flatten()
    });
    let scored = names.map(|known| (jaro_winkler(known, name), known));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= SIMILAR).map(|(_, known)| known.to_owned())
}

/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 200;

/// The longest note or acceptance text, in bytes.
pub const LONGEST_NOTE: usize = 8 * 1024;

/// A title on one line, not empty, not endless.
pub(crate) fn title(text: &str) -> Result<String, OpsError> {
    let title = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match title.chars().count() {
        0 => Err(OpsError::Refused { reason: "a task needs a title".to_owned() }),
        1..=LONGEST_TITLE => Ok(title),
        count => Err(OpsError::Refused {
            reason: format!("a title may have {LONGEST_TITLE} characters; this one has {count}"),
        }),
    }
}
