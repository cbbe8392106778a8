//! A block of ours in somebody's markdown: lines between two comments.
//!
//! The first comment holds a digest of the lines, so that a block that somebody changed is told from
//! one that an earlier version wrote. Taking a block out leaves every other byte as it is.

use std::ops::Range;

use throughline_model::adr::digest;

use super::Reason;

const BEGIN: &str = "<!-- begin throughline ";
const BEGIN_ENDS: &str = " -->\n";
const END: &str = "<!-- end throughline -->\n";

/// What the file was before, which decides what stands between its text and our block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Not there.
    Missing,
    /// A text that ends with a newline, or an empty one.
    Lines,
    /// A text that does not.
    Torn,
}

impl Before {
    const ALL: [Self; 3] = [Self::Missing, Self::Lines, Self::Torn];

    fn of(text: Option<&str>) -> Self {
        match text {
            None => Self::Missing,
            Some(text) if text.is_empty() || text.ends_with('\n') => Self::Lines,
            Some(_) => Self::Torn,
        }
    }

    /// Ends the first comment.
    const fn word(self) -> &'static str {
        match self {
            Self::Missing => " in a file of ours",
            Self::Lines => "",
            Self::Torn => " after a newline of ours",
        }
    }

    /// Makes the block a paragraph of its own.
    const fn gap(self) -> &'static str {
        match self {
            Self::Missing => "",
            Self::Lines => "\n",
            Self::Torn => "\n\n",
        }
    }
}

struct Block<'a> {
    range: Range<usize>,
    before: Before,
    inner: &'a str,
}

/// Our block, if there is one that nobody changed.
fn find(text: &str) -> Result<Option<Block<'_>>, Reason> {
    let Some(at) = text.find(BEGIN) else { return Ok(None) };
    read(text, at).map(Some).ok_or(Reason::Changed)
}

fn read(text: &str, at: usize) -> Option<Block<'_>> {
    let (head, rest) = text[at + BEGIN.len()..].split_once(BEGIN_ENDS)?;
    let inner = &rest[..rest.find(END)?];
    let known = digest(inner.as_bytes());
    let word = head.strip_prefix(known.as_str())?;
    let before = Before::ALL.into_iter().find(|before| before.word() == word)?;
    let end = text.len() - rest.len() + inner.len() + END.len();
    Some(Block { range: at..end, before, inner })
}

fn written(inner: &str, before: Before) -> String {
    let digest = digest(inner.as_bytes());
    format!("{BEGIN}{digest}{}{BEGIN_ENDS}{inner}{END}", before.word())
}

/// The text with our block, which comes last unless it is there already; `None` if it is as it shall be.
pub(super) fn with_block(text: Option<&str>, inner: &str) -> Result<Option<String>, Reason> {
    let found = text.map_or(Ok(None), find)?;
    let text_or_none = text.unwrap_or_default();
    Ok(match found {
        Some(block) if block.inner == inner => None,
        Some(Block { range, before, .. }) => {
            let (head, tail) = (&text_or_none[..range.start], &text_or_none[range.end..]);
            Some(format!("{head}{}{tail}", written(inner, before)))
        }
        None => {
            let before = Before::of(text);
            Some(format!("{text_or_none}{}{}", before.gap(), written(inner, before)))
        }
    })
}

/// What a text is without our block.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It has none.
    Same,
    /// This.
    Text(String),
    /// Nothing: the file was made for the block.
    Nothing,
}

/// Takes our block out.
pub(super) fn without_block(text: &str) -> Result<Left, Reason> {
    let Some(Block { range, before, .. }) = find(text)? else { return Ok(Left::Same) };
    let (head, tail) = (&text[..range.start], &text[range.end..]);
    let head = without_gap(head, tail, before);
    let is_empty = head.is_empty() && tail.is_empty();
    Ok(match before {
        Before::Missing if is_empty => Left::Nothing,
        Before::Missing | Before::Lines | Before::Torn => Left::Text(format!("{head}{tail}")),
    })
}

/// What stood before the block without what was put between; somebody may have changed that.
fn without_gap<'a>(head: &'a str, tail: &str, before: Before) -> &'a str {
    match before {
        Before::Missing => head,
        Before::Lines if head == "\n" || head.ends_with("\n\n") => &head[..head.len() - 1],
        Before::Lines => head,
        // What came after it is not to end up in the same line.
        Before::Torn if !tail.is_empty() => head.strip_suffix('\n').unwrap_or(head),
        Before::Torn => head.strip_suffix(before.gap()).unwrap_or(head),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_in_comes_out_byte_for_byte(
            text in proptest::option::of("[a\\n# ]{0,12}"), inner in "([a-c #]{0,6}\n){0,3}", later in "[b\\n]{0,4}",
        ) {
            let with = with_block(text.as_deref(), &inner).expect("sound").expect("new");
            prop_assert_eq!(with_block(Some(&with), &inner), Ok(None), "twice is once");
            let other = with_block(Some(&with), "other\n").expect("sound").expect("another text");
            for ours in [&with, &other] {
                let left = text.clone().map_or(Left::Nothing, Left::Text);
                prop_assert_eq!(without_block(ours), Ok(left));
                if let Some(text) = &text && !later.is_empty() {
                    let newline = if Before::of(Some(text)) == Before::Torn { "\n" } else { "" };
                    let left = Left::Text(format!("{text}{newline}{later}"));
                    prop_assert_eq!(without_block(&format!("{ours}{later}")), Ok(left));
                }
            }
        }
    }

    #[test]
    fn what_somebody_changed_is_theirs() {
        let ours = with_block(Some("a\n"), "inner\n").expect("sound").expect("new");
        for (from, to) in [
            ("inner", "own"),
            ("end throughline", "end"),
            ("begin throughline ", "begin throughline 0"),
        ] {
            let changed = ours.replace(from, to);
            assert_eq!(with_block(Some(&changed), "inner\n"), Err(Reason::Changed), "{changed}");
            assert_eq!(without_block(&changed), Err(Reason::Changed), "{changed}");
        }
        assert_eq!(without_block("a\n"), Ok(Left::Same));
    }
}
