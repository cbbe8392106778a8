//! `thru adr`: decision records in the worktree and the tasks that stand for them.
//!
//! A record's task is of kind `decision`; its `adr` is the file, relative to the worktree, its
//! `ref` the record's name (`ADR-0007`), unless another task has it. What the words of a record
//! mean for its task: `throughline_model::adr`.

mod files;
pub mod import;
pub mod link;
pub mod list;
mod texts;

use throughline_model::ids::TaskId;
use throughline_model::state::{Kind, Task};
use throughline_model::view::View;

pub use files::{FOLDERS, LARGEST_FILE, MOST_FILES};
pub(crate) use texts::{RecordText, records_as_text};

/// The tasks that stand for decision records, each with the path of its file.
fn records(view: &View) -> impl Iterator<Item = (&TaskId, &Task, &str)> {
    let decisions = view.state.tasks.iter().filter(|(_, task)| task.kind == Kind::Decision);
    decisions.filter_map(|(id, task)| Some((id, task, task.adr.as_deref()?)))
}
