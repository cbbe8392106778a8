//! Vectors that stand for words, made without a model: the same on every machine and in every run.
//!
//! A text is the sum of its words, a word the sum of itself and its runs of three letters, each a direction
//! that a hash chooses. So texts that share words, or words with the same stem, are near each other, and
//! words that a script calls synonyms are the same.

use serde_json::{Value, json};

use super::Request;

/// How long a vector is unless told.
const DIMENSION: usize = 64;

/// What a whole word weighs against one of its runs of three letters.
const WORD: f32 = 2.0;

/// How texts become vectors.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    pub(super) dimension: usize,
    /// Each with the word that stands for it.
    synonyms: Vec<(String, String)>,
}

impl Default for Meaning {
    fn default() -> Self {
        Self { dimension: DIMENSION, synonyms: Vec::new() }
    }
}

impl Meaning {
    /// From now on these words mean the same.
    pub(super) fn same(&mut self, words: &[&str]) {
        if let Some((first, others)) = words.split_first() {
            let pair = |word: &&str| (word.to_lowercase(), first.to_lowercase());
            self.synonyms.extend(others.iter().map(pair));
        }
    }

    /// The body of `/embeddings`. Its order is not the order of the texts, which servers don't promise.
    pub(super) fn answer(&self, request: &Request) -> Value {
        let input = &request.body()["input"];
        let texts: Vec<&str> = match input.as_array() {
            Some(texts) => texts.iter().filter_map(Value::as_str).collect(),
            None => input.as_str().into_iter().collect(),
        };
        let datum = |(index, text): (usize, &&str)| json!({"object": "embedding", "index": index, "embedding": self.vector(text)});
        let data: Vec<Value> = texts.iter().enumerate().rev().map(datum).collect();
        let tokens = request.raw().len() / 4;
        json!({
            "object": "list", "data": data, "model": request.body()["model"],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        })
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimension];
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        for word in words.map(str::to_lowercase) {
            let known = self.synonyms.iter().find(|(synonym, _)| *synonym == word);
            let word = known.map_or(word.as_str(), |(_, first)| first.as_str());
            add(&mut sum, word, WORD);
            let letters: Vec<char> = format!("<{word}>").chars().collect();
            letters.windows(3).for_each(|run| add(&mut sum, &String::from_iter(run), 1.0));
        }
        let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
        if length > 0.0 {
            sum.iter_mut().for_each(|number| *number /= length);
        }
        sum
    }
}

/// The vector that a provider without synonyms gives a text: of length 1, or all zeros if it has no word.
pub fn vector(text: &str) -> Vec<f32> {
    Meaning::default().vector(text)
}

/// Adds a feature in four places of the vector, so that two features seldom cancel each other.
fn add(sum: &mut [f32], feature: &str, weight: f32) {
    let mut hash = fnv(feature);
    for _ in 0..4 {
        let place = usize::try_from(hash >> 33).unwrap_or(0) % sum.len().max(1);
        let sign = if hash & 1 == 0 { weight } else { -weight };
        if let Some(number) = sum.get_mut(place) {
            *number += sign;
        }
        hash = hash.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1) ^ (hash >> 29);
    }
}

/// FNV-1a, 64 bits.
fn fnv(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearness(meaning: &Meaning, a: &str, b: &str) -> f32 {
        meaning.vector(a).iter().zip(meaning.vector(b)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn near_is_what_shares_words_stems_or_meaning() {
        let mut meaning = Meaning { dimension: 256, ..Meaning::default() };
        let question = "how are migrations run";
        let (same, stem, other) =
            ("migrations are run how", "run a migration", "colours of the sky");
        assert!((nearness(&meaning, question, same) - 1.0).abs() < 1e-3);
        let near = nearness(&meaning, question, stem);
        assert!(near > nearness(&meaning, question, other) + 0.2, "{near}");
        let before = nearness(&meaning, "my car", "my automobile");
        meaning.same(&["car", "automobile"]);
        assert!(before < 0.9 && nearness(&meaning, "my Car", "my automobile") > 0.999);
        assert_eq!(vector("…"), vec![0.0; DIMENSION]);
    }
}
