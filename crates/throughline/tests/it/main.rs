//! Tests of the thru command.
