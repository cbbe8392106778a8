//! Phase 2: what all sessions taught becomes memories.
//!
//! One at a time, by a job with a lease. Each root's workspace is synced from the database
//! ([`super::workspace`]); if nothing in any of them differs from what was kept last, there is no work.
//! Else the memories are computed anew from all findings (a pure function), and published in one
//! transaction that first makes sure that the job is still ours and that nobody changed a
//! memory meanwhile. Files and history follow; a crash in between is mended by the next run, which
//! finds them dirty.
//!
//! Where a model is the engine, it is asked between the two, with no lock held, and its proposals are
//! carried out over what the rules came to ([`super::propose`]). That it has no answer is a note: the rules'
//! result stands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use throughline_model::config::memory::ConsolidateSettings;
use throughline_model::ids::MemoryId;
use throughline_model::job::{Claim, JobRules};
use throughline_model::memory::Memory;
use throughline_model::memory::consolidate::{Consolidated, Scoped, consolidate as compute, lift};
use throughline_model::memory::engine::{MOST_PROPOSALS, Refusal};
use throughline_runtime::memories::{JobKind, Lease, Memories, OutputFilter};

use super::engine::Engine;
use super::propose::{self, Answered};
use super::root::{Root, RootLock};
use super::{new_token, random_id, sheet, workspace};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// The job's name: all roots are consolidated together, since what is stated in two of them holds in all.
pub(super) const KEY: &str = "memory";

/// How often it is computed anew because somebody changed a memory meanwhile.
const ATTEMPTS: usize = 3;

/// Whether it is done at any rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// If the last one is long enough ago and something changed.
    Due,
    /// Now.
    Now,
}

/// What phase 2 did.
#[derive(Debug, Clone, Default)]
pub struct ConsolidateReport {
    /// What became of it.
    pub outcome: Outcome,
    /// How many memories are new.
    pub added: usize,
    /// How many were changed.
    pub changed: usize,
    /// How many went, because nothing says so any more.
    pub dropped: usize,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

/// What became of a consolidation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// It was done.
    Done,
    /// Nothing changed since the last one.
    #[default]
    Clean,
    /// The last one is not long enough ago.
    Later(Timestamp),
    /// Somebody else is at it.
    Running,
    /// It failed before, and is not tried again yet.
    Waits,
    /// Somebody took it over: nothing of this run was published.
    Lost,
}

fn rules(settings: &ConsolidateSettings) -> JobRules {
    JobRules {
        lease: settings.lease,
        retry_delay: settings.lease,
        // A consolidation is never given up: its input is always there.
        retries: u32::MAX,
        most_running: 1,
    }
}

/// Consolidates all roots.
///
/// # Errors
/// [`OpsError`]: a sheet that can't be understood, the database, git.
pub(super) fn consolidate(
    world: &Surroundings,
    settings: &ConsolidateSettings,
    when: When,
    engine: &Engine<'_>,
) -> Result<ConsolidateReport, OpsError> {
    world.home.prepare()?;
    let mut memories = crate::databases::open::<Memories>(world)?;
    let now = world.clock.now();
    let last = memories.sheet(KEY)?.and_then(|sheet| sheet.consolidated);
    // One of a clock that was ahead says nothing.
    let last = last.filter(|last| *last <= now);
    let due = last.and_then(|last| last.saturating_add(settings.cooldown).ok());
    if let Some(due) = due.filter(|due| when == When::Due && *due > now) {
        return Ok(ConsolidateReport { outcome: Outcome::Later(due), ..Default::default() });
    }
    let lease = Lease { kind: JobKind::Consolidate, key: KEY.to_owned(), token: new_token(world)? };
    let outcome = |outcome| Ok(ConsolidateReport { outcome, ..ConsolidateReport::default() });
    match memories.claim(&lease, &rules(settings), input(&memories, now)?, now)? {
        Claim::Taken(_) => {}
        Claim::Running | Claim::Full => return outcome(Outcome::Running),
        Claim::UpToDate => return outcome(Outcome::Clean),
        Claim::Later(_) | Claim::Exhausted => return outcome(Outcome::Waits),
    }
    let run = Run { world, settings, lease, engine };
    run.all(&mut memories, now).inspect_err(|error| {
        // That it can't be noted is said by the lease, which runs out.
        let _ = memories.fail(&run.lease, &rules(settings), &error.to_string(), now);
    })
}

struct Run<'a> {
    world: &'a Surroundings,
    settings: &'a ConsolidateSettings,
    lease: Lease,
    engine: &'a Engine<'a>,
}

/// It is always there: also where the last one was done by a clock that was ahead.
fn input(memories: &Memories, now: Timestamp) -> Result<i64, OpsError> {
    let jobs = memories.jobs(JobKind::Consolidate)?;
    let done = jobs.into_iter().find(|row| row.key == KEY).and_then(|row| row.job.done);
    Ok(done.map_or(i64::MIN, |done| done.saturating_add(1)).max(now.as_millisecond()))
}

/// The memories as they were when it was computed, and what is to become of them.
struct Computed {
    known: Vec<Memory>,
    after: Vec<Memory>,
    notes: Vec<String>,
}

/// What is to be written and removed for `known` to become `after`.
struct Difference<'c> {
    added: Vec<&'c Memory>,
    changed: Vec<&'c Memory>,
    dropped: Vec<&'c MemoryId>,
}

impl Computed {
    fn difference(&self) -> Difference<'_> {
        let mut known: BTreeMap<&MemoryId, &Memory> =
            self.known.iter().map(|memory| (&memory.id, memory)).collect();
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for memory in &self.after {
            match known.remove(&memory.id) {
                None => added.push(memory),
                Some(before) if before != memory => changed.push(memory),
                Some(_same) => {}
            }
        }
        Difference { added, changed, dropped: known.into_keys().collect() }
    }
}

impl Difference<'_> {
    fn report(&self, notes: Vec<String>) -> ConsolidateReport {
        ConsolidateReport {
            outcome: Outcome::Done,
            added: self.added.len(),
            changed: self.changed.len(),
            dropped: self.dropped.len(),
            notes,
        }
    }
}

/// What a model was asked, and with what it is carried out.
#[derive(Default)]
struct Heard {
    answers: Vec<Answered>,
    /// For memories that are new: a model may name one that the rules just made.
    ids: Vec<MemoryId>,
    notes: Vec<String>,
}

impl Run<'_> {
    fn all(&self, memories: &mut Memories, now: Timestamp) -> Result<ConsolidateReport, OpsError> {
        let roots = roots(self.world, memories)?;
        let Some(locks) = self.synced(memories, &roots)? else {
            return self.done(memories, now, ConsolidateReport::default());
        };
        let mut heard = Heard::default();
        let locks = match self.engine.is_model() {
            false => locks,
            true => {
                drop(locks);
                if !self.hear(memories, &roots, now, &mut heard)? {
                    let outcome = Outcome::Lost;
                    return Ok(ConsolidateReport { outcome, ..ConsolidateReport::default() });
                }
                self.locked(memories, &roots)?
            }
        };
        self.publish_all(memories, &roots, &locks, now, &mut heard)
    }

    fn publish_all(
        &self,
        memories: &mut Memories,
        roots: &[Root],
        locks: &[RootLock],
        now: Timestamp,
        heard: &mut Heard,
    ) -> Result<ConsolidateReport, OpsError> {
        for _ in 0..ATTEMPTS {
            let computed = self.compute(memories, now, heard)?;
            let difference = computed.difference();
            let Some(published) = self.publish(memories, &computed.known, &difference)? else {
                continue;
            };
            let report = difference.report(computed.notes.clone());
            if !published {
                return Ok(ConsolidateReport { outcome: Outcome::Lost, ..report });
            }
            let message = message(&report);
            for (root, lock) in roots.iter().zip(locks) {
                sheet::print(self.world, memories, root, lock, &message)?;
            }
            return self.done(memories, now, report);
        }
        Ok(ConsolidateReport { outcome: Outcome::Running, ..ConsolidateReport::default() })
    }

    /// Takes in what hands changed, root by root.
    fn locked(&self, memories: &mut Memories, roots: &[Root]) -> Result<Vec<RootLock>, OpsError> {
        let locks: Vec<RootLock> =
            roots.iter().map(|root| root.lock(self.world)).collect::<Result<_, _>>()?;
        for (root, lock) in roots.iter().zip(&locks) {
            sheet::take_in(self.world, memories, root, lock)?;
        }
        Ok(locks)
    }

    /// The same, and syncs the workspaces; `None` if nothing differs from what was kept last.
    fn synced(
        &self,
        memories: &mut Memories,
        roots: &[Root],
    ) -> Result<Option<Vec<RootLock>>, OpsError> {
        let locks = self.locked(memories, roots)?;
        let mut is_dirty = false;
        for (root, lock) in roots.iter().zip(&locks) {
            is_dirty |= workspace::sync(self.world, memories, root, lock, self.settings)?;
        }
        Ok(is_dirty.then_some(locks))
    }

    /// Asks the model about each project where something changed; `false` if the job is another's by now.
    fn hear(
        &self,
        memories: &mut Memories,
        roots: &[Root],
        now: Timestamp,
        heard: &mut Heard,
    ) -> Result<bool, OpsError> {
        let after = self.compute(memories, now, heard)?.after;
        for root in roots {
            let Some(project) = root.project() else { continue };
            let diff = root.ledger(self.world).changes()?;
            if diff.is_empty() {
                continue;
            }
            if !self.is_ours(memories)? {
                return Ok(false);
            }
            match propose::ask(self.world, self.engine, project, &after, &diff) {
                Ok(answered) => heard.answers.push(answered),
                Err(error) => heard.notes.push(fallen_back(&error.to_string())),
            }
        }
        self.is_ours(memories)
    }

    /// Gives a sign of life; `false` if the job is another's by now.
    fn is_ours(&self, memories: &mut Memories) -> Result<bool, OpsError> {
        let now = self.world.clock.now();
        Ok(memories.heartbeat(&self.lease, &rules(self.settings), now)?)
    }

    /// Ends the job, and notes when.
    fn done(
        &self,
        memories: &mut Memories,
        now: Timestamp,
        report: ConsolidateReport,
    ) -> Result<ConsolidateReport, OpsError> {
        let is_ours = memories.change(|change| {
            let is_ours = change.finish(&self.lease)?;
            if is_ours {
                change.note_consolidated(KEY, now)?;
            }
            Ok::<bool, OpsError>(is_ours)
        })?;
        let outcome = if is_ours { report.outcome } else { Outcome::Lost };
        Ok(ConsolidateReport { outcome, ..report })
    }

    fn compute(
        &self,
        memories: &Memories,
        now: Timestamp,
        heard: &mut Heard,
    ) -> Result<Computed, OpsError> {
        let known = memories.all()?;
        let (findings, sessions) = findings(memories)?;
        let plan: Consolidated = compute(&known, &findings, now);
        let mut used = plan.added();
        let ids = self.ids(&mut heard.ids, used)?;
        let mut after = plan.carry_out(&known, &ids);
        propose::let_go(&mut after, &sessions);
        let mut notes = heard.notes.clone();
        for answered in &heard.answers {
            let ids = self.ids(&mut heard.ids, used + MOST_PROPOSALS)?;
            let before = after.clone();
            match propose::carry_out(answered, after, &findings, now, &ids[used..]) {
                Ok(proposed) => {
                    used += proposed.added;
                    notes.extend(proposed.refused.iter().map(refused));
                    after = proposed.memories;
                }
                Err(error) => {
                    notes.push(fallen_back(&error.to_string()));
                    after = before;
                }
            }
        }
        Ok(Computed { known, after, notes })
    }

    /// As many ids, the same ones each time.
    fn ids(&self, known: &mut Vec<MemoryId>, wanted: usize) -> Result<Vec<MemoryId>, OpsError> {
        while known.len() < wanted {
            known.push(random_id(self.world)?);
        }
        Ok(known[..wanted].to_vec())
    }

    /// Publishes what was computed: `None` if somebody changed a memory meanwhile, `false` if the job is
    /// another's by now.
    fn publish(
        &self,
        memories: &mut Memories,
        known: &[Memory],
        difference: &Difference<'_>,
    ) -> Result<Option<bool>, OpsError> {
        memories.change(|change| {
            if !change.holds(&self.lease)? {
                return Ok(Some(false));
            }
            if change.all()? != known {
                return Ok(None);
            }
            for gone in &difference.dropped {
                change.remove(gone)?;
            }
            for memory in difference.added.iter().chain(&difference.changed) {
                change.put(memory)?;
            }
            change.gather_words()?;
            Ok::<_, OpsError>(Some(true))
        })
    }
}

fn fallen_back(why: &str) -> String {
    format!("consolidated by rules alone: {why}")
}

fn refused(refusal: &Refusal) -> String {
    format!("the model proposed what can't be done ({}): {}", refusal.why, refusal.what)
}

/// What all sessions taught, and which sessions those are.
fn findings(memories: &Memories) -> Result<(Vec<Scoped>, BTreeSet<String>), OpsError> {
    let outputs = memories.outputs(&OutputFilter::default())?;
    let sessions = outputs.iter().map(|output| output.session.clone()).collect();
    let scoped = outputs.into_iter().flat_map(|output| {
        let (project, line) = (output.project, output.line);
        output.extraction.findings.into_iter().map(move |finding| Scoped {
            finding,
            project: project.clone(),
            line: line.clone(),
        })
    });
    let mut findings: Vec<Scoped> = scoped.collect();
    lift(&mut findings);
    Ok((findings, sessions))
}

fn message(report: &ConsolidateReport) -> String {
    let ConsolidateReport { added, changed, dropped, .. } = report;
    format!("consolidate: {added} new, {changed} changed, {dropped} gone")
}

/// The user's root, and those of all projects of which something is known.
fn roots(world: &Surroundings, memories: &Memories) -> Result<Vec<Root>, OpsError> {
    let mut roots = vec![Root::User];
    let outputs = memories.outputs(&OutputFilter::default())?;
    roots.extend(outputs.into_iter().map(|output| Root::Project(output.project)));
    roots.extend(memories.all()?.iter().map(|memory| Root::of(&memory.scope)));
    roots.sort();
    roots.dedup();
    // A project that was removed keeps its rows; it has no folder to print into.
    roots.retain(|root| root.has_place(world));
    Ok(roots)
}
