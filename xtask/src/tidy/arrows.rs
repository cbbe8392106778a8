//! Which crate of this workspace may depend on which. Arrows point down only.

use super::{Finding, WHOLE_FILE};
use crate::manifest::{Dependency, DependencyKind, Manifest};
use crate::tree::Tree;

/// Every crate with the crates that it may build upon. A new crate starts with a row here and in
/// docs/architecture.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("throughline-model", &[]),
    ("throughline-git", &["throughline-model"]),
    ("throughline-agents", &["throughline-model"]),
    ("throughline-store", &["throughline-model"]),
    ("throughline-runtime", &["throughline-model", "throughline-store"]),
    ("throughline-provider", &["throughline-model"]),
    ("throughline-embed", &[]),
    (
        "throughline-ops",
        &[
            "throughline-model",
            "throughline-git",
            "throughline-agents",
            "throughline-store",
            "throughline-runtime",
            "throughline-provider",
            "throughline-embed",
        ],
    ),
    ("throughline-mcp", &["throughline-model", "throughline-ops"]),
    ("throughline-tui", &["throughline-model", "throughline-ops"]),
    ("throughline-server", &["throughline-model", "throughline-ops"]),
    (
        "throughline",
        &[
            "throughline-model",
            "throughline-git",
            "throughline-agents",
            "throughline-store",
            "throughline-runtime",
            "throughline-ops",
            "throughline-mcp",
            "throughline-tui",
            "throughline-server",
        ],
    ),
    // It looks at the product from outside, as a user does; so any crate's tests may use it.
    ("throughline-testkit", &[]),
    ("xtask", &["throughline-testkit"]),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.manifests().iter().flat_map(check_manifest).collect()
}

fn check_manifest(manifest: &Manifest) -> Vec<Finding> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == manifest.name) else {
        let sentence = format!("{} has no row in xtask/src/tidy/arrows.rs.", manifest.name);
        return vec![Finding::new(&manifest.path, WHOLE_FILE, sentence)];
    };
    let forbidden = manifest.dependencies.iter().filter(|dependency| {
        is_ours(&dependency.name)
            && !allowed.contains(&dependency.name.as_str())
            && !is_testkit_for_tests(dependency)
    });
    let sentence = |name: &str| format!("{} must not depend on {name}.", manifest.name);
    forbidden.map(|found| Finding::new(&manifest.path, found.line, sentence(&found.name))).collect()
}

fn is_ours(name: &str) -> bool {
    name == "xtask" || name == "throughline" || name.starts_with("throughline-")
}

fn is_testkit_for_tests(dependency: &Dependency) -> bool {
    dependency.kind == DependencyKind::Dev && dependency.name == "throughline-testkit"
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::check;

    fn package(name: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{rest}");
        said(check, &[("Cargo.toml", "[workspace]\n"), ("crates/a/Cargo.toml", &text)])
    }

    #[test]
    fn an_arrow_that_points_up_or_sideways_is_found() {
        let cases = [
            ("throughline-model", "dependencies", "throughline-git"),
            ("throughline-git", "dependencies", "throughline-store"),
            ("throughline-store", "dev-dependencies", "throughline-agents"),
            ("throughline-mcp", "dependencies", "throughline-store"),
            ("throughline", "dependencies", "throughline-testkit"),
            ("throughline", "build-dependencies", "xtask"),
            ("throughline-testkit", "dependencies", "throughline-model"),
        ];
        for (name, table, dependency) in cases {
            assert_eq!(
                package(name, &format!("[{table}]\n{dependency}.workspace = true\n")),
                [format!("crates/a/Cargo.toml:4: {name} must not depend on {dependency}.")]
            );
        }
    }

    #[test]
    fn arrows_down_and_the_testkit_for_tests_are_fine() {
        let rest = "[dependencies]\nthroughline-model.workspace = true\nserde = \"1\"\n\
                    [dev-dependencies]\nthroughline-testkit.workspace = true\n";
        assert_eq!(package("throughline-git", rest), [""; 0]);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        let sentence = "throughline-extra has no row in xtask/src/tidy/arrows.rs.";
        assert_eq!(
            package("throughline-extra", ""),
            [format!("crates/a/Cargo.toml:1: {sentence}")]
        );
    }
}
