//! Reconcile: the recorded decision about a drift, and what follows from it.
//!
//! What is found is classified ([`crate::drift`]), decided and planned (in the model, pure), shown,
//! and carried out here: what stands is backed up, then the changes, one unit that `thru undo` takes
//! back, and the record that settles the drift are appended in one write. A crash leaves all of it
//! or nothing: then the drift stays open, and the same plan is made again.
//!
//! Where nobody has to decide, every command does this first ([`by_default`]); hooks only tell.

use throughline_model::change::Change;
use throughline_model::drift::{Drift, DriftKind, Place};
use throughline_model::event::{Kind, Level};
use throughline_model::ids::UnitId;
use throughline_model::line::Contained;
use throughline_model::reconcile::{
    Counterparts, Decision, Material, Outcome, ReconcilePlan, asks, choices, decide, decide_as,
    lost_changes, plan,
};
use throughline_model::record::{Actor, Body, GitPoint, Mark, Record};
use throughline_store::journal::{Durability, Filter};
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::Mode;
use throughline_store::view::Loaded;

use crate::apply::commit_with;
use crate::cache::keep;
use crate::drift::{Seen, counterparts, last_seen, look};
use crate::error::OpsError;
use crate::here::Here;
use crate::lines::known_lines;
use crate::logs;
use crate::merge::incoming;
use crate::surroundings::Surroundings;

/// What a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// What the settings say; where they ask, nothing.
    Settings,
    /// This, for every kind for which it can be chosen.
    Chosen(Outcome),
    /// The changes of that line.
    MergeOf(String),
    /// The changes of that line, which is over by it.
    Adoption(String),
    /// The tasks of that line, into this one that started from nothing.
    ForkOf(String),
}

/// What a reconcile will do, or did.
#[derive(Debug, Clone)]
pub struct ReconcileReport {
    /// All of it.
    pub plan: ReconcilePlan,
    /// The backup of what stood before; `None` if nothing was done or nothing could be lost.
    pub backup: Option<u64>,
    /// What `thru undo` takes back.
    pub unit: Option<UnitId>,
    /// Whether it was carried out.
    pub done: bool,
}

/// Finds out what would be done. Nothing is written.
pub fn propose(
    world: &Surroundings,
    here: &Here,
    wish: &Wish,
) -> Result<ReconcileReport, OpsError> {
    proposed_on(world, here, &here.read()?, wish)
}

fn proposed_on(
    world: &Surroundings,
    here: &Here,
    loaded: &Loaded,
    wish: &Wish,
) -> Result<ReconcileReport, OpsError> {
    let found = find(world, here, loaded)?;
    let plan = planned(world, here, loaded, &found, wish)?;
    Ok(ReconcileReport { plan, backup: None, unit: None, done: false })
}

/// Carries out what was proposed, after everything was looked at once more.
pub fn reconcile(
    world: &Surroundings,
    here: &Here,
    wish: &Wish,
) -> Result<ReconcileReport, OpsError> {
    let proposed = proposed_on(world, here, &here.load()?, wish)?;
    if *wish == Wish::Chosen(Outcome::Rebuild) {
        let backup = Some(keep(world, here, "rebuild")?);
        let lock = here.project.lock(COMMAND_PATIENCE)?;
        here.project.set_line_aside(&lock, &here.line());
        drop(lock);
        crate::fold::fold_line(world, here)?;
        return Ok(ReconcileReport { backup, done: true, ..proposed });
    }
    if !proposed.plan.settles() {
        return Ok(proposed);
    }
    carry_out(world, here, proposed.plan, (&world.actor, By::Wish), here.site.git_point())
}

/// Carries out what the settings decide without asking. Not being able to is no reason for a
/// command not to go on: the drift is found again by the next one.
pub(crate) fn by_default(world: &Surroundings, here: &Here) -> Option<ReconcilePlan> {
    let owed = owed(world, here).ok().flatten();
    let try_it = || -> Result<Option<ReconcilePlan>, OpsError> {
        let last = last_seen(here)?;
        let drift = look(world, here, last.as_ref(), Seen::default())?;
        let decisions = decide(&drift, &here.config.drift);
        if !decisions.iter().any(Decision::settles) {
            tell_once(world, here, &drift)?;
            return Ok(None);
        }
        let loaded = here.load()?;
        let found = Found { drift, lost: Vec::new() };
        let plan = planned(world, here, &loaded, &found, &Wish::Settings)?;
        let git = here.site.git_point();
        Ok(Some(carry_out(world, here, plan, (&Actor::Fold, By::Settings), git)?.plan))
    };
    try_it().ok().flatten().or(owed)
}

/// Carries out what an agent was told before a turn ended: the checkpoint stands behind it since,
/// and stays there. The last of it is what is shown.
fn owed(world: &Surroundings, here: &Here) -> Result<Option<ReconcilePlan>, OpsError> {
    let line = known_lines(here)?.into_iter().find(|line| line.key == here.line());
    let Some(line) =
        line.filter(|line| here.site.head.operation.is_none() && !line.owed.is_empty())
    else {
        return Ok(None);
    };
    let git = line.checkpoint.map_or_else(|| here.site.git_point(), |checkpoint| checkpoint.git);
    let mut last = None;
    for owed in line.owed.into_iter().filter(|owed| owed.passed) {
        let found = Found { drift: owed.drift, lost: Vec::new() };
        let plan = planned(world, here, &here.load()?, &found, &Wish::Settings)?;
        if plan.settles() && !plan.asks() {
            let by = (&Actor::Fold, By::Settings);
            last = Some(carry_out(world, here, plan, by, git.clone())?.plan);
        }
    }
    Ok(last)
}

/// What settles nothing is on record as well, once: a question that nobody answers, and what is
/// waited for.
pub(crate) fn tell_once(world: &Surroundings, here: &Here, drift: &Drift) -> Result<(), OpsError> {
    let line = known_lines(here)?.into_iter().find(|line| line.key == here.line());
    let (open, told) = line.map_or((None, None), |line| (line.open, line.told));
    let asks = asks(&decide(drift, &here.config.drift));
    let known = if asks {
        open.is_some_and(|open| open.drift.holds(drift.kind))
    } else {
        let same = |told: &Drift| told.kinds().eq(drift.kinds()) && told.to == drift.to;
        !drift.is_some() || told.is_some_and(|told| same(&told.drift))
    };
    if known {
        return Ok(());
    }
    let body = Body::Drift { session: None, drift: drift.clone(), asks };
    let record = world.record_by(Actor::Fold, &here.line(), body)?;
    here.project.journal().append(&[record], Durability::Observed)?;
    Ok(())
}

struct Found {
    drift: Drift,
    lost: Vec<Change>,
}

fn find(world: &Surroundings, here: &Here, loaded: &Loaded) -> Result<Found, OpsError> {
    let lost = lost(here, loaded)?;
    let last = last_seen(here)?;
    let mut drift = look(world, here, last.as_ref(), Seen { lost: lost.len(), dirty: false })?;
    // A turn may have moved the checkpoint since somebody was asked: the question still stands.
    if let Some(open) = &loaded.view.line.open
        && !drift.holds(open.drift.kind)
        && (open.drift.kind != DriftKind::LostChanges || !lost.is_empty())
    {
        let to = drift.to;
        drift = Drift { to, lost: lost.len(), ..open.drift.clone() };
    }
    Ok(Found { drift, lost })
}

/// Acknowledged changes that the line's published state file had, and has no more.
pub fn lost(here: &Here, loaded: &Loaded) -> Result<Vec<Change>, OpsError> {
    match here.project.binding().mode {
        Mode::Shared => missing(here, loaded),
        Mode::Local => Ok(Vec::new()),
    }
}

/// The same in both modes: nothing but us writes a local state file, but a hand can.
pub(crate) fn missing(here: &Here, loaded: &Loaded) -> Result<Vec<Change>, OpsError> {
    if here.own_unreadable().is_some() {
        // What the file lacks can't be said of one that can't be read.
        return Ok(Vec::new());
    }
    let line = &loaded.view.line;
    let newest = line.contained.iter().map(|contained| contained.through).max();
    let Some(newest) = newest else { return Ok(Vec::new()) };
    let known = loaded.hash.as_deref().and_then(|hash| line.contained(hash));
    if known.is_some_and(|known| known >= newest) {
        return Ok(Vec::new());
    }
    let file = here.project.published(&line.key, &here.site.worktree)?;
    let file = file.unwrap_or_else(|| here.project.empty_state());
    let filter = Filter::Lines(vec![line.key.clone()]);
    let batch = here.project.journal().read(Mark::default(), &filter)?;
    let records = throughline_model::view::countable(&batch.records, line);
    let contained = records.into_iter().filter(|(mark, _)| *mark < newest);
    Ok(lost_changes(&file, contained.flat_map(|(_, record)| record.body.changes())))
}

fn planned(
    world: &Surroundings,
    here: &Here,
    loaded: &Loaded,
    found: &Found,
    wish: &Wish,
) -> Result<ReconcilePlan, OpsError> {
    let Found { drift, lost } = found;
    let settings = &here.config.drift;
    let mut drift = drift.clone();
    let decisions = match wish {
        Wish::Settings => decide(&drift, settings),
        Wish::Chosen(Outcome::Rebuild) => {
            vec![Decision { kind: drift.kind, outcome: Outcome::Rebuild }]
        }
        Wish::Chosen(outcome) => {
            decide_as(&drift, settings, *outcome).ok_or_else(|| cannot(&drift, *outcome))?
        }
        Wish::MergeOf(line) | Wish::Adoption(line) => {
            crate::lines::find(here, line)?;
            drift.merged = vec![line.clone()];
            vec![Decision { kind: DriftKind::Merged, outcome: Outcome::Merge }]
        }
        Wish::ForkOf(line) => {
            drift.origin = Some(line.clone());
            decide_as(&drift, settings, Outcome::Fork)
                .ok_or_else(|| cannot(&drift, Outcome::Fork))?
        }
    };
    let merges = decisions.iter().any(|decision| decision.outcome == Outcome::Merge);
    let rebases = decisions.iter().any(|decision| decision.outcome == Outcome::Rebase);
    let mut coming = Vec::new();
    if merges {
        for line in &drift.merged {
            coming.push((line.clone(), incoming(world, here, &loaded.view, line)?));
        }
    }
    let counterparts = if rebases { rewritten(world, here, &drift) } else { Counterparts::new() };
    let material =
        Material { view: &loaded.view, counterparts, incoming: coming, lost: lost.clone() };
    let mut plan = plan(&drift, &decisions, &material);
    if let Wish::ForkOf(line) = wish {
        plan.changes.extend(incoming(world, here, &loaded.view, line)?);
    }
    if let Wish::Adoption(line) = wish {
        plan.ends.push(line.clone());
    }
    if plan.accepts_file && plan.changes.is_empty() {
        // What is given up is taken back in the view, so that undo brings it again.
        let now = world.clock.now();
        plan.changes = lost.iter().rev().map(|change| change.inverse(now)).collect();
    }
    Ok(plan)
}

fn cannot(drift: &Drift, outcome: Outcome) -> OpsError {
    let mut fitting: Vec<&str> =
        drift.kinds().flat_map(choices).map(|outcome| outcome.as_str()).collect();
    fitting.sort_unstable();
    fitting.dedup();
    let reason = if fitting.is_empty() {
        format!("there is nothing to decide: {}", drift.sentence())
    } else {
        let fitting: Vec<_> = fitting.iter().map(|word| format!("--{word}")).collect();
        let outcome = outcome.as_str();
        format!("--{outcome} is no answer to this: {}; {}", drift.sentence(), fitting.join(", "))
    };
    OpsError::Refused { reason }
}

/// Commits that left the line's history. Of an amended commit the new one takes the place whatever
/// it changes.
fn rewritten(world: &Surroundings, here: &Here, drift: &Drift) -> Counterparts {
    let oid = |place: Option<&Place>| {
        place.and_then(|p| p.head.as_deref()).and_then(throughline_model::head::Oid::parse)
    };
    let (Some(old), Some(new)) = (oid(drift.left_at()), oid(Some(&drift.to))) else {
        return Counterparts::new();
    };
    // Where the old commits are gone nothing can be compared: evidence stays as it is.
    let mut found = counterparts(world, here, &old, &new).unwrap_or_default();
    if drift.holds(DriftKind::Amended) {
        found.insert(old.to_string(), Some(new.to_string()));
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Settings,
    Wish,
}

fn carry_out(
    world: &Surroundings,
    here: &Here,
    plan: ReconcilePlan,
    (actor, by): (&Actor, By),
    git: GitPoint,
) -> Result<ReconcileReport, OpsError> {
    let key = here.line();
    if asks(&plan.decisions) {
        let body = Body::Drift { session: None, drift: plan.drift.clone(), asks: true };
        let record = world.record_by(actor.clone(), &key, body)?;
        here.project.journal().append(&[record], Durability::Observed)?;
    }
    let verb = verb(&plan);
    let touches = !plan.changes.is_empty() || plan.accepts_file;
    let backup = touches.then(|| keep(world, here, &verb)).transpose()?;
    // What is acknowledged from here on is not part of the file as it stands.
    let through = here.project.journal().end()?;
    let contained = plan
        .accepts_file
        .then(|| here.load())
        .transpose()?
        .and_then(|loaded| loaded.hash.map(|hash| Contained { hash, through }));
    // What settles the drift comes last, behind the changes and in one write with them: a crash
    // leaves all of it or nothing.
    let mut records = Vec::new();
    for line in &plan.ends {
        let body = Body::LineEnd { successor: Some(key.clone()) };
        records.push(world.record_by(actor.clone(), line, body)?);
    }
    let body = Body::Reconcile {
        drift: plan.drift.clone(),
        decisions: plan.decisions.clone(),
        by_default: by == By::Settings,
        git,
        contained,
    };
    records.push(world.record_by(actor.clone(), &key, body)?);
    let unit = acknowledge(world, here, (actor, &verb), &plan.changes, records)?;
    log_decisions(world, &plan);
    // The merge stands. Once more, and what it lacks is made up for.
    crate::merge::remember(here, &plan).map_err(|error| match error {
        OpsError::Store(error) => OpsError::Store(error.unconfirmed()),
        other => other,
    })?;
    if plan.decisions.iter().any(|decision| decision.outcome == Outcome::Merge)
        && let Err(error) = crate::memory::promote::merged(world, here, &plan.drift.merged)
    {
        // The merge of the state stands; memories of the line stay with it until the next one.
        logs::note(
            world,
            &logs::event(world, Level::Warn, Kind::Problem).word("memory").text(&error.to_string()),
        );
    }
    if plan.accepts_file {
        // What the file counts as holding is looked up in line.json. That it follows later is no
        // failure of the decision.
        let _ = crate::fold::fold_line(world, here);
    }
    Ok(ReconcileReport { plan, backup, unit, done: true })
}

fn log_decisions(world: &Surroundings, plan: &ReconcilePlan) {
    for Decision { kind, outcome } in &plan.decisions {
        logs::note_word(world, Level::Info, Kind::Drift, kind.as_str());
        let event = logs::event(world, Level::Info, Kind::Reconcile).word(outcome.as_str());
        logs::note(world, &event.text(kind.as_str()));
    }
}

/// Appends the changes of a plan as one unit, and the records that settle it.
fn acknowledge(
    world: &Surroundings,
    here: &Here,
    (actor, verb): (&Actor, &str),
    changes: &[Change],
    records: Vec<Record>,
) -> Result<Option<UnitId>, OpsError> {
    if changes.is_empty() {
        here.project.journal().append(&records, Durability::Acknowledged)?;
        return Ok(None);
    }
    let changes = changes.to_vec();
    Ok(commit_with(world, here, (actor, verb, None), |_| Ok(changes), records)?.unit)
}

fn verb(plan: &ReconcilePlan) -> String {
    let settled = plan.decisions.iter().find(|decision| decision.settles());
    settled.map_or_else(|| "reconcile".to_owned(), |decision| decision.outcome.as_str().to_owned())
}
