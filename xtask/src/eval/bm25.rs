//! BM25 alone, over the words as they are written: what any full-text search gives.

use std::collections::BTreeMap;

use super::questions::{Asked, Hit, Memory};

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// The memories that have a word of the question, the best first. What holds is not known to it, but for
/// what `as_of` leaves out.
pub(super) fn ask(asked: &Asked, memories: &[Memory]) -> Vec<Hit> {
    let seen: Vec<&Memory> = memories
        .iter()
        .filter(|memory| memory.is_visible_to(asked))
        .filter(|memory| asked.as_of.as_ref().is_none_or(|as_of| memory.at <= *as_of))
        .collect();
    let texts: Vec<Vec<String>> =
        seen.iter().map(|memory| words(&format!("{} {}", memory.title, memory.text))).collect();
    let mean = number(texts.iter().map(Vec::len).sum()) / number(texts.len().max(1));
    let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
    for word in words(&asked.ask) {
        let counts: Vec<usize> =
            texts.iter().map(|text| text.iter().filter(|one| **one == word).count()).collect();
        let having = number(counts.iter().filter(|count| **count > 0).count());
        let rarity = (1.0 + (number(texts.len()) - having + 0.5) / (having + 0.5)).ln();
        for (at, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let length = 1.0 - B + B * number(texts[at].len()) / mean;
            let count = number(count);
            *scores.entry(at).or_default() += rarity * count * (K1 + 1.0) / (count + K1 * length);
        }
    }
    let mut order: Vec<(usize, f64)> = scores.into_iter().collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let hit = |(at, _): (usize, f64)| Hit { key: seen[at].key.clone(), is_current: true };
    order.into_iter().take(super::HITS).map(hit).collect()
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a few hundred memories"))
}
