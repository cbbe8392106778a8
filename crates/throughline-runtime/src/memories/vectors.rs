//! Vectors of memories, with the model that made them: those of another model don't count.
//!
//! A number of a vector is kept as a byte: reading costs more than comparing, and a byte is a quarter of a
//! float. What that does to a cosine is bounded by a test, and far below what tells two memories apart.

use rusqlite::{Connection, params};
use throughline_model::ids::MemoryId;

use super::postings::Postings;
use super::{Change, Memories, Visible};
use crate::RuntimeError;

/// A memory's vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    /// Of which memory.
    pub memory: MemoryId,
    /// What was embedded, as a hash.
    pub words: String,
    /// The vector, of length 1.
    pub numbers: Vec<f32>,
}

impl Memories {
    /// The memories that have a vector of a model, with the hash of what was embedded.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn embedded(&self, model: &str) -> Result<Vec<(MemoryId, String)>, RuntimeError> {
        let sql = "SELECT m.id, v.words FROM vector v JOIN memory m ON m.number = v.memory \
             WHERE v.model = ? ORDER BY m.id";
        self.with(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([model], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let rows: Vec<(String, String)> = rows.collect::<rusqlite::Result<_>>()?;
            let known = |(id, words): (String, String)| Some((MemoryId::parse(&id).ok()?, words));
            Ok(rows.into_iter().filter_map(known).collect())
        })
    }
}

/// How near a memory is to what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Which memory.
    pub memory: MemoryId,
    /// The cosine, but for the rounding of [`Change::put_vector`].
    pub cosine: f32,
}

impl Memories {
    /// How near the visible memories with a vector of this model are to a vector of length 1, the nearest first
    /// and so many at most. Vectors of another length are passed over.
    ///
    /// All are compared, straight from the table's bytes in the order in which they lie there. What is visible
    /// comes from an index: the memories themselves are several times as long as their vectors.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn nearest(
        &self,
        model: &str,
        visible: &Visible,
        asked: &[f32],
        most: usize,
    ) -> Result<Vec<Near>, RuntimeError> {
        let nearest = |connection: &Connection| {
            let seen = seen(connection, visible)?;
            let is_seen =
                |number: &i64| seen.as_ref().is_none_or(|s| s.binary_search(number).is_ok());
            let mut near = cosines(connection, model, asked, is_seen)?;
            near.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            near.truncate(most);
            named(connection, &near)
        };
        self.at_one_moment(|memories| memories.with(nearest))
    }
}

/// The numbers of what is visible, in order; none, if all is.
fn seen(connection: &Connection, visible: &Visible) -> rusqlite::Result<Option<Vec<i64>>> {
    if matches!(visible, Visible::Everything) {
        return Ok(None);
    }
    let postings = Postings::of(connection)?;
    let (condition, values) = visible.condition();
    let of = match &postings {
        None => "",
        Some(_) => "number IN (SELECT number FROM unposted) AND ",
    };
    let sql = format!("SELECT number FROM memory WHERE {of}{condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let numbers = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
    let mut numbers: Vec<i64> = numbers.collect::<rusqlite::Result<_>>()?;
    numbers.extend(postings.iter().flat_map(|postings| postings.seen(visible)));
    numbers.sort_unstable();
    Ok(Some(numbers))
}

fn cosines(
    connection: &Connection,
    model: &str,
    asked: &[f32],
    is_seen: impl Fn(&i64) -> bool,
) -> rusqlite::Result<Vec<(i64, f32)>> {
    let asked = Asked::of(asked);
    let sql = "SELECT memory, numbers FROM vector WHERE model = ? ORDER BY memory";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([model])?;
    let mut near = Vec::new();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        if is_seen(&number) {
            near.extend(asked.cosine(row.get_ref(1)?.as_blob()?).map(|cosine| (number, cosine)));
        }
    }
    Ok(near)
}

fn named(connection: &Connection, near: &[(i64, f32)]) -> rusqlite::Result<Vec<Near>> {
    let mut statement = connection.prepare_cached("SELECT id FROM memory WHERE number = ?")?;
    let mut named = Vec::with_capacity(near.len());
    for (number, cosine) in near {
        let id: String = statement.query_row([number], |row| row.get(0))?;
        named.extend(MemoryId::parse(&id).ok().map(|memory| Near { memory, cosine: *cosine }));
    }
    Ok(named)
}

impl Change<'_> {
    /// Writes a memory's vector, in place of the one that it had. Its numbers are rounded to 255 steps between
    /// the largest and its negative.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn put_vector(&self, model: &str, vector: &Vector) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT OR REPLACE INTO vector (memory, model, words, numbers) \
                 SELECT number, ?, ?, ? FROM memory WHERE id = ?";
            let values =
                params![model, vector.words, rounded(&vector.numbers), vector.memory.as_str()];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }
}

/// How many steps there are to each side of 0.
const STEPS: f32 = 127.0;

/// One step as a float, and for each number a byte: how many steps it is.
fn rounded(numbers: &[f32]) -> Vec<u8> {
    let most = numbers.iter().fold(0.0_f32, |most, number| most.max(number.abs()));
    let step = if most > 0.0 { most / STEPS } else { 1.0 };
    let mut bytes = step.to_le_bytes().to_vec();
    // A cast of a float ends at the byte's bounds.
    bytes.extend(numbers.iter().map(|number| ((number / step).round() as i8).cast_unsigned()));
    bytes
}

/// What is asked, in steps: whole numbers are compared several at once.
struct Asked {
    step: f32,
    steps: Vec<i16>,
}

/// How many steps what is asked has to each side of 0: finer than what it is compared with.
const FINE_STEPS: f32 = 2047.0;

/// Of so many products the sum is below 2^31.
const SUMMED: usize = 4096;

impl Asked {
    fn of(numbers: &[f32]) -> Self {
        let most = numbers.iter().fold(0.0_f32, |most, number| most.max(number.abs()));
        let step = if most > 0.0 { most / FINE_STEPS } else { 1.0 };
        let steps = numbers.iter().map(|number| (number / step).round() as i16).collect();
        Self { step, steps }
    }

    /// None, if the vector has another length.
    fn cosine(&self, bytes: &[u8]) -> Option<f32> {
        let (step, steps) = bytes.split_first_chunk::<4>()?;
        (steps.len() == self.steps.len())
            .then(|| self.dot(steps) * self.step * f32::from_le_bytes(*step))
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum of thousands, which is rounded already")]
    fn dot(&self, steps: &[u8]) -> f32 {
        let parts = self.steps.chunks(SUMMED).zip(steps.chunks(SUMMED));
        let sum = |(asked, steps): (&[i16], &[u8])| -> i32 {
            let pairs = asked.iter().zip(steps);
            pairs.map(|(x, y)| i32::from(*x) * i32::from(i16::from(y.cast_signed()))).sum()
        };
        parts.map(|part| sum(part) as f32).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_rounded_cosine_is_the_cosine_but_for_half_a_step_a_number(
            pairs in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 0..200),
        ) {
            let length = |numbers: &[f32]| numbers.iter().map(|n| n * n).sum::<f32>().sqrt();
            let of_length_one = |numbers: Vec<f32>| -> Vec<f32> {
                let by = length(&numbers).max(f32::MIN_POSITIVE);
                numbers.iter().map(|number| number / by).collect()
            };
            let (one, other): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let (one, other) = (of_length_one(one), of_length_one(other));
            let plain: f32 = one.iter().zip(&other).map(|(a, b)| a * b).sum();
            let most = other.iter().fold(0.0_f32, |most, number| most.max(number.abs()));
            let count = f32::from(u16::try_from(other.len()).unwrap());
            let fine = one.iter().fold(0.0_f32, |most, number| most.max(number.abs())) / FINE_STEPS;
            // Each of the two has the length 1, and the rounded one hardly more.
            let bound = count.sqrt() * (most / STEPS + fine * 1.1) / 2.0 + 1e-5;
            let rounded = Asked::of(&one).cosine(&rounded(&other)).unwrap();
            prop_assert!((rounded - plain).abs() <= bound, "{rounded} {plain}");
        }
    }

    #[test]
    fn what_is_no_vector_of_this_length_has_no_cosine() {
        let bytes = rounded(&[0.6, -0.8]);
        assert!(Asked::of(&[1.0, 0.0]).cosine(&bytes).is_some());
        let (short, none) = (Asked::of(&[1.0]), Asked::of(&[]));
        assert_eq!((short.cosine(&bytes), none.cosine(&bytes[..3])), (None, None));
    }

    #[test]
    fn a_long_vector_is_summed_in_parts() {
        let one = vec![1.0 / 100.0; 10_000];
        let cosine = Asked::of(&one).cosine(&rounded(&one)).unwrap();
        assert!((cosine - 1.0).abs() < 1e-3, "{cosine}");
    }
}
