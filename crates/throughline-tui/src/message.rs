//! What the threads say to each other.

use ratatui::crossterm::event::Event;
use throughline_ops::agents::close::{CloseReport, Do};
use throughline_ops::agents::resume::ResumeReport;
use throughline_ops::agents::tree::AgentTreeReport;
use throughline_ops::lines::LinesReport;
use throughline_ops::log::LogReport;
use throughline_ops::look::{LookReport, Places};
use throughline_ops::reconcile::{ReconcileReport, Wish};
use throughline_ops::sessions::SessionsReport;

/// Something happened.
#[derive(Debug)]
pub(crate) enum Message {
    /// At the keyboard, with the mouse, or to the window's size.
    Input(Event),
    /// Something that is shown may have changed elsewhere.
    Changed,
    /// The source has what it was asked for.
    Answer(Answer),
    /// The process is to end.
    Stop,
    /// It goes on after it was stopped.
    Continued,
    /// A thread ended that must not.
    Broken(&'static str),
}

/// What the source is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// The line.
    Look,
    /// All lines.
    Lines,
    /// All sessions.
    Sessions,
    /// The agents of the latest sessions.
    Agents,
    /// To close an agent and all below it, or whom that would take along.
    Close { agent: String, what: Do },
    /// To open an agent again with those that were closed with it, or how that would go on.
    Resume { agent: String, what: Do },
    /// The journal.
    History,
    /// What a decision would do.
    Propose(Wish),
    /// To do something.
    Act(Act),
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// A new task.
    Add { title: String },
    /// Another title.
    Retitle { task: String, title: String },
    /// Work begins.
    Start { task: String },
    /// It is done; with a note, if there is something to say.
    Complete { task: String, note: String },
    /// One waits for another.
    Link { task: String, needs: String },
    /// A decision about a drift.
    Reconcile(Wish),
    /// A unit is taken back.
    Undo { unit: String },
}

/// An answer of the source; a failure is a sentence.
#[derive(Debug)]
pub(crate) enum Answer {
    Look(Result<Box<(LookReport, Places)>, String>),
    Lines(Result<LinesReport, String>),
    Sessions(Result<SessionsReport, String>),
    History(Result<LogReport, String>),
    Agents(Result<AgentTreeReport, String>),
    Closed(Result<CloseReport, String>),
    Opened(Result<ResumeReport, String>),
    Proposed { wish: Wish, outcome: Result<Box<ReconcileReport>, String> },
    Done(Result<String, String>),
}

/// What follows from a message, beside a new screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask the source.
    Ask(Request),
    /// End.
    Quit,
    /// To the shell, until it says otherwise.
    Suspend,
    /// Draw every cell anew.
    Redraw,
}
