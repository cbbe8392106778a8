//! What stands in the lexicon, and whether what is made of it is of today.

use std::collections::{BTreeMap, BTreeSet};

use super::super::stem::stem;
use super::*;

const TEXTS: [&str; 3] =
    [include_str!("software.txt"), include_str!("work.txt"), include_str!("everyday.txt")];
const ONE_OF: &str = include_str!("one_of.txt");

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn stems(words: &str) -> Vec<String> {
    let stemmed = |text: &str| text.split('_').map(stem).collect::<Vec<_>>().join(" ");
    words.split_whitespace().map(stemmed).collect()
}

/// What stands in `made/`, by file.
fn made() -> [(&'static str, &'static str, String); 3] {
    let (mut rows, mut places) =
        (String::new(), BTreeMap::<String, BTreeSet<(usize, bool)>>::new());
    for line in TEXTS.iter().flat_map(|text| lines(text)) {
        let (synonyms, related) = line.split_once('|').unwrap_or((line, ""));
        let (synonyms, related) = (stems(synonyms), stems(related));
        for (entries, is_kind) in [(&synonyms, false), (&related, true)] {
            for entry in entries {
                places.entry(entry.clone()).or_default().insert((rows.len(), is_kind));
            }
        }
        let bar = if related.is_empty() { "" } else { "|" };
        rows.push_str(&format!("{}{bar}{}\n", synonyms.join(","), related.join(",")));
    }
    let mut values = BTreeMap::<String, BTreeSet<usize>>::new();
    for (at, line) in lines(ONE_OF).enumerate() {
        for value in line.split(' ') {
            values.entry(stem(value)).or_default().insert(at);
        }
    }
    let mark = |(at, is_kind): &(usize, bool)| format!("{at}{}", if *is_kind { "|" } else { "" });
    let index = places.iter().map(|(entry, at)| line(entry, at.iter().map(mark))).collect();
    let values = values.iter().map(|(value, at)| line(value, at.iter().map(usize::to_string)));
    [("rows", ROWS, rows), ("index", INDEX, index), ("values", VALUES, values.collect())]
}

fn line(entry: &str, places: impl Iterator<Item = String>) -> String {
    format!("{entry}\t{}\n", places.collect::<Vec<_>>().join(" "))
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever changes the lexicon says so in the environment"
)]
fn what_is_made_of_the_lexicon_is_of_today() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recall/lexicon/made");
    let updates = std::env::var_os("THRU_UPDATE_LEXICON").is_some();
    for (name, known, made) in made() {
        if updates {
            std::fs::write(folder.join(name).with_extension("txt"), &made).unwrap();
        } else {
            assert!(known == made, "{name}.txt: THRU_UPDATE_LEXICON=1 makes it anew");
        }
    }
}

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
    assert!(!are_one_of("postgr", "npm") && !are_one_of("no such", "no such either"));
}

#[test]
fn every_row_has_two_entries_that_differ_and_each_entry_is_found() {
    let mut alone = Vec::new();
    for row in ROWS.lines() {
        let mut all: Vec<&str> = row.split([',', '|']).collect();
        assert!(all.iter().all(|entry| entry.split(' ').count() <= LONGEST), "{all:?}");
        assert!(all.iter().all(|entry| knows(entry)), "{all:?}");
        all.sort_unstable();
        all.dedup();
        alone.extend((all.len() < 2).then_some(row));
    }
    assert_eq!(alone, [""; 0]);
}
