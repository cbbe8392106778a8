//! Where the bytes of a transcript go, in bounded memory: a line may be as long as it likes.
//!
//! A line is weighed by its start and by two patterns in it; nothing is parsed. Compressed transcripts
//! are weighed by their text.

use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;

use super::TranscriptError;
use super::open::open_at;

/// How much of a line's start is looked at, in bytes.
const HEAD: usize = 1024;

/// How much is read at once, in bytes.
const BUFFER: usize = 256 * 1024;

/// A fork that copies writes all of the copy at once; nobody begins a turn that soon, in seconds.
const COPYING: i64 = 2;

/// How an image is written into text.
const IMAGE: &[u8] = b"data:image/";

/// What most of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stuff {
    /// What tools gave back.
    ToolOutput,
    /// What a compaction keeps of what was said before: said twice.
    Compaction,
    /// Anything else.
    #[default]
    Other,
}

/// What the start of a line tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineHead {
    /// What it is.
    pub stuff: Stuff,
    /// The conversation of which it is the head, if it is one.
    pub owner: Option<String>,
    /// When it was written.
    pub at: Option<Timestamp>,
}

/// How an agent's lines are weighed.
#[derive(Debug, Clone, Copy)]
pub struct Scales {
    /// Reads the start of a line, which may be cut anywhere.
    pub head: fn(&[u8]) -> LineHead,
    /// What stands before the text of the agent's own instructions, up to its quote.
    pub instructions: &'static [u8],
}

/// Where the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weights {
    /// Images, wherever they stand.
    pub images: u64,
    /// What compactions keep.
    pub compaction: u64,
    /// What a fork copied of its origin.
    pub copied: u64,
    /// What tools gave back.
    pub tool_output: u64,
    /// The agent's own instructions.
    pub instructions: u64,
    /// Anything else.
    pub other: u64,
}

impl Weights {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.parts().iter().map(|(_, bytes)| bytes).sum()
    }

    /// Each part by its name.
    pub fn parts(&self) -> [(&'static str, u64); 6] {
        [
            ("images", self.images),
            ("compaction", self.compaction),
            ("fork_copies", self.copied),
            ("tool_output", self.tool_output),
            ("instructions", self.instructions),
            ("other", self.other),
        ]
    }

    /// Both together.
    pub fn plus(self, more: Self) -> Self {
        Self {
            images: self.images + more.images,
            compaction: self.compaction + more.compaction,
            copied: self.copied + more.copied,
            tool_output: self.tool_output + more.tool_output,
            instructions: self.instructions + more.instructions,
            other: self.other + more.other,
        }
    }

    /// The same shares of another total: of a compressed file, what it takes on the disk.
    pub fn of_total(self, total: u64) -> Self {
        let whole = u128::from(self.total().max(1));
        let share = |part: u64| {
            u64::try_from(u128::from(part) * u128::from(total) / whole).unwrap_or(u64::MAX)
        };
        let scaled = Self {
            images: share(self.images),
            compaction: share(self.compaction),
            copied: share(self.copied),
            tool_output: share(self.tool_output),
            instructions: share(self.instructions),
            other: 0,
        };
        Self { other: total.saturating_sub(scaled.total()), ..scaled }
    }
}

/// Weighs a transcript.
///
/// # Errors
/// [`TranscriptError`]: it can't be opened, or read to its end.
pub fn weigh(path: &Path, scales: &Scales) -> Result<Weights, TranscriptError> {
    let mut source = open_at(path, /*offset*/ 0)?;
    let mut weighing = Weighing::new(scales);
    let mut buffer = vec![0; BUFFER];
    let mut offset = 0;
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(source) => {
                return Err(TranscriptError::Read { path: path.to_owned(), offset, source });
            }
        };
        offset += read as u64;
        weighing.take(&buffer[..read]);
    }
    weighing.end_line();
    Ok(weighing.weights)
}

/// Finds a text in a stream. Its first byte may stand in it again, its first two may not.
struct Pattern {
    text: &'static [u8],
    matched: usize,
}

impl Pattern {
    /// Whether it ends with this byte.
    fn ends_with(&mut self, byte: u8) -> bool {
        let goes_on = self.text.get(self.matched) == Some(&byte);
        self.matched =
            if goes_on { self.matched + 1 } else { usize::from(self.text.first() == Some(&byte)) };
        let found = self.matched == self.text.len();
        if found {
            self.matched = 0;
        }
        found
    }
}

/// Inside of what a line is.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Line,
    Image,
    Instructions { escaped: bool },
}

struct Weighing<'s> {
    scales: &'s Scales,
    weights: Weights,
    head: Vec<u8>,
    length: u64,
    images: u64,
    instructions: u64,
    inside: Inside,
    image: Pattern,
    instruction: Pattern,
    /// Whose transcript it is, and since when.
    owner: Option<(String, Option<Timestamp>)>,
    /// Whether another's head was seen: from there on it can be a copy.
    has_copy: bool,
}

impl<'s> Weighing<'s> {
    fn new(scales: &'s Scales) -> Self {
        Self {
            scales,
            weights: Weights::default(),
            head: Vec::with_capacity(HEAD),
            length: 0,
            images: 0,
            instructions: 0,
            inside: Inside::Line,
            image: Pattern { text: IMAGE, matched: 0 },
            instruction: Pattern { text: scales.instructions, matched: 0 },
            owner: None,
            has_copy: false,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if self.inside == Inside::Image {
                // Nearly all bytes there are: looked at as a run.
                let run = rest.iter().position(|b| !is_of_image(*b)).unwrap_or(rest.len());
                self.images += run as u64;
                self.length += run as u64;
                rest = &rest[run..];
                if !rest.is_empty() {
                    self.inside = Inside::Line;
                }
                continue;
            }
            self.byte(*first);
            rest = &rest[1..];
        }
    }

    fn byte(&mut self, byte: u8) {
        self.length += 1;
        if self.head.len() < HEAD {
            self.head.push(byte);
        }
        if byte == b'\n' {
            return self.end_line();
        }
        if let Inside::Instructions { escaped } = self.inside {
            if byte == b'"' && !escaped {
                self.inside = Inside::Line;
            } else {
                self.instructions += 1;
                self.inside = Inside::Instructions { escaped: byte == b'\\' && !escaped };
            }
            return;
        }
        if self.image.ends_with(byte) {
            self.images += IMAGE.len() as u64;
            self.inside = Inside::Image;
        } else if self.instruction.ends_with(byte) {
            self.inside = Inside::Instructions { escaped: false };
        }
    }

    fn end_line(&mut self) {
        let head = (self.scales.head)(&self.head);
        let rest = self.length - self.images - self.instructions;
        let is_foreign = self.owned(&head);
        if is_foreign || self.is_copied(head.at) {
            self.weights.copied += self.length;
        } else {
            self.weights.images += self.images;
            self.weights.instructions += self.instructions;
            match head.stuff {
                Stuff::ToolOutput => self.weights.tool_output += rest,
                Stuff::Compaction => self.weights.compaction += rest,
                Stuff::Other => self.weights.other += rest,
            }
        }
        (self.length, self.images, self.instructions) = (0, 0, 0);
        (self.image.matched, self.instruction.matched) = (0, 0);
        self.inside = Inside::Line;
        self.head.clear();
    }

    /// Whether it is the head of another conversation than the one that began the transcript.
    fn owned(&mut self, head: &LineHead) -> bool {
        let Some(owner) = &head.owner else { return false };
        let (first, _) = self.owner.get_or_insert_with(|| (owner.clone(), head.at));
        let is_foreign = first != owner;
        self.has_copy |= is_foreign;
        is_foreign
    }

    fn is_copied(&self, at: Option<Timestamp>) -> bool {
        let began = self.owner.as_ref().and_then(|(_, at)| *at);
        let late = at.zip(began).map(|(at, began)| at.as_second() - began.as_second());
        self.has_copy && late.is_some_and(|late| late <= COPYING)
    }
}

/// What can stand in `data:image/png;base64,…`.
fn is_of_image(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=;,-_.:%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(text: &str, step: usize) -> Weights {
        let scales = crate::codex::SPEC.transcript.scales;
        let mut weighing = Weighing::new(&scales);
        text.as_bytes().chunks(step).for_each(|piece| weighing.take(piece));
        weighing.end_line();
        weighing.weights
    }

    fn line(second: u32, kind: &str, payload: &str) -> String {
        format!(
            "{{\"timestamp\":\"2026-11-20T10:00:{second:02}.000Z\",\"type\":\"{kind}\",\"payload\":{payload}}}\n"
        )
    }

    #[test]
    fn every_byte_is_somewhere_wherever_the_pieces_are_cut() {
        let image = format!("data:image/png;base64,{}", "iVBORw0KGgo".repeat(50));
        let output = r#"{"type":"function_call_output","output":"datadata:imag four"}"#;
        let pasted = format!(r#"{{"type":"message","content":[{{"image_url":"{image}"}}]}}"#);
        let lines = [
            line(
                0,
                "session_meta",
                r#"{"id":"a","base_instructions":{"text":"Do \"well\"."},"cwd":"/w"}"#,
            ),
            line(5, "response_item", output),
            line(6, "response_item", &pasted),
            line(7, "compacted", r#"{"message":"","replacement_history":[]}"#),
            "{\"timestamp\":\"torn".to_owned(),
        ];
        let text = lines.concat();
        let weights = weighed(&text, text.len());
        let instructions = r#"Do \"well\"."#.len();
        let other = text.len() - lines[1].len() - image.len() - lines[3].len() - instructions;
        assert_eq!(
            weights,
            Weights {
                images: image.len() as u64,
                compaction: lines[3].len() as u64,
                copied: 0,
                tool_output: lines[1].len() as u64,
                instructions: instructions as u64,
                other: other as u64,
            }
        );
        for step in [1, 2, 3, 7, 100] {
            assert_eq!(weighed(&text, step), weights, "pieces of {step}");
        }
        assert_eq!(weights.total(), text.len() as u64);
        assert_eq!(weights.of_total(99).total(), 99);
    }

    #[test]
    fn a_copy_is_what_a_fork_wrote_at_once_after_the_head_of_another() {
        let own = line(10, "session_meta", r#"{"id":"b"}"#);
        let copied = [
            line(10, "session_meta", r#"{"id":"a"}"#),
            line(11, "response_item", r#"{"type":"message"}"#),
        ];
        let later = line(40, "response_item", r#"{"type":"message"}"#);
        let weights = weighed(&[own.as_str(), &copied.concat(), &later].concat(), 64);
        assert_eq!(weights.copied, copied.concat().len() as u64);
        assert_eq!(weights.other, (own.len() + later.len()) as u64);
        // Without another's head nothing is a copy, however soon it came.
        let weights = weighed(&[own.as_str(), &copied[1]].concat(), 64);
        assert_eq!(weights.copied, 0);
    }
}
