//! `thru tui`: the project on screens, by keyboard and mouse.
//!
//! | module | what it does |
//! | --- | --- |
//! | `app` | everything that is shown, and what a message makes of it: pure |
//! | `view`, `screens` | a frame from that: pure |
//! | `keys` | the one table of keys; footer and help are made from it |
//! | `source` | reads and changes, by ops, on a thread of its own |
//! | `terminal` | takes the terminal and gives it back |
//!
//! Four threads send messages to one: the keyboard's, the signals', the source's and the watch's. It
//! sleeps until one comes, so nothing polls; once a minute it draws anew, because "5 min ago" ages.
//!
//! Architecture invariant: nothing here opens a file, asks git or knows a format. What is shown comes
//! from ops, what is changed goes through ops, one call for each.

mod app;
mod cursor;
mod keys;
mod message;
mod pen;
mod screens;
mod source;
mod terminal;
mod theme;
mod tree;
mod typing;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use jiff::Timestamp;
use throughline_ops::index::AgentHome;
use throughline_ops::look::Places;
use throughline_ops::surroundings::Surroundings;
use throughline_ops::watch::{Watch, WatchError, in_bursts};

use app::App;
use message::{Answer, Effect, Message, Request};
use source::Source;
use terminal::Taken;
pub use theme::{Characters, Palette, Theme, Told};

/// Times that are told as "5 min ago" are told anew so often.
const AGES: Duration = Duration::from_secs(60);

/// What the screens need.
#[derive(Debug)]
pub struct TuiOptions {
    /// The world, with a person as its actor.
    pub world: Surroundings,
    /// The agents' folders on this machine.
    pub homes: Vec<AgentHome>,
    /// How things look.
    pub theme: Theme,
    /// What breaks once something was shown, for tests.
    pub breaks: Option<Part>,
}

/// A part of the screens that a test breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What draws.
    Screens,
    /// What reads and changes.
    Source,
}

/// Why there are no screens, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal.
    #[error("the terminal can't show screens: {0}")]
    Terminal(#[from] std::io::Error),
    /// A part of the program ended that must not.
    #[error("{0}")]
    Broken(&'static str),
    /// A fault of ours; where it is was said on standard error.
    #[error("the screens broke; what was acknowledged is kept")]
    Fault,
}

/// Shows the screens until somebody quits.
///
/// # Errors
/// [`TuiError`]; the terminal is as it was all the same.
pub fn run(options: TuiOptions) -> Result<(), TuiError> {
    // Everything that is shown is gone by then: nothing half-changed is looked at again.
    catch_unwind(AssertUnwindSafe(|| shown(options))).unwrap_or(Err(TuiError::Fault))
}

fn shown(options: TuiOptions) -> Result<(), TuiError> {
    let breaks = options.breaks;
    let clock = options.world.clock;
    let (sender, messages) = channel();
    let mut terminal = Taken::take()?;
    let mut app = App::new(options.theme, clock.now());
    terminal.draw(|frame| app.layout = view::view(&app, frame))?;
    terminal::heed_signals(sender.clone())?;
    terminal::listen(sender.clone());
    let source = Source::start((options.world, options.homes), breaks, sender.clone());
    let watch = Watch::start(in_bursts(move || sender.send(Message::Changed).is_ok()));
    let places = None;
    let mut screens = Screens { terminal, app, source, watch, places, broken: None, breaks };
    let begin = screens.app.reload();
    screens.carry_out(begin)?;
    screens.show(&messages, &|| clock.now())
}

#[expect(clippy::panic, reason = "a test asks for it")]
fn break_if(asked: bool) {
    if asked {
        panic!("a test broke this");
    }
}

/// The loop's own things.
struct Screens {
    terminal: Taken,
    app: App,
    source: Source,
    watch: Result<Watch, WatchError>,
    /// What is watched.
    places: Option<Places>,
    broken: Option<&'static str>,
    breaks: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Goes,
    Ends,
}

impl Screens {
    fn show(
        &mut self,
        messages: &Receiver<Message>,
        now: &dyn Fn() -> Timestamp,
    ) -> Result<(), TuiError> {
        loop {
            let first = match messages.recv_timeout(AGES) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            // What came meanwhile is taken in with it: one frame for all.
            for message in first.into_iter().chain(messages.try_iter()) {
                if self.take(message)? == Flow::Ends {
                    return self.broken.map_or(Ok(()), |what| Err(TuiError::Broken(what)));
                }
            }
            self.app.now = now();
            let Self { terminal, app, .. } = self;
            let mut layout = view::Layout::default();
            terminal.draw(|frame| layout = view::view(app, frame))?;
            app.remember(layout);
            break_if(self.breaks == Some(Part::Screens));
        }
    }

    fn take(&mut self, message: Message) -> Result<Flow, TuiError> {
        if let Message::Broken(what) = &message {
            self.broken = Some(what);
        }
        if let Message::Answer(Answer::Look(Ok(found))) = &message {
            self.follow(&found.1);
        }
        if matches!(message, Message::Continued) {
            self.terminal.again()?;
        }
        let effects = self.app.update(message);
        self.carry_out(effects)
    }

    /// Where changes can't be noticed, it is said: the screen is then as old as its last key.
    fn follow(&mut self, places: &Places) {
        let problem = match &mut self.watch {
            Ok(watch) => watch.follow(places).err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(problem) = problem {
            self.app.cannot_watch(&problem);
        }
        // What changed in a new place before it was watched is seen by looking once more.
        let before = self.places.replace(places.clone());
        if before.is_some_and(|before| before != *places) {
            self.source.ask(Request::Look);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<Flow, TuiError> {
        for effect in effects {
            match effect {
                Effect::Ask(request) => self.source.ask(request),
                Effect::Quit => return Ok(Flow::Ends),
                Effect::Suspend => self.terminal.suspend()?,
                Effect::Redraw => self.terminal.forget(),
            }
        }
        Ok(Flow::Goes)
    }
}
