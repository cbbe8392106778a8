//! Which crate may use which crate of others: what the model may hold, and what has one home.

use super::Finding;
use crate::manifest::{Dependency, DependencyKind, Manifest};
use crate::tree::Tree;

/// Everything that `throughline-model` may be built from: values, and nothing that can reach outside.
const MODEL_MAY_USE: &[&str] =
    &["blake3", "foldhash", "jiff", "serde", "serde_json", "strsim", "thiserror"];

/// External crates with those of ours that may use them.
const HOMES: &[(&[&str], &[&str])] = &[
    (&["rmcp", "tokio"], &["throughline-mcp"]),
    (&["clap", "clap_complete", "clap_mangen"], &["throughline"]),
    (&["rusqlite", "libsqlite3-sys"], &["throughline-store", "throughline-runtime"]),
    (&["ratatui", "crossterm"], &["throughline-tui"]),
    (&["ndarray"], &["throughline-embed"]),
    (&["reqwest", "ureq", "hyper"], &["throughline-provider"]),
];

/// Error types without a type: who calls could not tell one failure from another.
const NOWHERE: &[&str] = &["anyhow", "eyre", "color-eyre"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.manifests().iter().flat_map(check_manifest).collect()
}

fn check_manifest(manifest: &Manifest) -> Vec<Finding> {
    let finding = |dependency: &Dependency| {
        let sentence = problem(&manifest.name, dependency)?;
        Some(Finding::new(&manifest.path, dependency.line, sentence))
    };
    manifest.dependencies.iter().filter_map(finding).collect()
}

fn problem(package: &str, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if NOWHERE.contains(&name) {
        return Some(format!("{name} is used nowhere: errors are small enums."));
    }
    let home = HOMES.iter().find(|(names, _)| names.contains(&name)).map(|(_, home)| *home);
    if let Some(home) = home.filter(|home| !home.contains(&package)) {
        return Some(format!("{name} belongs to {} alone.", home.join(" and ")));
    }
    let is_foreign = !name.starts_with("throughline-") && !MODEL_MAY_USE.contains(&name);
    let is_built_in = dependency.kind != DependencyKind::Dev;
    (package == "throughline-model" && is_foreign && is_built_in)
        .then(|| format!("throughline-model must not be built from {name}."))
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::check;

    fn package(name: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{rest}");
        let workspace =
            "[workspace.dependencies]\nruntime = { version = \"1\", package = \"tokio\" }\n";
        said(check, &[("Cargo.toml", workspace), ("crates/a/Cargo.toml", &text)])
    }

    #[test]
    fn a_dependency_away_from_its_home_is_found() {
        let cases = [
            (
                "throughline-model",
                "[dependencies]\ntempfile = \"3\"",
                "throughline-model must not be built from tempfile.",
            ),
            (
                "throughline-ops",
                "[dependencies]\nclap = \"4\"",
                "clap belongs to throughline alone.",
            ),
            (
                "throughline-store",
                "[dev-dependencies]\ntokio = \"1\"",
                "tokio belongs to throughline-mcp alone.",
            ),
            (
                "throughline-git",
                "[dependencies]\nruntime.workspace = true",
                "tokio belongs to throughline-mcp alone.",
            ),
            (
                "throughline-git",
                "[dependencies]\nrt = { package = \"rmcp\" }",
                "rmcp belongs to throughline-mcp alone.",
            ),
            (
                "throughline",
                "[dependencies]\nanyhow = \"1\"",
                "anyhow is used nowhere: errors are small enums.",
            ),
        ];
        for (name, rest, sentence) in cases {
            assert_eq!(package(name, rest), [format!("crates/a/Cargo.toml:4: {sentence}")]);
        }
    }

    #[test]
    fn a_dependency_at_home_is_fine() {
        let model = "[dependencies]\nserde = \"1\"\n[dev-dependencies]\nproptest = \"1\"\n";
        assert_eq!(package("throughline-model", model), [""; 0]);
        assert_eq!(package("throughline-mcp", "[dependencies]\nrmcp = \"1\"\n"), [""; 0]);
    }
}
