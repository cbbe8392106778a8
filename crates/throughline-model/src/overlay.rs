//! What the user says about conversations: names, marks, git facts. On disk: `HOME/threads.json`.
//!
//! It lies over what transcripts say and wins over it; where it is silent the transcript speaks.
//! Neither a transcript nor the index is ever written for it, so making the index anew loses nothing.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::redact::redact;
use crate::remote::without_user;

/// The version of the overlay's file.
///
/// 1 (0.1.0): the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OverlayVersion(pub u32);

impl OverlayVersion {
    /// What this program writes.
    pub const CURRENT: Self = Self(1);
}

/// The longest name, in characters: what fits a line of a list, twice.
pub const LONGEST_NAME: usize = 200;

/// The longest other fact, in bytes: as long as a path may be.
const LONGEST_FACT: usize = 4096;

/// What the user says of all conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// The format.
    pub version: OverlayVersion,
    /// By the conversation's full name. One of which nothing is said is not here.
    #[serde(deserialize_with = "each_once")]
    threads: BTreeMap<String, Mark>,
    /// Members that this version doesn't know.
    #[serde(flatten)]
    extra: BTreeMap<String, Value>,
}

impl Default for Overlay {
    fn default() -> Self {
        let (threads, extra) = (BTreeMap::new(), BTreeMap::new());
        Self { version: OverlayVersion::CURRENT, threads, extra }
    }
}

/// What the user says of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mark {
    /// Since when it is put away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Its branch.
    #[serde(default, skip_serializing_if = "Fact::is_as_read")]
    pub branch: Fact,
    /// The commit at which it began.
    #[serde(default, skip_serializing_if = "Fact::is_as_read")]
    pub commit: Fact,
    /// Since when it is in no list, no search and no memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgotten_at: Option<Timestamp>,
    /// Whether memories may be made of it; `None`: as the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryUse>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its repository's address.
    #[serde(default, skip_serializing_if = "Fact::is_as_read")]
    pub repository: Fact,
    /// Members that this version doesn't know.
    #[serde(flatten)]
    extra: BTreeMap<String, Value>,
}

/// A fact about git.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fact {
    /// What the transcript says. No member in the file.
    #[default]
    AsRead,
    /// There is none, whatever the transcript says. `null` in the file.
    Cleared,
    /// This one.
    Given(String),
}

/// Whether memories may be made of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryUse {
    /// They may.
    Enabled,
    /// They may not.
    Disabled,
}

impl MemoryUse {
    /// Reads it.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled].into_iter().find(|memory| memory.as_str() == word)
    }

    /// In a word, as in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

impl Fact {
    fn is_as_read(&self) -> bool {
        *self == Self::AsRead
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AsRead | Self::Cleared => to.serialize_none(),
            Self::Given(text) => to.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Option::<String>::deserialize(from)? {
            None => Ok(Self::Cleared),
            Some(text) if text.is_empty() => Err(D::Error::custom("a fact is empty")),
            Some(text) => Ok(Self::Given(text)),
        }
    }
}

/// A conversation that stands there twice would lose one of its marks unseen.
fn each_once<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Mark>, D::Error> {
    struct Marks;
    impl<'de> Visitor<'de> for Marks {
        type Value = BTreeMap<String, Mark>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object of conversations")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut marks = BTreeMap::new();
            while let Some((key, mark)) = map.next_entry::<String, Mark>()? {
                if marks.contains_key(&key) {
                    return Err(A::Error::custom(format!("`{key}` stands there twice")));
                }
                marks.insert(key, mark);
            }
            Ok(marks)
        }
    }
    from.deserialize_map(Marks)
}

/// What a person changes of a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Nothing.
    #[default]
    Unchanged,
    /// It shall hold nothing.
    Clear,
    /// It shall hold this.
    Set(T),
}

/// What a person changes of a conversation. The default changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarkPatch {
    /// Its name.
    pub name: Patch<String>,
    /// Its branch.
    pub branch: Patch<String>,
    /// The commit at which it began.
    pub commit: Patch<String>,
    /// Its repository's address.
    pub repository: Patch<String>,
    /// Whether memories may be made of it.
    pub memory: Patch<MemoryUse>,
    /// Whether it is put away.
    pub archived: Patch<()>,
    /// Whether it is forgotten.
    pub forgotten: Patch<()>,
    /// Whether git facts are first given back to the transcript.
    pub gives_back_facts: bool,
}

/// Why something can't be said of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// Nothing is not a value; there is a flag that clears.
    #[error("{field} can't be empty (`thru threads set --no-{field}` clears it)")]
    Empty {
        /// Which.
        field: &'static str,
    },
    /// It does not fit.
    #[error("{field} is longer than {limit}")]
    TooLong {
        /// Which.
        field: &'static str,
        /// In words.
        limit: &'static str,
    },
    /// It has line ends or other control characters.
    #[error("{field} has control characters")]
    Control {
        /// Which.
        field: &'static str,
    },
    /// It is no commit's name.
    #[error("`{text}` is no commit: 7 to 64 hexadecimal digits")]
    NoCommit {
        /// As given.
        text: String,
    },
}

impl Overlay {
    /// What is said of a conversation.
    pub fn of(&self, thread: &str) -> Option<&Mark> {
        self.threads.get(thread)
    }

    /// Every conversation of which something is said.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Mark)> {
        self.threads.iter().map(|(key, mark)| (key.as_str(), mark))
    }

    /// Whether memories may be made of a conversation, as far as the user said so.
    pub fn allows_memory(&self, thread: &str) -> bool {
        self.of(thread).is_none_or(|mark| {
            mark.forgotten_at.is_none() && mark.memory != Some(MemoryUse::Disabled)
        })
    }

    /// Changes what is said of a conversation; whether that is news. On an error nothing changed.
    ///
    /// # Errors
    /// [`MarkError`], if a value can't be one.
    pub fn patch(
        &mut self,
        thread: &str,
        patch: &MarkPatch,
        now: Timestamp,
    ) -> Result<bool, MarkError> {
        let before = self.threads.get(thread).cloned().unwrap_or_default();
        let after = before.clone().patched(patch, now)?;
        let is_news = after != before;
        if after == Mark::default() {
            self.threads.remove(thread);
        } else {
            self.threads.insert(thread.to_owned(), after);
        }
        Ok(is_news)
    }
}

impl Mark {
    fn patched(mut self, patch: &MarkPatch, now: Timestamp) -> Result<Self, MarkError> {
        if patch.gives_back_facts {
            (self.branch, self.commit, self.repository) = Default::default();
        }
        match &patch.name {
            Patch::Unchanged => {}
            Patch::Clear => self.name = None,
            Patch::Set(name) => self.name = Some(checked_name(name)?),
        }
        lay(&mut self.branch, &patch.branch, |text| checked("branch", text))?;
        lay(&mut self.commit, &patch.commit, checked_commit)?;
        lay(&mut self.repository, &patch.repository, |text| {
            checked("repository", &redact(&without_user(text)))
        })?;
        match patch.memory {
            Patch::Unchanged => {}
            Patch::Clear => self.memory = None,
            Patch::Set(memory) => self.memory = Some(memory),
        }
        stamp(&mut self.archived_at, &patch.archived, now);
        stamp(&mut self.forgotten_at, &patch.forgotten, now);
        Ok(self)
    }
}

fn lay(
    fact: &mut Fact,
    patch: &Patch<String>,
    check: impl Fn(&str) -> Result<String, MarkError>,
) -> Result<(), MarkError> {
    match patch {
        Patch::Unchanged => {}
        Patch::Clear => *fact = Fact::Cleared,
        Patch::Set(text) => *fact = Fact::Given(check(text)?),
    }
    Ok(())
}

/// What was marked before keeps its time.
fn stamp(at: &mut Option<Timestamp>, patch: &Patch<()>, now: Timestamp) {
    match patch {
        Patch::Unchanged => {}
        Patch::Clear => *at = None,
        Patch::Set(()) => *at = at.or(Some(now)),
    }
}

fn checked_name(name: &str) -> Result<String, MarkError> {
    let name = checked("name", &redact(name))?;
    if name.chars().count() > LONGEST_NAME {
        return Err(MarkError::TooLong { field: "name", limit: "200 characters" });
    }
    Ok(name)
}

fn checked_commit(text: &str) -> Result<String, MarkError> {
    let text = checked("commit", text)?.to_ascii_lowercase();
    let is_hash = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash { Ok(text) } else { Err(MarkError::NoCommit { text }) }
}

fn checked(field: &'static str, text: &str) -> Result<String, MarkError> {
    let text = text.trim();
    match () {
        () if text.is_empty() => Err(MarkError::Empty { field }),
        () if text.len() > LONGEST_FACT => Err(MarkError::TooLong { field, limit: "4096 bytes" }),
        () if text.chars().any(char::is_control) => Err(MarkError::Control { field }),
        () => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn read(text: &str) -> Result<Overlay, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn left_out_is_unchanged_null_is_cleared_and_empty_is_refused() {
        let mut overlay = Overlay::default();
        let set = |text: &str| Patch::Set(text.to_owned());
        let first = MarkPatch {
            name: set(" The parser "),
            branch: set("main"),
            commit: Patch::Clear,
            ..MarkPatch::default()
        };
        assert_eq!(overlay.patch("t", &first, at(0)), Ok(true));
        assert_eq!(overlay.patch("t", &first, at(1)), Ok(false), "the same again is no news");
        let mark = overlay.of("t").expect("a mark").clone();
        assert_eq!(mark.name.as_deref(), Some("The parser"));
        assert_eq!(
            (&mark.branch, &mark.commit, &mark.repository),
            (&Fact::Given("main".to_owned()), &Fact::Cleared, &Fact::AsRead)
        );
        let refused = [
            MarkPatch { name: set("  "), ..MarkPatch::default() },
            MarkPatch { name: set("two\nlines"), ..MarkPatch::default() },
            MarkPatch { name: set(&"x".repeat(201)), ..MarkPatch::default() },
            MarkPatch { branch: set(""), name: set("other"), ..MarkPatch::default() },
            MarkPatch { commit: set("main"), ..MarkPatch::default() },
            MarkPatch { repository: set(""), ..MarkPatch::default() },
        ];
        for patch in refused {
            assert!(overlay.patch("t", &patch, at(2)).is_err(), "{patch:?}");
            assert_eq!(overlay.of("t"), Some(&mark), "{patch:?} changed something");
        }
        let back = MarkPatch { name: Patch::Clear, gives_back_facts: true, ..MarkPatch::default() };
        assert_eq!(overlay.patch("t", &back, at(3)), Ok(true));
        assert_eq!(overlay, Overlay::default(), "of which nothing is said is not kept");
    }

    #[test]
    fn a_mark_keeps_its_first_time_and_nothing_forgotten_becomes_a_memory() {
        let mut overlay = Overlay::default();
        assert!(overlay.allows_memory("t"));
        let forget = MarkPatch { forgotten: Patch::Set(()), ..MarkPatch::default() };
        assert_eq!(overlay.patch("t", &forget, at(5)), Ok(true));
        assert_eq!(overlay.patch("t", &forget, at(9)), Ok(false));
        assert_eq!(overlay.of("t").and_then(|mark| mark.forgotten_at), Some(at(5)));
        assert!(!overlay.allows_memory("t"));
        let off = MarkPatch {
            forgotten: Patch::Clear,
            memory: Patch::Set(MemoryUse::Disabled),
            ..MarkPatch::default()
        };
        assert_eq!(overlay.patch("t", &off, at(9)), Ok(true));
        assert!(!overlay.allows_memory("t"));
    }

    #[test]
    fn an_address_loses_its_user_before_it_is_kept() {
        let mut overlay = Overlay::default();
        let url = Patch::Set("https://me:s3cret@host.example/a".to_owned());
        let patch = MarkPatch { repository: url, ..MarkPatch::default() };
        assert_eq!(overlay.patch("t", &patch, at(0)), Ok(true));
        let text = serde_json::to_string(&overlay).expect("text");
        assert!(text.contains("https://host.example/a") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_line() {
        let twice = "{\"version\": 1, \"threads\": {\"a\": {},\n\"a\": {\"name\": \"x\"}}}";
        let cases = [
            ("", "EOF"),
            ("[]", "expected struct"),
            ("{\"version\": 1}", "missing field `threads`"),
            ("{\"threads\": {}}", "missing field `version`"),
            ("{\"version\": 1, \"threads\": {\"a\": {\"branch\": \"\"}}}", "a fact is empty"),
            ("{\"version\": 1, \"threads\": {\"a\": {\"archived_at\": 5}}}", "string"),
            (twice, "`a` stands there twice"),
        ];
        for (text, part) in cases {
            let problem = read(text).expect_err(text);
            assert!(problem.contains(part), "{text}: {problem}");
        }
        assert!(read(twice).expect_err("refused").contains("line 2"));
    }

    fn fact() -> impl Strategy<Value = Fact> {
        prop_oneof![Just(Fact::AsRead), Just(Fact::Cleared), "[a-z]{1,9}".prop_map(Fact::Given),]
    }

    prop_compose! {
        fn mark()(
            archived in prop::option::of(0..9_i64), forgotten in prop::option::of(0..9_i64),
            branch in fact(), commit in fact(), repository in fact(),
            name in prop::option::of("[a-z ]{1,9}"),
            memory in prop::option::of(prop_oneof![Just(MemoryUse::Enabled), Just(MemoryUse::Disabled)]),
            extra in prop::collection::btree_map("x_[a-z]{1,4}", any::<u32>().prop_map(Value::from), 0..3),
        ) -> Mark {
            let (archived_at, forgotten_at) = (archived.map(at), forgotten.map(at));
            Mark { archived_at, branch, commit, forgotten_at, memory, name, repository, extra }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_with_what_is_not_known(
            threads in prop::collection::btree_map("[a-z]{1,5}", mark(), 0..5),
            extra in prop::collection::btree_map("x_[a-z]{1,4}", any::<u32>().prop_map(Value::from), 0..3),
            version in 1..5_u32,
        ) {
            let overlay = Overlay { version: OverlayVersion(version), threads, extra };
            let text = serde_json::to_string_pretty(&overlay).expect("text");
            prop_assert_eq!(read(&text), Ok(overlay));
        }
    }
}
