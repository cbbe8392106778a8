//! Vectors of memories, with the model that made them: those of another model don't count.

use rusqlite::params;
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
