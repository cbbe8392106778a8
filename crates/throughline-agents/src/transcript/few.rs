//! Lists of outside data, in bounded memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// The most elements that are kept. A line can hold millions of empty ones, and each would cost
/// far more memory than its two bytes.
const MOST: usize = 4096;

/// The first elements of a list; the rest is passed over.
#[derive(Debug, Clone)]
pub(crate) struct Few<T>(pub(crate) Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FewVisitor(PhantomData))
    }
}

struct FewVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FewVisitor<T> {
    type Value = Few<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Few<T>, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < MOST {
            match list.next_element()? {
                Some(element) => kept.push(element),
                None => return Ok(Few(kept)),
            }
        }
        while let Some(IgnoredAny) = list.next_element()? {}
        Ok(Few(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_most_are_kept() {
        for (length, kept) in [(0, 0), (1, 1), (MOST, MOST), (MOST + 2, MOST)] {
            let list = serde_json::to_string(&vec![7; length]).expect("a list");
            let Few::<u8>(few) = serde_json::from_str(&list).expect("a list");
            assert_eq!(few.len(), kept, "{length}");
        }
        assert!(serde_json::from_str::<Few<u8>>("[1").is_err());
        assert!(serde_json::from_str::<Few<u8>>("{}").is_err());
    }
}
