//! `thru fold`: journal records go into the files of HOME, transcripts' tails into session files.
//!
//! Started detached at the end of a turn, and by commands that left much pending. Order, under the
//! project lock: late records into the journal (synced), sessions, what follows from them, then
//! each line's view and `line.json`, last the note of how far all is folded. Every step can be
//! repeated: what is taken in carries the mark up to which it is.
//!
//! A record that a newer program wrote is not stepped over, because what comes before a mark counts as
//! taken in: its line, and all sessions from it on, are left to that program, and so is the note.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use throughline_model::change::Change;
use throughline_model::event::{Kind, Level};
use throughline_model::ids::TaskId;
use throughline_model::line::{Contained, Line, MOST_OPEN, ReadyBrief};
use throughline_model::record::{Actor, Body, Mark, Record};
use throughline_model::session::Past;
use throughline_model::state::{Evidence, Status, Writable};
use throughline_model::view::{View, standing};
use throughline_store::StoreError;
use throughline_store::durable::Access;
use throughline_store::journal::{Batch, Durability, Filter};
use throughline_store::lock::{COMMAND_PATIENCE, ProjectLock};
use throughline_store::project::Mode;
use throughline_store::session::SessionFiles;
use throughline_store::view::Loaded;
use throughline_store::write::Replacement;

use crate::brief::brief;
use crate::error::OpsError;
use crate::here::Here;
use crate::live::is_live;
use crate::logs;
use crate::surroundings::Surroundings;
use crate::transcript::Absorbed;

/// What a fold did.
#[derive(Debug, Clone, Default)]
pub struct FoldReport {
    /// How many records were taken in.
    pub records: usize,
    /// The lines that changed.
    pub lines: Vec<String>,
    /// How many session files were written.
    pub sessions: usize,
    /// What went wrong without keeping the rest from being done, in sentences.
    pub problems: Vec<String>,
}

/// Folds what the journal has, for all lines; the line on which we are gets its view and brief.
pub fn fold_line(world: &Surroundings, here: &Here) -> Result<FoldReport, OpsError> {
    let begun = Instant::now();
    let report = fold_all(world, here);
    let event = match &report {
        Ok(_) => logs::event(world, Level::Info, Kind::Fold),
        Err(error) => logs::event(world, Level::Warn, Kind::Fold).text(&error.to_string()),
    };
    logs::note(world, &event.took(begun.elapsed()));
    crate::databases::keep(world);
    logs::drain_if_due(world);
    // Hooks only read: what came with a pull is taken in here.
    if let Err(error) = crate::memory::team::take_in(world, here) {
        crate::hook::log_problem(world, &error.to_string());
    }
    crate::memory::update::start_if_due(world, here);
    report
}

fn fold_all(world: &Surroundings, here: &Here) -> Result<FoldReport, OpsError> {
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    // The branch may have been switched since this fold was started.
    crate::lines::begin(world, here)?;
    let mut end = here.project.journal().settle_late()?;
    let mut batch = here.project.journal().read(here.project.folded_through(), &Filter::All)?;
    batch.records.retain(|(at, _)| *at < end);
    let mut keys: BTreeSet<String> = batch.records.iter().map(|(_, r)| r.line.clone()).collect();
    keys.insert(here.line());
    keys.iter().for_each(|key| put_bad_line_aside(here, &lock, key));
    if let Some(first) = batch.newer.first() {
        batch.records.retain(|(at, _)| *at < first.at);
    }
    let mut report = FoldReport { records: batch.records.len(), ..FoldReport::default() };
    let absorbed = sessions(world, here, &lock, &batch, &mut report)?;
    if let Err(error) = crate::memory::uses::settle(world, &absorbed) {
        // What can't be noted of memories holds up no fold.
        crate::hook::log_problem(world, &error.to_string());
    }
    if let Err(error) = crate::goals::settle(world, here, &absorbed) {
        crate::hook::log_problem(world, &error.to_string());
    }
    if follow_up(world, here, &absorbed)? > 0 {
        end = here.project.journal().settle_late()?;
    }
    for key in keys {
        let folded = left_to_newer(here, &batch, &key)
            .and_then(|()| fold_one(world, here, &lock, &key, end));
        match folded {
            Ok(()) => report.lines.push(key),
            Err(error) if key == here.line() => return Err(error),
            Err(error) => report.problems.push(error.to_string()),
        }
    }
    if report.problems.is_empty() && batch.newer.is_empty() {
        here.project.note_folded(&lock, end)?;
    }
    here.project.sweep_markers();
    here.project.sweep_leftovers(&here.site.folder());
    Ok(report)
}

/// Refuses a line that has records of a newer program.
fn left_to_newer(here: &Here, batch: &Batch, key: &str) -> Result<(), OpsError> {
    if batch.newer.is_empty() { Ok(()) } else { Ok(here.project.check_records(key)?) }
}

/// Before anything is loaded: a line that can't be read is made again from the journal.
fn put_bad_line_aside(here: &Here, lock: &ProjectLock, key: &str) {
    if matches!(here.project.line(key), Err(StoreError::Malformed { .. })) {
        here.project.set_line_aside(lock, key);
    }
}

fn fold_one(
    world: &Surroundings,
    here: &Here,
    lock: &ProjectLock,
    key: &str,
    end: Mark,
) -> Result<(), OpsError> {
    if key == here.line() {
        return fold_this(world, here, lock, end);
    }
    let mut alone = here.project.load_line_alone(key)?.line;
    if alone.checkpoint.is_none() {
        // History alone tells of it: it has no state before somebody begins it.
        alone.through = end;
        return Ok(here.project.save_line(lock, &alone)?);
    }
    match here.project.binding().mode {
        Mode::Local => {
            let loaded = here.project.load_until(key, &here.site.worktree, end)?;
            accept(here, lock, &loaded.view)?;
            fold_local(world, here, lock, loaded, end).map(drop)
        }
        Mode::Shared => {
            // Its state file is in another worktree, or in none: only HOME's part is folded.
            let view = here.project.load_elsewhere(key)?;
            accept(here, lock, &view)?;
            let mut line = view.line;
            line.through = end;
            Ok(here.project.save_line(lock, &line)?)
        }
    }
}

fn fold_this(
    world: &Surroundings,
    here: &Here,
    lock: &ProjectLock,
    end: Mark,
) -> Result<(), OpsError> {
    let loaded = here.load_until(end)?;
    if loaded.newer > 0 {
        here.project.check_writable(&loaded)?;
    }
    accept(here, lock, &loaded.view)?;
    let steps = crate::next::steps(world, &loaded.view);
    let made = brief(world, here, &loaded.view, &steps)?;
    let glance = Some(crate::glance::of_view(&loaded.view, &steps));
    let open = loaded.view.tasks().filter(|(_, task)| task.status.is_open());
    let open: Vec<TaskId> = open.take(MOST_OPEN).map(|(id, _)| id.clone()).collect();
    let (mut line, hash) = match here.project.binding().mode {
        Mode::Local => fold_local(world, here, lock, loaded, end)?,
        Mode::Shared => fold_shared(here, lock, loaded, end)?,
    };
    let (at, text, next) = (world.clock.now(), made.text, made.next);
    line.open_tasks = open;
    line.brief = Some(ReadyBrief { state: hash, through: end, at, text, next, glance });
    Ok(here.project.save_line(lock, &line)?)
}

/// Local mode: the state file itself.
fn fold_local(
    world: &Surroundings,
    here: &Here,
    lock: &ProjectLock,
    loaded: Loaded,
    end: Mark,
) -> Result<(Line, Option<String>), OpsError> {
    here.project.check_writable(&loaded)?;
    let key = loaded.view.line.key.clone();
    let mut line = loaded.view.line;
    line.through = end;
    // The folder must be there before the file.
    here.project.save_line(lock, &line)?;
    let replacement = Replacement {
        file: &loaded.file,
        access: Access::Private,
        before: loaded.hash.as_deref(),
        state: &loaded.view.state,
        through: end,
    };
    let intent = |body| world.record_by(Actor::Fold, &key, body);
    let replaced = here.project.replace_state(lock, &replacement, intent, || true)?;
    line.remember(replaced.hash(), end);
    here.project.save_line(lock, &line)?;
    Ok((line, Some(replaced.hash().to_owned())))
}

/// Shared mode: the cached view, for the published file as it stands.
fn fold_shared(
    here: &Here,
    lock: &ProjectLock,
    loaded: Loaded,
    end: Mark,
) -> Result<(Line, Option<String>), OpsError> {
    let mut line = loaded.view.line;
    line.through = end;
    let Some(hash) = loaded.hash else { return Ok((line, None)) };
    if loaded.writable == Writable::No {
        // What we make of it would stand in for what the newer program makes of it.
        return Ok((line, Some(hash)));
    }
    if loaded.view.pending == 0 && loaded.view.overtaken.is_empty() {
        line.remember(&hash, end);
    }
    // A cache for other bytes must not be taken for one of these if we die in between.
    if line.cached_for.as_ref().is_some_and(|cached| cached.hash != hash) {
        line.cached_for = None;
        here.project.save_line(lock, &line)?;
    }
    here.project.save_cached_view(lock, &line.key, &loaded.view.state)?;
    line.cached_for = Some(Contained { hash: hash.clone(), through: end });
    line.cached_pending = loaded.view.pending;
    Ok((line, Some(hash)))
}

/// What this user's own journal wrote may be shown to an agent, as it stands on this line.
fn accept(here: &Here, lock: &ProjectLock, view: &View) -> Result<(), OpsError> {
    let mut accepted = here.project.accepted()?;
    let mut news = false;
    for id in crate::brief::own_texts(here, &accepted, view)? {
        news |= view.task(&id).is_some_and(|task| accepted.accept(&id, task));
    }
    if news {
        here.project.save_accepted(lock, &accepted)?;
    }
    Ok(())
}

/// Session files take in their records and their transcripts' tails.
fn sessions(
    world: &Surroundings,
    here: &Here,
    lock: &ProjectLock,
    batch: &Batch,
    report: &mut FoldReport,
) -> Result<Vec<Absorbed>, OpsError> {
    let mut by_session: BTreeMap<&str, Vec<&(Mark, Record)>> = BTreeMap::new();
    for entry in &batch.records {
        if let Some(session) = entry.1.body.session() {
            by_session.entry(session).or_default().push(entry);
        }
    }
    let mut files = match here.project.sessions(lock) {
        Ok(files) => files,
        Err(error) => {
            report.problems.push(error.to_string());
            return Ok(Vec::new());
        }
    };
    let mut absorbed = Vec::new();
    for (session, records) in by_session {
        match crate::transcript::absorb(world, here, &mut files, session, &records) {
            Ok(one) => absorbed.push(one),
            Err(error) => report.problems.push(error.to_string()),
        }
    }
    let settled = files.settle();
    report.sessions = absorbed.len() + recalled(here, &mut files, batch, report);
    for settled in [settled, files.settle()] {
        report.problems.extend(settled.err().map(|error| error.to_string()));
    }
    Ok(absorbed)
}

/// Sessions that nobody observed get their files, or lose them again. One that has a file already
/// was observed since.
fn recalled(
    here: &Here,
    files: &mut SessionFiles<'_>,
    batch: &Batch,
    report: &mut FoldReport,
) -> usize {
    let mut last: BTreeMap<&str, Option<&Past>> = BTreeMap::new();
    for (_, record) in standing(&batch.records) {
        for change in record.body.changes() {
            match change {
                Change::Recall { session, past } => last.insert(session, Some(past)),
                Change::Forget { session, .. } => last.insert(session, None),
                _other => continue,
            };
        }
    }
    let mut written = 0;
    for (session, past) in last {
        match recall_one(here, files, session, past) {
            Ok(done) => written += usize::from(done),
            Err(error) => report.problems.push(error.to_string()),
        }
    }
    written
}

fn recall_one(
    here: &Here,
    files: &mut SessionFiles<'_>,
    id: &str,
    past: Option<&Past>,
) -> Result<bool, OpsError> {
    match (past, files.path(id)) {
        (Some(past), None) => {
            let session = crate::transcript::recall(here, id, past).session;
            files.put(&session, &past.line)?;
            Ok(true)
        }
        (None, Some(path)) if here.project.read_session(path)?.recalled => {
            files.remove(id)?;
            Ok(true)
        }
        (Some(_), Some(_)) | (None, Some(_) | None) => Ok(false),
    }
}

/// What the transcripts showed becomes evidence; roots whose session is over become completed.
fn follow_up(world: &Surroundings, here: &Here, absorbed: &[Absorbed]) -> Result<usize, OpsError> {
    let loaded = here.load()?;
    if here.project.check_writable(&loaded).is_err() {
        return Ok(0);
    }
    let mut changes = evidence(&loaded.view, absorbed);
    changes.extend(finished_roots(world, &loaded.view));
    if changes.is_empty() {
        return Ok(0);
    }
    let count = changes.len();
    let body = Body::Change { verb: "fold".to_owned(), undoes: None, changes };
    let mut record = world.record_by(Actor::Fold, &here.line(), body)?;
    record.unit = Some(world.unit()?);
    here.project.journal().append(&[record], Durability::Acknowledged)?;
    Ok(count)
}

/// Evidence that only names a turn learns what the turn changed.
fn evidence(view: &View, absorbed: &[Absorbed]) -> Vec<Change> {
    let mut changes = Vec::new();
    for (id, task) in view.tasks() {
        for old in &task.evidence {
            let shown = absorbed.iter().find(|a| Some(&a.session) == old.session.as_ref());
            let turn = shown.and_then(|a| a.turns.get(old.turn.as_deref()?));
            let Some(turn) = turn else { continue };
            let commit = turn.commit.clone().or_else(|| old.commit.clone());
            let new = Evidence { commit, files: turn.files.clone(), ..old.clone() };
            if new != *old && (old.files.is_empty() || old.files == new.files) {
                changes.push(Change::Unshow { id: id.clone(), evidence: old.clone() });
                changes.push(Change::Show { id: id.clone(), evidence: new });
            }
        }
    }
    changes
}

/// A root made from a prompt is done when all its steps are and its session is over.
fn finished_roots(world: &Surroundings, view: &View) -> Vec<Change> {
    let now = world.clock.now();
    let mut changes = Vec::new();
    for plan in &view.line.plans {
        let Some(root) = plan.root.as_ref() else { continue };
        let Some(task) = view.line.private.get(root) else { continue };
        let children = || view.tasks().filter(|(_, t)| t.parent.as_ref() == Some(root));
        let done = children().count() > 0 && children().all(|(_, t)| !t.status.is_open());
        if done && task.status.is_open() && !is_live(&view.line, &plan.session, now) {
            changes.extend(crate::tasks::transition::status_changes(
                world,
                root,
                task,
                Status::Completed,
                None,
            ));
        }
    }
    changes
}
