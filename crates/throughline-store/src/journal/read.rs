//! Reading records: from a mark on, in file order, late files last. A record that is moved meanwhile
//! may be read twice; who counts records counts each id once ([`throughline_model::view::countable`]).

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use throughline_model::record::{Mark, Record};

use super::line::{Decoded, decode};
use super::{Journal, LONGEST_RECORD};
use crate::durable;
use crate::error::{IoContext as _, StoreError};
use crate::schedule::{self, Step};

/// Which records are wanted.
#[derive(Debug, Clone)]
pub enum Filter {
    /// All.
    All,
    /// Those of these lines.
    Lines(Vec<String>),
}

impl Filter {
    /// Byte strings of which a wanted line holds one: cheaper than parsing all.
    fn needles(&self) -> Option<Vec<Vec<u8>>> {
        match self {
            Self::All => None,
            Self::Lines(keys) => Some(keys.iter().map(|key| needle(key)).collect()),
        }
    }

    fn wants(&self, record: &Record) -> bool {
        match self {
            Self::All => true,
            Self::Lines(keys) => keys.contains(&record.line),
        }
    }
}

fn needle(key: &str) -> Vec<u8> {
    let quoted = serde_json::to_string(key).expect("a string is JSON");
    format!("\"line\":{quoted}").into_bytes()
}

/// What was read.
#[derive(Debug, Default)]
pub struct Batch {
    /// In order, each with the place where it begins.
    pub records: Vec<(Mark, Record)>,
    /// Where the next record will stand.
    pub end: Mark,
    /// Lines that were torn or not ours.
    pub bad: usize,
    /// What a newer program wrote: left to it.
    pub newer: Vec<NewerRecord>,
}

/// A record that this program can't read, and a newer one wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewerRecord {
    /// Where it begins.
    pub at: Mark,
    /// Its line of work; `None` if that can't be told: it may be any.
    pub line: Option<String>,
}

impl Journal {
    /// Reads what was appended since `from`, and late files.
    pub fn read(&self, from: Mark, filter: &Filter) -> Result<Batch, StoreError> {
        let mut batch = Batch { end: from, ..Batch::default() };
        // First, because a mover takes them from there into the segments while we read.
        let late = self.late_files()?;
        schedule::reach(Step::LateListed);
        let needles = filter.needles();
        for number in self.segments()?.into_iter().filter(|n| *n >= from.segment) {
            let offset = if number == from.segment { from.offset } else { 0 };
            let bytes = self.segment_tail(number, offset)?;
            schedule::reach(Step::SegmentRead);
            batch.take(Mark { segment: number, offset }, &bytes, filter, needles.as_deref());
        }
        for file in late {
            let end = batch.end;
            batch.take(end, file.bytes(), filter, needles.as_deref());
            batch.end = end;
        }
        Ok(batch)
    }

    /// Where the journal ends now.
    pub fn end(&self) -> Result<Mark, StoreError> {
        let Some(segment) = self.segments()?.last().copied() else { return Ok(Mark::default()) };
        let path = self.segment(segment);
        let offset = std::fs::metadata(&path).at("look at", &path)?.len();
        Ok(Mark { segment, offset })
    }

    fn segment_tail(&self, number: u64, offset: u64) -> Result<Vec<u8>, StoreError> {
        let path = self.segment(number);
        let mut file: File = durable::open_regular(&path)?;
        file.seek(SeekFrom::Start(offset)).at("read", &path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).at("read", &path)?;
        Ok(bytes)
    }
}

impl Batch {
    fn take(&mut self, from: Mark, bytes: &[u8], filter: &Filter, needles: Option<&[Vec<u8>]>) {
        let mut at = from;
        self.end = from;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let begin = at;
            at.offset += u64::try_from(line.len()).unwrap_or(0);
            // Without its newline the line may still be growing.
            let Some(line) = line.strip_suffix(b"\n") else { break };
            self.end = at;
            self.line(begin, line, filter, needles);
        }
    }

    fn line(&mut self, at: Mark, line: &[u8], filter: &Filter, needles: Option<&[Vec<u8>]>) {
        let wanted =
            |line: &[u8]| needles.is_none_or(|all| all.iter().any(|needle| contains(line, needle)));
        if line.is_empty() || line.len() > LONGEST_RECORD || !wanted(line) {
            return;
        }
        match decode(line) {
            Decoded::Record(record) if filter.wants(&record) => self.records.push((at, *record)),
            Decoded::Record(_) => {}
            Decoded::Newer(outline) => self.newer.push(NewerRecord { at, line: outline.line }),
            Decoded::Bad => self.bad += 1,
        }
    }
}

/// The needle stands near the beginning of a record: after version, id and time.
fn contains(line: &[u8], needle: &[u8]) -> bool {
    let head = &line[..line.len().min(1024)];
    head.windows(needle.len().max(1)).any(|window| window == needle)
}
