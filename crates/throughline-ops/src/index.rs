//! The index over all transcripts: bring it up to date, say how it stands, make it anew.
//!
//! Design: nothing waits for the index. A pass looks at the folders, reads what grew or is new, the
//! latest first, on all cores, and writes in batches, so that it can be killed at any point and goes on
//! there. Every query begins with a short pass of its own ([`ready`]); what that leaves is done by a
//! detached `thru index run`, and the query answers from what is there and says how much is missing.
//! Only one process writes; who finds the index claimed reads. A damaged index is put aside and made
//! anew; where none can be written there is one in memory, for this process.

pub mod audit;
mod gather;
mod inventory;
mod pass;

pub(crate) use gather::{LIMITS, kind_of};
pub(crate) use inventory::look;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use throughline_agents::agent::AgentSpec;
use throughline_store::index::{Index, IndexClaim, IndexError, ListFilter};
use throughline_store::{StoreError, home::Home};

use crate::error::OpsError;
use crate::spawn;
use crate::surroundings::Surroundings;

/// How long a query waits before it answers from what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Haste {
    /// For another process that is at the index.
    wait: Duration,
    /// To read transcripts.
    read: Duration,
}

impl Haste {
    /// A command: somebody looks at an empty screen.
    pub(crate) const COMMAND: Self = Self { wait: Duration::ZERO, read: Duration::from_millis(60) };

    /// A server: a program would take what is missing for something that is not there.
    pub(crate) const SERVER: Self =
        Self { wait: Duration::from_secs(1), read: Duration::from_secs(1) };
}

/// How long `index run` waits for another one, which does the same work.
const PATIENCE: Duration = Duration::from_secs(600);

/// An agent's folder on this machine.
#[derive(Debug, Clone)]
pub struct AgentHome {
    /// Which agent.
    pub agent: &'static AgentSpec,
    /// Where.
    pub path: PathBuf,
}

/// How far a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Transcripts that were read.
    pub done: u64,
    /// Transcripts that were to be read.
    pub wanted: u64,
}

/// How long a pass may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until all is read.
    Complete,
    /// Until this time, or a little later.
    Deadline(Instant),
}

/// What a pass did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexReport {
    /// Transcripts that were found.
    pub found: u64,
    /// Of those, read (on) now.
    pub read: u64,
    /// Bytes that were read, as they lie on the disk.
    pub bytes: u64,
    /// Transcripts that are not read to their end.
    pub left: u64,
    /// Transcripts that are gone since the last pass.
    pub gone: u64,
    /// Transcripts that could not be read, with the reason.
    pub failed: Vec<(PathBuf, String)>,
    /// Lines that were passed over in what was read now.
    pub skipped: u64,
    /// Folders that could not be looked at, with the reason.
    pub unseen: Vec<(PathBuf, String)>,
    /// Where the damaged index lies that stood in its place.
    pub put_aside: Option<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

impl IndexReport {
    /// Whether the next pass has nothing to do if nothing changes.
    fn is_complete(&self) -> bool {
        self.left == 0 && self.failed.is_empty() && self.unseen.is_empty()
    }

    /// How far the index is, if the pass did not get to the end.
    fn behind(&self) -> Option<Progress> {
        let done = self.found - self.left;
        (self.left > 0).then_some(Progress { done, wanted: self.found })
    }
}

/// The index, and what a query has to say beside its answer.
#[derive(Debug)]
pub struct Ready {
    /// To ask.
    pub index: Index,
    /// Somebody is at it, or it is not complete: how far it is.
    pub behind: Option<Progress>,
    /// What else the user should know, in sentences.
    pub notes: Vec<String>,
}

/// Brings the index up to date and returns when it is.
///
/// # Errors
/// [`OpsError`], if another process is at it for too long, or the index can't be written.
pub fn run(
    world: &Surroundings,
    homes: &[AgentHome],
    progress: &mut dyn FnMut(Progress),
) -> Result<IndexReport, OpsError> {
    let claim = IndexClaim::acquire(&world.home, PATIENCE)?;
    let (index, report) = passed(&world.home, &claim, homes, Until::Complete, progress)?;
    index.tidy_up();
    Ok(report)
}

/// The index after a pass. One that turns out to be damaged on the way is made anew.
fn passed(
    home: &Home,
    claim: &IndexClaim,
    homes: &[AgentHome],
    until: Until,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Index, IndexReport), OpsError> {
    let mut opened = Index::open(home, claim)?;
    let mut report = match pass::run(&mut opened.index, homes, until, progress) {
        Err(error) if error.is_damaged() => {
            opened = anew(home, claim, opened.index)?;
            pass::run(&mut opened.index, homes, until, progress)?
        }
        done => done?,
    };
    report.put_aside = opened.put_aside;
    Ok((opened.index, report))
}

/// Forgets the index and makes it anew.
///
/// # Errors
/// As [`run`].
pub fn rebuild(
    world: &Surroundings,
    homes: &[AgentHome],
    progress: &mut dyn FnMut(Progress),
) -> Result<IndexReport, OpsError> {
    let claim = IndexClaim::acquire(&world.home, PATIENCE)?;
    // Where there is none nothing has to go.
    let _ = Index::put_aside(&world.home, &claim);
    drop(claim);
    run(world, homes, progress)
}

/// How the index stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// Conversations that it lists.
    pub threads: u64,
    /// Transcripts that it knows.
    pub sources: u64,
    /// Their size on the disk, in bytes.
    pub transcripts: u64,
    /// Its own size, in bytes.
    pub size: u64,
    /// How far it is, if it is not complete.
    pub behind: Option<Progress>,
    /// Transcripts that can't be read, with the reason.
    pub failed: Vec<(PathBuf, String)>,
    /// Lines that were passed over because something was wrong with them.
    pub skipped: u64,
    /// Transcripts that are gone since they were read.
    pub gone: u64,
    /// What else there is to say, in sentences.
    pub notes: Vec<String>,
}

/// Says how the index stands, and looks at every page of it.
///
/// # Errors
/// As [`ready`].
pub fn status(world: &Surroundings, homes: &[AgentHome]) -> Result<StatusReport, OpsError> {
    let mut ready = ready(world, homes)?;
    if let Err(error) = ready.index.verify() {
        let remedy = "`thru index rebuild` makes it anew";
        ready.notes.push(format!("{error}: {remedy}"));
    }
    let sources = ready.index.sources()?;
    let (gone, there): (Vec<_>, Vec<_>) = sources.into_iter().partition(|s| s.is_missing);
    let failed = there.iter().filter_map(|s| Some((s.found.path.clone(), s.error.clone()?)));
    Ok(StatusReport {
        threads: ready.index.count(&ListFilter::default())?,
        sources: there.len() as u64,
        transcripts: there.iter().map(|source| source.found.size).sum(),
        size: ready.index.size(),
        behind: ready.behind,
        failed: failed.collect(),
        skipped: there.iter().map(|source| source.skipped).sum(),
        gone: gone.len() as u64,
        notes: ready.notes,
    })
}

fn anew(
    home: &Home,
    claim: &IndexClaim,
    damaged: Index,
) -> Result<throughline_store::index::Opened, OpsError> {
    drop(damaged);
    let put_aside = Index::put_aside(home, claim).map_err(|source| StoreError::Io {
        action: "put aside",
        path: home.root().to_owned(),
        source,
    })?;
    let opened = Index::open(home, claim)?;
    Ok(throughline_store::index::Opened { put_aside: Some(put_aside), ..opened })
}

/// Opens the index for a query, after a short pass. It always answers, if with nothing.
///
/// # Errors
/// [`OpsError`], if there is not even memory for one.
pub fn ready(world: &Surroundings, homes: &[AgentHome]) -> Result<Ready, OpsError> {
    ready_within(world, homes, Haste::COMMAND)
}

pub(crate) fn ready_within(
    world: &Surroundings,
    homes: &[AgentHome],
    haste: Haste,
) -> Result<Ready, OpsError> {
    let claimed = IndexClaim::acquire(&world.home, haste.wait);
    let until = Until::Deadline(Instant::now() + haste.read);
    match claimed {
        Ok(claim) => match brought_up(world, homes, &claim, until) {
            Ok(ready) => {
                drop(claim);
                go_on_behind(world, &ready);
                Ok(ready)
            }
            Err(error) => in_memory(homes, until, &error.to_string()),
        },
        // Between the file and its tables it looks damaged.
        Err(StoreError::Locked { .. }) => match as_it_is(&world.home) {
            Ok(Some(ready)) => Ok(ready),
            Ok(None) | Err(_) => in_memory(homes, until, "the index is just being made"),
        },
        Err(error) => match as_it_is(&world.home) {
            Ok(Some(ready)) => Ok(ready),
            Ok(None) | Err(_) => in_memory(homes, until, &error.to_string()),
        },
    }
}

/// What the short pass left is read by a process of its own.
fn go_on_behind(world: &Surroundings, ready: &Ready) {
    if ready.behind.is_some() {
        // That it does not start is no harm: the next query goes on where this one stopped.
        let _ = spawn::start_index(&world.program, world.home.root());
    }
}

fn brought_up(
    world: &Surroundings,
    homes: &[AgentHome],
    claim: &IndexClaim,
    until: Until,
) -> Result<Ready, OpsError> {
    let (index, report) = passed(&world.home, claim, homes, until, &mut |_| {})?;
    let behind = report.behind();
    let aside = report.put_aside.map(|path| {
        format!("the index was damaged and is made anew (the old one is {})", path.display())
    });
    Ok(Ready { index, behind, notes: aside.into_iter().collect() })
}

/// Without the right to write it.
fn as_it_is(home: &Home) -> Result<Option<Ready>, IndexError> {
    let Some(index) = Index::read(home)? else { return Ok(None) };
    let (done, wanted) = index.progress()?;
    let behind = (done < wanted).then_some(Progress { done, wanted });
    Ok(Some(Ready { index, behind, notes: Vec::new() }))
}

fn in_memory(homes: &[AgentHome], until: Until, reason: &str) -> Result<Ready, OpsError> {
    let mut index = Index::in_memory()?;
    let behind = pass::run(&mut index, homes, until, &mut |_| {})?.behind();
    let note = format!("without a stored index, this search is of the latest sessions: {reason}");
    Ok(Ready { index, behind, notes: vec![note] })
}
