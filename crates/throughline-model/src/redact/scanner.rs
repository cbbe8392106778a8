//! One pass over the text, left to right.

use super::bytes::Class;
use super::encoded::{self, Decoded};
use super::{Found, assignment, block, family, url};

/// The shortest word that is tried as base64. Base64 of ASCII text hardly ever holds `+` or `/`, so
/// a secret in it is one long word.
const SHORTEST_ENCODED: usize = 16;

/// Whether base64 is looked into: once is enough, and bounds the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Outer,
    InsideBase64,
}

/// Finds secrets in ascending, disjoint ranges.
pub(super) struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    /// The end of the last secret: nothing looks back beyond it.
    floor: usize,
    /// Base64 up to here has been decoded, so that hostile text can't have it decoded twice.
    decoded_to: usize,
    depth: Depth,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        Self { bytes, at: 0, floor: 0, decoded_to: 0, depth: Depth::Outer }
    }

    fn anchor(&mut self, byte: u8) -> Option<Found> {
        let anchor = self.at;
        self.at += 1;
        match byte {
            b'=' => assignment::find(self.bytes, self.floor, anchor),
            b':' => url::find(self.bytes, self.floor, anchor)
                .or_else(|| encoded::find_data_url(self.bytes, self.floor, anchor))
                .or_else(|| assignment::find(self.bytes, self.floor, anchor)),
            b'-' => self.hyphens(anchor),
            _ => None,
        }
    }

    #[inline]
    fn word(&mut self) -> Option<Found> {
        let start = self.at;
        let end = Class::WORD.run_end(self.bytes, start);
        self.at = end;
        let escaped = start > self.floor && ends_escape_mark(self.bytes[start - 1]);
        let found = if escaped { self.escaped_word(start, end) } else { None };
        found.or_else(|| family::find(self.bytes, start)).or_else(|| self.decode(start, end))
    }

    fn escaped_word(&mut self, start: usize, end: usize) -> Option<Found> {
        let unescaped = start_of_word(self.bytes, self.floor, start, end);
        family::find(self.bytes, unescaped).or_else(|| self.decode(unescaped, end))
    }

    #[inline]
    fn decode(&mut self, start: usize, end: usize) -> Option<Found> {
        let short = end - start < SHORTEST_ENCODED;
        if short || start < self.decoded_to || self.depth == Depth::InsideBase64 {
            return None;
        }
        self.decode_long(start)
    }

    fn decode_long(&mut self, start: usize) -> Option<Found> {
        let Decoded { text, end } = encoded::decode(self.bytes, start)?;
        self.decoded_to = end;
        let inside = Scanner { depth: Depth::InsideBase64, ..Scanner::new(&text) }.next()?;
        Some(Found { start, end, kind: inside.kind })
    }

    fn hyphens(&mut self, first: usize) -> Option<Found> {
        let end = first + self.bytes[first..].iter().take_while(|b| **b == b'-').count();
        self.at = end;
        match end - first {
            0 | 1 => None,
            2 => assignment::find_flag(self.bytes, end),
            _ => block::find(self.bytes, first, end),
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while let Some(byte) = self.bytes.get(self.at) {
            let found = if Class::WORD.holds(*byte) {
                self.word()
            } else if Class::ANCHOR.holds(*byte) {
                self.anchor(*byte)
            } else {
                self.at += 1;
                continue;
            };
            if let Some(found) = found {
                self.at = found.end;
                self.floor = found.end;
                return Some(found);
            }
        }
        None
    }
}

/// What an escape has before the letters that belong to it, not to the word behind.
fn ends_escape_mark(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'[' | b';')
}

/// Where a word really begins: behind the letters of an escape such as `\n`, `\u001b[1m`, `%3D`.
pub(super) fn start_of_word(bytes: &[u8], floor: usize, start: usize, end: usize) -> usize {
    let word = &bytes[start..end];
    let skipped = match (start > floor).then(|| bytes[start - 1]) {
        Some(b'\\') => match word.first() {
            Some(b'n' | b't' | b'r' | b'b' | b'f') => 1,
            Some(b'u') if word.len() >= 5 => 5,
            Some(_) | None => 0,
        },
        Some(b'%') if word.iter().take(2).all(u8::is_ascii_hexdigit) => 2,
        Some(b'[' | b';') => colour_length(word),
        Some(_) | None => 0,
    };
    (start + skipped).min(end)
}

/// The length of the end of a terminal's colour sequence, such as `31m`.
fn colour_length(word: &[u8]) -> usize {
    let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
    if word.get(digits) == Some(&b'm') { digits + 1 } else { 0 }
}
