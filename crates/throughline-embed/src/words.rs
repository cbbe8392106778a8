//! From a text to the numbers of its pieces: WordPiece, as BERT was taught with.
//!
//! A text is cleaned, cut into words and marks, and each word into the longest pieces that `vocab.txt` has, from left
//! to right. The names of special tokens ("[SEP]") are plain text here: what a memory says can't end a sentence.

use std::collections::HashMap;
use std::path::Path;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use crate::LocalModelError;
use crate::settings::Settings;

/// A longer word is not cut into pieces but unknown, in characters, as in BERT's own tokenizer.
const LONGEST_WORD: usize = 100;

/// The pieces that frame a text, and what stands for a word without pieces.
#[derive(Debug, Clone, Copy)]
struct Special {
    start: u32,
    end: u32,
    unknown: u32,
}

/// Cuts texts into pieces.
#[derive(Debug)]
pub(crate) struct Words {
    /// Pieces that begin a word.
    first: HashMap<Box<str>, u32>,
    /// Pieces that go on with one, without their `##`.
    later: HashMap<Box<str>, u32>,
    special: Special,
    /// What is no part of a text.
    dropped: Regex,
    accents: Regex,
    /// A mark, or letters up to the next one.
    word: Regex,
    longest: usize,
    is_lower_case: bool,
    strips_accents: bool,
}

impl Words {
    /// Reads `vocab.txt`, of which at most `rows` lines may be used: so many pieces have a vector.
    pub(crate) fn read(
        path: &Path,
        settings: &Settings,
        rows: usize,
    ) -> Result<(Self, String), LocalModelError> {
        let text = std::fs::read_to_string(path).map_err(LocalModelError::unreadable(path))?;
        let (mut first, mut later) = (HashMap::new(), HashMap::new());
        for (line, number) in text.lines().zip(0_u32..).take(rows) {
            match line.strip_prefix("##").filter(|rest| !rest.is_empty()) {
                Some(rest) => later.insert(rest.into(), number),
                None => first.insert(line.into(), number),
            };
        }
        let special = Special::of(&first)
            .ok_or_else(|| LocalModelError::unfit(path, "[CLS], [SEP] or [UNK] is missing"))?;
        let longest = settings.longest;
        let (is_lower_case, strips_accents) = (settings.is_lower_case, settings.strips_accents);
        let (dropped, accents) = (pattern(r"[\p{Cc}\p{Cf}\p{Co}\x{fffd}]"), pattern(r"\p{Mn}+"));
        let word = pattern(r"[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+");
        let words = Self {
            first,
            later,
            special,
            dropped,
            accents,
            word,
            longest,
            is_lower_case,
            strips_accents,
        };
        Ok((words, text))
    }

    /// The pieces of a text in their frame; what is too long for the model is cut off.
    pub(crate) fn pieces(&self, text: &str) -> Vec<u32> {
        let clean = self.clean(text);
        let mut pieces = vec![self.special.start];
        for word in self.word.find_iter(&clean) {
            if pieces.len() + 1 >= self.longest {
                break;
            }
            self.cut(word.as_str(), &mut pieces);
        }
        pieces.truncate(self.longest - 1);
        pieces.push(self.special.end);
        pieces
    }

    fn clean(&self, text: &str) -> String {
        let spaced = text.replace(['\t', '\n', '\r'], " ");
        let kept = self.dropped.replace_all(&spaced, "");
        let mut clean = String::with_capacity(kept.len());
        for letter in kept.chars() {
            if is_ideograph(letter) {
                clean.extend([' ', letter, ' ']);
            } else {
                clean.push(letter);
            }
        }
        if self.strips_accents && !clean.is_ascii() {
            let apart: String = clean.nfd().collect();
            clean = self.accents.replace_all(&apart, "").into_owned();
        }
        if self.is_lower_case {
            // Letter by letter: a sigma at the end of a word is no other letter here.
            clean = clean.chars().flat_map(char::to_lowercase).collect();
        }
        clean
    }

    fn cut(&self, word: &str, pieces: &mut Vec<u32>) {
        let before = pieces.len();
        let is_long = word.len() > LONGEST_WORD && word.chars().count() > LONGEST_WORD;
        let mut rest = if is_long { "" } else { word };
        while !rest.is_empty() {
            let known = if pieces.len() == before { &self.first } else { &self.later };
            let Some((length, piece)) = longest(rest, known) else { break };
            pieces.push(piece);
            rest = &rest[length..];
        }
        if is_long || !rest.is_empty() {
            pieces.truncate(before);
            pieces.push(self.special.unknown);
        }
    }
}

/// The longest beginning that is known, and its length in bytes.
fn longest(text: &str, known: &HashMap<Box<str>, u32>) -> Option<(usize, u32)> {
    let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8()).rev();
    let mut found = ends.filter_map(|end| known.get(&text[..end]).map(|piece| (end, *piece)));
    found.next()
}

impl Special {
    fn of(known: &HashMap<Box<str>, u32>) -> Option<Self> {
        let piece = |name: &str| known.get(name).copied();
        Some(Self { start: piece("[CLS]")?, end: piece("[SEP]")?, unknown: piece("[UNK]")? })
    }
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is ours")
}

/// Chinese characters, each a word of its own: the blocks that BERT's tokenizer names.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}'
        | '\u{2a700}'..='\u{2b73f}' | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}'
        | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}
