//! What a merge could not decide, as data of the state.
//!
//! A conflict names the value that stood when it was recorded. It is open while that value still
//! stands: an edit of the field settles it whoever makes it, an older program and a person with an
//! editor included.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Extra;
use crate::json::Json;

/// The place of a conflict: a JSON pointer (RFC 6901) into the state file, except that a member of
/// a set is named by its value instead of its index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pointer(pub(crate) String);

impl Pointer {
    /// The place that these names lead to.
    pub fn to<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        names.into_iter().fold(Self(String::new()), |at, name| at.below(name))
    }

    /// The place `name` within this one.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self(format!("{}/{}", self.0, name.replace('~', "~0").replace('/', "~1")))
    }

    /// The names that lead to it.
    pub fn names(&self) -> Vec<String> {
        let names = self.0.split('/').skip(/*before the first slash*/ 1);
        names.map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
    }

    /// As it stands in the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Values that came together in one place. All are kept; one stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conflict {
    /// What stands in the place; `None` if the place is empty, and where the place is a whole
    /// task, milestone, note or snapshot.
    pub stands: Option<Json>,
    /// What else was wanted there, sorted.
    pub others: Vec<Json>,
    /// Whether one side wanted the place empty, or the whole thing removed.
    pub empty: bool,
    /// Unknown members.
    pub extra: Extra,
}
