//! The right to write the index.

use std::time::Duration;

use crate::error::StoreError;
use crate::home::Home;
use crate::lock::Held;

/// The right to write the index. Who doesn't get it reads what is there: somebody is at it.
#[derive(Debug)]
pub struct IndexClaim {
    _held: Held,
}

impl IndexClaim {
    /// Takes it, or says who has it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder, after `patience`.
    pub fn acquire(home: &Home, patience: Duration) -> Result<Self, StoreError> {
        home.prepare()?;
        Held::acquire(&home.file("index.lock"), patience).map(|held| Self { _held: held })
    }
}
