//! Asking the postings. The worth of a document is BM25, with the numbers of SQLite's own function for it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _};
use throughline_model::recall::Sought;

use super::super::Visible;
use super::{ENTRY, MOST_UNPOSTED, Place};

/// How soon repetition stops counting; SQLite's.
const SATURATION: f32 = 1.2;
/// How much a document's length counts; SQLite's.
const LENGTH: f32 = 0.75;
/// What a word is worth that most have; SQLite's.
const LEAST_RARITY: f32 = 1e-6;

/// The postings as they stand in a transaction.
pub(in super::super) struct Postings {
    places: Vec<Place>,
    entries: Vec<u8>,
    /// How many words a document has.
    average: f32,
    unposted: BTreeSet<i64>,
}

/// The documents that are worth most, by row id, best first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Best {
    pub(in super::super) memories: Vec<i64>,
    /// Negated, as in the full-text table.
    pub(in super::super) sessions: Vec<i64>,
}

/// Slots that have a word, in order, with its weight there in halves.
type List = Vec<(usize, u8)>;

impl Postings {
    /// None, where the full-text table is to be asked.
    pub(in super::super) fn of(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT words, places, documents FROM posted";
        let mut statement = connection.prepare_cached(sql)?;
        let read = |row: &rusqlite::Row<'_>| {
            let (words, entries): (i64, Vec<u8>) = (row.get(0)?, row.get(2)?);
            Ok((words, serde_json::from_str(row.get_ref(1)?.as_str()?), entries))
        };
        let Some((words, Ok(places), entries)) = statement.query_row([], read).optional()? else {
            return Ok(None);
        };
        let Some(unposted) = unposted(connection)? else { return Ok(None) };
        let average =
            number(u64::try_from(words).unwrap_or(0)) / size(entries.len() / ENTRY).max(1.0);
        Ok(Some(Self { places, entries, average: average.max(1.0), unposted }))
    }

    fn documents(&self) -> usize {
        self.entries.len() / ENTRY
    }

    /// Whether they say all that there is.
    pub(in super::super) fn is_whole(&self) -> bool {
        self.unposted.is_empty()
    }

    /// The row ids of the memories that are posted and visible.
    pub(in super::super) fn seen(&self, visible: &Visible) -> impl Iterator<Item = i64> {
        let places: Vec<bool> = self.places.iter().map(|place| visible.sees(place)).collect();
        self.entries.as_chunks::<ENTRY>().0.iter().filter_map(move |entry| {
            let (rowid, _, place) = parts(entry);
            let is_seen = places.get(usize::from(place)).copied().unwrap_or(false);
            (is_seen && rowid > 0 && !self.unposted.contains(&rowid)).then_some(rowid)
        })
    }

    /// How many documents there are, and in how many each of these words stands; `fresh` are the words of those that
    /// were written since.
    pub(in super::super) fn frequencies(
        &self,
        connection: &Connection,
        words: &[&str],
        fresh: &[String],
    ) -> rusqlite::Result<(usize, BTreeMap<String, u64>)> {
        let slot = |rowid: &i64| {
            let entries = self.entries.as_chunks::<ENTRY>().0;
            entries.binary_search_by_key(rowid, |entry| parts(entry).0).ok()
        };
        let stale: BTreeSet<usize> = self.unposted.iter().filter_map(slot).collect();
        let mut of = BTreeMap::new();
        for word in words {
            let posted = if stale.is_empty() {
                among(connection, word)?
            } else {
                let list = posted(connection, word)?;
                list.iter().filter(|(slot, _)| !stale.contains(slot)).count()
            };
            let has = |text: &&String| text.split(' ').any(|one| one == *word);
            let count = posted + fresh.iter().filter(has).count();
            if count > 0 {
                of.insert((*word).to_owned(), u64::try_from(count).unwrap_or(u64::MAX));
            }
        }
        Ok((self.documents() - stale.len() + fresh.len(), of))
    }

    /// Of what is sought and visible the best of each sort, so many at most.
    pub(in super::super) fn best(
        &self,
        connection: &Connection,
        sought: &[Sought],
        visible: &Visible,
        most: usize,
    ) -> rusqlite::Result<Best> {
        let mut worth = vec![0.0_f32; self.documents()];
        for one in sought {
            self.add(&list_of(connection, one)?, &mut worth);
        }
        let seen: Vec<bool> = self.places.iter().map(|place| visible.sees(place)).collect();
        let mut best = [Vec::new(), Vec::new()];
        for (worth, entry) in worth.into_iter().zip(self.entries.as_chunks::<ENTRY>().0) {
            let (rowid, _, place) = parts(entry);
            let is_seen = seen.get(usize::from(place)).copied().unwrap_or(false);
            if worth > 0.0 && is_seen && !self.unposted.contains(&rowid) {
                best[usize::from(rowid < 0)].push((worth, rowid));
            }
        }
        let [memories, sessions] = best.map(|found| foremost(found, most));
        Ok(Best { memories, sessions })
    }

    fn add(&self, list: &[(usize, u8)], worth: &mut [f32]) {
        let (all, having) = (size(self.documents()), size(list.len()));
        let rarity = ((all - having).max(0.0) + 0.5).ln() - (having + 0.5).ln();
        let rarity = rarity.max(LEAST_RARITY);
        let entries = self.entries.as_chunks::<ENTRY>().0;
        for (slot, halves) in list {
            let (Some(worth), Some(entry)) = (worth.get_mut(*slot), entries.get(*slot)) else {
                continue;
            };
            let (_, words, _) = parts(entry);
            let often = f32::from(*halves) / 2.0;
            let long = 1.0 - LENGTH + LENGTH * f32::from(words) / self.average;
            *worth += rarity * often * (SATURATION + 1.0) / (often + SATURATION * long);
        }
    }
}

/// What changed since the postings were made; none, if that is much.
fn unposted(connection: &Connection) -> rusqlite::Result<Option<BTreeSet<i64>>> {
    let sql = format!("SELECT number FROM unposted LIMIT {}", MOST_UNPOSTED + 1);
    let mut statement = connection.prepare_cached(&sql)?;
    let numbers = statement.query_map([], |row| row.get(0))?;
    let numbers: BTreeSet<i64> = numbers.collect::<rusqlite::Result<_>>()?;
    Ok((numbers.len() <= MOST_UNPOSTED).then_some(numbers))
}

fn list_of(connection: &Connection, sought: &Sought) -> rusqlite::Result<List> {
    match sought {
        Sought::Words(words) => {
            let mut lists = words.split(' ').map(|word| posted(connection, word));
            let first = lists.next().unwrap_or(Ok(List::new()))?;
            // That they stand side by side the ranking sees.
            lists.try_fold(first, |both, next| Ok(common(&both, &next?)))
        }
        Sought::Begins(letters) => {
            let sql = "SELECT documents FROM posting WHERE word >= ?1 AND word < ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([letters.clone(), format!("{letters}\u{10ffff}")])?;
            let mut all = BTreeMap::new();
            while let Some(row) = rows.next()? {
                for (slot, halves) in decoded(row.get_ref(0)?.as_blob()?) {
                    let sum: &mut u8 = all.entry(slot).or_default();
                    *sum = sum.saturating_add(halves);
                }
            }
            Ok(all.into_iter().collect())
        }
    }
}

fn among(connection: &Connection, word: &str) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached("SELECT among FROM posting WHERE word = ?")?;
    let count: Option<i64> = statement.query_row([word], |row| row.get(0)).optional()?;
    Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
}

fn posted(connection: &Connection, word: &str) -> rusqlite::Result<List> {
    let mut statement =
        connection.prepare_cached("SELECT documents FROM posting WHERE word = ?")?;
    let mut rows = statement.query([word])?;
    match rows.next()? {
        Some(row) => Ok(decoded(row.get_ref(0)?.as_blob()?).collect()),
        None => Ok(List::new()),
    }
}

/// In both, with what the weaker weighs.
fn common(one: &[(usize, u8)], other: &[(usize, u8)]) -> List {
    let in_other = |(slot, halves): &(usize, u8)| {
        let at = other.binary_search_by_key(slot, |(slot, _)| *slot).ok()?;
        Some((*slot, (*halves).min(other[at].1)))
    };
    one.iter().filter_map(in_other).collect()
}

fn foremost(mut found: Vec<(f32, i64)>, most: usize) -> Vec<i64> {
    let order =
        |one: &(f32, i64), other: &(f32, i64)| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1));
    if most == 0 {
        return Vec::new();
    }
    if found.len() > most {
        found.select_nth_unstable_by(most - 1, order);
        found.truncate(most);
    }
    found.sort_unstable_by(order);
    found.into_iter().map(|(_, rowid)| rowid).collect()
}

/// Row id, words, place.
fn parts(entry: &[u8; ENTRY]) -> (i64, u16, u16) {
    let [a, b, c, d, e, f, g, h] = *entry;
    let rowid = i32::from_le_bytes([a, b, c, d]);
    (rowid.into(), u16::from_le_bytes([e, f]), u16::from_le_bytes([g, h]))
}

/// A list as bytes.
pub(super) fn encoded(weights: &BTreeMap<u32, u8>) -> Vec<u8> {
    let (mut bytes, mut before) = (Vec::with_capacity(weights.len() * 3), 0);
    for (slot, halves) in weights {
        let mut step = slot - before;
        before = *slot;
        while step >= 0x80 {
            bytes.push(step.to_le_bytes()[0] | 0x80);
            step >>= 7;
        }
        bytes.extend([step.to_le_bytes()[0], *halves]);
    }
    bytes
}

/// Bytes as a list; what is no list ends.
pub(super) fn decoded(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let (mut rest, mut slot) = (bytes, 0_usize);
    std::iter::from_fn(move || {
        let (mut step, mut shift) = (0_usize, 0);
        loop {
            let (byte, after) = rest.split_first()?;
            rest = after;
            step |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 28 {
                return None;
            }
        }
        let (halves, after) = rest.split_first()?;
        rest = after;
        slot = slot.checked_add(step)?;
        Some((slot, *halves))
    })
}

fn size(count: usize) -> f32 {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "a count of documents or words, as a weight")]
fn number(count: u64) -> f32 {
    count as f32
}
