//! The `thru` command.
