//! What may lie in the root folder: a fixed list, and few at a time.

use std::collections::BTreeSet;

use super::{Finding, WHOLE_FILE};
use crate::tree::Tree;

const MAY_LIE_THERE: &[&str] = &[
    ".cargo",
    ".ci",
    ".config",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".throughline",
    "AGENTS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "docs",
    "fuzz",
    "justfile",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "xtask",
];

/// One screen; the tidy projects that we learned from hold 19 to 35.
const MOST: usize = 20;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let entries: BTreeSet<&str> = tree.files().iter().map(|file| top(file.path())).collect();
    let strangers = entries.iter().filter(|entry| !MAY_LIE_THERE.contains(entry));
    let mut findings: Vec<Finding> = strangers
        .map(|entry| Finding::new(entry, WHOLE_FILE, "this is not on the list of root entries."))
        .collect();
    if entries.len() > MOST {
        let sentence = format!("the root holds {} entries, {MOST} are enough.", entries.len());
        findings.push(Finding::new(".", WHOLE_FILE, sentence));
    }
    findings
}

fn top(path: &str) -> &str {
    path.split_once('/').map_or(path, |(top, _)| top)
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    #[test]
    fn an_entry_that_is_not_on_the_list_is_found_once() {
        let files = [("PLAN.md", ""), ("scratch/a", ""), ("scratch/b", ""), ("docs/a.md", "")];
        let found = said(check, &files);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("PLAN.md:1: ") && found[1].starts_with("scratch:1: "));
    }

    #[test]
    fn too_many_entries_are_found_even_if_each_is_on_the_list() {
        let files: Vec<(&str, &str)> = MAY_LIE_THERE.iter().map(|name| (*name, "")).collect();
        assert_eq!(said(check, &files[..MOST]), [""; 0]);
        assert_eq!(
            said(check, &files[..=MOST]),
            [".:1: the root holds 21 entries, 20 are enough."]
        );
    }
}
