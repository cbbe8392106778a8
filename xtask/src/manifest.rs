//! What the checks need to know of a package's Cargo.toml.

use toml_edit::{Document, Item, TableLike};

/// Where a dependency is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyKind {
    /// Part of the shipped program.
    Normal,
    /// Used while it is built.
    Build,
    /// Used by its tests.
    Dev,
}

/// One dependency of a package.
#[derive(Debug)]
pub struct Dependency {
    /// The package's real name, even if it is renamed here or in the workspace.
    pub name: String,
    /// Where it is listed.
    pub kind: DependencyKind,
    /// The line in Cargo.toml, from 1.
    pub line: usize,
}

/// One package.
#[derive(Debug)]
pub struct Manifest {
    /// Path of its Cargo.toml from the root of the tree.
    pub path: String,
    /// The package's name.
    pub name: String,
    /// Everything that it depends on, `target` tables included.
    pub dependencies: Vec<Dependency>,
    /// It takes its lints from the workspace.
    pub has_workspace_lints: bool,
}

const TABLES: [(&str, DependencyKind); 3] = [
    ("dependencies", DependencyKind::Normal),
    ("build-dependencies", DependencyKind::Build),
    ("dev-dependencies", DependencyKind::Dev),
];

impl Manifest {
    /// Reads a package's manifest; `None` when it has no package, or is a workspace of its own that
    /// no package here can depend on. Cargo itself refuses a manifest that does not parse, so that
    /// is nobody's finding here.
    #[must_use]
    pub fn read(path: &str, text: &str, workspace: &str) -> Option<Self> {
        let manifest = Document::parse(text).ok()?;
        if manifest.get("workspace").is_some() {
            return None;
        }
        let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
        let workspace = Document::parse(workspace).ok()?;
        let renames = workspace.get("workspace").and_then(|item| item.get("dependencies"));
        let mut dependencies = dependencies_of(manifest.as_table(), text, renames);
        for target in tables_in(manifest.get("target")) {
            dependencies.extend(dependencies_of(target, text, renames));
        }
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        let has_workspace_lints = lints.and_then(Item::as_bool).unwrap_or_default();
        Some(Self { path: path.to_owned(), name, dependencies, has_workspace_lints })
    }
}

fn tables_in(item: Option<&Item>) -> Vec<&dyn TableLike> {
    let rows = item.and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter);
    rows.filter_map(|(_, row)| row.as_table_like()).collect()
}

fn dependencies_of(parent: &dyn TableLike, text: &str, renames: Option<&Item>) -> Vec<Dependency> {
    let mut found = Vec::new();
    for (table, kind) in TABLES {
        let Some(rows) = parent.get(table).and_then(Item::as_table_like) else { continue };
        for (key, row) in rows.iter() {
            let name = package_name(row)
                .or_else(|| package_name(renames?.get(key)?))
                .unwrap_or_else(|| key.to_owned());
            let span = rows.key(key).and_then(toml_edit::Key::span);
            let line = span.map_or(1, |span| line_of(text, span.start));
            found.push(Dependency { name, kind, line });
        }
    }
    found
}

fn package_name(row: &Item) -> Option<String> {
    Some(row.get("package")?.as_str()?.to_owned())
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read_and_renames_are_undone() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nx.workspace = true\n\
                    y = { version = \"1\", package = \"tokio\" }\n\
                    [target.'cfg(unix)'.build-dependencies]\nz = \"1\"\n[dev-dependencies]\nq = \"1\"\n";
        let workspace = "[workspace.dependencies]\nx = { version = \"1\", package = \"clap\" }\n";
        let manifest = Manifest::read("a/Cargo.toml", text, workspace).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.kind, d.line)).collect();
        assert_eq!(
            found,
            [
                ("clap", DependencyKind::Normal, 4),
                ("tokio", DependencyKind::Normal, 5),
                ("q", DependencyKind::Dev, 9),
                ("z", DependencyKind::Build, 7),
            ]
        );
        assert!(!manifest.has_workspace_lints);
    }
}
