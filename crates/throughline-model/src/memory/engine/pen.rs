//! The delimiters around what others said, in a text that a model reads.
//!
//! As with [`crate::sanitise::Fence`], the closing line holds a nonce that nobody who wrote the content could
//! know, and whatever looks like a delimiter inside is defused. There are several kinds of content here,
//! so the element says which.

use crate::redact::redact;
use crate::sanitise;

/// What stands for the nonce where content holds it, and for `<` where content looks like a delimiter.
const DEFUSED: [char; 2] = ['…', '‹'];

/// Delimiters of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pen {
    nonce: String,
}

/// What stands between two delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// What the user said.
    User,
    /// What the agent said.
    Agent,
    /// What happened.
    Log,
    /// The memories as they stand.
    Memories,
    /// What changed.
    Changes,
}

impl Content {
    const ALL: [Self; 5] = [Self::User, Self::Agent, Self::Log, Self::Memories, Self::Changes];

    fn element(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
            Self::Log => "log",
            Self::Memories => "memories",
            Self::Changes => "changes",
        }
    }
}

impl Pen {
    /// The bytes must be random and fresh.
    pub(super) fn new(nonce: [u8; 6]) -> Self {
        Self { nonce: nonce.iter().map(|byte| format!("{byte:02x}")).collect() }
    }

    /// Text of several lines, redacted, without what is not drawn and without what could be a delimiter.
    pub(super) fn clean(&self, text: &str) -> String {
        let seen = sanitise::lines_for_model(text);
        let seen = seen.trim().replace(&self.nonce, &DEFUSED[0].to_string());
        let seen = redact(&seen);
        let mut safe = String::with_capacity(seen.len());
        for (at, c) in seen.char_indices() {
            let opens = c == '<' && looks_like_delimiter(&seen[at + 1..]);
            safe.push(if opens { DEFUSED[1] } else { c });
        }
        safe
    }

    /// The same for one line of at most so many characters.
    pub(super) fn clean_line(&self, text: &str, longest: usize) -> String {
        sanitise::for_model(&self.clean(text), longest)
    }

    /// Content that was cleaned, between its delimiters; ends with a newline.
    pub(super) fn put(&self, content: Content, cleaned: &str) -> String {
        let (element, nonce) = (content.element(), &self.nonce);
        format!("<{element} {nonce}>\n{cleaned}\n</{element} {nonce}>\n")
    }

    /// What the delimiters cost for each piece of content, in bytes, at most.
    pub(super) fn overhead(&self) -> usize {
        self.put(Content::Memories, "").len()
    }
}

/// Whether what follows a `<` is one of our elements, written sloppily or not.
fn looks_like_delimiter(after: &str) -> bool {
    let name = after.trim_start_matches(|c: char| c == '/' || c.is_whitespace());
    let begins = |content: Content| {
        let element = content.element();
        let found = name.get(..element.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(element))
    };
    Content::ALL.into_iter().any(begins)
}
