//! What the targets share: a file for inputs that are read from files, and the laws of readings.
//!
//! Run one with `cargo +nightly fuzz run NAME -- -max_total_time=120`, NAME from `fuzz_targets/`.
//! What one finds becomes a test beside the code that is wrong, before the code is mended.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use throughline_agents::agent::AgentSpec;
use throughline_agents::transcript::{Item, Limits, Offset, Tail, item_at, read_from};

/// A file in a folder of its own, in memory where the system has such a place.
pub struct Scratch {
    _folder: TempDir,
    path: PathBuf,
}

impl Scratch {
    /// Makes the folder; the file comes with its first content.
    pub fn new(name: &str) -> Self {
        let memory = tempfile::tempdir_in("/dev/shm");
        let folder = memory.or_else(|_| tempfile::tempdir()).expect("a folder");
        let path = folder.path().join(name);
        Self { _folder: folder, path }
    }

    /// Replaces the content.
    pub fn holding(&self, bytes: &[u8]) -> &PathBuf {
        fs::write(&self.path, bytes).expect("a file");
        &self.path
    }
}

/// Small, so that the fuzzer finds what lies beyond.
const LIMITS: Limits = Limits { longest_line: 2048, longest_text: 64 };

/// Reads the bytes as the agent's transcript, and checks what must hold of every reading.
pub fn check_transcript(scratch: &Scratch, agent: &AgentSpec, bytes: &[u8]) {
    let path = scratch.holding(bytes);
    let read = |from| -> (Vec<Item>, Tail) {
        let mut reader = read_from(path, from, &LIMITS, &agent.transcript).expect("a line's start");
        let items = reader.by_ref().map(|item| item.expect("readable")).collect();
        (items, reader.finish())
    };
    let (items, tail) = read(Offset::default());
    let lines_end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    assert_eq!(tail.next_offset.bytes, lines_end as u64);
    let Some(middle) = items.get(items.len() / 2) else { return };
    let alone = item_at(path, middle.offset, &LIMITS, &agent.transcript).expect("a line");
    assert!(alone.iter().any(|item| item.kind == middle.kind && item.at == middle.at));
    let (rest, end) = read(Offset { bytes: middle.offset, turn: middle.turn.clone() });
    assert_eq!(end.next_offset.bytes, tail.next_offset.bytes);
    // Settings and an answer's usage may be told again, nothing else may.
    assert!(rest.len() >= items.iter().filter(|item| item.offset >= middle.offset).count());
}
