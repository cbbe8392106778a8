//! Names that say nothing. A module called so takes in everything.

use super::{Finding, WHOLE_FILE};
use crate::tree::Tree;

const SAY_NOTHING: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "core", "manager", "managers"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.files().iter().filter(|file| file.path().ends_with(".rs"));
    let files = files.filter_map(|file| finding(file.path(), file.path().split('/')));
    let manifests = tree.manifests();
    let crates = manifests.iter().filter_map(|one| finding(&one.path, one.name.split('-')));
    files.chain(crates).collect()
}

fn finding<'a>(path: &str, mut parts: impl Iterator<Item = &'a str>) -> Option<Finding> {
    let stem = |part: &'a str| part.strip_suffix(".rs").unwrap_or(part);
    let part = parts.find(|part| SAY_NOTHING.contains(&stem(part)))?;
    let sentence = format!("'{}' says nothing: name what is in there.", stem(part));
    Some(Finding::new(path, WHOLE_FILE, sentence))
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::check;

    #[test]
    fn an_empty_name_is_found_in_files_folders_and_crates() {
        let manifest = "[package]\nname = \"throughline-core\"\n";
        let cases = [
            ("crates/a/src/utils.rs", "", "utils"),
            ("crates/a/src/common/walk.rs", "", "common"),
            ("crates/a/tests/it/helpers.rs", "", "helpers"),
            ("crates/a/Cargo.toml", manifest, "core"),
        ];
        for (path, text, name) in cases {
            let found = said(check, &[("Cargo.toml", ""), (path, text)]);
            assert_eq!(found, [format!("{path}:1: '{name}' says nothing: name what is in there.")]);
        }
        assert_eq!(said(check, &[("crates/a/src/score.rs", ""), ("docs/core.md", "")]), [""; 0]);
    }
}
