//! A CSV file as a table: columns with names, rows of as many cells.

use std::collections::BTreeSet;
use std::path::Path;

use throughline_store::durable;

use crate::error::OpsError;

/// As much as is read of a file, in bytes.
const LARGEST: u64 = 256 << 20;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) headers: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn read(path: &Path) -> Result<Self, OpsError> {
        let bytes = durable::read(path, LARGEST)?;
        let wrong = |problem: String| OpsError::File { path: path.to_owned(), problem };
        Self::parse(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).map_err(wrong)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let headers: Vec<String> = cells(reader.headers().map_err(|error| error.to_string())?);
        let mut known = BTreeSet::new();
        if let Some(twice) = headers.iter().find(|name| !known.insert(name.as_str())) {
            return Err(format!("two columns are called `{twice}`"));
        }
        let records: Result<Vec<_>, _> = reader.records().collect();
        let records = records.map_err(|error| error.to_string())?;
        let rows: Vec<Vec<String>> = records.iter().map(cells).collect();
        if rows.is_empty() {
            return Err("it has no row".to_owned());
        }
        Ok(Self { headers, rows })
    }

    /// The items' names: the cells of a column, else the rows' numbers.
    pub(super) fn names(&self, column: Option<&str>) -> Result<Vec<String>, String> {
        let Some(column) = column else {
            return Ok((1..=self.rows.len()).map(|row| row.to_string()).collect());
        };
        let place = self.headers.iter().position(|header| header == column);
        let place = place.ok_or_else(|| {
            format!("there is no column `{column}`; there are {}", self.headers.join(", "))
        })?;
        let mut known = BTreeSet::new();
        let mut names = Vec::with_capacity(self.rows.len());
        for (number, row) in (1..).zip(&self.rows) {
            let name = row[place].trim();
            if name.is_empty() {
                return Err(format!("row {number} has nothing in column `{column}`"));
            }
            if !known.insert(name) {
                return Err(format!("row {number} has the same `{column}` as another: {name}"));
            }
            names.push(name.to_owned());
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_names_for_columns_and_items() {
        let table = Table::parse(b"id,text\n a ,\"x, \"\"y\"\"\nz\"\nb,\n").expect("a table");
        assert_eq!(table.rows, [[" a ", "x, \"y\"\nz"], ["b", ""]]);
        assert_eq!(table.names(Some("id")), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(table.names(None), Ok(vec!["1".to_owned(), "2".to_owned()]));
        let empty = table.names(Some("text")).expect_err("an empty cell");
        assert_eq!(empty, "row 2 has nothing in column `text`");
        let missing = table.names(Some("no")).expect_err("no such column");
        assert_eq!(missing, "there is no column `no`; there are id, text");
    }

    #[test]
    fn what_is_no_table_is_said() {
        let wrong: [(&[u8], &str); 4] = [
            (b"a,a\n1,2\n", "two columns are called `a`"),
            (b"a,b\n", "it has no row"),
            (b"a,b\n1\n", "found record with 1 fields"),
            (b"a\n\xff\n", "invalid UTF-8"),
        ];
        for (bytes, problem) in wrong {
            let said = Table::parse(bytes).expect_err(problem);
            assert!(said.contains(problem), "{said}");
        }
        let twice = Table::parse(b"id\n1\n1\n").expect("a table").names(Some("id"));
        assert_eq!(twice, Err("row 2 has the same `id` as another: 1".to_owned()));
    }
}
