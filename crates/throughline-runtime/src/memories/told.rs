//! What hooks told, on its way into the database: `HOME/memory/told.jsonl`.
//!
//! A hook must not wait for a sync, and nobody acknowledges that something was told. So it appends one
//! line with one write; the next fold, or whoever asks, moves the lines into the table. The file is
//! renamed before it is read, so a hook that writes meanwhile begins a new one; a line that
//! is moved twice after a crash is the same row.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use throughline_store::StoreError;
use throughline_store::durable;
use throughline_store::home::Home;
use throughline_store::lock::Held;

use super::{Memories, Served};
use crate::RuntimeError;
use crate::columns::json;

/// More than a day of busy hooks writes, in bytes.
const LIMIT: u64 = 64 << 20;

fn folder(home: &Home) -> PathBuf {
    home.root().join("memory")
}

/// Appends what a hook told. That it can't be noted is no reason to tell nothing.
pub fn note(home: &Home, served: &[Served]) {
    let lines: String = served.iter().map(|one| json(one) + "\n").collect();
    let path = folder(home).join("told.jsonl");
    let open = || OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    let file = open().or_else(|error| match durable::create_private_dir(&folder(home)) {
        Ok(()) => open(),
        Err(_) => Err(error),
    });
    let _ = file.and_then(|mut file| file.write_all(lines.as_bytes()));
}

impl Memories {
    /// Moves what hooks told into the table. If somebody else is at it, it is left to him.
    ///
    /// # Errors
    /// [`RuntimeError`]; then the lines wait for the next who asks.
    pub fn take_told(&mut self, home: &Home) -> Result<(), RuntimeError> {
        let (fresh, parked) = (folder(home).join("told.jsonl"), folder(home).join("told.parked"));
        if !fresh.exists() && !parked.exists() {
            return Ok(());
        }
        let lock = folder(home).join("told.lock");
        let Ok(_lock) = Held::acquire(&lock, Duration::ZERO) else { return Ok(()) };
        // What was parked before a crash is moved first, and the rest the next time.
        if !parked.exists() && fs::rename(&fresh, &parked).is_err() {
            return Ok(());
        }
        let read: Result<_, StoreError> = durable::read_if_there(&parked, LIMIT);
        let bytes = read.ok().flatten().unwrap_or_default();
        let lines = bytes.split(|byte| *byte == b'\n');
        // A torn line is nothing that anybody was promised.
        let served: Vec<Served> =
            lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        self.change(|change| change.serve(&served))?;
        let _ = fs::remove_file(&parked);
        Ok(())
    }
}
