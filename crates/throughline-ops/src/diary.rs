//! `thru journal`: what was decided, done and left open, with commits, for people.
//!
//! Told from what is kept anyway: session files (what was asked and answered, what git did in a turn),
//! the tasks of this line, memories of decisions. Nothing is written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use throughline_model::head::Oid;
use throughline_model::memory::{MemoryKind, MemoryStatus};
use throughline_model::session::{Session, Turn, first_sentence};
use throughline_model::state::{Kind, MilestoneStatus, Status};
use throughline_model::view::View;
use throughline_runtime::memories::{Memories, MemoryFilter};

use crate::error::OpsError;
use crate::here::Here;
use crate::memory::MemoryPlace;
use crate::surroundings::Surroundings;
use crate::times::{self, OfDay};

/// How long a line is at most, in characters.
const LINE: usize = 200;

/// How many commits of one turn are told.
const COMMITS: usize = 50;

/// By what it is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The day, UTC.
    Day,
    /// The session.
    Session,
    /// The line.
    Line,
    /// The milestone of the task.
    Milestone,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct DiaryOptions {
    /// Since this day or time; else all.
    pub since: Option<String>,
    /// By what it is divided.
    pub by: By,
}

/// The whole of it.
#[derive(Debug, Clone)]
pub struct DiaryReport {
    /// The latest chapter first; by name where it is not by time.
    pub chapters: Vec<Chapter>,
    /// What could not be read, in sentences.
    pub problems: Vec<String>,
}

/// One day, session, line or milestone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chapter {
    /// What it is called.
    pub title: String,
    /// What was decided.
    pub decided: Vec<String>,
    /// What was completed or asked and answered.
    pub done: Vec<String>,
    /// What was left open.
    pub open: Vec<String>,
    /// What was committed: name and subject.
    pub commits: Vec<(String, String)>,
}

/// What one thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Decided(String),
    Done(String),
    Open(String),
    Commit(String, String),
}

/// One thing that goes into a chapter.
#[derive(Debug)]
struct Item {
    at: Timestamp,
    session: Option<String>,
    line: Option<String>,
    milestone: Option<String>,
    what: What,
}

/// Tells it.
///
/// # Errors
/// [`OpsError`]: a wrong time, the state of the line.
pub fn diary(
    world: &Surroundings,
    here: &Here,
    options: &DiaryOptions,
) -> Result<DiaryReport, OpsError> {
    let since =
        options.since.as_deref().map(|text| times::parse(text, OfDay::Start)).transpose()?;
    let mut telling = Telling { world, here, items: Vec::new(), problems: Vec::new() };
    let sessions = crate::sessions::list(world, here)?;
    telling.problems.extend(sessions.problems);
    for found in &sessions.sessions {
        telling.session(&found.session);
    }
    telling.tasks(&here.read()?.view);
    telling.memories()?;
    let Telling { mut items, problems, .. } = telling;
    items.retain(|item| since.is_none_or(|since| item.at >= since));
    items.sort_by_key(|item| item.at);
    Ok(DiaryReport { chapters: chapters(items, options.by), problems })
}

struct Telling<'a> {
    world: &'a Surroundings,
    here: &'a Here,
    items: Vec<Item>,
    problems: Vec<String>,
}

impl Telling<'_> {
    fn session(&mut self, session: &Session) {
        for turn in &session.turns {
            let item = |what| Item {
                at: turn.ended.unwrap_or(turn.began),
                session: Some(session.id.clone()),
                line: Some(turn.line.clone()),
                milestone: None,
                what,
            };
            let mut items: Vec<Item> = told(turn).into_iter().map(What::Done).map(item).collect();
            items.extend(self.commits(turn).into_iter().map(item));
            self.items.extend(items);
        }
        let Some(last) = session.turns.last() else { return };
        let open = last.follow_ups.iter().map(|text| Item {
            at: last.ended.unwrap_or(last.began),
            session: Some(session.id.clone()),
            line: Some(last.line.clone()),
            milestone: None,
            what: What::Open(text.clone()),
        });
        self.items.extend(open);
    }

    /// What git did in a turn.
    fn commits(&self, turn: &Turn) -> Vec<What> {
        let head = |point: Option<&String>| point.and_then(|head| Oid::parse(head));
        let before = head(turn.git_before.head.as_ref());
        let after = head(turn.git_after.as_ref().and_then(|git| git.head.as_ref()));
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        if before == after {
            return Vec::new();
        }
        let worktree = &self.here.site.worktree;
        // A commit that is gone is not told.
        let commits = self.world.git.commits_between(worktree, &before, &after, COMMITS);
        let commit = |commit: throughline_git::Commit| {
            What::Commit(commit.oid.short().to_owned(), first_sentence(&commit.subject, LINE))
        };
        commits.unwrap_or_default().into_iter().rev().map(commit).collect()
    }

    fn tasks(&mut self, view: &View) {
        for (id, task) in view.tasks().filter(|(_, task)| task.kind != Kind::Step) {
            let milestone = task.milestone.as_ref().and_then(|id| view.state.milestones.get(id));
            let evidence = task.evidence.last();
            let item = |at, what| Item {
                at,
                session: evidence.and_then(|evidence| evidence.session.clone()),
                line: Some(self.here.line()),
                milestone: milestone.map(|milestone| milestone.title.clone()),
                what,
            };
            let text = format!("{} ({id})", first_sentence(&task.title, LINE));
            match (task.kind, task.status, task.completed_at) {
                (Kind::Decision, Status::Completed, at) => {
                    self.items.push(item(at.unwrap_or(task.created_at), What::Decided(text)));
                }
                (_, Status::Completed, Some(at)) => self.items.push(item(at, What::Done(text))),
                (_, Status::InProgress, _) => {
                    self.items.push(item(task.created_at, What::Open(text)));
                }
                (_, Status::Pending | Status::Completed | Status::Cancelled, _) => {}
            }
        }
        let reached = view.state.milestones.values();
        let reached = reached.filter(|milestone| milestone.status == MilestoneStatus::Reached);
        for milestone in reached {
            let snapshot =
                view.state.snapshots.values().find(|s| s.reason.contains(&milestone.title));
            let Some(at) = snapshot.map(|snapshot| snapshot.at) else { continue };
            self.items.push(Item {
                at,
                session: None,
                line: Some(self.here.line()),
                milestone: Some(milestone.title.clone()),
                what: What::Done(format!("reached: {}", milestone.title)),
            });
        }
    }

    fn memories(&mut self) -> Result<(), OpsError> {
        let Some(memories) = crate::databases::read::<Memories>(self.world)? else { return Ok(()) };
        let place = MemoryPlace::at(&self.here.site, &self.here.project);
        let filter = MemoryFilter {
            visible: place.visible_to_agents(),
            kind: Some(MemoryKind::Decision),
            status: vec![MemoryStatus::Current, MemoryStatus::Superseded],
            ..MemoryFilter::default()
        };
        for memory in memories.list(&filter)?.into_iter().filter(|m| m.scope.project().is_some()) {
            let source = memory.sources.last();
            self.items.push(Item {
                at: memory.since,
                session: source.and_then(|source| source.session.clone()),
                line: memory.scope.line().map(str::to_owned),
                milestone: None,
                what: What::Decided(format!(
                    "{} ({})",
                    first_sentence(&memory.title, LINE),
                    memory.id
                )),
            });
        }
        Ok(())
    }
}

/// What a turn was about: what was asked, and what came of it.
fn told(turn: &Turn) -> Option<String> {
    let asked = first_sentence(turn.prompt.as_deref()?, LINE);
    let answered = turn.answer.as_deref().map(|answer| first_sentence(answer, LINE));
    Some(match answered.filter(|answer| !answer.is_empty()) {
        Some(answered) => format!("{asked}: {answered}"),
        None => format!("{asked} (broken off)"),
    })
}

fn chapters(items: Vec<Item>, by: By) -> Vec<Chapter> {
    let mut chapters: BTreeMap<String, Chapter> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for item in items {
        let title = match by {
            By::Day => Some(item.at.strftime("%Y-%m-%d").to_string()),
            By::Session => item.session,
            By::Line => item.line,
            By::Milestone => item.milestone,
        };
        let title = title.unwrap_or_else(|| none_of(by).to_owned());
        if !chapters.contains_key(&title) {
            order.push(title.clone());
        }
        let chapter = chapters.entry(title.clone()).or_default();
        chapter.title = title;
        match item.what {
            What::Decided(text) => push_once(&mut chapter.decided, text),
            What::Done(text) => push_once(&mut chapter.done, text),
            What::Open(text) => push_once(&mut chapter.open, text),
            What::Commit(name, subject) => push_once(&mut chapter.commits, (name, subject)),
        }
    }
    // The one in which something was told last comes first.
    order.reverse();
    order.iter().filter_map(|title| chapters.remove(title)).collect()
}

fn none_of(by: By) -> &'static str {
    match by {
        By::Day => "no day",
        By::Session => "outside of any session",
        By::Line => "all lines",
        By::Milestone => "no milestone",
    }
}

fn push_once<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}
