//! Drift: git is not where memory left it.
//!
//! [`classify`] is a pure function of what was last seen and what git says now. This first cut
//! knows busy, detached, switched, branched, unrelated, advanced, rewound and replaced; the other
//! kinds have their names here already, so that a journal can hold them.

use serde::{Deserialize, Serialize};

use crate::head::Operation;

/// The kinds, in the order in which the first that holds gives a drift its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// A rebase, merge, cherry-pick or bisect is in progress.
    Busy,
    /// HEAD is no branch.
    Detached,
    /// Acknowledged changes are not in the state file.
    LostChanges,
    /// Same branch; the old HEAD has nothing in common with it, or is gone.
    Replaced,
    /// Same branch; the new HEAD is an ancestor of the old.
    Rewound,
    /// Same branch; neither is an ancestor, the patches match.
    Rebased,
    /// Same branch, same parents, other commit.
    Amended,
    /// The branch is gone, another has its HEAD.
    Renamed,
    /// Another line that is known.
    Switched,
    /// A new branch that starts in the history of a known line.
    Branched,
    /// Another line is contained in HEAD since.
    Merged,
    /// Same branch; the old HEAD is an ancestor of the new.
    Advanced,
    /// A new branch that has nothing to do with a known line.
    Unrelated,
    /// The line is open in another worktree.
    Elsewhere,
    /// The tree changed between turns.
    Dirty,
    /// Nothing moved.
    None,
}

/// A line and where its HEAD stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The line's key.
    pub line: String,
    /// HEAD; absent where there is no commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// What moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The most important kind.
    pub kind: DriftKind,
    /// The others that hold.
    #[serde(default)]
    pub also: Vec<DriftKind>,
    /// Where memory stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Place>,
    /// Where git stands.
    pub to: Place,
    /// What git is in the middle of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Subjects of the commits between, newest first, as far as they were looked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
}

/// How one commit lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// The same commit, or none on both sides.
    Still,
    /// The old is an ancestor of the new.
    Forward,
    /// The new is an ancestor of the old.
    Backward,
    /// Neither, or it could not be found out.
    Apart,
}

/// What git says now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Where it stands.
    pub now: Place,
    /// Whether HEAD is no branch.
    pub detached: bool,
    /// What it is in the middle of.
    pub operation: Option<Operation>,
    /// Whether the line has been seen before.
    pub line_is_known: bool,
    /// From the HEAD last seen to this one.
    pub movement: Movement,
}

/// Names the drift between what was last seen and what git says.
/// Nothing last seen is no drift: a first look can't tell.
pub fn classify(last: Option<&Place>, facts: &Facts) -> Drift {
    let mut kinds = Vec::new();
    kinds.extend(facts.operation.map(|_| DriftKind::Busy));
    kinds.extend(facts.detached.then_some(DriftKind::Detached));
    kinds.extend(last.and_then(|last| moved(last, facts)));
    kinds.sort_unstable();
    let mut kinds = kinds.into_iter();
    Drift {
        kind: kinds.next().unwrap_or(DriftKind::None),
        also: kinds.collect(),
        from: last.cloned(),
        to: facts.now.clone(),
        operation: facts.operation,
        commits: Vec::new(),
    }
}

fn moved(last: &Place, facts: &Facts) -> Option<DriftKind> {
    if last.line != facts.now.line {
        // Leaving or entering a detached HEAD is told by that kind alone.
        if facts.detached {
            return None;
        }
        return Some(match (facts.line_is_known, facts.movement) {
            (true, _) => DriftKind::Switched,
            (false, Movement::Still | Movement::Forward) => DriftKind::Branched,
            (false, Movement::Backward | Movement::Apart) => DriftKind::Unrelated,
        });
    }
    match facts.movement {
        Movement::Still => None,
        Movement::Forward => Some(DriftKind::Advanced),
        Movement::Backward => Some(DriftKind::Rewound),
        Movement::Apart => Some(DriftKind::Replaced),
    }
}

impl Drift {
    /// Whether there is something to tell.
    pub fn is_some(&self) -> bool {
        self.kind != DriftKind::None
    }

    /// What moved, in one sentence without a full stop. Names of branches are as git has them:
    /// whoever shows the sentence sanitises it.
    pub fn sentence(&self) -> String {
        let to = &self.to.line;
        let from = self.from.as_ref().map_or("", |p| p.line.as_str());
        let span = self.span();
        match self.kind {
            DriftKind::Busy => {
                let what = self.operation.map_or("an operation", Operation::as_str);
                format!("git is in the middle of a {what}; memory waits until it is over")
            }
            DriftKind::Detached => {
                format!(
                    "HEAD is detached at {}; work here stays on a line of its own",
                    short(&self.to)
                )
            }
            DriftKind::Replaced => format!("{to} was replaced: {span} have no common way"),
            DriftKind::Rewound => format!("{to} was rewound: {span}"),
            DriftKind::Switched => format!("the branch was switched from {from} to {to} ({span})"),
            DriftKind::Branched => format!("{to} is a new branch that starts from {from} ({span})"),
            DriftKind::Unrelated => format!("{to} is a branch that memory does not know yet"),
            DriftKind::Advanced => match self.commits.len() {
                0 => format!("{to} has new commits ({span})"),
                1 => format!("{to} has a new commit ({span}): {}", self.commits[0]),
                count => {
                    format!("{to} has {count} new commits ({span}), the last: {}", self.commits[0])
                }
            },
            DriftKind::LostChanges => format!("acknowledged changes are missing in {to}"),
            DriftKind::Rebased => format!("{to} was rebased ({span})"),
            DriftKind::Amended => format!("the last commit of {to} was amended ({span})"),
            DriftKind::Renamed => format!("{from} was renamed to {to}"),
            DriftKind::Merged => format!("another line was merged into {to}"),
            DriftKind::Elsewhere => format!("{to} is open in another worktree"),
            DriftKind::Dirty => format!("files of {to} changed since the last turn"),
            DriftKind::None => format!("git is where memory left it ({to} at {})", short(&self.to)),
        }
    }

    fn span(&self) -> String {
        match &self.from {
            Some(from) if from.head != self.to.head => {
                format!("{} → {}", short(from), short(&self.to))
            }
            _ => format!("at {}", short(&self.to)),
        }
    }
}

fn short(place: &Place) -> String {
    place.head.as_ref().map_or_else(|| "no commit".to_owned(), |h| h.chars().take(9).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: &str, head: &str) -> Place {
        Place { line: line.to_owned(), head: Some(head.to_owned()) }
    }

    #[test]
    fn each_movement_has_its_kind() {
        use DriftKind as K;
        use Movement as M;
        let cases = [
            ("main", false, true, M::Still, K::None),
            ("main", false, true, M::Forward, K::Advanced),
            ("main", false, true, M::Backward, K::Rewound),
            ("main", false, true, M::Apart, K::Replaced),
            ("feature", false, true, M::Apart, K::Switched),
            ("feature", false, false, M::Still, K::Branched),
            ("feature", false, false, M::Apart, K::Unrelated),
            (":detached:w", true, false, M::Still, K::Detached),
        ];
        for (line, detached, line_is_known, movement, expected) in cases {
            let now = place(line, "bbb");
            let facts = Facts { now, detached, operation: None, line_is_known, movement };
            assert_eq!(
                classify(Some(&place("main", "aaa")), &facts).kind,
                expected,
                "{line} {movement:?}"
            );
            assert_eq!(classify(None, &facts).kind == K::None, !detached);
        }
    }
}
