//! A memory that a project shares: `.throughline/memories/<id>.md`, committed with the code.
//!
//! One file a memory, so that two people who add one each never conflict; a head of `name: value` lines, the
//! title as a heading, then the text to the end. Edits of one memory on two branches merge field by field:
//! what one side left alone is the other's. Where both wrote another text, both stay, and the memory counts
//! as disputed. Unknown lines of the head are kept.

use jiff::Timestamp;

use super::{MemoryKind, MemoryStatus};
use crate::ids::MemoryId;

/// A shared memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// Its name, as in the file's.
    pub id: MemoryId,
    /// What kind of thing.
    pub kind: MemoryKind,
    /// How it stands.
    pub status: MemoryStatus,
    /// Since when it holds.
    pub since: Timestamp,
    /// In a few words, on one line.
    pub title: String,
    /// In full.
    pub text: String,
    /// Lines of the head that this version doesn't know, in their order.
    pub extra: Vec<(String, String)>,
}

/// Why a file is no shared memory: where, and what helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SharedError {
    /// Git left a conflict in it.
    #[error("line {line}: a conflict marker of git: settle the merge first")]
    Conflict {
        /// From 1.
        line: usize,
    },
    /// The head is not there or has no end.
    #[error("line 1: a memory begins with a head between two lines of `---`")]
    Headless,
    /// A line of the head is wrong, or missing.
    #[error("the head's `{name}` is missing or wrong: {expected}")]
    Head {
        /// Which line.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// There is no heading with something in it.
    #[error("there is no title: write one behind `# ` below the head")]
    Untitled,
}

const MARK: &str = "---\n";

/// The file of a shared memory.
pub fn print(shared: &Shared) -> String {
    let Shared { id, kind, status, since, title, text, extra } = shared;
    let (kind, status) = (kind.as_str(), status.as_str());
    let mut page =
        format!("{MARK}id: {id}\nkind: {}\nstatus: {status}\nsince: {since}\n", one_line(kind));
    for (name, value) in extra {
        page.push_str(&format!("{name}: {value}\n"));
    }
    page.push_str(&format!("{MARK}\n# {}\n", one_line(title)));
    let text = text.trim();
    if text != title.trim() && !text.is_empty() {
        page.push_str(&format!("\n{text}\n"));
    }
    page
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the file of a shared memory.
///
/// # Errors
/// [`SharedError`], with what helps.
pub fn parse(text: &str) -> Result<Shared, SharedError> {
    let text = text.replace("\r\n", "\n");
    if let Some(line) = text.lines().position(is_marker) {
        return Err(SharedError::Conflict { line: line + 1 });
    }
    let rest = text.strip_prefix(MARK).ok_or(SharedError::Headless)?;
    let (head, body) = rest.split_once(&format!("\n{MARK}")).ok_or(SharedError::Headless)?;
    let mut lines: Vec<(String, String)> = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let mut take = |name: &'static str| {
        let at = lines.iter().position(|(known, _)| known == name)?;
        Some(lines.remove(at).1)
    };
    let wrong = |name, expected| SharedError::Head { name, expected };
    let id = take("id").and_then(|id| MemoryId::parse(&id).ok());
    let kind = take("kind").filter(|kind| !kind.is_empty()).map(MemoryKind::from);
    let status = take("status").and_then(|word| MemoryStatus::of(&word));
    let since = take("since").and_then(|at| at.parse().ok());
    let (title, text) = titled(body)?;
    Ok(Shared {
        id: id.ok_or(wrong("id", "the memory's id, as in the file's name"))?,
        kind: kind.ok_or(wrong("kind", "a word such as decision or convention"))?,
        status: status
            .ok_or(wrong("status", "current, suggested, disputed, superseded or rejected"))?,
        since: since.ok_or(wrong("since", "a time such as 2026-11-21T00:00:00Z"))?,
        title,
        text,
        extra: lines,
    })
}

fn is_marker(line: &str) -> bool {
    ["<<<<<<< ", ">>>>>>> ", "||||||| "].iter().any(|mark| line.starts_with(mark))
        || line == "======="
}

fn titled(body: &str) -> Result<(String, String), SharedError> {
    let body = body.trim_start_matches('\n');
    let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
    let title = first.strip_prefix('#').map(one_line).filter(|title| !title.is_empty());
    let title = title.ok_or(SharedError::Untitled)?;
    let text = rest.trim();
    Ok((title.clone(), if text.is_empty() { title } else { text.to_owned() }))
}

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The memory.
    pub shared: Shared,
    /// Whether both sides said something else, so that it counts as disputed.
    pub is_disputed: bool,
}

/// Merges two edits of one memory; `base` is what both come from, if there was such a thing.
pub fn merge(base: Option<&Shared>, ours: &Shared, theirs: &Shared) -> Merged {
    let kind = pick(base.map(|base| &base.kind), &ours.kind, &theirs.kind);
    let status = pick(base.map(|base| &base.status), &ours.status, &theirs.status);
    let title = pick(base.map(|base| &base.title), &ours.title, &theirs.title);
    let text = pick(base.map(|base| &base.text), &ours.text, &theirs.text);
    let is_disputed = matches!(text, Pick::Both(..));
    let shared = Shared {
        id: ours.id.clone(),
        kind: kind.ours(),
        status: if is_disputed { MemoryStatus::Disputed } else { status.ours() },
        since: ours.since.min(theirs.since),
        title: title.ours(),
        text: match text {
            Pick::One(text) => text,
            Pick::Both(ours, theirs) => both(&ours, &theirs),
        },
        extra: extra(&ours.extra, &theirs.extra),
    };
    Merged { shared, is_disputed }
}

enum Pick<T> {
    One(T),
    Both(T, T),
}

impl<T> Pick<T> {
    fn ours(self) -> T {
        match self {
            Self::One(one) | Self::Both(one, _) => one,
        }
    }
}

/// What one side left alone is the other's.
fn pick<T: Clone + PartialEq>(base: Option<&T>, ours: &T, theirs: &T) -> Pick<T> {
    if ours == theirs || base == Some(theirs) {
        Pick::One(ours.clone())
    } else if base == Some(ours) {
        Pick::One(theirs.clone())
    } else {
        Pick::Both(ours.clone(), theirs.clone())
    }
}

/// Both texts, in an order that does not depend on whose side one is on; one within the other is said once.
fn both(ours: &str, theirs: &str) -> String {
    if ours.contains(theirs) {
        return ours.to_owned();
    }
    if theirs.contains(ours) {
        return theirs.to_owned();
    }
    let (first, second) = if ours <= theirs { (ours, theirs) } else { (theirs, ours) };
    format!("{first}\n\n{second}")
}

fn extra(ours: &[(String, String)], theirs: &[(String, String)]) -> Vec<(String, String)> {
    let is_new = |line: &&(String, String)| ours.iter().all(|(name, _)| *name != line.0);
    ours.iter().chain(theirs.iter().filter(is_new)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shared(title: &str, text: &str) -> Shared {
        Shared {
            id: MemoryId::parse("mem-1").expect("an id"),
            kind: MemoryKind::Convention,
            status: MemoryStatus::Current,
            since: Timestamp::UNIX_EPOCH,
            title: title.to_owned(),
            text: text.to_owned(),
            extra: vec![("mood".to_owned(), "good: very".to_owned())],
        }
    }

    #[test]
    fn the_page() {
        insta::assert_snapshot!(print(&shared("Use tabs", "Never spaces.\n\n- not even here")), @r"
        ---
        id: mem-1
        kind: convention
        status: current
        since: 1970-01-01T00:00:00Z
        mood: good: very
        ---

        # Use tabs

        Never spaces.

        - not even here
        ");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let page = print(&shared("a", "b"));
        let cases = [
            ("no head", "line 1: a memory begins with a head between two lines of `---`"),
            (
                &page.replace("since: 1970", "since: never 1970"),
                "the head's `since` is missing or wrong: a time such as 2026-11-21T00:00:00Z",
            ),
            (&page.replace("# a", "a"), "there is no title: write one behind `# ` below the head"),
            (
                &format!("<<<<<<< ours\n{page}"),
                "line 1: a conflict marker of git: settle the merge first",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).expect_err(text).to_string(), expected);
        }
    }

    #[test]
    fn edits_of_different_fields_merge_and_two_texts_stay() {
        let base = shared("Use tabs", "Never spaces.");
        let ours = Shared { title: "Tabs".to_owned(), ..base.clone() };
        let theirs = Shared { text: "Spaces never.".to_owned(), ..base.clone() };
        let merged = merge(Some(&base), &ours, &theirs);
        assert!(!merged.is_disputed);
        assert_eq!((&*merged.shared.title, &*merged.shared.text), ("Tabs", "Spaces never."));
        let other = Shared { text: "Two spaces.".to_owned(), ..base.clone() };
        let merged = merge(Some(&base), &theirs, &other);
        assert_eq!(merged.shared.text, "Spaces never.\n\nTwo spaces.");
        assert_eq!(merged.shared.status, MemoryStatus::Disputed);
    }

    fn any_shared() -> impl Strategy<Value = Shared> {
        let word = "[a-z#:<=>-]{1,6}( [a-z`*]{1,6}){0,3}";
        let text = prop::collection::vec(word, 1..4).prop_map(|lines| lines.join("\n"));
        let status = prop::sample::select(MemoryStatus::ALL.to_vec());
        let kind = prop::sample::select(MemoryKind::NAMED.to_vec());
        (word, text, status, kind).prop_map(|(title, text, status, kind)| Shared {
            status,
            kind,
            ..shared(&title, &text)
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(shared in any_shared()) {
            let text = print(&shared);
            prop_assume!(!text.lines().any(is_marker));
            prop_assert_eq!(parse(&text), Ok(shared));
        }

        #[test]
        fn a_merge_takes_no_side_in_text_and_the_same_edit_twice_is_one(
            base in any_shared(), ours in any_shared(), theirs in any_shared(),
        ) {
            let (one, other) = (merge(Some(&base), &ours, &theirs), merge(Some(&base), &theirs, &ours));
            prop_assert_eq!(&one.shared.text, &other.shared.text);
            prop_assert_eq!(one.is_disputed, other.is_disputed);
            prop_assert_eq!(merge(Some(&base), &ours, &ours).shared, ours.clone());
            let alone = merge(Some(&base), &base, &theirs).shared;
            prop_assert_eq!(alone, theirs);
        }
    }
}
