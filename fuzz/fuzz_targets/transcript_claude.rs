//! Claude Code's transcripts: any bytes are read, and the laws of readings hold.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use throughline_agents::claude::SPEC;
use throughline_fuzz::{Scratch, check_transcript};

static SCRATCH: LazyLock<Scratch> = LazyLock::new(|| Scratch::new("t.jsonl"));

fuzz_target!(|bytes: &[u8]| check_transcript(&SCRATCH, &SPEC, bytes));
