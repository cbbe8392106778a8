//! One pass: look, read on all cores, write in batches.
//!
//! Readers hand pieces through a short queue to the one who writes, so memory is bounded by the queue,
//! and a reader of a huge transcript waits for the disk. Each batch is one transaction.
//!
//! A pass that left nothing to do notes what it saw. The next one looks at the disk alike, and if it sees
//! the same it neither reads what the index knows nor compares.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use throughline_store::index::{Batch, Index, IndexError, SourceId};

use super::gather::{Read, gather};
use super::inventory::{Job, Work, plan, walk};
use super::{AgentHome, IndexReport, Progress, Until};

/// How long a batch collects: what a kill can cost. The first is shorter, so that there is something to
/// see.
const BATCH: Duration = Duration::from_millis(80);
const FIRST_BATCH: Duration = Duration::from_millis(40);

/// How many pieces wait at most.
const QUEUE: usize = 16;

/// What one job gave.
struct Piece {
    job: usize,
    read: Read,
}

/// Brings an index up to date.
pub(super) fn run(
    index: &mut Index,
    homes: &[AgentHome],
    until: Until,
    progress: &mut dyn FnMut(Progress),
) -> Result<IndexReport, IndexError> {
    let began = Instant::now();
    let mut inventory = walk(homes);
    let seen = inventory.seen();
    if seen.is_some() && index.seen()? == seen {
        let (_, found) = index.progress()?;
        return Ok(IndexReport { found, took: began.elapsed(), ..IndexReport::default() });
    }
    inventory.settle();
    let unseen = inventory.unseen.clone();
    let found = inventory.found.len() as u64;
    let mut work = plan(inventory, index.sources()?);
    for job in work.jobs.iter_mut().filter(|job| !job.replaced) {
        job.of = job.source.map(|id| index.told_by(id)).transpose()?.flatten();
    }
    let mut report = IndexReport { found, unseen, ..IndexReport::default() };
    report.gone = work.gone.len() as u64;
    enter_changes(index, &work)?;
    if !work.jobs.is_empty() {
        read(index, work.jobs, until, &mut report, progress)?;
    }
    if report.is_complete() {
        index.write(|batch| {
            batch.progress(found, found)?;
            batch.seen(seen)
        })?;
    }
    report.took = began.elapsed();
    Ok(report)
}

fn enter_changes(index: &mut Index, work: &Work) -> Result<(), IndexError> {
    if work.moved.is_empty() && work.gone.is_empty() {
        return Ok(());
    }
    index.write(|batch| {
        work.moved.iter().try_for_each(|(id, found)| batch.moved(*id, found))?;
        work.gone.iter().try_for_each(|id| batch.missing(*id))
    })
}

fn read(
    index: &mut Index,
    jobs: Vec<Job>,
    until: Until,
    report: &mut IndexReport,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), IndexError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let stop = AtomicBool::new(false);
    let queue = Mutex::new((0..jobs.len()).collect::<VecDeque<_>>());
    thread::scope(|scope| {
        let (sender, pieces) = sync_channel(QUEUE);
        for _ in 0..cores.min(jobs.len()) {
            let (sender, jobs, queue, stop) = (sender.clone(), &jobs, &queue, &stop);
            scope.spawn(move || read_some(jobs, queue, stop, &sender));
        }
        drop(sender);
        let mut writer = Writer::new(&jobs, report, progress);
        let written = writer.write_all(index, &pieces, until);
        // Readers that still send find nobody, and end.
        stop.store(true, Ordering::Relaxed);
        drop(pieces);
        written
    })
}

/// One reader: takes transcripts from the queue until it is empty.
fn read_some(
    jobs: &[Job],
    queue: &Mutex<VecDeque<usize>>,
    stop: &AtomicBool,
    sender: &SyncSender<Piece>,
) {
    while !stop.load(Ordering::Relaxed) {
        let next = queue.lock().ok().and_then(|mut queue| queue.pop_front());
        let Some(at) = next else { return };
        gather(&jobs[at], &mut |read| {
            sender.send(Piece { job: at, read }).is_ok() && !stop.load(Ordering::Relaxed)
        });
    }
}

/// The one who writes.
struct Writer<'a> {
    jobs: &'a [Job],
    /// The rows of the transcripts, as far as they have one.
    sources: Vec<Option<SourceId>>,
    done: u64,
    report: &'a mut IndexReport,
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Writer<'a> {
    fn new(
        jobs: &'a [Job],
        report: &'a mut IndexReport,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        let sources = jobs.iter().map(|job| job.source).collect();
        Self { jobs, sources, done: 0, report, progress }
    }

    fn write_all(
        &mut self,
        index: &mut Index,
        pieces: &Receiver<Piece>,
        until: Until,
    ) -> Result<(), IndexError> {
        let mut patience = FIRST_BATCH;
        loop {
            let more = index.write(|batch| self.write_some(batch, pieces, patience, until))?;
            (self.progress)(Progress { done: self.done, wanted: self.jobs.len() as u64 });
            patience = BATCH;
            if !more {
                self.report.left = self.jobs.len() as u64 - self.done;
                return Ok(());
            }
        }
    }

    /// One batch; whether there is more to come.
    fn write_some(
        &mut self,
        batch: &mut Batch<'_>,
        pieces: &Receiver<Piece>,
        patience: Duration,
        until: Until,
    ) -> Result<bool, IndexError> {
        let mut end = Instant::now() + patience;
        if let Until::Deadline(deadline) = until {
            end = end.min(deadline);
        }
        let more = loop {
            match pieces.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(piece) => self.write(batch, piece)?,
                Err(RecvTimeoutError::Disconnected) => break false,
                Err(RecvTimeoutError::Timeout) => break !is_over(until),
            }
            if Instant::now() >= end {
                break !is_over(until);
            }
        };
        batch
            .progress(self.report.found - self.jobs.len() as u64 + self.done, self.report.found)?;
        Ok(more)
    }

    fn write(&mut self, batch: &mut Batch<'_>, piece: Piece) -> Result<(), IndexError> {
        let job = &self.jobs[piece.job];
        let id = match self.sources[piece.job] {
            Some(id) => id,
            None => batch.enter(&job.found)?,
        };
        self.sources[piece.job] = Some(id);
        match piece.read {
            Read::Replaced => batch.clear(id)?,
            Read::Failed(error) => {
                batch.failed(id, &job.found, &error)?;
                self.report.failed.push((job.found.path.clone(), error));
                self.done += 1;
            }
            Read::Chunk(chunk) => {
                self.report.skipped += chunk.skipped;
                let is_last = chunk.is_last;
                batch.add(id, &job.found, *chunk)?;
                if is_last {
                    self.done += 1;
                    self.report.read += 1;
                    self.report.bytes += job.found.size;
                }
            }
        }
        Ok(())
    }
}

fn is_over(until: Until) -> bool {
    match until {
        Until::Complete => false,
        Until::Deadline(deadline) => Instant::now() >= deadline,
    }
}
