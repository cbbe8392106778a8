//! Words that stand for each other: what a paraphrase without a shared word is found by.
//!
//! The words lie in `lexicon/*.txt`, which say at their top how they are read. All are stemmed; words
//! that stand side by side are one entry with a space between.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use super::stem::stem;

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
    Lexicon::read(&texts, include_str!("lexicon/one_of.txt"))
});

struct Row {
    synonyms: Vec<String>,
    related: Vec<String>,
}

struct Lexicon {
    rows: Vec<Row>,
    /// Entry → rows in which it stands.
    places: HashMap<String, Vec<usize>>,
    /// Value → rows of values of which only one holds.
    one_of: HashMap<String, Vec<usize>>,
}

impl Lexicon {
    fn read(texts: &[&str], one_of: &str) -> Self {
        let lines = texts.iter().flat_map(|text| rows(text));
        let rows: Vec<Row> = lines.map(Row::read).collect();
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            for entry in row.synonyms.iter().chain(&row.related) {
                places.entry(entry.clone()).or_default().push(at);
            }
        }
        let mut values: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, line) in self::rows(one_of).enumerate() {
            line.split(' ').for_each(|value| values.entry(stem(value)).or_default().push(at));
        }
        Self { rows, places, one_of: values }
    }
}

impl Row {
    fn read(line: &str) -> Self {
        let (synonyms, related) = line.split_once('|').unwrap_or((line, ""));
        Self { synonyms: entries(synonyms), related: entries(related) }
    }
}

fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn entries(text: &str) -> Vec<String> {
    let stemmed = |entry: &str| entry.split('_').map(stem).collect::<Vec<_>>().join(" ");
    text.split_whitespace().map(stemmed).collect()
}

/// Whether the stem, or stems with a space between, is an entry.
pub(super) fn knows(entry: &str) -> bool {
    LEXICON.places.contains_key(entry)
}

/// What may stand for an entry, and how much it counts.
pub(super) fn alternatives(entry: &str) -> BTreeMap<&'static str, f32> {
    let mut found = BTreeMap::new();
    for row in LEXICON.places.get(entry).into_iter().flatten().map(|at| &LEXICON.rows[*at]) {
        let is_synonym = row.synonyms.iter().any(|one| one == entry);
        let (across, down) = if is_synonym { (SYNONYM, Some(RELATED)) } else { (WIDER, None) };
        let synonyms = row.synonyms.iter().map(|one| (one, across));
        let related = row.related.iter().filter_map(|one| Some((one, down?)));
        for (other, weight) in synonyms.chain(related).filter(|(other, _)| *other != entry) {
            let best: &mut f32 = found.entry(other.as_str()).or_insert(0.0);
            *best = best.max(weight);
        }
    }
    found
}

/// Whether two stems are values of which only one holds.
pub(super) fn are_one_of(one: &str, other: &str) -> bool {
    let rows = |value: &str| LEXICON.one_of.get(value).map_or(&[][..], Vec::as_slice);
    one != other && rows(one).iter().any(|row| rows(other).contains(row))
}

#[cfg(test)]
mod tests {
    use super::super::stem::stem;
    use super::{LEXICON, LONGEST, RELATED, SYNONYM, WIDER, alternatives, are_one_of};

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
    fn every_row_has_two_entries_that_differ() {
        let mut wrong = Vec::new();
        for row in &LEXICON.rows {
            let mut all: Vec<&String> = row.synonyms.iter().chain(&row.related).collect();
            all.sort();
            all.dedup();
            wrong.extend((all.len() < 2).then(|| format!("{all:?}")));
            assert!(all.iter().all(|entry| entry.split(' ').count() <= LONGEST), "{all:?}");
        }
        assert_eq!(wrong, [""; 0]);
    }
}
