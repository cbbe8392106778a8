//! What is made, and what is secret, is never committed.

use super::{Finding, WHOLE_FILE};
use crate::tree::Tree;

/// Ends of names of keys, databases and leftovers of tools.
const ENDINGS: &[&str] = &[
    ".pem",
    ".key",
    ".p12",
    ".sqlite",
    ".sqlite-wal",
    ".sqlite-shm",
    ".sqlite3",
    ".db",
    ".profraw",
    ".rlib",
    ".orig",
    ".rej",
    ".snap.new",
    ".pending-snap",
];

/// Whole names of files that hold secrets.
const SECRETS: &[&str] = &[".env", ".netrc", "auth.json", "id_ed25519", "id_rsa"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let paths = tree.files().iter().map(|file| file.path());
    paths.filter_map(|path| Some(Finding::new(path, WHOLE_FILE, problem(path)?))).collect()
}

fn problem(path: &str) -> Option<&'static str> {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    if SECRETS.contains(&name) || ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return Some("a key, a database or a tool's leftover is not committed.");
    }
    parts
        .any(|part| part.starts_with("target") || part == "node_modules")
        .then_some("build output is not committed.")
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::check;

    #[test]
    fn build_output_and_secrets_are_found() {
        for path in [
            "private.pem",
            "crates/a/tests/cache.sqlite",
            "target/debug/a",
            "a/target.old/b",
            ".env",
        ] {
            assert_eq!(said(check, &[(path, "")]).len(), 1, "{path}");
        }
        for path in ["src/target.rs", "docs/database.md", "src/env.rs"] {
            assert_eq!(said(check, &[(path, "")]), [""; 0], "{path}");
        }
    }
}
