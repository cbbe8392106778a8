//! A set of words as numbers: what is compared a million times when findings are put together.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Words by 64 bits of hash, sorted, each once. Two words meet by chance in one of 2^64 pairs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct WordSet(Vec<u64>);

impl WordSet {
    /// The set of these words.
    pub(crate) fn of<'w>(words: impl IntoIterator<Item = &'w String>) -> Self {
        let number = |word: &String| {
            let mut hasher = DefaultHasher::new();
            word.hash(&mut hasher);
            hasher.finish()
        };
        let mut numbers: Vec<_> = words.into_iter().map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Self(numbers)
    }

    /// How many words.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The words, in an order of their own.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().copied()
    }

    /// Whether a word is in it.
    pub(crate) fn contains(&self, word: u64) -> bool {
        self.0.binary_search(&word).is_ok()
    }

    /// How many words both have.
    pub(crate) fn common(&self, other: &Self) -> usize {
        let (mut ours, mut theirs, mut common) = (0, 0, 0);
        while let (Some(one), Some(another)) = (self.0.get(ours), other.0.get(theirs)) {
            ours += usize::from(one <= another);
            theirs += usize::from(another <= one);
            common += usize::from(one == another);
        }
        common
    }

    /// Whether the other has all words of this one.
    pub(crate) fn is_subset(&self, other: &Self) -> bool {
        self.len() <= other.len() && self.common(other) == self.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::WordSet;

    proptest::proptest! {
        #[test]
        fn it_counts_as_a_set_does(one in "[a-f ]{0,16}", other in "[a-f ]{0,16}") {
            let sets = [&one, &other].map(|text| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>());
            let [ours, theirs] = sets.each_ref().map(WordSet::of);
            proptest::prop_assert_eq!(ours.common(&theirs), sets[0].intersection(&sets[1]).count());
            proptest::prop_assert_eq!(ours.is_subset(&theirs), sets[0].is_subset(&sets[1]));
        }
    }
}
