//! throughline-git
