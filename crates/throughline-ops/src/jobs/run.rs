//! The runner of a job: gives items to workers, waits, ends who takes too long.
//!
//! One runner at a time has a job, by a lock that dies with it. What it holds in memory is only what it waits
//! for: everything else stands in the database, so that the next runner goes on where this one was killed. Its
//! clock is the wall's at its start and from then on the one that never jumps.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use throughline_agents::codex::exec::{ExecError, read_answer};
use throughline_model::agent_job::{Assignment, ItemStatus, Tally, WorkerKind};
use throughline_model::event::Level;
use throughline_model::ids::AgentJobId;
use throughline_model::record::Process;
use throughline_model::redact::redact;
use throughline_model::sanitise;
use throughline_runtime::jobs::{Assigned, ItemRow, JobRow, Jobs, Left, RunnerLock};

use super::logs::end_of;
use super::{Papers, attend, count, export, find, report};
use crate::databases;
use crate::error::OpsError;
use crate::spawn::start_worker;
use crate::surroundings::Surroundings;

/// What wakes the runner.
#[derive(Debug)]
pub enum Ring {
    /// The process of the worker with this token ended.
    Ended(String),
    /// Somebody wants the runner to stop, or to look whether its job was cancelled.
    Stop,
}

/// How the runner is woken, and where it listens.
pub fn bell() -> (Sender<Ring>, Receiver<Ring>) {
    channel()
}

/// How a job is run.
#[derive(Debug)]
pub struct RunOptions {
    /// Whether what failed or was cancelled is tried anew.
    pub again: Again,
    /// How often progress is told although nothing happened; `None`: never.
    pub tick: Option<Duration>,
    /// The bell's two ends.
    pub bell: (Sender<Ring>, Receiver<Ring>),
}

/// Whether what failed or was cancelled is tried anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It stays as it is.
    No,
    /// It is, with all attempts.
    Yes,
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// How all items stand.
    pub tally: Tally,
    /// How many ended in this run.
    pub ended: u32,
    /// How long this run takes so far.
    pub elapsed: Duration,
}

impl Progress {
    /// How many items end in a second; `None` before the first one.
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.elapsed.as_secs_f64();
        (self.ended > 0 && seconds > 0.0).then(|| f64::from(self.ended) / seconds)
    }

    /// How long the rest takes at this rate.
    pub fn left(&self) -> Option<Duration> {
        let seconds = f64::from(self.tally.open()) / self.rate()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Of which job.
    pub id: AgentJobId,
    /// How it stands now; `pending` if the run was stopped.
    pub status: ItemStatus,
    /// How its items stand.
    pub tally: Tally,
    /// Why the run ended before the items did.
    pub error: Option<String>,
    /// Workers of an earlier run that were still at work.
    pub found_at_work: u32,
    /// How long this run took.
    pub elapsed: Duration,
    /// Where the results are.
    pub files: Vec<PathBuf>,
}

/// Why a worker was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    TooLong,
    Stopped,
}

/// A process that is waited for.
#[derive(Debug)]
enum Who {
    Ours(Child),
    OfAnotherRun(Option<Process>),
}

impl Who {
    fn kill(&self) {
        match self {
            // It was not reaped, so the number is its own.
            Self::Ours(child) => attend::kill(child.id()),
            Self::OfAnotherRun(process) => process.iter().for_each(attend::kill_if_alive),
        }
    }
}

#[derive(Debug)]
struct AtWork {
    row: u32,
    who: Who,
    began: Instant,
    until: Instant,
    ended: Option<Ended>,
}

struct Runner<'w> {
    world: &'w Surroundings,
    job: JobRow,
    jobs: Jobs,
    lock: RunnerLock,
    base: Timestamp,
    began: Instant,
    /// By token.
    at_work: BTreeMap<String, AtWork>,
    bell: Sender<Ring>,
    /// How many items had ended before this run.
    ended_before: u32,
    /// Why nothing more is begun.
    stopping: Option<String>,
}

/// Runs a job until its items ended, or somebody stops it.
///
/// # Errors
/// [`OpsError`]: there is no such job, somebody else runs it, or it was cancelled; or the database failed in the
/// middle, and then the job can be resumed.
pub fn run(
    world: &Surroundings,
    name: &str,
    options: RunOptions,
    watch: &mut dyn FnMut(&Progress),
) -> Result<RunReport, OpsError> {
    let job = find(world, name)?;
    let lock = RunnerLock::take(&world.home, &job.id)?;
    let mut runner = Runner::new(world, job, lock, options.bell.0)?;
    if options.again == Again::Yes {
        let (id, rules, now) = (&runner.job.id, &runner.job.order.rules, runner.base);
        runner.jobs.revive(id, rules, now, &runner.lock)?;
    } else if runner.jobs.status(&runner.job.id)? == Some(ItemStatus::Cancelled) {
        let reason = format!("{} was cancelled; --again takes it up anew", runner.job.id);
        return Err(OpsError::Refused { reason });
    }
    runner.jobs.take(&runner.job.id, &runner.lock)?;
    let found_at_work = runner.recover()?;
    runner.ended_before = runner.jobs.tally(&runner.job.id)?.ended();
    let ran = runner.go(&options.bell.1, options.tick, watch);
    if ran.is_err() {
        // Who is at work goes on: the next runner finds him.
        let _ = runner.jobs.leave(&runner.job.id, Some("its runner failed"), runner.now());
    }
    ran?;
    runner.finish(found_at_work)
}

impl<'w> Runner<'w> {
    fn new(
        world: &'w Surroundings,
        job: JobRow,
        lock: RunnerLock,
        bell: Sender<Ring>,
    ) -> Result<Self, OpsError> {
        Ok(Self {
            world,
            job,
            jobs: databases::open::<Jobs>(world)?,
            lock,
            base: world.clock.now(),
            began: Instant::now(),
            at_work: BTreeMap::new(),
            bell,
            ended_before: 0,
            stopping: None,
        })
    }

    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.began.elapsed()).unwrap_or_default();
        self.base.saturating_add(elapsed).unwrap_or(self.base)
    }

    fn assignment(&self, row: u32, worker: &str) -> Assignment {
        Assignment { job: self.job.id.clone(), row, worker: worker.to_owned() }
    }

    /// Takes over what the runner before left; how many workers go on.
    fn recover(&mut self) -> Result<u32, OpsError> {
        let (now, rules) = (self.now(), self.job.order.rules);
        let mut at_work = 0;
        for left in self.jobs.recover(&self.job.id, &rules, now, &self.lock)? {
            match left {
                Left::AtWork(item) => {
                    at_work += 1;
                    self.adopt(*item, now);
                }
                Left::Lost(_, status) => self.count_attempt(status, /*took*/ None),
                Left::NotBegun(_) => {}
            }
        }
        Ok(at_work)
    }

    fn adopt(&mut self, item: ItemRow, now: Timestamp) {
        let Some(worker) = item.item.worker.clone() else { return };
        let limit =
            item.item.began.map_or(now, |began| later(began, self.job.order.rules.max_runtime));
        let left = limit.duration_since(now);
        let until = Instant::now() + Duration::try_from(left).unwrap_or_default();
        if let Some(process) = item.process.clone() {
            attend::attend_other(process, worker.clone(), self.bell.clone());
        }
        let who = Who::OfAnotherRun(item.process);
        let began = Instant::now();
        self.at_work.insert(worker, AtWork { row: item.row, who, began, until, ended: None });
    }

    /// Until nobody is at work and nobody can begin.
    fn go(
        &mut self,
        rings: &Receiver<Ring>,
        tick: Option<Duration>,
        watch: &mut dyn FnMut(&Progress),
    ) -> Result<(), OpsError> {
        loop {
            let wake = self.begin_all()?;
            watch(&self.progress()?);
            if self.at_work.is_empty() && wake.is_none() {
                return Ok(());
            }
            match self.wait(rings, [wake, tick.map(|tick| Instant::now() + tick)]) {
                Some(Ring::Ended(worker)) => self.settle(&worker)?,
                Some(Ring::Stop) => self.stop("stopped"),
                None => self.end_late(),
            }
        }
    }

    /// Gives items to as many workers as there is room for; when the next one may begin, if one has to wait.
    fn begin_all(&mut self) -> Result<Option<Instant>, OpsError> {
        let room = usize::try_from(self.job.order.concurrency).unwrap_or(usize::MAX);
        while self.stopping.is_none() && self.at_work.len() < room {
            let worker = hex(&self.world.entropy.bytes::<10>()?);
            let (now, rules) = (self.now(), self.job.order.rules);
            match self.jobs.assign(&self.job.id, &rules, &worker, now)? {
                Assigned::Item(item) => self.start(&item, worker)?,
                Assigned::Later(at) => {
                    let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
                    return Ok(Some(Instant::now() + wait));
                }
                Assigned::None => return Ok(None),
            }
        }
        Ok(None)
    }

    fn start(&mut self, item: &ItemRow, worker: String) -> Result<(), OpsError> {
        let arguments: Vec<String> = ["jobs", "work", self.job.id.as_str()]
            .into_iter()
            .map(str::to_owned)
            .chain([item.row.to_string(), worker.clone(), "--quiet".to_owned()])
            .collect();
        let program = &self.world.program;
        let child = match start_worker(program, &self.job.order.directory, &arguments) {
            Ok(child) => child,
            Err(error) => {
                self.jobs.release(&self.assignment(item.row, &worker))?;
                let problem = format!("can't be started as a worker: {error}");
                return Err(OpsError::Program { program: program.display().to_string(), problem });
            }
        };
        attend::attend_child(child.id(), worker.clone(), self.bell.clone());
        let began = Instant::now();
        let limit = Duration::try_from(self.job.order.rules.max_runtime).unwrap_or(Duration::MAX);
        let until = began.checked_add(limit).unwrap_or(began + FAR);
        let at_work = AtWork { row: item.row, who: Who::Ours(child), began, until, ended: None };
        self.at_work.insert(worker, at_work);
        Ok(())
    }

    fn wait(&self, rings: &Receiver<Ring>, until: [Option<Instant>; 2]) -> Option<Ring> {
        let limits = self.at_work.values().filter(|at_work| at_work.ended.is_none());
        let until = until.into_iter().flatten().chain(limits.map(|at_work| at_work.until));
        let until = until.chain(self.total_limit().filter(|_| self.stopping.is_none()));
        let until = until.min().unwrap_or_else(|| Instant::now() + FAR);
        // We have the other end ourselves, so an error is that the time came.
        rings.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
    }

    fn total_limit(&self) -> Option<Instant> {
        let limit = Duration::try_from(self.job.order.max_total?).ok()?;
        self.began.checked_add(limit)
    }

    /// Ends who is at work for longer than he may. Its end is heard of as any other.
    fn end_late(&mut self) {
        let now = Instant::now();
        if self.stopping.is_none() && self.total_limit().is_some_and(|limit| limit <= now) {
            self.stop("it took longer than --max-total");
        }
        for (worker, at_work) in &mut self.at_work {
            if at_work.ended.is_none() && at_work.until <= now {
                at_work.ended = Some(Ended::TooLong);
                at_work.who.kill();
                if let Who::OfAnotherRun(None) = at_work.who {
                    // Nobody tells of its end; its lease is over.
                    let _ = self.bell.send(Ring::Ended(worker.clone()));
                }
            }
        }
    }

    fn stop(&mut self, why: &str) {
        self.stopping.get_or_insert_with(|| why.to_owned());
        for at_work in self.at_work.values_mut().filter(|at_work| at_work.ended.is_none()) {
            at_work.ended = Some(Ended::Stopped);
            at_work.who.kill();
        }
    }

    /// A worker's process ended: what became of its item.
    fn settle(&mut self, worker: &str) -> Result<(), OpsError> {
        let Some(at_work) = self.at_work.remove(worker) else { return Ok(()) };
        let AtWork { row, who, began, ended, until: _ } = at_work;
        let status = match who {
            Who::Ours(mut child) => {
                // What it left behind in its group, while the number is still its own.
                attend::kill(child.id());
                child.wait().ok()
            }
            Who::OfAnotherRun(_) => None,
        };
        let assignment = self.assignment(row, worker);
        let rules = self.job.order.rules;
        let now = self.now();
        let error = match ended {
            Some(Ended::Stopped) => {
                self.jobs.release(&assignment)?;
                return Ok(());
            }
            Some(Ended::TooLong) => Some(format!("it took longer than {:#}", rules.max_runtime)),
            None => self.outcome(&assignment, status)?,
        };
        if let Some(error) = error {
            self.jobs.fail(&assignment, &rules, &error, now)?;
        }
        if let Some(item) = self.jobs.item(&self.job.id, row)? {
            self.count_attempt(item.item.status, Some(began.elapsed()));
        }
        Ok(())
    }

    /// Why a worker that ended by itself has no result; `None` if it has one.
    fn outcome(
        &mut self,
        worker: &Assignment,
        status: Option<ExitStatus>,
    ) -> Result<Option<String>, OpsError> {
        let Some(item) = self.jobs.item(&worker.job, worker.row)? else { return Ok(None) };
        if !item.item.is_of(&worker.worker) {
            return Ok(None);
        }
        let papers = Papers::of(self.world, &worker.job, worker.row, item.item.attempts);
        let error = match self.job.order.worker {
            WorkerKind::Codex => Some(no_report(&papers)),
            WorkerKind::Command => self.printed(worker, &papers, status)?,
        };
        let began = item.item.began.is_some();
        let error = error.filter(|_| began).or((!began).then(|| "it never began".to_owned()));
        Ok(error.map(|error| sanitise::for_model(&redact(&error), LONGEST_ERROR)))
    }

    /// What a command printed is its result, if it ended well.
    fn printed(
        &mut self,
        worker: &Assignment,
        papers: &Papers,
        status: Option<ExitStatus>,
    ) -> Result<Option<String>, OpsError> {
        let Some(status) = status else {
            return Ok(Some("nobody saw how it ended: its runner was gone".to_owned()));
        };
        if !status.success() {
            let said = end_of(&papers.talk);
            let said = said.trim().lines().last().unwrap_or("it said nothing");
            return Ok(Some(format!("{status}: {said}")));
        }
        let read = std::fs::read_to_string(&papers.output);
        let text = match read {
            Ok(text) => text,
            Err(error) => return Ok(Some(format!("its output can't be read: {error}"))),
        };
        let text = text.trim();
        let result = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        match report::checked(&self.job.order, &result) {
            Ok(text) => {
                let now = self.now();
                self.jobs.report(worker, &text, /*session*/ None, now)?;
                Ok(None)
            }
            Err(problem) => Ok(Some(problem)),
        }
    }

    fn progress(&self) -> Result<Progress, OpsError> {
        let tally = self.jobs.tally(&self.job.id)?;
        let ended = tally.ended().saturating_sub(self.ended_before);
        Ok(Progress { tally, ended, elapsed: self.began.elapsed() })
    }

    fn count_attempt(&self, status: ItemStatus, took: Option<Duration>) {
        let (level, word) = match status {
            ItemStatus::Completed => (Level::Info, "item_completed"),
            ItemStatus::Pending => (Level::Warn, "item_retried"),
            ItemStatus::Failed => (Level::Warn, "item_failed"),
            ItemStatus::Running | ItemStatus::Cancelled => (Level::Info, "item_cancelled"),
        };
        count(self.world, level, word, took);
    }

    fn finish(mut self, found_at_work: u32) -> Result<RunReport, OpsError> {
        let now = self.now();
        let open = self.jobs.tally(&self.job.id)?.open();
        let error = self.stopping.take().filter(|_| open > 0);
        // Who only stopped it wants to go on one day.
        let kept = error.as_deref().filter(|why| *why != "stopped");
        let status = self.jobs.leave(&self.job.id, kept, now)?;
        let tally = self.jobs.tally(&self.job.id)?;
        let files = export::save(self.world, &self.job, &self.jobs.items(&self.job.id)?)?;
        let elapsed = self.began.elapsed();
        count(self.world, Level::Info, &format!("run_{}", status.as_str()), Some(elapsed));
        let id = self.job.id.clone();
        Ok(RunReport { id, status, tally, error, found_at_work, elapsed, files })
    }
}

/// Longer than anybody waits.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// As much as is kept of why an attempt failed, in characters.
const LONGEST_ERROR: usize = 400;

/// What Codex said in the place of a report.
fn no_report(papers: &Papers) -> String {
    let said = match read_answer(&end_of(&papers.output)) {
        Ok(answer) => answer.text,
        Err(ExecError::Failed { message, .. }) => message,
        Err(ExecError::Silent { .. }) => {
            let talk = end_of(&papers.talk);
            talk.trim().lines().last().unwrap_or("it said nothing").to_owned()
        }
    };
    format!("it ended without a report: {said}")
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
