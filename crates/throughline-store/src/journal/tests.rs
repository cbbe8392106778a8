//! Tests of reading: whatever stands in the files, what is sound is found and nothing else.

use proptest::prelude::*;
use throughline_model::record::{Mark, Record};

use super::line::encode;
use super::{Filter, Journal};

fn record(number: u64) -> Record {
    let text = format!(
        r#"{{"v":1,"id":"r-{number}","at":"2026-11-21T05:00:00Z","boot":"b","since_boot":{number},
        "line":"main","actor":"person","body":{{"session_end":{{"session":"s","reason":"x"}}}}}}"#
    );
    serde_json::from_str(&text).expect("a record")
}

fn journal(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().expect("tempdir");
    std::fs::create_dir_all(folder.path().join("journal/late")).expect("folders");
    for (name, bytes) in files {
        std::fs::write(folder.path().join("journal").join(name), bytes).expect("write");
    }
    let journal = Journal::new(folder.path());
    (folder, journal)
}

#[derive(Debug, Clone)]
enum Piece {
    Sound(u64),
    /// One byte of a sound line is another one.
    Damaged(u64, usize, u8),
    Torn(u64, usize),
    Bytes(Vec<u8>),
}

fn any_piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        3 => any::<u64>().prop_map(Piece::Sound),
        1 => any::<(u64, usize, u8)>().prop_map(|(n, at, byte)| Piece::Damaged(n, at, byte)),
        1 => any::<(u64, usize)>().prop_map(|(n, at)| Piece::Torn(n, at)),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Piece::Bytes),
    ]
}

fn written(piece: &Piece) -> Vec<u8> {
    match piece {
        Piece::Sound(number) => encode(&record(*number)).into_bytes(),
        Piece::Damaged(number, at, byte) => {
            let mut line = encode(&record(*number)).into_bytes();
            let at = at % line.len();
            line[at] = if line[at] == *byte { byte.wrapping_add(1) } else { *byte };
            line
        }
        Piece::Torn(number, at) => {
            let line = encode(&record(*number)).into_bytes();
            line[..at % line.len()].to_vec()
        }
        Piece::Bytes(bytes) => bytes.clone(),
    }
}

proptest! {
    #[test]
    fn what_is_sound_is_found_and_nothing_else(pieces in prop::collection::vec(any_piece(), 0..12)) {
        let texts: Vec<Vec<u8>> = pieces.iter().map(written).collect();
        let bytes = texts.concat();
        let (_folder, journal) = journal(&[("1.jsonl", &bytes)]);
        let batch = journal.read(Mark::default(), &Filter::All).expect("read");
        let mut begins_a_line = true;
        let mut expected = Vec::new();
        for (piece, text) in pieces.iter().zip(&texts) {
            if let (Piece::Sound(number), true) = (piece, begins_a_line) {
                expected.push(record(*number));
            }
            begins_a_line = text.last().map_or(begins_a_line, |last| *last == b'\n');
        }
        let found: Vec<Record> = batch.records.into_iter().map(|(_, record)| record).collect();
        prop_assert_eq!(found, expected);
        prop_assert!(batch.end.offset <= bytes.len() as u64);
    }

    #[test]
    fn any_bytes_in_a_late_file_are_moved_once(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let sound = encode(&record(1));
        let (_folder, journal) = journal(&[
            ("1.jsonl", sound.as_bytes()),
            ("late/a.jsonl", &[sound.as_bytes(), &bytes].concat()),
        ]);
        journal.settle_late().expect("settled");
        let batch = journal.read(Mark::default(), &Filter::All).expect("read");
        prop_assert_eq!(batch.records.len(), 1, "the sound record was there already");
        prop_assert!(journal.late_files().expect("late files").is_empty());
    }
}
