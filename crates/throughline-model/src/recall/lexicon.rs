//! Words that stand for each other: what a paraphrase without a shared word is found by.
//!
//! The words lie in `lexicon/*.txt`, which say at their top how they are read. What is asked are their stems, and
//! those lie in `lexicon/made/`: a hook has no time to stem thousands of words of which it asks for twenty. They are
//! made from the others (`THRU_UPDATE_LEXICON=1 cargo test -p throughline-model lexicon`), and a test says when they are not.
//!
//! - `rows.txt`: a row of stems a line, with commas between; right of `|` the kinds. Words that stand side by side
//!   are one entry with a space between.
//! - `index.txt`: an entry a line, in order; behind a tab at which bytes of `rows.txt` the rows begin that have it,
//!   with `|` behind where it is a kind.
//! - `values.txt`: the same of values of which only one holds: behind the tab the numbers of the rows.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// How much a synonym counts, of 1 for the word itself.
pub(super) const SYNONYM: f32 = 0.8;
/// How much a kind, part or companion counts.
pub(super) const RELATED: f32 = 0.5;
/// How much the word for the whole counts where a kind, part or companion was asked for.
pub(super) const WIDER: f32 = 0.4;

/// The most words of one entry.
pub(super) const LONGEST: usize = 3;

const ROWS: &str = include_str!("lexicon/made/rows.txt");
const INDEX: &str = include_str!("lexicon/made/index.txt");
const VALUES: &str = include_str!("lexicon/made/values.txt");

/// What stands behind an entry in a text of lines in order.
fn behind(lines: &'static str, entry: &str) -> Option<&'static str> {
    let bytes = lines.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let is_end = |at: &usize| bytes[*at] == b'\n';
        let start = (low..middle).rev().find(is_end).map_or(low, |end| end + 1);
        let end = (middle..high).find(is_end).unwrap_or(high);
        let (known, behind) = lines[start..end].split_once('\t')?;
        match entry.cmp(known) {
            Ordering::Equal => return Some(behind),
            Ordering::Less => high = start,
            Ordering::Greater => low = end + 1,
        }
    }
    None
}

/// The rows that have an entry, as text, and whether it is a kind there.
fn rows(entry: &str) -> impl Iterator<Item = (&'static str, bool)> {
    let places = behind(INDEX, entry).unwrap_or_default().split(' ');
    places.filter_map(|place| {
        let (start, is_kind) =
            place.strip_suffix('|').map_or((place, false), |start| (start, true));
        let row = ROWS.get(start.parse::<usize>().ok()?..)?;
        Some((row.lines().next()?, is_kind))
    })
}

/// Whether the stem, or stems with a space between, is an entry.
pub(super) fn knows(entry: &str) -> bool {
    behind(INDEX, entry).is_some()
}

/// What may stand for an entry, and how much it counts.
pub(super) fn alternatives(entry: &str) -> BTreeMap<&'static str, f32> {
    let mut found = BTreeMap::new();
    for (other, weight) in others(entry) {
        let best: &mut f32 = found.entry(other).or_insert(0.0);
        *best = best.max(weight);
    }
    found.remove(entry);
    found
}

/// The same as it stands in the rows: some more than once, and the entry itself.
pub(super) fn others(entry: &str) -> impl Iterator<Item = (&'static str, f32)> {
    rows(entry).flat_map(|(row, is_kind)| {
        let (synonyms, related) = row.split_once('|').unwrap_or((row, ""));
        let (across, down) = if is_kind { (WIDER, None) } else { (SYNONYM, Some(RELATED)) };
        let synonyms = synonyms.split(',').map(move |one| (one, across));
        let related = related.split(',').filter_map(move |one| Some((one, down?)));
        synonyms.chain(related).filter(|(other, _)| !other.is_empty())
    })
}

/// Whether an entry stands only as a kind, part or companion of others: "honda".
pub(super) fn is_kind(entry: &str) -> bool {
    knows(entry) && rows(entry).all(|(_, is_kind)| is_kind)
}

/// Whether a stem is one of several values: the name of a product, a day.
pub(super) fn is_value(stem: &str) -> bool {
    behind(VALUES, stem).is_some()
}

/// Whether two stems are values of which only one holds.
pub(super) fn are_one_of(one: &str, other: &str) -> bool {
    let rows = |value: &str| behind(VALUES, value).unwrap_or_default();
    let there = rows(other);
    one != other
        && rows(one)
            .split(' ')
            .any(|row| there.split(' ').any(|other| *row == *other && !row.is_empty()))
}

#[cfg(test)]
mod tests;
