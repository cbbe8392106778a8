//! `model.safetensors`: named tables of numbers.
//!
//! The format: eight bytes that say how long the header is, the header as JSON (name → type, shape, from where to
//! where), the numbers, little-endian. Only 32-bit floats are read: other types are for machines with another memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use serde::Deserialize;
use serde_json::value::RawValue;
use zerocopy::IntoBytes;

use crate::LocalModelError;

/// A header is some ten kilobytes long; the format's own limit is 100 MB.
const LONGEST_HEADER: u64 = 8 << 20;

/// An open file of weights.
#[derive(Debug)]
pub(crate) struct Weights {
    path: PathBuf,
    file: File,
    tables: BTreeMap<String, Table>,
    /// Where the numbers begin.
    start: u64,
    /// How many bytes of numbers there are.
    length: u64,
}

#[derive(Debug, Deserialize)]
struct Table {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

impl Weights {
    /// Opens the file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, LocalModelError> {
        let failed = || LocalModelError::unreadable(path);
        let file = File::open(path).map_err(failed())?;
        let whole = file.metadata().map_err(failed())?.len();
        let mut length = [0; 8];
        file.read_exact_at(&mut length, 0).map_err(failed())?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEADER.min(whole.saturating_sub(8)) {
            return Err(LocalModelError::unfit(path, "is no file of tensors"));
        }
        let mut header = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut header, 8).map_err(failed())?;
        let tables = tables(&header)
            .map_err(|error| LocalModelError::unfit(path, format!("its header: {error}")))?;
        let start = 8 + length;
        Ok(Self { path: path.to_owned(), file, tables, start, length: whole - start })
    }

    /// A table of one row.
    pub(crate) fn row(&self, name: &str, length: usize) -> Result<Array1<f32>, LocalModelError> {
        Ok(self.numbers(name, &[length])?.into())
    }

    /// A table, all of it.
    pub(crate) fn table(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<Array2<f32>, LocalModelError> {
        let numbers = self.numbers(name, &[rows, columns])?;
        let shaped = Array2::from_shape_vec((rows, columns), numbers);
        shaped.map_err(|error| self.unfit(name, &error.to_string()))
    }

    /// How many rows a table of so many columns has.
    pub(crate) fn rows(&self, name: &str, columns: usize) -> Result<usize, LocalModelError> {
        match self.found(name)?.shape.as_slice() {
            [rows, found] if *found == columns => Ok(*rows),
            [..] => Err(self.unfit(name, "another shape was expected")),
        }
    }

    /// Some rows of a table, one below the other. They must be fewer than [`Self::rows`] says.
    pub(crate) fn picked(
        &self,
        name: &str,
        columns: usize,
        rows: &[u32],
    ) -> Result<Array2<f32>, LocalModelError> {
        let start = self.start + self.found(name)?.data_offsets.0;
        let mut picked = Array2::zeros((rows.len(), columns));
        for (row, mut into) in rows.iter().zip(picked.rows_mut()) {
            let at = start + u64::from(*row) * columns as u64 * 4;
            let into = into.as_slice_mut().expect("a row of a new table is one piece");
            self.read(into, at)?;
        }
        Ok(picked)
    }

    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LocalModelError> {
        let table = self.found(name)?;
        if table.shape != shape {
            return Err(self.unfit(name, "another shape was expected"));
        }
        let mut numbers = vec![0.0; shape.iter().product()];
        self.read(&mut numbers, self.start + table.data_offsets.0)?;
        Ok(numbers)
    }

    /// A table whose numbers are floats, as many as its shape says, and lie in the file.
    fn found(&self, name: &str) -> Result<&Table, LocalModelError> {
        let table = self.tables.get(name).ok_or_else(|| self.unfit(name, "is missing"))?;
        if table.dtype != "F32" {
            let problem = format!("is {}, and only F32 is understood", table.dtype);
            return Err(self.unfit(name, &problem));
        }
        let (from, to) = table.data_offsets;
        let count = table.shape.iter().try_fold(4_u64, |count, size| {
            count.checked_mul(u64::try_from(*size).unwrap_or(u64::MAX))
        });
        if to > self.length || to.checked_sub(from) != count {
            return Err(self.unfit(name, "does not lie in the file"));
        }
        Ok(table)
    }

    fn read(&self, numbers: &mut [f32], at: u64) -> Result<(), LocalModelError> {
        let read = self.file.read_exact_at(numbers.as_mut_bytes(), at);
        read.map_err(LocalModelError::unreadable(&self.path))?;
        if cfg!(target_endian = "big") {
            numbers.iter_mut().for_each(|n| *n = f32::from_bits(n.to_bits().swap_bytes()));
        }
        Ok(())
    }

    /// That a table is not as it must be.
    pub(crate) fn unfit(&self, name: &str, problem: &str) -> LocalModelError {
        LocalModelError::unfit(&self.path, format!("{name}: {problem}"))
    }
}

fn tables(header: &[u8]) -> Result<BTreeMap<String, Table>, serde_json::Error> {
    let mut entries: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(header)?;
    // The one entry that is no table.
    entries.remove("__metadata__");
    let table = |(name, raw): (String, Box<RawValue>)| {
        serde_json::from_str(raw.get()).map(|table| (name, table))
    };
    entries.into_iter().map(table).collect()
}
