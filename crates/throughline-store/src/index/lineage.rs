//! What conversations have in common with those that they go on from: the start of a transcript that a
//! fork shares, and turns that a copy has too.

use std::collections::HashMap;

use super::rows::SourceId;
use super::{Index, IndexError};

/// Shorter names of turns are mere numbers, which any two conversations have in common.
const SHORTEST_NAME: usize = 16;

/// A turn of a conversation, as far as copies of it can be told by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'a> {
    /// The conversation.
    pub thread: &'a str,
    /// The agent's name for the turn.
    pub turn: Option<&'a str>,
    /// Of which conversation this one is a copy.
    pub forked_from: Option<&'a str>,
}

/// Leaves out what is told by a copy and by its origin, or by an earlier copy, as well.
pub fn without_copies<T>(told: &mut Vec<T>, of: impl Fn(&T) -> Told<'_>) {
    let mut by_turn: HashMap<String, Vec<(String, Option<String>)>> = HashMap::new();
    for Told { thread, turn, forked_from } in told.iter().map(&of) {
        let Some(turn) = turn.filter(|turn| turn.len() >= SHORTEST_NAME) else { continue };
        let tellers = by_turn.entry(turn.to_owned()).or_default();
        tellers.push((thread.to_owned(), forked_from.map(str::to_owned)));
    }
    told.retain(|one| {
        let Told { thread, turn, forked_from } = of(one);
        let (Some(tellers), Some(origin)) = (turn.and_then(|t| by_turn.get(t)), forked_from) else {
            return true;
        };
        let is_before = |(other, from): &(String, Option<String>)| {
            other == origin || (from.as_deref() == Some(origin) && other.as_str() < thread)
        };
        !tellers.iter().filter(|(other, _)| other != thread).any(is_before)
    });
}

impl Index {
    /// How many of a conversation's turns have something before this byte of its transcript.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn turns_before(&self, source: SourceId, end: u64) -> Result<u64, IndexError> {
        let sql = "SELECT coalesce(max(u.number), 0) FROM turn u JOIN item i ON i.turn = u.id \
             WHERE u.source = ? AND i.offset < ?";
        let values = vec![source.0.into(), end.min(i64::MAX.cast_unsigned()).cast_signed().into()];
        let numbers = self.rows(sql, values, |row| row.get::<_, i64>(0))?;
        Ok(numbers.first().map_or(0, |number| number.cast_unsigned()))
    }

    /// The agent's names for a conversation's turns, in order.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn turn_names(&self, source: SourceId) -> Result<Vec<Option<String>>, IndexError> {
        let sql = "SELECT key FROM turn WHERE source = ? ORDER BY number";
        self.rows(sql, vec![source.0.into()], |row| row.get(0))
    }
}

#[cfg(test)]
mod tests {
    use super::{Told, without_copies};

    const LONG: &str = "a-turn-with-a-long-name";

    #[test]
    fn a_copy_is_left_out_where_its_origin_or_an_earlier_copy_tells_it() {
        type Case = (
            &'static [(&'static str, &'static str, Option<&'static str>)],
            &'static [&'static str],
        );
        let cases: [Case; 6] = [
            (&[("b", LONG, Some("a")), ("a", LONG, None)], &["a"]),
            (&[("c", LONG, Some("b")), ("b", LONG, Some("a")), ("a", LONG, None)], &["a"]),
            (&[("c", LONG, Some("a")), ("b", LONG, Some("a"))], &["b"]),
            (&[("b", "another-turn-that-is-long", Some("a")), ("a", LONG, None)], &["b", "a"]),
            (&[("b", "turn-1", Some("a")), ("a", "turn-1", None)], &["b", "a"]),
            (&[("b", LONG, None), ("a", LONG, None), ("a", LONG, None)], &["b", "a", "a"]),
        ];
        for (told, kept) in cases {
            let mut told = told.to_vec();
            without_copies(&mut told, |(thread, turn, forked_from)| Told {
                thread,
                turn: Some(turn),
                forked_from: *forked_from,
            });
            let left: Vec<_> = told.iter().map(|(thread, ..)| *thread).collect();
            assert_eq!(left, kept);
        }
    }
}
