//! Words that stand for each other: what a paraphrase without a shared word is found by.
//!
//! The words lie in `lexicon/*.txt`, which say at their top how they are read. All are stemmed; words
//! that stand side by side are one entry with a space between.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use super::WordMap;
use super::stem::{plain, stem};

/// How much a synonym counts, of 1 for the word itself.
pub(super) const SYNONYM: f32 = 0.8;
/// How much a kind, part or companion counts.
pub(super) const RELATED: f32 = 0.5;
/// How much the word for the whole counts where a kind, part or companion was asked for.
pub(super) const WIDER: f32 = 0.4;

/// The most words of one entry.
pub(super) const LONGEST: usize = 3;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let texts = [
        include_str!("lexicon/software.txt"),
        include_str!("lexicon/work.txt"),
        include_str!("lexicon/everyday.txt"),
    ];
    Lexicon::read(&texts)
});

/// Value → rows of values of which only one holds.
static ONE_OF: LazyLock<WordMap<String, Vec<usize>>> = LazyLock::new(|| {
    let mut values: WordMap<String, Vec<usize>> = WordMap::default();
    for (at, line) in rows(include_str!("lexicon/one_of.txt")).enumerate() {
        line.split(' ').for_each(|value| values.entry(stem(value)).or_default().push(at));
    }
    values
});

/// A word as it stands in a row. A question touches few of them, so each is stemmed when it is asked for.
struct Entry {
    text: &'static str,
    row: usize,
    stemmed: OnceLock<String>,
}

impl Entry {
    fn stemmed(&self) -> &str {
        self.stemmed.get_or_init(|| self.text.split('_').map(stem).collect::<Vec<_>>().join(" "))
    }
}

/// A row, as ranges of entries.
struct Row {
    synonyms: Range<usize>,
    related: Range<usize>,
}

struct Lexicon {
    entries: Vec<Entry>,
    rows: Vec<Row>,
    /// The first letters of a stem → entries that may have it.
    buckets: WordMap<&'static str, Vec<usize>>,
}

impl Lexicon {
    fn read(texts: &[&'static str]) -> Self {
        let mut read = Self { entries: Vec::new(), rows: Vec::new(), buckets: WordMap::default() };
        for line in texts.iter().flat_map(|text| rows(text)) {
            let (synonyms, related) = line.split_once('|').unwrap_or((line, ""));
            let row = Row { synonyms: read.add(synonyms), related: read.add(related) };
            read.rows.push(row);
        }
        read
    }

    fn add(&mut self, words: &'static str) -> Range<usize> {
        let start = self.entries.len();
        for text in words.split_whitespace() {
            let first = plain(text.split('_').next().unwrap_or(text));
            self.buckets.entry(letters(first)).or_default().push(self.entries.len());
            self.entries.push(Entry { text, row: self.rows.len(), stemmed: OnceLock::new() });
        }
        start..self.entries.len()
    }

    /// The places in which an entry stands.
    fn places(&self, entry: &str) -> impl Iterator<Item = usize> {
        let bucket = self.buckets.get(letters(entry)).map_or(&[][..], Vec::as_slice);
        bucket.iter().copied().filter(move |at| self.entries[*at].stemmed() == entry)
    }
}

/// The letters that a word and its stem share; of several words, the first one's.
fn letters(entry: &str) -> &str {
    let word = entry.split(' ').next().unwrap_or(entry);
    word.char_indices().nth(2).map_or(word, |(end, _)| &word[..end])
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether the stem, or stems with a space between, is an entry.
pub(super) fn knows(entry: &str) -> bool {
    LEXICON.places(entry).next().is_some()
}

/// What may stand for an entry, and how much it counts.
pub(super) fn alternatives(entry: &str) -> BTreeMap<&'static str, f32> {
    let lexicon = &*LEXICON;
    let mut found = BTreeMap::new();
    for at in lexicon.places(entry) {
        let row = &lexicon.rows[lexicon.entries[at].row];
        let is_synonym = row.synonyms.contains(&at);
        let (across, down) = if is_synonym { (SYNONYM, Some(RELATED)) } else { (WIDER, None) };
        let synonyms = row.synonyms.clone().map(|one| (one, across));
        let related = row.related.clone().filter_map(|one| Some((one, down?)));
        for (other, weight) in synonyms.chain(related) {
            let best: &mut f32 = found.entry(lexicon.entries[other].stemmed()).or_insert(0.0);
            *best = best.max(weight);
        }
    }
    found.remove(entry);
    found
}

/// Whether an entry stands only as a kind, part or companion of others: "honda".
pub(super) fn is_kind(entry: &str) -> bool {
    let lexicon = &*LEXICON;
    let stands_as_kind = |at: usize| {
        let row = &lexicon.rows[lexicon.entries[at].row];
        row.related.contains(&at)
    };
    knows(entry) && lexicon.places(entry).all(stands_as_kind)
}

/// Whether a stem is one of several values: the name of a product, a day.
pub(super) fn is_value(stem: &str) -> bool {
    ONE_OF.contains_key(stem)
}

/// Whether two stems are values of which only one holds.
pub(super) fn are_one_of(one: &str, other: &str) -> bool {
    let rows = |value: &str| ONE_OF.get(value).map_or(&[][..], Vec::as_slice);
    one != other && rows(one).iter().any(|row| rows(other).contains(row))
}

#[cfg(test)]
mod tests {
    use super::super::stem::stem;
    use super::{
        Entry, LEXICON, LONGEST, RELATED, SYNONYM, WIDER, alternatives, are_one_of, knows,
    };

    #[test]
    fn a_synonym_counts_more_than_a_kind_and_kinds_do_not_stand_for_each_other() {
        let (db, pg) = (stem("database"), stem("postgres"));
        let database = alternatives(&db);
        assert_eq!((database["db"], database[pg.as_str()]), (SYNONYM, RELATED));
        let postgres = alternatives(&pg);
        assert_eq!((postgres["pg"], postgres[db.as_str()]), (SYNONYM, WIDER));
        assert!(!postgres.contains_key("mysql"));
        assert!(alternatives("pull request").contains_key("merg request"));
    }

    #[test]
    fn values_exclude_each_other() {
        assert!(are_one_of("tab", "space") && !are_one_of("tab", "tab"));
        assert!(!are_one_of("postgr", "npm"));
    }

    #[test]
    fn every_row_has_two_entries_that_differ_and_each_entry_is_found() {
        let mut alone = Vec::new();
        for row in &LEXICON.rows {
            let entries = &LEXICON.entries[row.synonyms.start..row.related.end];
            let mut all: Vec<&str> = entries.iter().map(Entry::stemmed).collect();
            assert!(all.iter().all(|entry| entry.split(' ').count() <= LONGEST), "{all:?}");
            assert!(all.iter().all(|entry| knows(entry)), "{all:?}");
            all.sort_unstable();
            all.dedup();
            alone.extend((all.len() < 2).then(|| entries[0].text));
        }
        assert_eq!(alone, [""; 0]);
    }
}
