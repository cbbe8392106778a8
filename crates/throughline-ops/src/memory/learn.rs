//! Phase 1: from each session what it taught.
//!
//! Candidates are the project's conversations that were quiet for long enough and are not too old, the
//! latest first; that is asked of the index, so recent ones never crowd out those that are due. Each is
//! a job ([`throughline_model::job`]): two processes never read one at once, and what failed is tried
//! again later. A session that took in words of strangers teaches nothing, and what it taught before it
//! did is forgotten.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use throughline_model::config::memory::ExtractSettings;
use throughline_model::head::LineName;
use throughline_model::job::{Claim, JobRules};
use throughline_model::memory::Extraction;
use throughline_model::overlay::Overlay;
use throughline_runtime::memories::{JobKind, Lease, Memories, Mode, Output};
use throughline_store::index::{Direction, ListFilter, Page, Sort, ThreadRow};

use super::engine::{Engine, NoAnswer};
use super::narrate::{Telling, narrate};
use super::new_token;
use crate::cores;
use crate::error::OpsError;
use crate::here::Here;
use crate::index::{AgentHome, Ready, ready};
use crate::surroundings::Surroundings;
use crate::threads::places;

/// Which sessions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that are due by the settings.
    Due,
    /// All that there ever were.
    All,
}

/// What became of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learnt {
    /// It taught so many things.
    Taught(usize),
    /// Nothing in it is worth keeping.
    Nothing,
    /// It took in words of strangers, by this.
    Polluted(String),
    /// It was read before, and nothing was added since.
    Known,
    /// Somebody else is at it, or it waits for its turn.
    Waits,
    /// It failed too often, or just now.
    Failed(String),
}

/// What phase 1 did.
#[derive(Debug, Clone, Default)]
pub struct LearnReport {
    /// Each session that was looked at.
    pub sessions: Vec<(String, Learnt)>,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

impl LearnReport {
    /// How many sessions came out so.
    pub fn count(&self, is: impl Fn(&Learnt) -> bool) -> usize {
        self.sessions.iter().filter(|(_, learnt)| is(learnt)).count()
    }
}

/// Reads the sessions of the project here that are due.
///
/// # Errors
/// [`OpsError`]: the index or the database can't be used at all.
pub(super) fn learn(
    world: &Surroundings,
    here: &Here,
    homes: &[AgentHome],
    which: Which,
    engine: &Engine<'_>,
) -> Result<LearnReport, OpsError> {
    // A query makes do with what is there; this is to miss nothing. Who can't bring it up to date now
    // reads what is there.
    let _ = crate::index::run(world, homes, &mut |_| {});
    let mut ready = ready(world, homes)?;
    let mut notes = std::mem::take(&mut ready.notes);
    if let Some(behind) = ready.behind {
        notes.push(format!(
            "the index is not complete ({} of {}); what is missing is read the next time",
            behind.done, behind.wanted
        ));
    }
    let overlay = world.home.overlay()?;
    let settings = &here.config.memory.extract;
    let threads = candidates(world, &ready, &overlay, settings, which)?;
    let reading = Reading {
        world,
        project: here.project.key(),
        line: here.line(),
        exclude_tainted: here.config.memory.exclude_tainted,
        engine,
        overlay: &overlay,
        rules: rules(settings),
        memories: Mutex::new(crate::databases::open::<Memories>(world)?),
    };
    let learnt = cores::each(&threads, || false, |thread| reading.one(thread));
    let left = learnt.iter().filter(|one| **one == Learnt::Waits).count();
    notes.extend(engine.stopped().map(|why| format!("{why}; {left} of the sessions wait for it")));
    let keys = threads.into_iter().map(|thread| thread.meta.key);
    Ok(LearnReport { sessions: keys.zip(learnt).collect(), notes })
}

/// The sessions of the project here that are due by their times, the latest first.
fn candidates(
    world: &Surroundings,
    ready: &Ready,
    overlay: &Overlay,
    settings: &ExtractSettings,
    which: Which,
) -> Result<Vec<ThreadRow>, OpsError> {
    ready.index.lay(overlay)?;
    let filter = ListFilter {
        places: Some(places(world, &ready.index)?.unwrap_or_default()),
        ..due(settings, which, world.clock.now())
    };
    let (sort, direction) = (Sort::Updated, Direction::Descending);
    let page = Page { sort, direction, after: None, limit: usize::MAX };
    Ok(ready.index.threads(&filter, &page)?)
}

/// How many sessions of the project here are due and were not read yet, as far as the index knows.
pub(super) fn waiting(
    world: &Surroundings,
    here: &Here,
    homes: &[AgentHome],
    memories: Option<&Memories>,
) -> Result<usize, OpsError> {
    let ready = ready(world, homes)?;
    let overlay = world.home.overlay()?;
    let settings = &here.config.memory.extract;
    let threads = candidates(world, &ready, &overlay, settings, Which::Due)?;
    let jobs = memories.map(|memories| memories.jobs(JobKind::Extract)).transpose()?;
    let done: BTreeMap<String, i64> =
        jobs.into_iter().flatten().filter_map(|row| Some((row.key, row.job.done?))).collect();
    let mut waiting = 0;
    for thread in threads {
        let key = &thread.meta.key;
        let mode = memories.map(|memories| memories.mode(key)).transpose()?.flatten();
        let is_read = done.get(key).is_some_and(|done| *done >= thread.updated);
        waiting += usize::from(!is_read && barred(mode, &overlay, key).is_none());
    }
    Ok(waiting)
}

/// Why a session must not teach, if it must not.
fn barred(mode: Option<(Mode, String)>, overlay: &Overlay, session: &str) -> Option<Learnt> {
    match mode {
        Some((Mode::Polluted, why)) => Some(Learnt::Polluted(why)),
        Some((Mode::Disabled, _)) => Some(Learnt::Nothing),
        Some((Mode::Enabled, _)) | None => {
            (!overlay.allows_memory(session)).then_some(Learnt::Nothing)
        }
    }
}

fn due(settings: &ExtractSettings, which: Which, now: Timestamp) -> ListFilter {
    let before =
        |by: SignedDuration| now.saturating_sub(by).unwrap_or(Timestamp::MIN).as_millisecond();
    let (since, quiet_since) = match which {
        Which::Due => (Some(before(settings.max_age)), Some(before(settings.min_idle))),
        Which::All => (None, None),
    };
    ListFilter { since, quiet_since, roots: true, ..ListFilter::default() }
}

fn rules(settings: &ExtractSettings) -> JobRules {
    JobRules {
        lease: settings.lease,
        retry_delay: settings.retry_delay,
        retries: settings.retries,
        most_running: u32::try_from(settings.max_running).unwrap_or(u32::MAX),
    }
}

struct Reading<'a> {
    world: &'a Surroundings,
    project: String,
    /// Where a session counts that does not say on which branch it worked.
    line: String,
    exclude_tainted: bool,
    engine: &'a Engine<'a>,
    overlay: &'a Overlay,
    rules: JobRules,
    memories: Mutex<Memories>,
}

impl Reading<'_> {
    fn one(&self, thread: &ThreadRow) -> Learnt {
        self.tried(thread).unwrap_or_else(|error| Learnt::Failed(error.to_string()))
    }

    fn tried(&self, thread: &ThreadRow) -> Result<Learnt, OpsError> {
        let session = &thread.meta.key;
        let now = self.world.clock.now();
        if let Some(reason) = self.unwanted(session)? {
            return Ok(reason);
        }
        let token = new_token(self.world)?;
        let lease = Lease { kind: JobKind::Extract, key: session.clone(), token };
        let claim =
            self.with(|memories| Ok(memories.claim(&lease, &self.rules, thread.updated, now)?))?;
        match claim {
            Claim::Taken(_) => self.read(thread, &lease, now),
            Claim::UpToDate => Ok(Learnt::Known),
            Claim::Running | Claim::Later(_) | Claim::Full => Ok(Learnt::Waits),
            Claim::Exhausted => Ok(Learnt::Failed("it failed too often".to_owned())),
        }
    }

    /// One connection for all cores: the transactions are short, and what takes long happens between.
    fn with<T>(
        &self,
        run: impl FnOnce(&mut Memories) -> Result<T, OpsError>,
    ) -> Result<T, OpsError> {
        let mut memories = self.memories.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        run(&mut memories)
    }

    /// As [`barred`]; what it taught before is forgotten.
    fn unwanted(&self, session: &str) -> Result<Option<Learnt>, OpsError> {
        let mode = self.with(|memories| Ok(memories.mode(session)?))?;
        let reason = barred(mode, self.overlay, session);
        if reason.is_some() {
            self.with(|memories| memories.change(|change| Ok(change.remove_output(session)?)))?;
        }
        Ok(reason)
    }

    fn read(&self, thread: &ThreadRow, lease: &Lease, now: Timestamp) -> Result<Learnt, OpsError> {
        let line = match &thread.meta.branch {
            Some(branch) => LineName::Branch(branch.clone()).key(),
            None => self.line.clone(),
        };
        let failed = |reason: String| {
            self.with(|memories| Ok(memories.fail(lease, &self.rules, &reason, now)?))?;
            Ok(Learnt::Failed(reason))
        };
        let Telling { narrative, taint } = match narrate(thread, &line) {
            Ok(telling) => telling,
            Err(error) => return failed(error.to_string()),
        };
        if let Some(by) = taint.filter(|_| self.exclude_tainted) {
            return self.pollute(lease, by, now);
        }
        let extraction = match self.engine.extract(&narrative) {
            Ok(extraction) => extraction,
            Err(NoAnswer::Failed(reason)) => return failed(reason),
            Err(NoAnswer::Later(_)) => {
                self.with(|memories| Ok(memories.release(lease)?))?;
                return Ok(Learnt::Waits);
            }
        };
        self.keep(thread, lease, &line, extraction)
    }

    fn pollute(&self, lease: &Lease, by: String, now: Timestamp) -> Result<Learnt, OpsError> {
        self.with(|memories| {
            memories.change(|change| {
                if change.finish(lease)? {
                    change.set_mode(&lease.key, Mode::Polluted, &by, now)?;
                    change.remove_output(&lease.key)?;
                }
                Ok::<(), OpsError>(())
            })
        })?;
        Ok(Learnt::Polluted(by))
    }

    /// Writes what a session taught, if the job is still ours.
    fn keep(
        &self,
        thread: &ThreadRow,
        lease: &Lease,
        line: &str,
        extraction: Extraction,
    ) -> Result<Learnt, OpsError> {
        let taught = extraction.findings.len();
        let is_empty = extraction.is_empty();
        let output = Output {
            session: lease.key.clone(),
            agent: thread.source.found.agent.clone(),
            project: self.project.clone(),
            line: line.to_owned(),
            began: Timestamp::from_millisecond(thread.created).unwrap_or_default(),
            watermark: thread.updated,
            extraction,
            engine: self.engine.name().to_owned(),
            generated: self.world.clock.now(),
        };
        let is_ours = self.with(|memories| {
            memories.change(|change| {
                let is_ours = change.finish(lease)?;
                if is_ours {
                    change.put_output(&output)?;
                }
                Ok::<bool, OpsError>(is_ours)
            })
        })?;
        Ok(match (is_ours, is_empty) {
            (false, _) => Learnt::Waits,
            (true, true) => Learnt::Nothing,
            (true, false) => Learnt::Taught(taught),
        })
    }
}
