//! Whole lines of a file that somebody else is writing, in bounded memory.

use std::io::{self, BufRead, BufReader, Read};

/// Big enough that a read costs little beside its bytes, small enough to stay in the cache.
const BUFFER: usize = 256 * 1024;

/// For a single line: most have less, and to fill the other buffer takes longer than all the rest.
const BUFFER_OF_ONE: usize = 8 * 1024;

/// How a line was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// It is in [`Lines::text`].
    Whole,
    /// It is longer than allowed and was passed over.
    TooLong,
}

/// Reads line by line.
pub(super) struct Lines {
    source: BufReader<Box<dyn Read + Send>>,
    longest: usize,
    text: Vec<u8>,
    /// Of the line read last, its end included.
    pub(super) length: u64,
}

impl Lines {
    pub(super) fn new(source: Box<dyn Read + Send>, longest: usize) -> Self {
        Self::buffered(source, longest, BUFFER)
    }

    /// To read a line or two.
    pub(super) fn few(source: Box<dyn Read + Send>, longest: usize) -> Self {
        Self::buffered(source, longest, BUFFER_OF_ONE)
    }

    fn buffered(source: Box<dyn Read + Send>, longest: usize, buffer: usize) -> Self {
        let source = BufReader::with_capacity(buffer, source);
        Self { source, longest, text: Vec::new(), length: 0 }
    }

    /// The line read last, with its end.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Reads on; `None` at the end, also where a last line has no end yet.
    pub(super) fn read(&mut self) -> io::Result<Option<Line>> {
        self.length = 0;
        if self.read_some()? {
            return Ok(Some(Line::Whole));
        }
        while !self.text.is_empty() {
            if self.read_some()? {
                return Ok(Some(Line::TooLong));
            }
        }
        Ok(None)
    }

    /// Reads up to the line's end or the limit; whether the end was found.
    fn read_some(&mut self) -> io::Result<bool> {
        self.text.clear();
        let limit = self.longest as u64;
        let read = self.source.by_ref().take(limit).read_until(b'\n', &mut self.text)?;
        self.length += read as u64;
        Ok(self.text.ends_with(b"\n"))
    }
}
