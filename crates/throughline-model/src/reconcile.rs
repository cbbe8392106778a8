//! What is done about a drift: for each kind a decision, by default, by a setting, or by a person.
//!
//! Pure: [`decide`] names the outcomes, [`plan`] turns them into changes and marks that can be shown
//! before `throughline-ops` carries them out. Nothing here decides for a person what the table of
//! defaults leaves to one.

mod anchor;
mod lost;
mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use anchor::{Counterparts, Reanchored, reanchor};
pub use lost::lost_changes;
pub use plan::{Material, ReconcilePlan, Step, plan};

use crate::config::DriftPolicy;
use crate::drift::{Drift, DriftKind};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The checkpoint moves; nothing else changes.
    FastForward,
    /// The line goes on from another line's state.
    Fork,
    /// The checkpoint moves, evidence is anchored at the commits that say the same.
    Rebase,
    /// The line takes over the work of the one whose branch it was.
    Follow,
    /// The other line's changes come in.
    Merge,
    /// This HEAD, or this state file, is accepted as it is.
    Ignore,
    /// State and line are made anew from the journal.
    Rebuild,
    /// The missing changes are made once more.
    Restore,
    /// The line on which git stands is used.
    Use,
    /// Work stays on a line of its own until HEAD is a branch again.
    Hold,
    /// Nothing until git is done with what it is in the middle of.
    Wait,
    /// It is told, and nothing follows.
    Note,
    /// Somebody has to decide.
    Ask,
}

impl Outcome {
    /// As people and programs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FastForward => "fast-forward",
            Self::Fork => "fork",
            Self::Rebase => "rebase",
            Self::Follow => "follow",
            Self::Merge => "merge",
            Self::Ignore => "ignore",
            Self::Rebuild => "rebuild",
            Self::Restore => "restore",
            Self::Use => "use",
            Self::Hold => "hold",
            Self::Wait => "wait",
            Self::Note => "note",
            Self::Ask => "ask",
        }
    }

    /// What it means, for somebody who has to choose.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::FastForward => "memory moves to this commit; evidence stays as it is",
            Self::Fork => "this line starts from the other line's tasks",
            Self::Rebase => {
                "memory moves to this commit; evidence follows to the commits that say the same"
            }
            Self::Follow => "this line takes over the old one's work",
            Self::Merge => "the other line's changes come in",
            Self::Ignore => "memory stays as it is, and this is not asked again",
            Self::Rebuild => "state and line are made anew from the journal",
            Self::Restore => "the missing changes are made once more",
            Self::Use => "this line's own memory is used",
            Self::Hold => "work stays on a line of its own",
            Self::Wait => "nothing happens until git is done",
            Self::Note => "nothing follows",
            Self::Ask => "you decide",
        }
    }
}

/// What is done about one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// About what.
    pub kind: DriftKind,
    /// What.
    pub outcome: Outcome,
}

impl Decision {
    /// Whether the drift is over by it.
    pub fn settles(&self) -> bool {
        match self.outcome {
            Outcome::Ask | Outcome::Wait | Outcome::Hold | Outcome::Note => false,
            Outcome::FastForward
            | Outcome::Fork
            | Outcome::Rebase
            | Outcome::Follow
            | Outcome::Merge
            | Outcome::Ignore
            | Outcome::Rebuild
            | Outcome::Restore
            | Outcome::Use => true,
        }
    }
}

/// What is done about a kind where nothing is set: the table of DESIGN, section 7.
pub fn default_outcome(kind: DriftKind) -> Outcome {
    match kind {
        DriftKind::Busy => Outcome::Wait,
        DriftKind::Detached => Outcome::Hold,
        DriftKind::LostChanges
        | DriftKind::Replaced
        | DriftKind::Rewound
        | DriftKind::Unrelated => Outcome::Ask,
        DriftKind::Rebased | DriftKind::Amended => Outcome::Rebase,
        DriftKind::Renamed => Outcome::Follow,
        DriftKind::Switched => Outcome::Use,
        DriftKind::Branched => Outcome::Fork,
        DriftKind::Merged => Outcome::Merge,
        DriftKind::Advanced => Outcome::FastForward,
        DriftKind::Elsewhere | DriftKind::Dirty | DriftKind::None => Outcome::Note,
    }
}

/// Whether something follows from a kind where nothing is set and nobody is asked.
pub fn is_settled_by_default(kind: DriftKind) -> bool {
    Decision { kind, outcome: default_outcome(kind) }.settles()
}

/// What a person can choose about a kind; empty where there is nothing to choose.
pub fn choices(kind: DriftKind) -> &'static [Outcome] {
    match kind {
        DriftKind::LostChanges => &[Outcome::Restore, Outcome::Ignore],
        DriftKind::Replaced | DriftKind::Rewound | DriftKind::Rebased | DriftKind::Amended => {
            &[Outcome::Rebase, Outcome::FastForward, Outcome::Ignore]
        }
        DriftKind::Advanced => &[Outcome::FastForward, Outcome::Ignore],
        DriftKind::Renamed => &[Outcome::Follow, Outcome::Fork, Outcome::Ignore],
        DriftKind::Branched | DriftKind::Unrelated => &[Outcome::Fork, Outcome::Ignore],
        DriftKind::Merged => &[Outcome::Merge, Outcome::Ignore],
        DriftKind::Switched => &[Outcome::Use],
        DriftKind::Busy
        | DriftKind::Detached
        | DriftKind::Elsewhere
        | DriftKind::Dirty
        | DriftKind::None => &[],
    }
}

/// What the settings say about each kind of a drift, most important first. A setting that makes
/// no sense for a kind asks.
pub fn decide(drift: &Drift, policies: &BTreeMap<DriftKind, DriftPolicy>) -> Vec<Decision> {
    let outcome = |kind| match policies.get(&kind) {
        Some(policy) if choices(kind).contains(&outcome_of(*policy)) => outcome_of(*policy),
        Some(_) if choices(kind).len() > 1 => Outcome::Ask,
        Some(_) | None => default_outcome(kind),
    };
    let decided: Vec<_> =
        drift.kinds().map(|kind| Decision { kind, outcome: outcome(kind) }).collect();
    // In the middle of a rebase or merge everything else is on its way.
    match decided.first() {
        Some(first) if first.kind == DriftKind::Busy => vec![*first],
        Some(_) | None => decided,
    }
}

/// The decisions when a person chose one outcome: it holds for every kind for which it can be
/// chosen; the others go by the settings. `None` if it can be chosen for none.
pub fn decide_as(
    drift: &Drift,
    policies: &BTreeMap<DriftKind, DriftPolicy>,
    chosen: Outcome,
) -> Option<Vec<Decision>> {
    let mut decided = decide(drift, policies);
    let mut fits = false;
    for decision in &mut decided {
        if choices(decision.kind).contains(&chosen) {
            decision.outcome = chosen;
            fits = true;
        }
    }
    fits.then_some(decided)
}

/// Whether a drift waits for somebody's word.
pub fn asks(decisions: &[Decision]) -> bool {
    decisions.iter().any(|decision| decision.outcome == Outcome::Ask)
}

const fn outcome_of(policy: DriftPolicy) -> Outcome {
    match policy {
        DriftPolicy::FastForward => Outcome::FastForward,
        DriftPolicy::Fork => Outcome::Fork,
        DriftPolicy::Rebase => Outcome::Rebase,
        DriftPolicy::Follow => Outcome::Follow,
        DriftPolicy::Merge => Outcome::Merge,
        DriftPolicy::Ask => Outcome::Ask,
        DriftPolicy::Ignore => Outcome::Ignore,
    }
}

#[cfg(test)]
mod tests;
