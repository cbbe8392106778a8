//! throughline-ops
