//! From decisions to what will be done, step by step.

use super::{Counterparts, Decision, Outcome, Reanchored, asks, choices, reanchor};
use crate::change::Change;
use crate::drift::{Drift, DriftKind, Place};
use crate::view::View;

/// What the plan is made from besides drift and decisions.
#[derive(Debug)]
pub struct Material<'v> {
    /// The line.
    pub view: &'v View,
    /// Commits that left its history.
    pub counterparts: Counterparts,
    /// What would come in from other lines: the line, and its changes.
    pub incoming: Vec<(String, Vec<Change>)>,
    /// Acknowledged changes that the state file has no more.
    pub lost: Vec<Change>,
}

/// One thing that will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The line's checkpoint moves.
    MoveCheckpoint {
        /// To where.
        to: Place,
    },
    /// Evidence is anchored anew.
    Reanchor {
        /// How many pieces get another commit.
        moved: usize,
        /// How many are marked as having none.
        orphaned: usize,
    },
    /// Changes of another line come in.
    TakeIn {
        /// From which line.
        line: String,
        /// How many.
        changes: usize,
    },
    /// Missing changes are made once more.
    MakeAgain {
        /// How many.
        changes: usize,
    },
    /// Missing changes are given up.
    LetGo {
        /// How many.
        changes: usize,
    },
    /// The line goes on from another one's state and plans.
    GoOnFrom {
        /// From which line.
        line: String,
    },
    /// The other line is at its end.
    End {
        /// Which.
        line: String,
    },
    /// State and line are made anew from the journal.
    Rebuild,
    /// Somebody has to choose.
    Ask {
        /// About what.
        kind: DriftKind,
        /// What can be chosen.
        choices: &'static [Outcome],
    },
    /// Nothing is done yet, or ever.
    Leave {
        /// Because of what.
        kind: DriftKind,
        /// Why.
        outcome: Outcome,
    },
}

impl Step {
    /// In a few words, without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::MoveCheckpoint { to } => {
                let head =
                    to.head.as_deref().map_or("no commit", |head| &head[..head.len().min(9)]);
                format!("memory of {} moves to {head}", to.line)
            }
            Self::Reanchor { moved, orphaned: 0 } => {
                format!("{} to other commits", pieces(*moved, "goes", "go"))
            }
            Self::Reanchor { moved, orphaned } => format!(
                "{} to other commits; {} marked: the commit is no longer in history",
                pieces(*moved, "goes", "go"),
                pieces(*orphaned, "is", "are"),
            ),
            Self::TakeIn { line, changes } => format!("{} from {line}", come_in(*changes)),
            Self::MakeAgain { changes } => format!("{} made once more", are(*changes)),
            Self::LetGo { changes } => format!("{} given up", are(*changes)),
            Self::GoOnFrom { line } => format!("this line goes on from {line}"),
            Self::End { line } => format!("{line} is at its end"),
            Self::Rebuild => "state and line are made anew from the journal".to_owned(),
            Self::Ask { choices, .. } => {
                let words: Vec<_> = choices.iter().map(|c| format!("--{}", c.as_str())).collect();
                format!("you decide: {}", words.join(", "))
            }
            Self::Leave { outcome, .. } => outcome.consequence().to_owned(),
        }
    }
}

fn pieces(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 piece of evidence {one}")
    } else {
        format!("{count} pieces of evidence {many}")
    }
}

fn come_in(count: usize) -> String {
    if count == 1 { "1 change comes in".to_owned() } else { format!("{count} changes come in") }
}

fn are(count: usize) -> String {
    if count == 1 { "1 change is".to_owned() } else { format!("{count} changes are") }
}

/// What will be done about a drift: printable, and complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconcilePlan {
    /// What moved.
    pub drift: Drift,
    /// What is decided.
    pub decisions: Vec<Decision>,
    /// What follows, in order.
    pub steps: Vec<Step>,
    /// The changes to this line that the steps make, in order.
    pub changes: Vec<Change>,
    /// Lines that end.
    pub ends: Vec<String>,
    /// Whether the state file, as it stands, counts as holding all that was acknowledged.
    pub accepts_file: bool,
}

impl ReconcilePlan {
    /// Whether somebody has to decide first.
    pub fn asks(&self) -> bool {
        asks(&self.decisions)
    }

    /// Whether more happens than that memory looks at where git stands.
    pub fn changes_memory(&self) -> bool {
        self.decisions.iter().any(|decision| match decision.outcome {
            Outcome::Fork
            | Outcome::Rebase
            | Outcome::Follow
            | Outcome::Merge
            | Outcome::Rebuild
            | Outcome::Restore => true,
            Outcome::FastForward
            | Outcome::Ignore
            | Outcome::Use
            | Outcome::Hold
            | Outcome::Wait
            | Outcome::Note
            | Outcome::Ask => false,
        })
    }

    /// Whether carrying it out settles anything.
    pub fn settles(&self) -> bool {
        self.decisions.iter().any(Decision::settles)
    }
}

/// Makes the plan.
pub fn plan(drift: &Drift, decisions: &[Decision], material: &Material<'_>) -> ReconcilePlan {
    let mut plan = ReconcilePlan {
        drift: drift.clone(),
        decisions: decisions.to_vec(),
        steps: Vec::new(),
        changes: Vec::new(),
        ends: Vec::new(),
        accepts_file: false,
    };
    for decision in decisions {
        plan.add(*decision, material);
    }
    let moves = drift.left_at().is_none_or(|left| left.head != drift.to.head);
    if moves && plan.settles() {
        plan.steps.insert(0, Step::MoveCheckpoint { to: drift.to.clone() });
    }
    plan
}

impl ReconcilePlan {
    fn add(&mut self, decision: Decision, material: &Material<'_>) {
        let Decision { kind, outcome } = decision;
        match outcome {
            // The checkpoint's own step says it.
            Outcome::FastForward | Outcome::Use => {}
            Outcome::Rebase => self.rebase(material),
            Outcome::Fork => self.go_on(),
            Outcome::Follow => {
                self.go_on();
                let line = self.drift.origin.clone();
                self.steps.extend(line.iter().cloned().map(|line| Step::End { line }));
                self.ends.extend(line);
            }
            Outcome::Merge => self.merge(material),
            Outcome::Restore => {
                self.accepts_file = true;
                self.steps.push(Step::MakeAgain { changes: material.lost.len() });
                self.changes.extend(material.lost.iter().cloned());
            }
            Outcome::Ignore if kind == DriftKind::LostChanges => {
                self.accepts_file = true;
                self.steps.push(Step::LetGo { changes: material.lost.len() });
            }
            Outcome::Rebuild => self.steps.push(Step::Rebuild),
            Outcome::Ask => self.steps.push(Step::Ask { kind, choices: choices(kind) }),
            Outcome::Ignore | Outcome::Hold | Outcome::Wait | Outcome::Note => {
                self.steps.push(Step::Leave { kind, outcome });
            }
        }
    }

    fn rebase(&mut self, material: &Material<'_>) {
        let Reanchored { changes, moved, orphaned } =
            reanchor(material.view, &material.counterparts);
        if moved + orphaned > 0 {
            self.steps.push(Step::Reanchor { moved, orphaned });
            self.changes.extend(changes);
        }
    }

    fn go_on(&mut self) {
        let line = self.drift.origin.clone().into_iter();
        self.steps.extend(line.map(|line| Step::GoOnFrom { line }));
    }

    fn merge(&mut self, material: &Material<'_>) {
        for (line, changes) in material.incoming.iter().filter(|(_, changes)| !changes.is_empty()) {
            self.steps.push(Step::TakeIn { line: line.clone(), changes: changes.len() });
            self.changes.extend(changes.iter().cloned());
        }
    }
}
