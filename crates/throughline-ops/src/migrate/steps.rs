//! Plans of the past as tasks: every plan that a session gave goes through the plan mirror, as if a
//! hook had seen it. Ids follow from session and order, so the same history makes the same tasks.

use std::collections::BTreeMap;

use throughline_model::change::{Change, Place, TaskJson};
use throughline_model::ids::TaskId;
use throughline_model::line::{Line, Plan};
use throughline_model::plan::{Mirror, mirror};
use throughline_model::record::Stamp;
use throughline_model::session::{Turn, first_sentence};
use throughline_model::state::{Evidence, Field, Status, Task};
use throughline_model::view::View;
use throughline_store::view::hash;

use super::Told;
use crate::here::Here;
use crate::transcript::{GivenPlan, files_of};

/// The longest title of a root made from a prompt, in characters.
const ROOT_TITLE: usize = 80;

/// The characters of an id: with 50 bits two of a million sessions' steps hardly meet.
const ID_LENGTH: usize = 10;

/// The steps of one session, as its last plan left them.
pub(super) struct Steps {
    view: View,
    /// In the order in which they came into being: a root before its steps.
    order: Vec<TaskId>,
    session: String,
    /// The turn of the last plan.
    turn: String,
    pub(super) at: jiff::Timestamp,
}

/// How many steps stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) open: usize,
    pub(super) completed: usize,
    pub(super) cancelled: usize,
}

/// Random-looking and always the same for the same text.
pub(super) fn derived(text: &str) -> Vec<u8> {
    let digits = hash(text.as_bytes());
    let pairs = digits.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, /*radix*/ 16).ok()).collect()
}

/// Mirrors all plans of a session; `None` if it gave none.
pub(super) fn steps_of(here: &Here, told: &Told) -> Option<Steps> {
    let last = told.recalled.plans.last()?;
    let session = &told.recalled.session;
    let mut steps = Steps {
        view: View::new(here.project.empty_state(), Line::new(&told.past.line)),
        order: Vec::new(),
        session: session.id.clone(),
        turn: last.turn.clone(),
        at: last.at,
    };
    let prompt = session.turns.iter().find_map(|turn| turn.prompt.as_deref()).unwrap_or_default();
    let title = first_sentence(prompt, ROOT_TITLE);
    let turns: BTreeMap<&str, &Turn> = session.turns.iter().map(|t| (t.id.as_str(), t)).collect();
    for plan in &told.recalled.plans {
        let turn = turns.get(plan.turn.as_str()).copied();
        steps.take(plan, &title, evidence(told, &plan.turn, turn));
    }
    Some(steps)
}

/// What shows what was done in a turn: its last commit, its files.
fn evidence(told: &Told, id: &str, turn: Option<&Turn>) -> Evidence {
    let commit = told.recalled.commits.iter().rfind(|(_, turn)| turn == id).map(|(c, _)| c);
    let full = commit.map(|printed| told.past.commits.iter().find(|c| c.starts_with(printed)));
    Evidence {
        commit: full.flatten().or(commit).cloned(),
        files: turn.map(files_of).unwrap_or_default(),
        session: Some(told.recalled.session.id.clone()),
        turn: Some(id.to_owned()),
        orphaned: full.is_some_and(|full| full.is_none()),
        ..Evidence::default()
    }
}

impl Steps {
    fn take(&mut self, plan: &GivenPlan, title: &str, evidence: Evidence) {
        let view = &self.view;
        let node = |id: &TaskId| -> Option<&Task> { view.task(id) };
        let input = Mirror {
            line: &view.line,
            node: &node,
            session: &self.session,
            agent: None,
            steps: &plan.steps,
            is_live: &|_| false,
            prompt: title,
            evidence: evidence.clone(),
            now: plan.at,
        };
        let (order, session) = (&mut self.order, &self.session);
        let mut new_id = || {
            let text = format!("step {} of session {session}", order.len());
            let id = TaskId::from_entropy(&derived(&text), ID_LENGTH);
            order.push(id.clone());
            id
        };
        let made = mirror(&input, &mut new_id);
        let (session, stamp) = (session.clone(), stamp(plan.at));
        let (root, steps, dropped) = (made.root, made.steps, made.dropped);
        self.view.line.plans = vec![Plan { session, agent: None, root, steps, dropped, stamp }];
        made.changes.iter().for_each(|change| self.view.change(change));
        let cancelled = |task: &&mut Task| {
            task.status == Status::Cancelled && !task.evidence.iter().any(|e| e.turn.is_some())
        };
        let tasks = self.view.line.private.values_mut();
        tasks.filter(cancelled).for_each(|task| task.evidence.push(evidence.clone()));
    }

    /// A later plan took this one's place: what it left open is cancelled, and says where.
    pub(super) fn close(&mut self, later: Option<&(String, String)>) {
        let by = later.map(|(session, turn)| format!(" (session {session}, turn {turn})"));
        let reason = format!("a later plan took its place{}", by.unwrap_or_default());
        let root = self.root();
        let shown = Evidence {
            session: Some(self.session.clone()),
            turn: Some(self.turn.clone()),
            ..Evidence::default()
        };
        for (id, task) in &mut self.view.line.private {
            if task.status.is_open() && Some(id) != root.as_ref() {
                task.status = Status::Cancelled;
                task.reason = Some(reason.clone());
                task.evidence.push(shown.clone());
            }
        }
    }

    /// A root whose steps are all done is completed, or cancelled where none was completed.
    pub(super) fn settle_root(&mut self) {
        let tally = self.tally();
        let Some(id) = self.root().filter(|_| tally.open == 0) else { return };
        let at = self.at;
        let root = self.view.line.private.get_mut(&id);
        root.into_iter().for_each(|root| settle(root, tally.completed > 0, at));
    }

    fn root(&self) -> Option<TaskId> {
        self.view.line.plans.first().and_then(|plan| plan.root.clone())
    }

    pub(super) fn tally(&self) -> Tally {
        let root = self.root();
        let mut tally = Tally::default();
        for (_, task) in self.view.line.private.iter().filter(|(id, _)| Some(*id) != root.as_ref())
        {
            match task.status {
                Status::Pending | Status::InProgress => tally.open += 1,
                Status::Completed => tally.completed += 1,
                Status::Cancelled => tally.cancelled += 1,
            }
        }
        tally
    }

    /// Session and turn of its last plan.
    pub(super) fn given_in(&self) -> (String, String) {
        (self.session.clone(), self.turn.clone())
    }

    /// Every task of it, and the plan itself if it stands as the line's latest.
    pub(super) fn changes(&self, is_latest: bool) -> Vec<Change> {
        let task = |id: &TaskId| {
            let task = TaskJson(Box::new(self.view.line.private.get(id)?.clone()));
            Some(Change::Create { id: id.clone(), place: Place::Private, task })
        };
        let mut changes: Vec<Change> = self.order.iter().filter_map(task).collect();
        if is_latest && let Some(plan) = self.view.line.plans.first() {
            let (session, new) = (self.session.clone(), Some(Box::new(plan.clone())));
            changes.push(Change::Mirror { session, old: None, new });
        }
        changes
    }
}

impl Steps {
    /// The changes that close these steps where they were brought in before. What somebody changed
    /// since, promoted or has in focus is theirs.
    pub(super) fn closed_in(mut self, view: &View, later: &(String, String)) -> Vec<Change> {
        let before = self.view.line.private.clone();
        self.close(Some(later));
        let root = self.root();
        let mut changes = Vec::new();
        let mut left = Vec::new();
        for id in self.order.iter().filter(|id| Some(*id) != root.as_ref()) {
            let (Some(old), Some(new)) = (before.get(id), self.view.line.private.get(id)) else {
                continue;
            };
            match view.line.private.get(id).filter(|now| is_untouched(view, id, now, old)) {
                Some(now) if new.status != old.status => {
                    changes.extend(to(id, now, new));
                    left.push(new.status);
                }
                Some(_) | None => left.extend(view.task(id).map(|task| task.status)),
            }
        }
        let old = root.as_ref().and_then(|id| before.get(id));
        let now = root.as_ref().and_then(|id| view.line.private.get(id));
        if let (Some(id), Some(old), Some(now)) = (&root, old, now)
            && is_untouched(view, id, now, old)
            && now.status.is_open()
            && !left.iter().any(|status| status.is_open())
        {
            let has_completed = left.contains(&Status::Completed);
            let mut settled = now.clone();
            settle(&mut settled, has_completed, self.at);
            changes.extend(to(id, now, &settled));
        }
        changes
    }
}

fn is_untouched(view: &View, id: &TaskId, now: &Task, old: &Task) -> bool {
    let is_focus = view.line.focus.as_ref() == Some(id);
    now.status == old.status && now.title == old.title && !is_focus
}

/// From one to the other, as far as closing changes a task.
fn to(id: &TaskId, now: &Task, new: &Task) -> Vec<Change> {
    let fields = [Field::Status, Field::CompletedAt, Field::Reason];
    let set = fields.map(|field| Change::set(id, now, field, new.get(field).as_deref()));
    let shown = new.evidence.iter().filter(|evidence| !now.evidence.contains(evidence));
    let show = |evidence: &Evidence| Change::Show { id: id.clone(), evidence: evidence.clone() };
    set.into_iter().flatten().chain(shown.map(show)).collect()
}

fn settle(root: &mut Task, has_completed: bool, at: jiff::Timestamp) {
    if has_completed {
        (root.status, root.completed_at) = (Status::Completed, Some(at));
    } else {
        root.status = Status::Cancelled;
        root.reason = Some("none of its steps was completed".to_owned());
    }
}

/// Whether a plan is of the past: hooks tell the boot clock with theirs.
pub(super) fn was_brought_in(plan: &Plan) -> bool {
    plan.stamp.boot.is_empty()
}

/// A point in the past: the boot clock of then is not known.
fn stamp(at: jiff::Timestamp) -> Stamp {
    Stamp { at, boot: String::new(), since_boot: 0 }
}
