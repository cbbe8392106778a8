//! Settings: any file is read or refused.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use throughline_fuzz::Scratch;

static SCRATCH: LazyLock<Scratch> = LazyLock::new(|| Scratch::new("config.toml"));

fuzz_target!(|bytes: &[u8]| {
    let _either = throughline_store::config::read(SCRATCH.holding(bytes));
});
