//! What lies over a screen for a moment: something to type, to choose or to confirm.

use std::collections::BTreeSet;

use throughline_model::ids::TaskId;
use throughline_model::reconcile::{Outcome, ReconcilePlan};
use throughline_ops::reconcile::Wish;

use crate::cursor::Cursor;
use crate::keys::Context;
use crate::message::Request;
use crate::typing::TextLine;

/// One of them.
#[derive(Debug)]
pub(crate) enum Sheet {
    /// The keys that work below.
    Help,
    /// A line of text.
    Typing { purpose: Purpose, line: TextLine },
    /// A task.
    Picking(Picking),
    /// A decision, before it is carried out.
    Plan(Box<PlanSheet>),
    /// A question.
    Confirm(Confirm),
    /// What was done, and what there is to know about it.
    Told(Told),
}

/// What a typed text is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The title of a new task.
    New,
    /// Another title.
    Title { task: TaskId },
    /// What there is to say about a completed task.
    Note { task: TaskId, title: String },
    /// To narrow the list of tasks.
    Filter,
    /// To narrow the list of sessions.
    Search,
    /// To narrow the tree of agents.
    Agents,
}

/// For what a task shall wait.
#[derive(Debug)]
pub(crate) struct Picking {
    /// The task that shall wait.
    pub(crate) task: TaskId,
    pub(crate) line: TextLine,
    /// Rows whose text fits.
    pub(crate) found: Vec<usize>,
    pub(crate) cursor: Cursor,
    /// What can't be chosen: itself, and for what it waits already.
    pub(crate) without: BTreeSet<TaskId>,
}

/// A way to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Its key on the first screen.
    pub(crate) letter: Option<char>,
    /// In a word.
    pub(crate) word: String,
    /// What it means.
    pub(crate) meaning: String,
    pub(crate) wish: Wish,
}

impl Choice {
    /// An outcome for the drift that there is.
    pub(crate) fn of_outcome(outcome: Outcome, letter: Option<char>) -> Self {
        let (word, meaning) = (outcome.as_str().to_owned(), outcome.consequence().to_owned());
        Self { letter, word, meaning, wish: Wish::Chosen(outcome) }
    }
}

/// Choices, and what the one that is looked at would do.
#[derive(Debug)]
pub(crate) struct PlanSheet {
    pub(crate) question: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) at: usize,
    /// Until it is there, nothing can be carried out.
    pub(crate) report: Option<Result<ReconcilePlan, String>>,
}

impl PlanSheet {
    /// What is looked at.
    pub(crate) fn wish(&self) -> Option<&Wish> {
        self.choices.get(self.at).map(|choice| &choice.wish)
    }
}

/// A question with what follows from a yes.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) question: String,
    /// More about it, line by line.
    pub(crate) details: Vec<String>,
    /// What is asked for with a yes.
    pub(crate) yes: Request,
}

/// Sentences that wait until they were read.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
}

impl Sheet {
    /// Which keys work.
    pub(crate) fn context(&self) -> Context {
        match self {
            Self::Help | Self::Told(_) => Context::Help,
            Self::Typing {
                purpose: Purpose::Filter | Purpose::Search | Purpose::Agents, ..
            } => Context::Filtering,
            Self::Typing {
                purpose: Purpose::New | Purpose::Title { .. } | Purpose::Note { .. },
                ..
            } => Context::Typing,
            Self::Picking(_) => Context::Picking,
            Self::Plan(_) => Context::Plan,
            Self::Confirm(_) => Context::Confirm,
        }
    }
}
