//! Every package takes its lints from the workspace.

use super::{Finding, WHOLE_FILE};
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.manifests();
    let without = manifests.iter().filter(|manifest| !manifest.has_workspace_lints);
    without
        .map(|manifest| {
            let sentence = "a package has '[lints]' with 'workspace = true'.";
            Finding::new(&manifest.path, WHOLE_FILE, sentence)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::check;

    #[test]
    fn a_package_with_lints_of_its_own_is_found() {
        for (lints, findings) in [
            ("", 1),
            ("[lints.rust]\nunsafe_code = \"allow\"\n", 1),
            ("[lints]\nworkspace = true\n", 0),
        ] {
            let text = format!("[package]\nname = \"a\"\n{lints}");
            let files = [("Cargo.toml", "[workspace]\n"), ("crates/a/Cargo.toml", text.as_str())];
            assert_eq!(said(check, &files).len(), findings, "{lints}");
        }
    }
}
