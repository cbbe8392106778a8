//! The terminal: taken over, and given back as it was, however this ends.
//!
//! The one place of this crate that writes to the terminal. Raw mode, the other screen and the mouse
//! are given back when the value is dropped, before a panic's message, and before the process stops.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, stdin, stdout};
use std::panic;
use std::sync::mpsc::Sender;
use std::thread;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::message::Message;

/// A frame is written at once: a terminal that gets pieces shows pieces.
const FRAME: usize = 64 * 1024;

type Backend = CrosstermBackend<BufWriter<Stdout>>;

/// The terminal while it is ours.
#[derive(Debug)]
pub(crate) struct Taken {
    terminal: Terminal<Backend>,
    /// Whether what the terminal shows is not what was drawn last.
    is_stale: bool,
}

impl Taken {
    /// Takes the terminal.
    ///
    /// # Errors
    /// There is none, or it can't be taken.
    pub(crate) fn take() -> io::Result<Self> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Err(io::Error::other("this is no terminal"));
        }
        give_back_before_a_panic();
        enter()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME, stdout()));
        match Terminal::new(backend) {
            Ok(terminal) => Ok(Self { terminal, is_stale: false }),
            Err(error) => {
                leave();
                Err(error)
            }
        }
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        // A terminal that knows these shows the frame when it is whole.
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.is_stale) {
            // `Terminal::clear` asks the terminal where its cursor is, and the answer would go to
            // the thread that listens: it would wait for a key.
            let size = self.terminal.size()?;
            self.terminal.resize(size.into())?;
        }
        self.terminal.draw(view)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Draws every cell with the next frame.
    pub(crate) fn forget(&mut self) {
        self.is_stale = true;
    }

    /// Gives the terminal to the shell until it continues this process.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        leave();
        kill_process(getpid(), Signal::TSTP)?;
        self.again()
    }

    /// Takes it again after somebody else had it.
    pub(crate) fn again(&mut self) -> io::Result<()> {
        enter()?;
        self.forget();
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

/// Harmless where it was left already; and where nobody is there any more, nothing helps.
fn leave() {
    let show = ratatui::crossterm::cursor::Show;
    let _ =
        execute!(stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, show);
    let _ = disable_raw_mode();
}

fn give_back_before_a_panic() {
    let then = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        leave();
        then(info);
    }));
}

/// Keys, mouse and window size become messages.
pub(crate) fn listen(messages: Sender<Message>) {
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            if messages.send(Message::Input(event)).is_err() {
                return;
            }
        }
        let _ = messages.send(Message::Broken("the terminal is gone"));
    });
}

/// Signals become messages.
///
/// # Errors
/// They can't be caught.
pub(crate) fn heed_signals(messages: Sender<Message>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCONT])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let message = if signal == SIGCONT { Message::Continued } else { Message::Stop };
            if messages.send(message).is_err() {
                return;
            }
        }
    });
    Ok(())
}
