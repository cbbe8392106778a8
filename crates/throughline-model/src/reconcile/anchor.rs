//! Evidence follows its commits: where history was rewritten, it is anchored at the commit that
//! says the same, or marked.

use std::collections::BTreeMap;

use crate::change::Change;
use crate::state::Evidence;
use crate::view::View;

/// Commits that left the line's history, each with the one that took its place, if one did.
pub type Counterparts = BTreeMap<String, Option<String>>;

/// What becomes of evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reanchored {
    /// The changes.
    pub changes: Vec<Change>,
    /// How many pieces of evidence have another commit now.
    pub moved: usize,
    /// How many have none.
    pub orphaned: usize,
}

/// Anchors the evidence of all tasks anew.
pub fn reanchor(view: &View, counterparts: &Counterparts) -> Reanchored {
    let mut result = Reanchored::default();
    for (id, task) in view.tasks() {
        for old in task.evidence.iter().filter(|evidence| !evidence.orphaned) {
            let Some(counterpart) = old.commit.as_ref().and_then(|c| counterparts.get(c)) else {
                continue;
            };
            let new = match counterpart {
                Some(commit) => Evidence { commit: Some(commit.clone()), ..old.clone() },
                None => Evidence { orphaned: true, ..old.clone() },
            };
            result.moved += usize::from(!new.orphaned);
            result.orphaned += usize::from(new.orphaned);
            result.changes.push(Change::Unshow { id: id.clone(), evidence: old.clone() });
            result.changes.push(Change::Show { id: id.clone(), evidence: new });
        }
    }
    result
}
