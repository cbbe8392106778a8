//! `thru lines list | show | retire`: the lines of a project, and how they stand to git.

use std::collections::BTreeMap;

use throughline_model::head::{LineName, Oid};
use throughline_model::line::Line;
use throughline_model::record::Body;
use throughline_model::view::View;
use throughline_store::journal::Durability;
use throughline_store::project::Mode;

use super::{Broken, known_lines, view_of};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks::list::{Lines, ListOptions, Row, Which, rows};

/// How a line stands to git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// We are on it.
    Here,
    /// It is checked out in another worktree.
    In {
        /// Which.
        worktree: String,
    },
    /// Its branch is there.
    Branch,
    /// Its branch is gone.
    Gone,
    /// It ended.
    Ended {
        /// What goes on with its work.
        successor: Option<String>,
    },
    /// It is no branch: a detached HEAD, or a plain directory.
    Apart,
}

/// One line.
#[derive(Debug, Clone)]
pub struct LineRow {
    /// Its key.
    pub key: String,
    /// How it stands to git.
    pub standing: Standing,
    /// Where its branch stands, or where it was left.
    pub head: Option<String>,
    /// When a turn or a decision was last recorded on it.
    pub at: Option<jiff::Timestamp>,
    /// The line from which it forked.
    pub origin: Option<String>,
    /// How many of its tasks are open.
    pub open: usize,
    /// How many changes its state file lacks.
    pub pending: usize,
    /// What waits for somebody's decision, in a sentence.
    pub undecided: Option<String>,
}

/// All lines.
#[derive(Debug, Clone)]
pub struct LinesReport {
    /// The one on which we are first, then by when they were last worked on.
    pub lines: Vec<LineRow>,
}

/// One line with its open tasks.
#[derive(Debug, Clone)]
pub struct LineReport {
    /// The line.
    pub line: LineRow,
    /// Its open tasks.
    pub tasks: Vec<Row>,
}

/// Lists the lines; those that ended only if wanted.
pub fn list(world: &Surroundings, here: &Here, ended: Ended) -> Result<LinesReport, OpsError> {
    let git = Places::of(world, here);
    let mut lines = Vec::new();
    for line in known_lines(here)? {
        if line.ended.is_some() && ended == Ended::Hidden {
            continue;
        }
        let view = view_of(world, here, &line, Broken::Served)?;
        lines.push(row(here, &git, &line, &view));
    }
    lines.sort_by_key(|l| (l.standing != Standing::Here, std::cmp::Reverse(l.at), l.key.clone()));
    Ok(LinesReport { lines })
}

/// Whether lines that ended are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// They are left out.
    Hidden,
    /// They are listed.
    Shown,
}

/// Looks at one line.
pub fn show(world: &Surroundings, here: &Here, key: &str) -> Result<LineReport, OpsError> {
    let line = find(here, key)?;
    let view = view_of(world, here, &line, Broken::Served)?;
    let options = ListOptions {
        which: Which::Open,
        lines: Lines::This,
        milestone: None,
        kind: None,
        label: None,
    };
    let tasks = rows(world, &view, &options);
    Ok(LineReport { line: row(here, &Places::of(world, here), &line, &view), tasks })
}

/// Ends a line: it is no longer listed, and nothing starts from it by itself. Nothing is removed.
pub fn retire(world: &Surroundings, here: &Here, key: &str) -> Result<LineRow, OpsError> {
    let line = find(here, key)?;
    if key == here.line() {
        let reason = format!("{key} is the line on which you are; switch to another one first");
        return Err(OpsError::Refused { reason });
    }
    // All that can fail comes before it is done.
    let view = view_of(world, here, &line, Broken::Served)?;
    let row = row(here, &Places::of(world, here), &line, &view);
    let record = world.record(key, Body::LineEnd { successor: None })?;
    here.project.journal().append(&[record], Durability::Acknowledged)?;
    Ok(LineRow { standing: Standing::Ended { successor: None }, ..row })
}

/// A line by its key.
pub(crate) fn find(here: &Here, key: &str) -> Result<Line, OpsError> {
    let missing = || OpsError::NoSuch { what: "line", name: key.to_owned() };
    known_lines(here)?.into_iter().find(|line| line.key == key).ok_or_else(missing)
}

/// What git has: branches, and which of them are checked out where.
struct Places {
    tips: BTreeMap<String, Oid>,
    worktrees: BTreeMap<String, String>,
}

impl Places {
    fn of(world: &Surroundings, here: &Here) -> Self {
        let worktree = &here.site.worktree;
        let tips = world.git.branches(worktree).unwrap_or_default();
        let listed = world.git.worktree_list(worktree).unwrap_or_default();
        let checked_out = listed.into_iter().filter(|place| !place.prunable).filter_map(|place| {
            Some((place.branch?.key(), place.path.to_string_lossy().into_owned()))
        });
        Self {
            tips: tips.into_iter().map(|(name, tip)| (name.key(), tip)).collect(),
            worktrees: checked_out.collect(),
        }
    }
}

fn row(here: &Here, git: &Places, line: &Line, view: &View) -> LineRow {
    let left = line.checkpoint.as_ref().and_then(|checkpoint| checkpoint.git.head.clone());
    LineRow {
        key: line.key.clone(),
        standing: standing(here, git, line),
        head: git.tips.get(&line.key).map(ToString::to_string).or(left),
        at: line.checkpoint.as_ref().map(|checkpoint| checkpoint.at),
        origin: line.origin.as_ref().map(|origin| origin.line.clone()),
        open: view.tasks().filter(|(_, task)| task.status.is_open()).count(),
        pending: if here.project.binding().mode == Mode::Shared { view.pending } else { 0 },
        undecided: line.open.as_ref().map(|open| open.drift.sentence()),
    }
}

fn standing(here: &Here, git: &Places, line: &Line) -> Standing {
    if line.key == here.line() {
        return Standing::Here;
    }
    if let Some(ended) = &line.ended {
        return Standing::Ended { successor: ended.successor.clone() };
    }
    match LineName::from_key(&line.key) {
        LineName::Detached { .. } | LineName::Directory => Standing::Apart,
        LineName::Branch(_) => match git.worktrees.get(&line.key) {
            Some(worktree) => Standing::In { worktree: worktree.clone() },
            None if git.tips.contains_key(&line.key) => Standing::Branch,
            None => Standing::Gone,
        },
    }
}
