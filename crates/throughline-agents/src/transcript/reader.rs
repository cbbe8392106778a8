//! Lines → items.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::item::shorten;
use super::lines::{Line, Lines};
use super::open::open_at;
use super::{
    BadLine, Dialect, Item, ItemKind, Limits, Offset, Said, Skipped, Tail, TranscriptError, UsageOf,
};

/// The most objects taken from one line, so that a line of nothing but tiny ones stays cheap.
const MOST_GLUED: usize = 64;

/// Starts to read a transcript from `from`, which is the [`Tail::next_offset`] of an earlier
/// reading or the default. A transcript that was compressed since is found under its new name.
///
/// # Errors
/// [`TranscriptError`]; with `must_restart`, this is not the file that was read before.
pub fn read_from(
    path: &Path,
    from: Offset,
    limits: &Limits,
    dialect: &Dialect,
) -> Result<Reader, TranscriptError> {
    let source = open_at(path, from.bytes)?;
    Ok(Reader {
        path: path.to_owned(),
        lines: Lines::new(source, limits.longest_line),
        limits: *limits,
        dialect: *dialect,
        next_offset: from,
        line_start: Offset::default(),
        ready: VecDeque::new(),
        settings: None,
        usage: None,
        skipped: Skipped::default(),
        state: State::Reading,
    })
}

/// Reads the items of the one line that starts at byte `offset` of the text. What the line itself
/// doesn't tell is missing: where a turn is named only by lines before it, the items have none.
/// At the end, and for a line that is too long or has nothing of use, there are no items.
///
/// # Errors
/// [`TranscriptError`]; with `must_restart`, no line starts there.
pub fn item_at(
    path: &Path,
    offset: u64,
    limits: &Limits,
    dialect: &Dialect,
) -> Result<Vec<Item>, TranscriptError> {
    let from = Offset { bytes: offset, turn: None };
    let mut reader = read_from(path, from, limits, dialect)?;
    reader.advance()?;
    Ok(reader.ready.into())
}

/// Gives the items of a transcript, and then its [`Tail`].
pub struct Reader {
    path: PathBuf,
    lines: Lines,
    limits: Limits,
    dialect: Dialect,
    next_offset: Offset,
    /// Where the line of the items in `ready` starts; of meaning only while there are some.
    line_start: Offset,
    ready: VecDeque<Item>,
    /// Settings and usage that were told last, and in which turn.
    settings: Option<(Option<String>, ItemKind)>,
    usage: Option<(Option<String>, ItemKind)>,
    skipped: Skipped,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Reading,
    Ended,
}

impl Reader {
    /// Returns where to go on and what was passed over. May be called early: what was not yet
    /// given is then given by the next reading.
    pub fn finish(self) -> Tail {
        let next_offset = if self.ready.is_empty() { self.next_offset } else { self.line_start };
        Tail { next_offset, skipped: self.skipped }
    }

    /// Takes in one line; `false` at the end.
    fn advance(&mut self) -> Result<bool, TranscriptError> {
        let line = self.lines.read().map_err(|source| TranscriptError::Read {
            path: self.path.clone(),
            offset: self.next_offset.bytes,
            source,
        })?;
        match line {
            None => return Ok(false),
            Some(Line::TooLong) => self.skipped.too_long += 1,
            Some(Line::Whole) => self.take_in_line(),
        }
        self.next_offset.bytes += self.lines.length;
        Ok(true)
    }

    fn take_in_line(&mut self) {
        let said = said_in(self.lines.text(), &self.dialect, &mut self.skipped);
        if said.iter().map(|said| said.items.len()).sum::<usize>() > 1 {
            self.line_start = self.next_offset.clone();
        }
        for said in said {
            self.take_in(said);
        }
    }

    fn take_in(&mut self, said: Said) {
        if said.turn.is_some() {
            self.next_offset.turn = said.turn;
        }
        self.skipped.odd += u64::from(said.odd);
        for mut kind in said.items {
            if let Some(text) = kind.texts() {
                shorten(text, self.limits.longest_text);
            }
            let (offset, len) = (self.next_offset.bytes, self.lines.length);
            let turn = self.next_offset.turn.clone();
            let item = Item { offset, len, turn, at: said.at, kind };
            if self.is_new(&item) {
                self.ready.push_back(item);
            }
        }
    }

    /// Whether it says more than the last of its kind: an agent may repeat the settings, and the
    /// usage of one answer, in each line.
    fn is_new(&mut self, item: &Item) -> bool {
        let last = if let ItemKind::Settings { .. } = item.kind {
            &mut self.settings
        } else if let ItemKind::Usage { of: UsageOf::Message { .. }, .. } = item.kind {
            &mut self.usage
        } else {
            return true;
        };
        let told = Some((item.turn.clone(), item.kind.clone()));
        let new = *last != told;
        *last = told;
        new
    }
}

impl Iterator for Reader {
    type Item = Result<Item, TranscriptError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && self.state == State::Reading {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => self.state = State::Ended,
                Err(error) => {
                    self.state = State::Ended;
                    return Some(Err(error));
                }
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

/// The items of one line, and the turn in which the transcript stands behind it.
pub(super) fn items_of_line(
    line: &[u8],
    at: Offset,
    limits: &Limits,
    dialect: &Dialect,
) -> (Vec<Item>, Option<String>) {
    let Offset { bytes: offset, mut turn } = at;
    let mut items = Vec::new();
    for said in said_in(line, dialect, &mut Skipped::default()) {
        turn = said.turn.or(turn);
        for mut kind in said.items {
            if let Some(text) = kind.texts() {
                shorten(text, limits.longest_text);
            }
            let len = line.len() as u64;
            items.push(Item { offset, len, turn: turn.clone(), at: said.at, kind });
        }
    }
    (items, turn)
}

/// Everything that a line says: one object, or more where a crash glued lines together.
fn said_in(line: &[u8], dialect: &Dialect, skipped: &mut Skipped) -> Vec<Said> {
    let mut said = Vec::new();
    if !line.contains(&0) {
        read_piece(line.trim_ascii(), dialect, &mut said, skipped);
        return said;
    }
    // No JSON text holds a raw NUL, so they always divide.
    skipped.nul_holes += 1;
    for piece in line.split(|byte| *byte == 0) {
        read_piece(piece.trim_ascii(), dialect, &mut said, skipped);
    }
    said
}

fn read_piece(piece: &[u8], dialect: &Dialect, said: &mut Vec<Said>, skipped: &mut Skipped) {
    let mut rest = piece;
    while !rest.is_empty() {
        match (dialect.read)(rest) {
            Ok(object) if said.len() < MOST_GLUED => {
                said.push(object.said);
                rest = rest[object.length..].trim_ascii_start();
            }
            Ok(_) | Err(BadLine) => {
                skipped.bad_json += 1;
                said.extend(behind_torn(rest, dialect));
                rest = &[];
            }
        }
    }
}

/// The whole object at the end of a line whose start is torn. Only one place is tried, so that a
/// hostile line costs two readings and no more.
fn behind_torn(line: &[u8], dialect: &Dialect) -> Option<Said> {
    let start = dialect.line_start;
    let at = line.windows(start.len()).rposition(|window| window == start).filter(|at| *at > 0)?;
    let object = (dialect.read)(&line[at..]).ok()?;
    (at + object.length == line.len()).then_some(object.said)
}
