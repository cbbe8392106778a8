//! Vectors of memories, with the model that made them: those of another model don't count.

use rusqlite::{Connection, params};
use throughline_model::ids::MemoryId;

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
    /// The vectors of a model that are visible.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn vectors(&self, model: &str, visible: &Visible) -> Result<Vec<Vector>, RuntimeError> {
        let (visible, mut values) = visible.condition();
        values.push(model.to_owned().into());
        let sql = format!(
            "SELECT m.id, v.words, v.numbers FROM memory m JOIN vector v ON v.memory = m.number \
             WHERE {visible} AND v.model = ? ORDER BY m.id"
        );
        self.with(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
                let numbers = floats(row.get_ref(2)?.as_blob()?);
                Ok((row.get::<_, String>(0)?, row.get(1)?, numbers))
            })?;
            let vector = |(id, words, numbers): (String, String, Vec<f32>)| {
                Some(Vector { memory: MemoryId::parse(&id).ok()?, words, numbers })
            };
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().filter_map(vector).collect())
        })
    }
}

/// How near a memory is to what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Which memory.
    pub memory: MemoryId,
    /// The cosine.
    pub cosine: f32,
}

impl Memories {
    /// How near the visible memories with a vector of this model are to a vector of length 1, the nearest first
    /// and so many at most. Vectors of another length are passed over.
    ///
    /// All are compared, straight from the table's bytes: of 10,000 vectors with 384 numbers reading takes
    /// most of the time.
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
        let (visible, mut values) = visible.condition();
        values.push(model.to_owned().into());
        let sql = format!(
            "SELECT m.number, v.numbers FROM vector v JOIN memory m ON m.number = v.memory \
             WHERE {visible} AND v.model = ?"
        );
        self.with(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(values))?;
            let mut near: Vec<(i64, f32)> = Vec::new();
            while let Some(row) = rows.next()? {
                let bytes = row.get_ref(1)?.as_blob()?;
                if bytes.len() == asked.len() * 4 {
                    near.push((row.get(0)?, dot(asked, bytes)));
                }
            }
            near.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            near.truncate(most);
            named(connection, &near)
        })
    }
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

/// In several sums, which a processor adds at once.
fn dot(one: &[f32], bytes: &[u8]) -> f32 {
    let (ones, others) = (one.as_chunks::<8>(), bytes.as_chunks::<4>().0.as_chunks::<8>());
    let mut sums = [0.0_f32; 8];
    for (a, b) in ones.0.iter().zip(others.0) {
        for (sum, (x, y)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += x * f32::from_le_bytes(*y);
        }
    }
    let rest = ones.1.iter().zip(others.1).map(|(x, y)| x * f32::from_le_bytes(*y));
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}

impl Change<'_> {
    /// Writes a memory's vector, in place of the one that it had.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn put_vector(&self, model: &str, vector: &Vector) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT OR REPLACE INTO vector (memory, model, words, numbers) \
                 SELECT number, ?, ?, ? FROM memory WHERE id = ?";
            let values =
                params![model, vector.words, bytes(&vector.numbers), vector.memory.as_str()];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_same_in_any_number_of_parts() {
        for length in [0_u8, 1, 7, 8, 9, 64, 100] {
            let numbers: Vec<f32> = (0..length).map(f32::from).collect();
            let plain: f32 = numbers.iter().map(|number| number * number).sum();
            assert!((dot(&numbers, &bytes(&numbers)) - plain).abs() <= plain * 1e-5);
        }
    }
}
