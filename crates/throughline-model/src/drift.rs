//! Drift: git is not where memory left it.
//!
//! [`classify`] is a pure function of what was last seen and what git says now; what is done about
//! a drift is decided in [`crate::reconcile`].

mod classify;

use serde::{Deserialize, Serialize};

pub use classify::{Facts, Movement, Standing, classify};

use crate::head::{self, Operation};

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

impl DriftKind {
    /// As programs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Detached => "detached",
            Self::LostChanges => "lost_changes",
            Self::Replaced => "replaced",
            Self::Rewound => "rewound",
            Self::Rebased => "rebased",
            Self::Amended => "amended",
            Self::Renamed => "renamed",
            Self::Switched => "switched",
            Self::Branched => "branched",
            Self::Merged => "merged",
            Self::Advanced => "advanced",
            Self::Unrelated => "unrelated",
            Self::Elsewhere => "elsewhere",
            Self::Dirty => "dirty",
            Self::None => "none",
        }
    }
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
    /// Where the line itself stood, if git stood on another one last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Place>,
    /// What git is in the middle of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The line from which a new one starts, or whose name it took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Lines that HEAD contains since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
    /// How many acknowledged changes the state file had and has no more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: usize,
    /// The other worktree in which the line is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// Subjects of the commits between, newest first, as far as they were looked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Drift {
    /// No drift.
    pub fn none(to: Place) -> Self {
        Self {
            kind: DriftKind::None,
            also: Vec::new(),
            from: None,
            to,
            own: None,
            operation: None,
            origin: None,
            merged: Vec::new(),
            lost: 0,
            elsewhere: None,
            commits: Vec::new(),
        }
    }

    /// Whether there is something to tell.
    pub fn is_some(&self) -> bool {
        self.kind != DriftKind::None
    }

    /// All kinds that hold, the most important first.
    pub fn kinds(&self) -> impl Iterator<Item = DriftKind> {
        let first = self.is_some().then_some(self.kind);
        first.into_iter().chain(self.also.iter().copied())
    }

    /// Whether a kind holds.
    pub fn holds(&self, kind: DriftKind) -> bool {
        self.kinds().any(|k| k == kind)
    }

    /// This drift, with the kinds of a later one of which it is the beginning: who looks while git is
    /// still moving sees a part.
    #[must_use]
    pub fn widened(&self, later: &Self) -> Self {
        let mut kinds: Vec<DriftKind> = self.kinds().chain(later.kinds()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() == self.kinds().count() {
            return self.clone();
        }
        let mut also = kinds.into_iter();
        let kind = also.next().unwrap_or(self.kind);
        let (from, lost) = (self.from.clone(), self.lost.max(later.lost));
        Self { kind, also: also.collect(), from, lost, ..later.clone() }
    }

    /// Where the line on which git stands was left.
    pub fn left_at(&self) -> Option<&Place> {
        self.own.as_ref().or(self.from.as_ref())
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
            DriftKind::Branched => {
                let origin = self.origin.as_deref().unwrap_or(from);
                format!("{to} is a new branch that starts from {origin} ({span})")
            }
            DriftKind::Unrelated => format!("{to} is a branch that memory does not know yet"),
            DriftKind::Advanced => match self.commits.len() {
                0 => format!("{to} has new commits ({span})"),
                1 => format!("{to} has a new commit ({span}): {}", self.commits[0]),
                count => {
                    format!("{to} has {count} new commits ({span}), the last: {}", self.commits[0])
                }
            },
            DriftKind::LostChanges => match self.lost {
                1 => format!("a change that {to} had is missing in its state file"),
                count => format!("{count} changes that {to} had are missing in its state file"),
            },
            DriftKind::Rebased => format!("{to} was rebased ({span})"),
            DriftKind::Amended => format!("the last commit of {to} was amended ({span})"),
            DriftKind::Renamed => {
                format!("{} was renamed to {to}", self.origin.as_deref().unwrap_or(from))
            }
            DriftKind::Merged => {
                let were = if self.merged.len() == 1 { "was" } else { "were" };
                format!("{} {were} merged into {to}", self.merged.join(", "))
            }
            DriftKind::Elsewhere => match &self.elsewhere {
                Some(worktree) => format!("{to} is open in another worktree, {worktree}"),
                None => format!("{to} is open in another worktree"),
            },
            DriftKind::Dirty => format!("files of {to} changed since the last turn"),
            DriftKind::None => format!("git is where memory left it ({to} at {})", short(&self.to)),
        }
    }

    fn span(&self) -> String {
        match self.left_at() {
            Some(from) if from.head != self.to.head => {
                format!("{} → {}", short(from), short(&self.to))
            }
            _ => format!("at {}", short(&self.to)),
        }
    }
}

fn short(place: &Place) -> &str {
    place.head.as_deref().map_or("no commit", head::short)
}
