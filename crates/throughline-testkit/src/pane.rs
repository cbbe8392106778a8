//! `thru` in a terminal of its own: keys are pressed, and what is seen is waited for.
//!
//! The screen moves on a whole frame at a time: what stands between two marks of a synchronised update
//! is taken in at once, so that no test sees half of a frame. Nothing here sleeps.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::World;

mod svg;

pub use svg::svg;

/// Nothing that a test waits for takes so long, however busy the machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The end of a frame: DEC private mode 2026, reset.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// What time it is in a pane, an hour after a world's first call of `thru`.
const NOW: &str = "2026-11-21T06:00:00Z";

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u16, pub u16);

impl Size {
    fn for_pty(self) -> PtySize {
        PtySize { cols: self.0, rows: self.1, pixel_width: 0, pixel_height: 0 }
    }
}

/// A key that is no character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
}

impl Key {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Enter => b"\r",
            Self::Escape => b"\x1b",
            Self::Up => b"\x1b[A",
            Self::Down => b"\x1b[B",
            Self::Tab => b"\t",
            Self::Backspace => b"\x7f",
        }
    }
}

/// What the terminal shows.
struct Seen {
    parser: vt100::Parser,
    /// What came since the last end of a frame.
    rest: Vec<u8>,
    /// Everything that came, for looking at what was sent.
    sent: Vec<u8>,
    frames: usize,
    at: Instant,
    over: bool,
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        self.sent.extend_from_slice(bytes);
        self.rest.extend_from_slice(bytes);
        let end = self.rest.windows(FRAME_END.len()).rposition(|window| window == FRAME_END);
        if let Some(end) = end {
            let whole: Vec<u8> = self.rest.drain(..end + FRAME_END.len()).collect();
            self.parser.process(&whole);
            self.frames += 1;
            self.at = Instant::now();
        }
    }
}

type Shared = Arc<(Mutex<Seen>, Condvar)>;

/// A terminal in which `thru` runs. It is ended when this is dropped.
pub struct Pane {
    shared: Shared,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
}

impl Pane {
    /// Starts `thru` with these words in the world's repository. `variables` are set over the
    /// world's environment; an empty value takes one away.
    pub fn open(world: &World, words: &[&str], size: Size, variables: &[(&str, &str)]) -> Self {
        let fixed = [("THRU_TEST_NOW", NOW), ("THRU_TEST_SEED", "600")];
        let variables = [&fixed, variables].concat();
        Self::of(world, world.binary(), words, size, &variables)
    }

    /// Starts a program with these words, as [`Pane::open`] does `thru`.
    pub fn of(
        world: &World,
        program: &Path,
        words: &[&str],
        size: Size,
        variables: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system().openpty(size.for_pty()).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(words);
        command.cwd(world.repo());
        command.env_clear();
        for (name, value) in world.command(world.binary(), &world.repo()).get_envs() {
            value.into_iter().for_each(|value| command.env(name, value));
        }
        for (name, value) in [("TERM", "xterm-256color")].iter().chain(variables) {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let parser = vt100::Parser::new(size.1, size.0, /*scrollback*/ 0);
        let (rest, sent) = (Vec::new(), Vec::new());
        let seen = Seen { parser, rest, sent, frames: 0, at: Instant::now(), over: false };
        let shared: Shared = Arc::new((Mutex::new(seen), Condvar::new()));
        let reader = pair.master.try_clone_reader().expect("a reader");
        let keys = pair.master.take_writer().expect("a writer");
        follow(reader, Arc::clone(&shared));
        Self { shared, master: pair.master, keys, child }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the terminal gives a program whole lines, as a shell leaves it: raw mode is off.
    #[cfg(unix)]
    pub fn is_cooked(&self) -> bool {
        let settings = self.master.get_termios().expect("a terminal's settings");
        format!("{:?}", settings.local_flags).contains("ICANON")
    }

    /// Types text.
    pub fn types(&mut self, text: &str) -> &mut Self {
        self.send(text.as_bytes())
    }

    /// Presses a key.
    pub fn press(&mut self, key: Key) -> &mut Self {
        self.send(key.bytes())
    }

    /// Clicks on a cell, counted from 0 from the top left.
    pub fn clicks(&mut self, column: u16, row: u16) -> &mut Self {
        let (column, row) = (column + 1, row + 1);
        self.send(format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m").as_bytes())
    }

    /// Turns the wheel down by one.
    pub fn scrolls(&mut self) -> &mut Self {
        self.send(b"\x1b[<65;10;10M")
    }

    fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.keys.write_all(bytes).and_then(|()| self.keys.flush()).expect("thru listens");
        self
    }

    /// The window gets another size.
    pub fn resizes(&mut self, size: Size) -> &mut Self {
        self.seen().parser.screen_mut().set_size(size.1, size.0);
        self.master.resize(size.for_pty()).expect("another size");
        self
    }

    /// Waits until this text is seen.
    ///
    /// # Panics
    /// If it never is.
    pub fn sees(&mut self, text: &str) -> &mut Self {
        self.waits(text, |screen| screen.contains(text))
    }

    /// Waits until this text is seen no more.
    ///
    /// # Panics
    /// If it always is.
    pub fn misses(&mut self, text: &str) -> &mut Self {
        self.waits(&format!("no {text}"), |screen| !screen.contains(text))
    }

    /// Waits until the screen is as it should be.
    ///
    /// # Panics
    /// If it never is.
    pub fn waits(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> &mut Self {
        let since = Instant::now();
        let mut seen = self.seen();
        loop {
            let screen = seen.parser.screen().contents();
            if is_so(&screen) {
                drop(seen);
                return self;
            }
            let left = LIMIT.saturating_sub(since.elapsed());
            assert!(!left.is_zero() && !seen.over, "waited for {what:?}, and saw\n{screen}");
            let waited = self.shared.1.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until something else holds of this terminal, looked at after each frame.
    ///
    /// # Panics
    /// If it never does.
    pub fn waits_for(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> &mut Self {
        let since = Instant::now();
        while !holds(self) {
            let seen = self.seen();
            assert!(since.elapsed() < LIMIT && !seen.over, "waited for {what:?}");
            // What came between the look and the wait is looked at soon after.
            let waited = self.shared.1.wait_timeout(seen, Duration::from_millis(100));
            drop(waited);
        }
        self
    }

    /// What is seen, line by line without blanks at the ends.
    pub fn screen(&self) -> String {
        let contents = self.seen().parser.screen().contents();
        let lines: Vec<&str> = contents.lines().map(str::trim_end).collect();
        lines.join("\n")
    }

    /// Everything that was sent to the terminal so far.
    pub fn sent(&self) -> Vec<u8> {
        self.seen().sent.clone()
    }

    /// How many frames were drawn so far, and when the last one was seen.
    pub fn frames(&self) -> (usize, Instant) {
        let seen = self.seen();
        (seen.frames, seen.at)
    }

    /// The id of the process.
    pub fn process(&self) -> u32 {
        self.child.process_id().expect("a process that runs")
    }

    /// Waits until `thru` has ended, and says how: its exit code.
    ///
    /// # Panics
    /// If it does not end.
    pub fn ends(&mut self) -> u32 {
        let since = Instant::now();
        let mut seen = self.seen();
        while !seen.over {
            let left = LIMIT.saturating_sub(since.elapsed());
            assert!(!left.is_zero(), "thru did not end");
            let waited = self.shared.1.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(seen);
        self.child.wait().expect("an ended process").exit_code()
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        // One that ended by itself can't be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes in what is written until there is nobody who writes.
fn follow(mut reader: Box<dyn Read + Send>, shared: Shared) {
    thread::spawn(move || {
        let mut bytes = [0; 64 * 1024];
        loop {
            let read = reader.read(&mut bytes).unwrap_or(0);
            let mut seen = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.take(&bytes[..read]);
            seen.over = read == 0;
            let over = seen.over;
            drop(seen);
            shared.1.notify_all();
            if over {
                return;
            }
        }
    });
}
