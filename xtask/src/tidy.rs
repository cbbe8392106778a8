//! The rules of the house that the compiler does not know, one module per rule.
//!
//! A check takes the tree and returns findings; it never touches the disk, so its own test hands it
//! a small tree that must fail. The rules and their reasons: docs/architecture.md.

mod arrows;
mod artefacts;
mod calls;
mod dependencies;
mod lints;
mod machine;
mod names;
mod openings;
mod root;
mod sizes;

use std::fmt;

use crate::tree::Tree;

/// One broken rule at one place; its text is one line, `path:line: sentence`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    sentence: String,
}

/// The line of a finding that is about a file as a whole.
const WHOLE_FILE: usize = 1;

impl Finding {
    fn new(path: &str, line: usize, sentence: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, sentence: sentence.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

/// One rule: takes the tree, returns what breaks it.
pub type Check = fn(&Tree) -> Vec<Finding>;

/// Every rule.
pub const CHECKS: &[Check] = &[
    arrows::check,
    artefacts::check,
    calls::check,
    dependencies::check,
    lints::check,
    machine::check,
    names::check,
    openings::check,
    root::check,
    sizes::check,
];

/// Everything that breaks a rule, sorted by place.
#[must_use]
pub fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

/// Runs one check over a small tree; what it says, one finding a string.
#[cfg(test)]
fn said(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    check(&Tree::of_texts(files)).iter().map(Finding::to_string).collect()
}
