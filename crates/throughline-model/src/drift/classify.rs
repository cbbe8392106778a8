//! Naming a drift from facts.

use super::{Drift, DriftKind, Place};
use crate::head::Operation;

/// How one commit lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// The same commit, or none on both sides.
    Still,
    /// The old is an ancestor of the new.
    Forward,
    /// The new is an ancestor of the old.
    Backward,
    /// Neither is; both have the same parents.
    Amended,
    /// Neither is; at least one commit says the same on both sides.
    Rebased,
    /// They have nothing in common, or the old is gone.
    Apart,
    /// Git did not say: not a drift, but asked again next time.
    Unknown,
}

/// What memory knows of the line on which git stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Memory was on it last.
    Same,
    /// It is another line, left there.
    Known(Place),
    /// It is new and has the HEAD of that line, whose branch is gone.
    RenamedFrom(String),
    /// It is new and starts in the history of that line.
    BranchedFrom(String),
    /// It is new and has nothing to do with a known line.
    Unrelated,
}

/// What git and HOME say now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Where git stands.
    pub now: Place,
    /// Whether HEAD is no branch.
    pub detached: bool,
    /// What git is in the middle of.
    pub operation: Option<Operation>,
    /// How the line stands to memory.
    pub standing: Standing,
    /// From where the line was left to where it is.
    pub movement: Movement,
    /// Lines that HEAD contains and did not contain where the line was left.
    pub merged: Vec<String>,
    /// How many acknowledged changes the state file had and has no more.
    pub lost: usize,
    /// Another worktree in which the line is open.
    pub elsewhere: Option<String>,
    /// Whether files changed since the last turn; `false` where nobody looked.
    pub dirty: bool,
}

/// Names the drift between what was last seen and what git says. Nothing last seen is no drift of
/// git's: a first look can't tell. `was_detached` tells whether HEAD was no branch then.
pub fn classify(last: Option<&Place>, was_detached: bool, facts: &Facts) -> Drift {
    let mut kinds = Vec::new();
    kinds.extend(facts.operation.map(|_| DriftKind::Busy));
    kinds.extend(facts.detached.then_some(DriftKind::Detached));
    kinds.extend((facts.lost > 0).then_some(DriftKind::LostChanges));
    kinds.extend(facts.elsewhere.as_ref().map(|_| DriftKind::Elsewhere));
    kinds.extend(facts.dirty.then_some(DriftKind::Dirty));
    // Where a detached HEAD stands is told by that kind alone.
    if last.is_some() && !facts.detached {
        kinds.extend(stands(was_detached, &facts.standing));
        kinds.extend(moved(facts));
        kinds.extend((!facts.merged.is_empty()).then_some(DriftKind::Merged));
    }
    kinds.sort_unstable();
    let mut kinds = kinds.into_iter();
    let (own, origin) = match &facts.standing {
        Standing::Known(place) => (Some(place.clone()), None),
        Standing::RenamedFrom(line) | Standing::BranchedFrom(line) => (None, Some(line.clone())),
        Standing::Same | Standing::Unrelated => (None, None),
    };
    Drift {
        kind: kinds.next().unwrap_or(DriftKind::None),
        also: kinds.collect(),
        from: last.cloned(),
        own,
        operation: facts.operation,
        origin,
        merged: facts.merged.clone(),
        lost: facts.lost,
        elsewhere: facts.elsewhere.clone(),
        ..Drift::none(facts.now.clone())
    }
}

fn stands(was_detached: bool, standing: &Standing) -> Option<DriftKind> {
    match standing {
        Standing::Same => None,
        // Back on a branch after a look at something else: nothing but its own movement counts.
        Standing::Known(_) => (!was_detached).then_some(DriftKind::Switched),
        Standing::RenamedFrom(_) => Some(DriftKind::Renamed),
        Standing::BranchedFrom(_) => Some(DriftKind::Branched),
        Standing::Unrelated => Some(DriftKind::Unrelated),
    }
}

fn moved(facts: &Facts) -> Option<DriftKind> {
    // A new line was not left anywhere.
    if !matches!(facts.standing, Standing::Same | Standing::Known(_)) {
        return None;
    }
    match facts.movement {
        Movement::Still | Movement::Unknown => None,
        Movement::Forward => Some(DriftKind::Advanced),
        Movement::Backward => Some(DriftKind::Rewound),
        Movement::Amended => Some(DriftKind::Amended),
        Movement::Rebased => Some(DriftKind::Rebased),
        Movement::Apart => Some(DriftKind::Replaced),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: &str, head: &str) -> Place {
        Place { line: line.to_owned(), head: Some(head.to_owned()) }
    }

    fn facts(standing: Standing, movement: Movement) -> Facts {
        Facts {
            now: place("feature", "bbb"),
            detached: false,
            operation: None,
            standing,
            movement,
            merged: Vec::new(),
            lost: 0,
            elsewhere: None,
            dirty: false,
        }
    }

    fn kinds(facts: &Facts) -> Vec<DriftKind> {
        let last = place("main", "aaa");
        classify(Some(&last), /*was_detached*/ false, facts).kinds().collect()
    }

    #[test]
    fn each_standing_and_movement_has_its_kinds() {
        use DriftKind as K;
        use Movement as M;
        use Standing as S;
        let known = || S::Known(place("feature", "aaa"));
        let cases: [(Standing, Movement, &[DriftKind]); 14] = [
            (S::Same, M::Still, &[]),
            (S::Same, M::Unknown, &[]),
            (S::Same, M::Forward, &[K::Advanced]),
            (S::Same, M::Backward, &[K::Rewound]),
            (S::Same, M::Amended, &[K::Amended]),
            (S::Same, M::Rebased, &[K::Rebased]),
            (S::Same, M::Apart, &[K::Replaced]),
            (known(), M::Still, &[K::Switched]),
            (known(), M::Forward, &[K::Switched, K::Advanced]),
            (known(), M::Rebased, &[K::Rebased, K::Switched]),
            (known(), M::Backward, &[K::Rewound, K::Switched]),
            (S::BranchedFrom("main".to_owned()), M::Forward, &[K::Branched]),
            (S::RenamedFrom("main".to_owned()), M::Still, &[K::Renamed]),
            (S::Unrelated, M::Apart, &[K::Unrelated]),
        ];
        for (standing, movement, expected) in cases {
            let facts = facts(standing, movement);
            assert_eq!(kinds(&facts), expected, "{facts:?}");
            assert!(!classify(None, /*was_detached*/ false, &facts).is_some());
        }
    }

    #[test]
    fn several_hold_at_once_and_the_first_gives_the_name() {
        use DriftKind as K;
        let facts = Facts {
            operation: Some(Operation::Merge),
            merged: vec!["other".to_owned()],
            lost: 2,
            elsewhere: Some("/w".to_owned()),
            dirty: true,
            ..facts(Standing::Same, Movement::Forward)
        };
        let all = [K::Busy, K::LostChanges, K::Merged, K::Advanced, K::Elsewhere, K::Dirty];
        assert_eq!(kinds(&facts), all);
    }

    #[test]
    fn a_detached_head_is_told_by_that_alone_on_the_way_in_and_out() {
        let detached = Facts { detached: true, ..facts(Standing::Unrelated, Movement::Apart) };
        assert_eq!(kinds(&detached), [DriftKind::Detached]);
        let back = facts(Standing::Known(place("feature", "bbb")), Movement::Still);
        let last = place(":detached:main", "aaa");
        assert!(!classify(Some(&last), /*was_detached*/ true, &back).is_some());
    }
}
