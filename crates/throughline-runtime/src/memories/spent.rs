//! What model engines cost, by day, as the provider counted.

use rusqlite::{OptionalExtension as _, params};

use super::{Change, Memories};
use crate::RuntimeError;

/// What was asked of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// How many requests.
    pub requests: u64,
    /// Tokens read, cached ones included.
    pub input: u64,
    /// Of those, read from the cache.
    pub cached: u64,
    /// Tokens written, reasoning included.
    pub output: u64,
}

impl Memories {
    /// What an engine cost on a day (`2026-11-21`, UTC).
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn spent(&self, day: &str, engine: &str) -> Result<Spent, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT requests, input, cached, output FROM spent \
                 WHERE day = ? AND engine = ?";
            let found = connection.prepare_cached(sql)?.query_row([day, engine], |row| {
                let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
                Ok(Spent {
                    requests: number(0)?,
                    input: number(1)?,
                    cached: number(2)?,
                    output: number(3)?,
                })
            });
            Ok(found.optional()?.unwrap_or_default())
        })
    }
}

impl Change<'_> {
    /// Adds to what an engine cost on a day.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn spend(&self, day: &str, engine: &str, more: Spent) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT INTO spent (day, engine, requests, input, cached, output) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (day, engine) DO UPDATE SET \
                 requests = requests + ?3, input = input + ?4, cached = cached + ?5, \
                 output = output + ?6";
            let values = params![
                day,
                engine,
                more.requests.cast_signed(),
                more.input.cast_signed(),
                more.cached.cast_signed(),
                more.output.cast_signed()
            ];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }
}
