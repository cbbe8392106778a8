//! No file names a place that exists on one developer's machine only.
//!
//! A test that needs such a path as data says so: `tidy: path is data` in the same line or the line
//! above it.

use super::Finding;
use crate::rust;
use crate::tree::{File, Tree};

// In two halves, so that this file does not find itself.
const PLACES: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/")];

const MARK: &str = "tidy: path is data";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files().iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut marked_above = false;
    for (index, line) in file.text().lines().enumerate() {
        let marked = line.contains(MARK) && is_test(file, index + 1);
        let place = PLACES.iter().find(|place| names_place(line, place));
        if let Some(place) = place.filter(|_| !marked && !marked_above) {
            let sentence = format!("'{place}' is a place on one machine.");
            findings.push(Finding::new(file.path(), index + 1, sentence));
        }
        marked_above = marked;
    }
    findings
}

/// Whether this line, counted from 1, is a test's.
fn is_test(file: &File, line: usize) -> bool {
    rust::is_test_path(file.path()) || file.source().is_some_and(|source| source.is_test_line(line))
}

/// Whether `place` stands in `line` as the start of a path, not as the middle of another.
fn names_place(line: &str, place: &str) -> bool {
    let starts_path = |at: usize| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|one| one.is_alphanumeric() || "_-.~})>*".contains(one))
    };
    line.match_indices(place).any(|(at, _)| starts_path(at))
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    #[test]
    fn a_place_on_one_machine_is_found() {
        for place in PLACES {
            for start in ["", "cd ", "HOME=", "(", "\"", "file://"] {
                let text = format!("first\n{start}{place}x\n");
                let sentence = format!("'{place}' is a place on one machine.");
                assert_eq!(
                    said(check, &[("docs/a.md", &text)]),
                    [format!("docs/a.md:2: {sentence}")]
                );
            }
            let inside = format!("net{place}x {{home}}{place}x ~{place}x");
            assert_eq!(said(check, &[("docs/a.md", &inside)]), [""; 0]);
        }
    }

    #[test]
    fn only_a_test_can_mark_its_data() {
        let data = format!("// {MARK}\n// {}x\n", PLACES[0]);
        let test = format!("//! A.\n#[cfg(test)]\nmod tests {{\n{data}}}\n");
        assert_eq!(said(check, &[("tests/a.json", &data), ("src/a.rs", &test)]), [""; 0]);
        assert_eq!(said(check, &[("src/a.rs", &data), ("README.md", &data)]).len(), 2);
        let second = format!("{data}// {}y\n", PLACES[1]);
        assert_eq!(said(check, &[("tests/a.rs", &second)]).len(), 1);
    }
}
