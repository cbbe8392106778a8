//! Reads a table of somebody else's SQLite database, and leaves no trace there.
//!
//! The file is another program's: newer than we know, open, locked or broken. So what is asked for is
//! columns by name, one that isn't there is `None` in every row, and a failure is a value with a reason.
//! Nothing below its folder is opened for writing: without a log the file is read as it lies
//! (`immutable`); with one SQLite reads log and its index read-only (`readonly_shm`).

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

/// Its owner holds locks for the end of a commit.
const PATIENCE: Duration = Duration::from_secs(1);

/// After what time it is looked whether its owner has left.
const AGAIN_AFTER: Duration = Duration::from_millis(10);

/// A database of somebody else's that can't be read now.
#[derive(Debug, thiserror::Error)]
#[error("can't read {}: {source}", path.display())]
pub struct ForeignError {
    /// The file.
    pub path: PathBuf,
    /// What SQLite said.
    source: rusqlite::Error,
}

/// A row: the columns that were asked for, as text.
pub type ForeignRow = Vec<Option<String>>;

/// Reads these columns of every row of a table; `None`, if there is no such file.
///
/// # Errors
/// [`ForeignError`]: it is locked, no database, or has no such table.
pub fn read_table(
    path: &Path,
    table: &str,
    columns: &[&str],
) -> Result<Option<Vec<ForeignRow>>, ForeignError> {
    read_table_within(PATIENCE, path, table, columns)
}

/// As [`read_table`], for who can't wait so long for its owner.
///
/// # Errors
/// As [`read_table`].
pub fn read_table_within(
    patience: Duration,
    path: &Path,
    table: &str,
    columns: &[&str],
) -> Result<Option<Vec<ForeignRow>>, ForeignError> {
    if !path.is_file() {
        return Ok(None);
    }
    let read = || {
        let connection = open(path, patience)?;
        let known = columns_of(&connection, table)?;
        let wanted: Vec<String> = columns.iter().map(|column| asked(column, &known)).collect();
        let sql = format!("SELECT {} FROM {}", wanted.join(", "), quoted(table));
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| texts(row, columns.len()))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let began = Instant::now();
    loop {
        match read() {
            // Its owner is just leaving: of the log and its index one is gone and the other not yet.
            Err(error) if is_between(&error) && began.elapsed() < patience => {
                thread::sleep(AGAIN_AFTER);
            }
            done => {
                let failed = |source| ForeignError { path: path.to_owned(), source };
                return done.map(Some).map_err(failed);
            }
        }
    }
}

fn is_between(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::CannotOpen)
}

fn open(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = fs::metadata(log).is_ok_and(|log| log.len() > 0);
    let how = if has_log { "readonly_shm=1" } else { "immutable=1" };
    let uri = format!("file:{}?mode=ro&{how}", escaped(path));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri, flags)?;
    connection.busy_timeout(patience)?;
    Ok(connection)
}

/// As a part of an address: every byte that could mean something else is spelt out.
fn escaped(path: &Path) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let bytes = path.as_os_str().as_bytes().iter();
    bytes
        .map(|byte| if is_plain(*byte) { char::from(*byte).into() } else { format!("%{byte:02X}") })
        .collect()
}

fn columns_of(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// The column, or nothing in its place.
fn asked(column: &str, known: &[String]) -> String {
    if known.iter().any(|name| name == column) { quoted(column) } else { "NULL".to_owned() }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn texts(row: &Row<'_>, count: usize) -> rusqlite::Result<ForeignRow> {
    let text = |at| {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                Some(String::from_utf8_lossy(bytes).into_owned())
            }
        })
    };
    (0..count).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(path: &Path, sql: &str) -> Connection {
        let connection = Connection::open(path).expect("a database");
        connection.execute_batch(sql).expect("its tables");
        connection
    }

    const TABLE: &str = "CREATE TABLE threads (id TEXT, archived INTEGER, new_since BLOB);
        INSERT INTO threads VALUES ('a', 1, x'00'), ('b', NULL, NULL);";

    #[test]
    fn an_owner_that_is_just_leaving_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.sqlite");
        drop(made(&path, &format!("PRAGMA journal_mode = WAL; {TABLE}")));
        let log = folder.path().join("state.sqlite-wal");
        fs::write(&log, "what is left of a log without its index").expect("written");
        let at_once = read_table_within(Duration::ZERO, &path, "threads", &["id"]);
        assert!(at_once.is_err(), "{at_once:?}");
        let owner = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            fs::remove_file(log).expect("removed");
        });
        let read = read_table(&path, "threads", &["id"]).expect("read").expect("a file");
        assert_eq!(read.len(), 2);
        owner.join().expect("ended");
    }

    /// What lies there, by a hash. Not the shared memory, which this process has open for writing.
    fn names(folder: &Path) -> Vec<(PathBuf, String)> {
        let hash = |path: &Path| match path.to_string_lossy().ends_with("-shm") {
            true => String::new(),
            false => blake3::hash(&fs::read(path).expect("read")).to_string(),
        };
        let mut all: Vec<_> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .map(|path| (path.clone(), hash(&path)))
            .collect();
        all.sort();
        all
    }

    #[test]
    fn columns_that_are_not_there_are_none_and_nothing_is_written_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("odd name?#%.sqlite");
        let columns = ["id", "archived", "title"];
        assert!(read_table(&path, "threads", &columns).expect("no file").is_none());
        let text = |text: &str| Some(text.to_owned());
        let expected = vec![vec![text("a"), text("1"), None], vec![text("b"), None, None]];
        for mode in ["PRAGMA journal_mode = DELETE;", "PRAGMA journal_mode = WAL;"] {
            let _ = fs::remove_file(&path);
            let owner = made(&path, &format!("{mode}{TABLE}"));
            // With its owner there, whose log holds all of it; and without.
            let before = names(folder.path());
            let rows = read_table(&path, "threads", &columns).expect("read");
            assert_eq!(rows.as_ref(), Some(&expected), "{mode}");
            assert_eq!(names(folder.path()), before, "{mode}");
            drop(owner);
            let before = names(folder.path());
            let rows = read_table(&path, "threads", &columns).expect("read");
            assert_eq!(rows.as_ref(), Some(&expected), "{mode}");
            assert_eq!(names(folder.path()), before, "{mode}");
        }
    }

    #[test]
    fn a_lock_a_torn_file_and_another_table_are_reasons() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.sqlite");
        let owner = made(&path, &format!("PRAGMA journal_mode = WAL; {TABLE}"));
        owner.execute_batch("BEGIN IMMEDIATE; DELETE FROM threads;").expect("a writer at work");
        let rows = read_table(&path, "threads", &["id"]).expect("what was there before");
        assert_eq!(rows.map(|rows| rows.len()), Some(2));
        let error = read_table(&path, "others", &["id"]).expect_err("no such table").to_string();
        assert!(error.contains("state.sqlite") && error.contains("others"), "{error}");
        fs::write(folder.path().join("text.sqlite"), "no database at all").expect("written");
        let torn = folder.path().join("text.sqlite");
        assert!(read_table(&torn, "threads", &["id"]).is_err());
    }
}
