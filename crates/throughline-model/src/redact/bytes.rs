//! What a byte can be part of, as one table look-up.

/// A set of classes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// `A-Z a-z 0-9`.
    pub(super) const ALPHANUMERIC: Self = Self(1);
    /// `A-Z a-z 0-9 _`: what words are made of.
    pub(super) const WORD: Self = Self(2);
    /// Words and `-`.
    pub(super) const HYPHENATED: Self = Self(4);
    /// Words, `-` and `.`.
    pub(super) const DOTTED: Self = Self(8);
    /// `0-9 a-f A-F`.
    pub(super) const HEX: Self = Self(16);
    /// `0-9 A-Z`.
    pub(super) const UPPER: Self = Self(32);
    /// Both alphabets of base64, and `=`.
    pub(super) const BASE64: Self = Self(64);
    /// Where the scanner has to look twice.
    pub(super) const ANCHOR: Self = Self(128);

    /// Whether the byte is in one of these classes.
    pub(super) fn holds(self, byte: u8) -> bool {
        TABLE[usize::from(byte)] & self.0 != 0
    }

    /// The end of the run of such bytes that begins at `at`.
    pub(super) fn run_end(self, bytes: &[u8], at: usize) -> usize {
        let mut end = at;
        while end < bytes.len() && self.holds(bytes[end]) {
            end += 1;
        }
        end
    }
}

const TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classes(byte as u8);
        byte += 1;
    }
    table
}

const fn classes(byte: u8) -> u8 {
    let letters = Class::ALPHANUMERIC.0 | Class::BASE64.0;
    let words = Class::WORD.0 | Class::HYPHENATED.0 | Class::DOTTED.0;
    match byte {
        b'0'..=b'9' => letters | words | Class::HEX.0 | Class::UPPER.0,
        b'A'..=b'F' => letters | words | Class::HEX.0 | Class::UPPER.0,
        b'G'..=b'Z' => letters | words | Class::UPPER.0,
        b'a'..=b'f' => letters | words | Class::HEX.0,
        b'g'..=b'z' => letters | words,
        b'_' => words | Class::BASE64.0,
        b'-' => Class::HYPHENATED.0 | Class::DOTTED.0 | Class::BASE64.0 | Class::ANCHOR.0,
        b'.' => Class::DOTTED.0,
        b'+' | b'/' => Class::BASE64.0,
        b'=' => Class::BASE64.0 | Class::ANCHOR.0,
        b':' => Class::ANCHOR.0,
        _ => 0,
    }
}

/// Which kinds of characters a text holds, and how many letters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mix {
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) digits: usize,
    pub(super) others: usize,
}

impl Mix {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut mix = Self::default();
        for byte in text {
            match byte {
                b'A'..=b'Z' => mix.upper += 1,
                b'a'..=b'z' => mix.lower += 1,
                b'0'..=b'9' => mix.digits += 1,
                _ => mix.others += 1,
            }
        }
        mix
    }

    pub(super) fn letters(self) -> usize {
        self.upper + self.lower
    }
}

/// The place after spaces and tabs.
pub(super) fn after_blanks(bytes: &[u8], at: usize) -> usize {
    let blanks = bytes[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    at + blanks
}

/// The place after a line break (plain or JSON-escaped) and the indent behind it.
pub(super) fn after_line_break(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let length = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"]
        .iter()
        .find_map(|line_break| rest.starts_with(line_break).then_some(line_break.len()))?;
    Some(after_blanks(bytes, at + length))
}
