//! `thru cache migrate`: a project's memory from the sessions that nobody observed.
//!
//! # What is written
//!
//! One unit of changes (verb [`VERB`], by who asked), in one write of the journal:
//!
//! | record of | changes |
//! | --- | --- |
//! | the line on which we are | a `recall` for each session; milestones and snapshots of tags |
//! | each line with plans | a private task for each step and root; the latest plan, as a `mirror` |
//! | a line whose branch is gone | besides, its end, and who goes on with it |
//!
//! Session files are not part of it: the fold makes them from transcripts, at once or, where this
//! process was killed, the next time. A line on which nobody worked yet has its steps and no state: it
//! begins when somebody gets there, from the line from which it then forks. It stays known after an undo.
//!
//! # Rules
//!
//! - A session that has a file, or of which the journal tells, was observed: it is passed over, and so
//!   is a plan that a hook mirrored. So the second run finds nothing, and a run that was killed is
//!   gone on with by the next one.
//! - Ids follow from session and order of steps, from the name of a tag: what is there is not made twice.
//! - Steps are private to their line. Those of a line's latest plan stand as they were left; those of
//!   earlier ones that were left open are cancelled, and name the session and turn that came after. So are
//!   those of a plan that an earlier run brought in, once a later one finds a later plan; what somebody
//!   changed, promoted or has in focus meanwhile stays.
//! - A subagent is named in its session's file. Its plan makes no tasks: it was a way to carry out a step
//!   of the session's own plan, and what it left open is nobody's once it has ended.
//! - What stood before is kept as a backup; `thru undo` takes all of it back on every line, and the
//!   session files go with it, but for sessions that went on since.

mod carry;
mod past;
mod places;
mod steps;
mod tags;

use std::collections::BTreeMap;
use std::path::Path;

use throughline_model::change::Change;
use throughline_model::ids::UnitId;
use throughline_model::line::LineVersion;
use throughline_model::session::{Past, SessionVersion};
use throughline_model::state::{Field, Status};
use throughline_store::StoreError;

use crate::error::OpsError;
use crate::here::Here;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;
use crate::transcript::Recalled;
use places::Places;
use steps::{Steps, steps_of, was_brought_in};

pub use carry::{MigrateReport, carry_out};

/// The verb of its unit in the journal.
pub const VERB: &str = "migrate";

/// What is to be brought in.
#[derive(Debug, Clone)]
pub struct MigrateOptions {
    /// Only sessions with something written at that time or later, in milliseconds since 1970.
    pub since: Option<i64>,
    /// Whether tags become milestones.
    pub tags: Tags,
}

/// Whether tags become milestones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    /// They don't.
    Leave,
    /// Those that are annotated or named as a version do: `--milestones-from-tags`.
    Take,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Sessions.
    pub sessions: usize,
    /// Their turns.
    pub turns: usize,
    /// Steps that stay open.
    pub open: usize,
    /// Steps that were completed.
    pub completed: usize,
    /// Steps that left their plan, or whose plan another one followed.
    pub cancelled: usize,
    /// Commits that were made in the sessions.
    pub commits: usize,
}

/// What a line is before it takes its part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFate {
    /// Memory knows it.
    Known,
    /// Its branch is there, and nobody worked on it yet: it begins when somebody gets there.
    New,
    /// Its branch is gone: it ends as soon as it is known.
    Ends {
        /// Who goes on with its work, if git can tell.
        successor: Option<String>,
    },
}

/// One line's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePart {
    /// The line.
    pub key: String,
    /// What it is.
    pub fate: LineFate,
    /// How much of it there is.
    pub counts: Counts,
}

/// What would be done.
#[derive(Debug, Clone)]
pub struct MigratePlan {
    /// By line, the one with the latest session first.
    pub lines: Vec<LinePart>,
    /// All together, sessions of no line included.
    pub counts: Counts,
    /// Sessions that nothing ties to a line: they become known, their steps don't become tasks.
    pub apart: usize,
    /// Sessions that were observed already.
    pub passed_over: usize,
    /// The milestones that tags become, by name.
    pub milestones: Vec<String>,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
    /// Changes by line.
    changes: BTreeMap<String, Vec<Change>>,
}

impl MigratePlan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.values().all(Vec::is_empty)
    }
}

/// A session of the past, read.
pub(super) struct Told {
    past: Past,
    line: Option<String>,
    recalled: Recalled,
}

/// Makes sure that every file is of today's version. There is one version of each so far, so none is
/// older.
///
/// # Errors
/// [`OpsError`], if one can't be read, or a newer program wrote it.
pub fn versions(here: &Here) -> Result<(), OpsError> {
    let loaded = here.load()?;
    here.project.check_writable(&loaded)?;
    for line in here.project.lines()? {
        let path = here.project.root().join("lines");
        newer(&path, line.version.0, LineVersion::CURRENT.0)?;
    }
    for path in here.project.session_files()? {
        let session = here.project.read_session(&path)?;
        newer(&path, session.version.0, SessionVersion::CURRENT.0)?;
    }
    Ok(())
}

fn newer(path: &Path, found: u32, known: u32) -> Result<(), OpsError> {
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known }.into());
    }
    Ok(())
}

/// Looks at the history and says what would be brought in. Writes nothing but the index.
///
/// # Errors
/// [`OpsError`]: the index can't be made, git does not answer.
pub fn plan(
    world: &Surroundings,
    here: &Here,
    homes: &[AgentHome],
    options: &MigrateOptions,
) -> Result<MigratePlan, OpsError> {
    let mut places = Places::of(world, here)?;
    let found = past::find(world, here, homes, options, &mut places)?;
    let mut plan = MigratePlan {
        lines: Vec::new(),
        counts: Counts::default(),
        apart: found.told.iter().filter(|told| told.line.is_none()).count(),
        passed_over: found.passed_over,
        milestones: Vec::new(),
        notes: found.notes,
        changes: BTreeMap::new(),
    };
    let mut by_line: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in &found.told {
        plan.counts.add(&counts_of(told));
        if let Some(line) = &told.line {
            by_line.entry(line).or_default().push(told);
        }
    }
    for (line, told) in by_line {
        plan_line(
            here,
            &mut places,
            &mut plan,
            line,
            &Of { told: &told, earlier: &found.earlier },
        )?;
    }
    plan.recall(here, &found.told);
    if options.tags == Tags::Take {
        let changes = tags::changes(world, here)?;
        plan.milestones = tags::names(&changes);
        plan.changes.entry(here.line()).or_default().extend(changes);
    }
    Ok(plan)
}

fn counts_of(told: &Told) -> Counts {
    let (turns, commits) = (told.recalled.session.turns.len(), told.recalled.commits.len());
    Counts { sessions: 1, turns, commits, ..Counts::default() }
}

/// What the past tells of a line.
struct Of<'a> {
    /// What nobody observed.
    told: &'a [&'a Told],
    /// What was brought in before, of all lines.
    earlier: &'a [Told],
}

fn plan_line(
    here: &Here,
    places: &mut Places<'_>,
    plan: &mut MigratePlan,
    line: &str,
    of: &Of<'_>,
) -> Result<(), OpsError> {
    let told = of.told;
    let known = crate::lines::is_known(here, line)?;
    // One that only an earlier run tells of has plans as well.
    let view = here.project.load_line_alone(line)?;
    let plans = &view.line.plans;
    let is_mirrored = |told: &Told| plans.iter().any(|p| p.session == told.recalled.session.id);
    let unseen = told.iter().filter(|told| !is_mirrored(told));
    let mut steps: Vec<Steps> = unseen.filter_map(|told| steps_of(here, told)).collect();
    steps.sort_by_key(|steps| steps.at);
    let standing = plans.iter().map(|plan| plan.stamp.at).max();
    let mut counts = Counts::default();
    let mut changes = Vec::new();
    let mut later: Option<(String, String)> = None;
    let given: Vec<_> = steps.iter().map(|steps| (steps.at, steps.given_in())).collect();
    let last = steps.pop().map(|last| (standing.is_none_or(|at| at < last.at), last));
    // From the latest back: each names the one that followed it.
    let earlier = steps.into_iter().rev().map(|steps| (/*is_latest*/ false, steps));
    for (is_latest, mut steps) in last.into_iter().chain(earlier) {
        if !is_latest {
            steps.close(later.as_ref());
        }
        steps.settle_root();
        later = Some(steps.given_in());
        counts.take(&steps);
        changes.extend(steps.changes(is_latest));
    }
    let is_there = |change: &Change| change.task().is_some_and(|id| view.is_taken(id));
    changes.retain(|change| !is_there(change));
    for old in plans.iter().filter(|plan| was_brought_in(plan)) {
        let Some((_, by)) = given.iter().find(|(at, _)| old.stamp.at < *at) else { continue };
        let told = of.earlier.iter().find(|told| told.recalled.session.id == old.session);
        let Some(steps) = told.and_then(|told| steps_of(here, told)) else { continue };
        let closing = steps.closed_in(&view, by);
        plan.notes.extend(closed_note(line, &old.session, &closing));
        changes.extend(closing);
        let (session, old) = (old.session.clone(), Some(Box::new(old.clone())));
        changes.push(Change::Mirror { session, old, new: None });
    }
    plan.counts.add(&counts);
    told.iter().for_each(|told| counts.add(&counts_of(told)));
    let fate = fate(places, line, known, told);
    plan.lines.push(LinePart { key: line.to_owned(), fate, counts });
    plan.changes.entry(line.to_owned()).or_default().extend(changes);
    Ok(())
}

/// What becomes of steps that were brought in before, in a sentence.
fn closed_note(line: &str, session: &str, closing: &[Change]) -> Option<String> {
    let is_cancelled = |change: &&Change| matches!(change, Change::Set { field: Field::Status, new, .. } if new.as_deref() == Some(Status::Cancelled.as_str()));
    let cancelled = closing.iter().filter(is_cancelled).count();
    (cancelled > 0).then(|| {
        format!("{line}: {cancelled} open tasks of session {session}, brought in before, are cancelled: a later plan took its place")
    })
}

fn fate(places: &mut Places<'_>, line: &str, known: bool, told: &[&Told]) -> LineFate {
    match (known, places.is_gone(line)) {
        (true, _) => LineFate::Known,
        (false, false) => LineFate::New,
        (false, true) => {
            let last = told.iter().rev().find_map(|told| told.past.commits.last());
            let last = last.and_then(|commit| throughline_model::head::Oid::parse(commit));
            LineFate::Ends { successor: last.and_then(|commit| places.holder(&commit)) }
        }
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.turns += other.turns;
        self.open += other.open;
        self.completed += other.completed;
        self.cancelled += other.cancelled;
        self.commits += other.commits;
    }

    fn take(&mut self, steps: &Steps) {
        let tally = steps.tally();
        self.open += tally.open;
        self.completed += tally.completed;
        self.cancelled += tally.cancelled;
    }
}

impl MigratePlan {
    fn recall(&mut self, here: &Here, all: &[Told]) {
        let recall = |told: &Told| Change::Recall {
            session: told.recalled.session.id.clone(),
            past: Box::new(told.past.clone()),
        };
        self.changes.entry(here.line()).or_default().extend(all.iter().map(recall));
        let latest = |key: &str| {
            let of_line = all.iter().filter(|told| told.line.as_deref() == Some(key));
            of_line.map(|told| told.past.last).max()
        };
        self.lines.sort_by_key(|part| std::cmp::Reverse(latest(&part.key)));
    }
}

/// A unit that was written, and how the backup is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What `thru undo` takes back.
    pub unit: UnitId,
    /// The generation of what stood before.
    pub backup: u64,
}
