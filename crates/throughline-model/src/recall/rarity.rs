//! How rare words are, and how much a term counts by it.

use super::Corpus;
use super::lexicon::SYNONYM;
use super::question::Term;

/// Memories that are there besides those there are, so that rarity means something among three.
const BACKGROUND: f32 = 60.0;
/// In how many of [`BACKGROUND`] any word is.
const COMMON: f32 = 0.6;
/// In how many of [`BACKGROUND`] a word is that says little.
const COMMON_IF_LIGHT: f32 = 12.0;
/// A term of which no memory has a word, as a share of the rarest: it may be a paraphrase of what
/// is there, so it must not decide alone.
const UNKNOWN: f32 = 0.55;
/// The same for a name, a number or an identifier, which has no paraphrase.
const UNKNOWN_SPECIFIC: f32 = 1.0;

/// How rare words are.
pub(super) struct Rarity {
    documents: f32,
    /// Of a word that no memory has.
    pub(super) most: f32,
}

impl Rarity {
    pub(super) fn among(corpus: &Corpus) -> Self {
        let documents = number(corpus.documents) + BACKGROUND;
        Self { documents, most: Self::weighed(documents, COMMON) }
    }

    fn weighed(documents: f32, frequency: f32) -> f32 {
        ((documents - frequency).max(0.0) + 0.5).ln() - (frequency + 0.5).ln()
    }

    pub(super) fn of(&self, frequency: u64, is_light: bool) -> f32 {
        let background = if is_light { COMMON_IF_LIGHT } else { COMMON };
        let frequency = (number(frequency) + background).min(self.documents);
        // Never nothing: a word that all have still says something beside one that they lack.
        Self::weighed(self.documents, frequency).max(0.1)
    }
}

/// Exact below 2^24, and more memories are not ranked by a difference that small.
#[expect(clippy::cast_precision_loss, reason = "a count of memories, as a weight")]
pub(super) fn number(count: u64) -> f32 {
    count as f32
}

/// How rare the words are that stand for a term.
#[derive(Default)]
pub(super) struct Understood {
    /// Of synonyms.
    pub(super) well: f32,
    /// Of others, by how much they may stand for it.
    pub(super) partly: f32,
}

impl Understood {
    pub(super) fn add(&mut self, rare: f32, weight: f32) {
        if weight >= SYNONYM {
            self.well = self.well.max(rare);
        } else {
            self.partly = self.partly.max(rare * weight / SYNONYM);
        }
    }
}

/// How much a term counts.
pub(super) fn importance(
    term: &Term,
    is_known: bool,
    own: f32,
    understood: &Understood,
    rarity: &Rarity,
) -> f32 {
    let best = understood.well.max(understood.partly);
    if is_known {
        own.max(best * 0.5)
    } else if understood.well > 0.0 {
        best
    } else if term.is_specific {
        best.max(rarity.most * UNKNOWN_SPECIFIC)
    } else if term.is_light {
        own
    } else {
        best.max(rarity.most * UNKNOWN)
    }
}
