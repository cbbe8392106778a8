//! Tests of `adr`.
