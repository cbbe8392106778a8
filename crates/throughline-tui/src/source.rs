//! Where the data come from and changes go: a thread of its own, so that no key waits for the disk.
//!
//! Nothing here but calls of ops. Requests are answered in order; of those that wait, a reading that
//! is asked for again is done once. Looking finds the project without settling a drift (somebody
//! shall see it first); what changes something does what every command does first.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use throughline_model::ids::TaskId;
use throughline_model::view::View;
use throughline_ops::agents::close::close;
use throughline_ops::agents::resume::resume;
use throughline_ops::agents::tree::{Whose, tree};
use throughline_ops::here::Here;
use throughline_ops::index::{AgentHome, Progress};
use throughline_ops::lines::{self, Ended};
use throughline_ops::log::{LogOptions, log};
use throughline_ops::look::{LookReport, Places, look, places};
use throughline_ops::reconcile::{Wish, propose, reconcile};
use throughline_ops::sessions;
use throughline_ops::surroundings::Surroundings;
use throughline_ops::tasks::add::{AddOptions, add};
use throughline_ops::tasks::edit::{EditOptions, edit};
use throughline_ops::tasks::link::{Bond, LinkOptions, Relation, link};
use throughline_ops::tasks::transition::{
    Dependencies, Transition, TransitionOptions, TransitionReport, transition,
};
use throughline_ops::undo::undo;
use throughline_ops::{OpsError, notes};

use throughline_model::state::Field;

use crate::message::{Act, Answer, Message, Request};
use crate::pen::count;
use crate::{Part, break_if};

/// How many records of the journal are shown.
const MOST_RECORDS: usize = 5_000;

/// Of how many sessions, the latest ones, agents are shown.
const MOST_SESSIONS: usize = 200;

/// The thread that reads and writes.
#[derive(Debug)]
pub(crate) struct Source {
    requests: Sender<Request>,
}

impl Source {
    /// Starts it.
    pub(crate) fn start(
        (world, homes): (Surroundings, Vec<AgentHome>),
        breaks: Option<Part>,
        messages: Sender<Message>,
    ) -> Self {
        let (requests, queue) = channel();
        thread::spawn(move || {
            let _ending = Ending(messages.clone());
            serve((&world, &homes), breaks, &queue, &messages);
        });
        Self { requests }
    }

    /// Asks; the answer is a message.
    pub(crate) fn ask(&self, request: Request) {
        // If the thread is gone it has said so itself.
        let _ = self.requests.send(request);
    }
}

/// Tells that the thread ended, also where it ends by a panic.
struct Ending(Sender<Message>);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(Message::Broken("the thread that reads ended"));
    }
}

fn serve(
    (world, homes): (&Surroundings, &[AgentHome]),
    breaks: Option<Part>,
    queue: &Receiver<Request>,
    messages: &Sender<Message>,
) {
    let mut waiting: Vec<Request> = Vec::new();
    let mut indexing = None;
    loop {
        if waiting.is_empty() {
            let Some(request) = next(queue, indexing) else { return };
            waiting.push(request);
        }
        waiting.extend(queue.try_iter());
        let request = waiting.remove(0);
        if is_asked_again(&request, &waiting) {
            continue;
        }
        let answer = answer((world, homes), request);
        if let Answer::Agents(Ok(report)) = &answer {
            indexing = Indexing::after(indexing, report.standing.behind);
        }
        if messages.send(Message::Answer(answer)).is_err() {
            return;
        }
        break_if(breaks == Some(Part::Source));
    }
}

/// An index that does not have all transcripts yet: each question takes some in, and so does a process of its own.
#[derive(Debug, Clone, Copy)]
struct Indexing {
    done: u64,
    /// How often it is asked again without having got further.
    tries: u32,
}

impl Indexing {
    const AGAIN: Duration = Duration::from_millis(250);
    const TRIES: u32 = 40;

    fn after(before: Option<Self>, behind: Option<Progress>) -> Option<Self> {
        let done = behind?.done;
        let stands = before.filter(|before| before.done == done);
        let tries = stands.map_or(Self::TRIES, |before| before.tries.saturating_sub(1));
        Some(Self { done, tries })
    }
}

/// What is asked next; where nobody asks and the index gets on, how far it is. `None`, if nobody is there any more.
fn next(queue: &Receiver<Request>, indexing: Option<Indexing>) -> Option<Request> {
    if indexing.is_none_or(|indexing| indexing.tries == 0) {
        return queue.recv().ok();
    }
    match queue.recv_timeout(Indexing::AGAIN) {
        Ok(request) => Some(request),
        Err(RecvTimeoutError::Timeout) => Some(Request::Agents),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

fn is_asked_again(request: &Request, later: &[Request]) -> bool {
    match request {
        Request::Act(_) | Request::Close { .. } | Request::Resume { .. } => false,
        Request::Propose(_) => later.iter().any(|other| matches!(other, Request::Propose(_))),
        Request::Look | Request::Lines | Request::Sessions | Request::Agents | Request::History => {
            later.contains(request)
        }
    }
}

fn answer((world, homes): (&Surroundings, &[AgentHome]), request: Request) -> Answer {
    let said = |error: OpsError| error.to_string();
    let here = || Here::find_unsettled(world);
    match request {
        Request::Look => Answer::Look(looked(world).map(Box::new).map_err(said)),
        Request::Lines => {
            Answer::Lines(here().and_then(|h| lines::list(world, &h, Ended::Shown)).map_err(said))
        }
        Request::Sessions => {
            Answer::Sessions(here().and_then(|h| sessions::list(world, &h)).map_err(said))
        }
        Request::History => {
            let options = LogOptions { most: MOST_RECORDS, all_lines: false, drift: false };
            Answer::History(here().and_then(|h| log(&h, &options)).map_err(said))
        }
        Request::Agents => {
            Answer::Agents(tree(world, homes, &Whose::Latest(MOST_SESSIONS)).map_err(said))
        }
        Request::Close { agent, what } => {
            Answer::Closed(close(world, homes, &agent, what).map_err(said))
        }
        Request::Resume { agent, what } => {
            Answer::Opened(resume(world, homes, &agent, what).map_err(said))
        }
        Request::Propose(wish) => {
            let outcome = here().and_then(|h| propose(world, &h, &wish)).map(Box::new);
            Answer::Proposed { wish, outcome: outcome.map_err(said) }
        }
        Request::Act(act) => Answer::Done(done(world, act).map_err(said)),
    }
}

fn looked(world: &Surroundings) -> Result<(LookReport, Places), OpsError> {
    let here = Here::find_unsettled(world)?;
    let report = look(world, &here)?;
    let mut places = places(&here);
    // A job that begins makes a folder there; in its own one something happens with each item.
    places.whole.push(world.home.root().join("jobs"));
    places.whole.extend(report.jobs.iter().map(|job| job.folder.clone()));
    Ok((report, places))
}

/// Does it, and says what was done in a sentence.
fn done(world: &Surroundings, act: Act) -> Result<String, OpsError> {
    if let Act::Reconcile(wish) = act {
        return decided(world, &wish);
    }
    let here = Here::find(world)?;
    let sentence = changed(world, &here, act)?;
    Ok(match &here.settled {
        Some(plan) => format!("{sentence} (before: {})", plan.drift.sentence()),
        None => sentence,
    })
}

fn decided(world: &Surroundings, wish: &Wish) -> Result<String, OpsError> {
    let here = Here::find_unsettled(world)?;
    let report = reconcile(world, &here, wish)?;
    let steps: Vec<_> =
        report.plan.steps.iter().map(throughline_model::reconcile::Step::sentence).collect();
    Ok(match report.done {
        true => format!("Decided: {}", steps.join("; ")),
        false => format!("Nothing to decide: {}", report.plan.drift.sentence()),
    })
}

fn changed(world: &Surroundings, here: &Here, act: Act) -> Result<String, OpsError> {
    Ok(match act {
        Act::Add { title } => {
            let report = add(world, here, &AddOptions::new(title))?;
            format!("{} is new", report.id)
        }
        Act::Retitle { task, title } => {
            let set = vec![(Field::Title, Some(title))];
            let report = edit(world, here, &EditOptions { task, set, ..EditOptions::default() })?;
            format!(
                "{} has {}",
                report.id,
                if report.changed > 0 { "another title" } else { "that title" }
            )
        }
        Act::Start { task } => moved(&transition(world, here, &to(task, Transition::Start))?),
        Act::Complete { task, note } => {
            let report = transition(world, here, &to(task.clone(), Transition::Complete))?;
            if !note.trim().is_empty() {
                notes::add(world, here, &note, Some(&task))?;
            }
            moved(&report)
        }
        Act::Link { task, needs } => {
            let options = LinkOptions {
                from: task,
                relation: Relation::DependsOn,
                to: needs,
                bond: Bond::Link,
            };
            let report = link(world, here, &options)?;
            let already = if report.changed { "" } else { " already" };
            format!("{} waits for {}{already}", report.from, report.to)
        }
        Act::Undo { unit } => {
            let report = undo(world, here, Some(&unit))?;
            let left = match report.left_alone.as_slice() {
                [] => String::new(),
                left => format!("; left alone, because it changed since: {}", left.join("; ")),
            };
            format!("Undone: {}, {}{left}", report.verb, count(report.changes.len(), "change"))
        }
        Act::Reconcile(wish) => return decided(world, &wish),
    })
}

fn to(task: String, to: Transition) -> TransitionOptions {
    TransitionOptions { tasks: vec![task], to, dependencies: Dependencies::Respect, reason: None }
}

fn moved(report: &TransitionReport) -> String {
    let ids: Vec<_> = report.tasks.iter().map(ToString::to_string).collect();
    let word = match report.to {
        Transition::Start => "is in progress",
        Transition::Complete => "is completed",
        Transition::Cancel => "is cancelled",
        Transition::Reopen => "is open again",
    };
    let already = if report.unchanged.is_empty() { "" } else { " already" };
    let ready = match report.unblocked.as_slice() {
        [] => String::new(),
        free => format!("; now ready: {}", titles(&report.view, free)),
    };
    format!("{} {word}{already}{ready}", ids.join(", "))
}

/// The first of them with their titles, and how many more there are.
fn titles(view: &View, ids: &[TaskId]) -> String {
    const NAMED: usize = 2;
    let title = |id: &TaskId| view.task(id).map_or(String::new(), |task| task.title.clone());
    let named: Vec<_> = ids.iter().take(NAMED).map(|id| format!("{id} {}", title(id))).collect();
    match ids.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
