//! Names from outside as file names: [`FileStem`] can only be made by its encoder.
//!
//! A branch, a session id or a title never becomes part of a path directly. Invariants of every
//! stem, whatever came in: `[a-z0-9-]` only, 12 to [`LONGEST_STEM`] bytes, no leading hyphen. So it
//! holds no separator and no dot, case folding and Unicode normalisation leave it alone, and the
//! hash at its end keeps it apart from the reserved names of Windows.
//!
//! Two names differ in 40 bits of hash at least: chance never makes them meet, and a forger needs
//! some 2^40 tries for the name of somebody else's line. Where that matters the file itself also
//! holds the raw name.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The most bytes that a stem has: slug, hyphen, digits.
pub const LONGEST_STEM: usize = LONGEST_SLUG + 1 + DIGITS;

/// Long enough to be recognised in a listing, short enough that a few of them fit into one name.
const LONGEST_SLUG: usize = 40;

/// Hex digits of BLAKE3 over the raw bytes.
const DIGITS: usize = 10;

/// What stands before the digits if no byte of the name can be shown.
const NAMELESS: &str = "x";

/// A slug of at most 40 `[a-z0-9-]`, a hyphen, and 10 hex digits of BLAKE3 over the raw bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileStem(String);

/// Why a text is no [`FileStem`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a file stem: a slug of [a-z0-9-], a hyphen and 10 hex digits")]
pub struct BadStem {
    text: String,
}

impl FileStem {
    /// Encodes any name. Equal bytes give equal stems.
    pub fn encode(raw: &[u8]) -> Self {
        let digits = blake3::hash(raw).to_hex();
        Self(format!("{}-{}", slug(raw), &digits[..DIGITS]))
    }

    /// Recognises a stem in a directory listing; only what the encoder can have written.
    pub fn parse(text: &str) -> Option<Self> {
        let (slug, digits) = text.rsplit_once('-')?;
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        let right = is_slug(slug) && digits.len() == DIGITS && digits.bytes().all(hex);
        right.then(|| Self(text.to_owned()))
    }

    /// The stem as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn slug(raw: &[u8]) -> String {
    let mut slug = String::with_capacity(LONGEST_SLUG);
    for byte in raw {
        match byte.to_ascii_lowercase() {
            kept @ (b'a'..=b'z' | b'0'..=b'9') => slug.push(char::from(kept)),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
        if slug.len() == LONGEST_SLUG {
            break;
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    if slug.is_empty() { NAMELESS.to_owned() } else { slug }
}

fn is_slug(text: &str) -> bool {
    (1..=LONGEST_SLUG).contains(&text.len())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

impl fmt::Display for FileStem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<Path> for FileStem {
    fn as_ref(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl TryFrom<String> for FileStem {
    type Error = BadStem;

    fn try_from(text: String) -> Result<Self, BadStem> {
        Self::parse(&text).ok_or(BadStem { text })
    }
}

impl From<FileStem> for String {
    fn from(stem: FileStem) -> Self {
        stem.0
    }
}

#[cfg(test)]
mod tests;
