//! State files: what is read and written again reads the same, in the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_model::state::{Writable, read, write};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((state, Writable::Yes)) = read(bytes) {
        let text = write(&state);
        let (again, _) = read(text.as_bytes()).expect("its own text");
        assert_eq!(text, write(&again));
    }
});
