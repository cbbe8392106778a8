//! Every Rust file opens with its own description, and lexes.

use super::{Finding, WHOLE_FILE};
use crate::tree::{File, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files().iter().filter_map(check_file).collect()
}

fn check_file(file: &File) -> Option<Finding> {
    if let Some(problem) = file.lexing_problem() {
        let sentence = format!("this is not Rust, so no rule could be checked: {problem}.");
        return Some(Finding::new(file.path(), WHOLE_FILE, sentence));
    }
    let opens = file.text().trim_start().starts_with("//!");
    (file.path().ends_with(".rs") && !opens).then(|| {
        Finding::new(file.path(), WHOLE_FILE, "a module starts with '//!': what it is for.")
    })
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::check;

    #[test]
    fn a_module_without_its_description_is_found() {
        for text in
            ["fn main() {}\n", "use std::fs;\n//! Late.\n", "/// Of the next item.\nfn a() {}", ""]
        {
            let found = said(check, &[("src/a.rs", text)]);
            assert_eq!(
                found,
                ["src/a.rs:1: a module starts with '//!': what it is for."],
                "{text}"
            );
        }
        assert_eq!(said(check, &[("src/a.rs", "//! A.\n"), ("a.md", "text")]), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_over() {
        let found = said(check, &[("src/a.rs", "//! A.\nfn a() {\n")]);
        assert!(found[0].starts_with("src/a.rs:1: this is not Rust"), "{found:?}");
    }
}
