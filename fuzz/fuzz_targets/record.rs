//! Journal records: what is read and written again is written the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_model::record::Record;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = serde_json::from_slice::<Record>(bytes) {
        let text = serde_json::to_string(&record).expect("a record");
        let again: Record = serde_json::from_str(&text).expect("its own text");
        assert_eq!(serde_json::to_string(&again).expect("a record"), text);
    }
});
