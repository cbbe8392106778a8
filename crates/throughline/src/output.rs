//! The screen: the one place that writes to the terminal.
//!
//! Answers go to stdout, talk (status, hints, warnings) to stderr. All text passes the sanitiser;
//! colour is ours alone, and only on a terminal. A closed pipe is not an error.

pub mod doctor;
pub mod document;
pub mod human;
pub mod json;
pub mod logs;
pub mod progress;
pub mod table;

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use throughline_model::reconcile::ReconcilePlan;
use throughline_model::sanitise::{for_json, for_terminal};
use throughline_ops::last_good::Unreadable;

use crate::environment::Environment;
use crate::failure::{Exit, Failure};

/// What a command answers: data with two renderers.
pub trait Report {
    /// For people.
    fn human(&self, screen: &mut Screen);
    /// For programs: one JSON object as text. Stable: `docs/formats/json.md`.
    fn json(&self) -> String;
    /// Whether the object is somebody's file, to which nothing is added.
    fn is_verbatim(&self) -> bool;
    /// How the process ends with this answer.
    fn exit(&self) -> Exit;
}

/// How a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// What a piece of text is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary.
    Plain,
    /// The important part.
    Strong,
    /// Beside the point.
    Faint,
    /// An id.
    Id,
    /// Went well.
    Good,
    /// Wants attention.
    Warn,
    /// Went wrong.
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Id => AnsiColor::Cyan.on_default(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// Where output goes, and how it looks there.
#[derive(Debug)]
pub struct Screen {
    answer: String,
    colour: bool,
    colour_talk: bool,
    quiet: bool,
    /// Whether the last line on stderr is to be written over.
    in_progress: bool,
    width: usize,
    /// Why some of the answer could not be written.
    unsaid: Option<io::Error>,
    /// Whether the reader went away.
    closed: bool,
    audience: Audience,
}

/// Who sees a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Whoever started the program.
    Caller,
    /// Nobody: nothing is printed and nothing asked. Only reports leave.
    Nobody,
}

/// The width of a screen that does not tell.
const WIDTH: usize = 100;

impl Screen {
    /// The screen of this process.
    pub fn new(environment: &Environment) -> Self {
        let stdout = io::stdout();
        let colour = |terminal: bool| terminal && !environment.no_color;
        let told = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| usize::from(size.ws_col));
        let width = told.filter(|w| *w > 0).or(environment.columns).unwrap_or(WIDTH);
        Self {
            answer: String::new(),
            colour: colour(stdout.is_terminal()),
            colour_talk: colour(io::stderr().is_terminal()),
            quiet: false,
            in_progress: false,
            width,
            unsaid: None,
            closed: false,
            audience: Audience::Caller,
        }
    }

    /// A screen that nobody sees, for commands of other programs.
    pub fn unseen(environment: &Environment) -> Self {
        Self { audience: Audience::Nobody, quiet: true, ..Self::new(environment) }
    }

    /// Whether somebody is there to answer a question.
    fn is_attended(&self) -> bool {
        self.audience == Audience::Caller && io::stdin().is_terminal()
    }

    /// Without status messages, from now on.
    pub fn be_quiet(&mut self) {
        self.quiet = true;
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Writes one line of the answer from pieces. Further lines of a text are indented, so that none
    /// can pass for a line of ours.
    pub fn line(&mut self, pieces: &[(Tone, &str)]) {
        for (tone, text) in pieces {
            let text = indented(for_terminal(text));
            paint(&mut self.answer, self.colour, *tone, &text);
        }
        self.answer.push('\n');
    }

    /// Writes an ordinary line of the answer.
    pub fn plain(&mut self, text: &str) {
        self.line(&[(Tone::Plain, text)]);
    }

    /// Writes text of several lines.
    pub fn text(&mut self, text: &str) {
        text.lines().for_each(|line| self.plain(line));
    }

    /// Writes JSON: one object, and nothing else.
    pub fn json(&mut self, object: &str) {
        self.answer.push_str(&for_json(object));
        self.answer.push('\n');
    }

    /// Writes bytes that are an answer as they are: an export, a completion script.
    pub fn raw(&mut self, text: &str) {
        self.answer.push_str(text);
    }

    /// Says what was done about a drift on the way to something else. That somebody committed or
    /// switched is no news to whoever sits here.
    pub fn settled(&mut self, plan: &ReconcilePlan) {
        if plan.changes_memory() {
            self.status(&Self::outcome(plan));
        }
    }

    /// Says in whose place an earlier generation was read.
    pub fn served(&mut self, unreadable: &[Unreadable]) {
        unreadable.iter().for_each(|one| self.warn(&one.to_string()));
    }

    fn outcome(plan: &ReconcilePlan) -> String {
        let outcomes: Vec<_> = plan.decisions.iter().map(|d| d.outcome.as_str()).collect();
        format!("{} ({})", plan.drift.sentence(), outcomes.join(", "))
    }

    /// Says what is about to be written; also when quiet.
    pub fn announce(&mut self, text: &str) {
        self.talk(Tone::Plain, "", text);
    }

    /// Says how it goes; not when quiet.
    pub fn status(&mut self, text: &str) {
        if !self.quiet {
            self.talk(Tone::Plain, "", text);
        }
    }

    /// Says how far something is, on a terminal: one line that is written over.
    pub fn progress(&mut self, what: &str, done: u64, wanted: u64) {
        if self.quiet || !io::stderr().is_terminal() {
            return;
        }
        self.in_progress = true;
        let _ = write!(io::stderr(), "\r\x1b[K{what}: {done} of {wanted}");
    }

    /// Takes that line away.
    pub fn end_progress(&mut self) {
        if std::mem::take(&mut self.in_progress) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }

    /// Says what could be done.
    pub fn hint(&mut self, text: &str) {
        if !self.quiet {
            self.talk(Tone::Faint, "hint: ", text);
        }
    }

    /// Says what is not as it should be.
    pub fn warn(&mut self, text: &str) {
        self.talk(Tone::Warn, "warning: ", text);
    }

    /// Says what went wrong, and what to do about it.
    pub fn fail(&mut self, failure: &Failure) {
        self.talk(Tone::Bad, "error: ", &failure.message);
        failure.hints.iter().for_each(|hint| self.hint(hint));
    }

    fn talk(&mut self, tone: Tone, label: &str, text: &str) {
        if self.audience == Audience::Nobody {
            return;
        }
        self.flush();
        let mut line = String::new();
        paint(&mut line, self.colour_talk, tone, label);
        line.push_str(&if tone == Tone::Plain {
            for_terminal(text)
        } else {
            indented(for_terminal(text))
        });
        line.push('\n');
        // Nobody listens: nothing to do about it.
        let _ = io::stderr().write_all(line.as_bytes());
    }

    fn flush(&mut self) {
        let answer = std::mem::take(&mut self.answer);
        if self.audience == Audience::Nobody {
            return;
        }
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(answer.as_bytes()).and_then(|()| stdout.flush());
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.closed = true,
            Err(error) => self.unsaid = Some(error),
        }
    }

    /// Writes what there is; whether anybody may still read it.
    pub fn is_heard(&mut self) -> bool {
        self.flush();
        !self.closed && self.unsaid.is_none() && !is_deserted()
    }

    /// Writes what is left; an answer that can't be written is a failure.
    pub fn finish(mut self, exit: Exit) -> Exit {
        self.flush();
        let Some(error) = self.unsaid.take() else { return exit };
        self.talk(Tone::Bad, "error: ", &format!("can't write the answer: {error}"));
        if exit == Exit::Done { Exit::Failed } else { exit }
    }

    /// Asks for a word on the terminal; `None` without one.
    pub fn ask_for(&mut self, question: &str) -> Option<String> {
        self.flush();
        if !self.is_attended() {
            return None;
        }
        let _ = write!(io::stderr(), "{} ", for_terminal(question));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok().map(|_| answer)
    }

    /// Asks a yes-or-no question on the terminal; without one the answer is no.
    pub fn ask(&mut self, question: &str) -> bool {
        self.flush();
        if !self.is_attended() {
            return false;
        }
        let _ = write!(io::stderr(), "{} [y/N] ", for_terminal(question));
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// Asks for one of several options, each a word with its consequence; nothing where nobody is
    /// there to answer, or the answer is none of them.
    pub fn choose(&mut self, question: &str, options: &[(&str, &str)]) -> Option<usize> {
        if !self.is_attended() {
            return None;
        }
        self.flush();
        let mut text = format!("{}\n", for_terminal(question));
        for (number, (word, consequence)) in (1..).zip(options) {
            text.push_str(&format!("  {number}  {word:<13}{consequence}\n"));
        }
        let _ = write!(io::stderr(), "{text}Which? [1-{}, nothing: later] ", options.len());
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        let answer = answer.trim();
        let by_word = options.iter().position(|(word, _)| *word == answer);
        let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        by_word.or(number.filter(|number| *number < options.len()))
    }
}

/// Whether standard output is a pipe whose reader went away, which a write would say too late.
fn is_deserted() -> bool {
    let stdout = io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let answered = poll(&mut asked, Some(&Timespec::default()));
    answered.is_ok() && asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// As far as the values of `thru tasks show`.
const INDENT: &str = "\n             ";

fn indented(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\n') { Cow::Owned(text.replace('\n', INDENT)) } else { text }
}

fn paint(out: &mut String, colour: bool, tone: Tone, text: &str) {
    let style = tone.style();
    if colour && tone != Tone::Plain && !text.is_empty() {
        out.push_str(&format!("{style}{text}{style:#}"));
    } else {
        out.push_str(text);
    }
}
