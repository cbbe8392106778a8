//! A workspace of one package that has some of its modules and no more: what needs nothing of the rest is built
//! in half a second this way, and a change of it is tried in that time. Code and tests are the same.

use std::fs;
use std::io;
use std::path::Path;

use toml_edit::{Array, DocumentMut, Item};

/// Lays it into `folder`, instead of what was there. All paths are those of the checkout at `root`.
pub(super) fn lay(root: &Path, folder: &Path, package: &str, modules: &[&str]) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let package = format!("crates/{package}");
    let (from, to) = (root.join(&package), folder.join(&package));
    fs::create_dir_all(to.join("src"))?;
    let whole = fs::read_to_string(root.join("Cargo.toml"))?;
    fs::write(folder.join("Cargo.toml"), with_one_member(&whole, &package)?)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::copy(from.join("Cargo.toml"), to.join("Cargo.toml"))?;
    let lines: String = modules.iter().map(|module| format!("pub mod {module};\n")).collect();
    fs::write(to.join("src/lib.rs"), lines)?;
    for module in modules {
        let file = format!("src/{module}.rs");
        fs::copy(from.join(&file), to.join(&file))?;
        copy_below(&from.join("src").join(module), &to.join("src").join(module))?;
    }
    Ok(())
}

fn with_one_member(manifest: &str, package: &str) -> io::Result<String> {
    let mut manifest: DocumentMut = manifest.parse().map_err(io::Error::other)?;
    manifest["workspace"]["members"] = Item::Value(Array::from_iter([package]).into());
    manifest["workspace"]["default-members"] = Item::None;
    Ok(manifest.to_string())
}

fn copy_below(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_below(&entry.path(), &name)?;
        } else {
            fs::copy(entry.path(), name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn only_the_named_modules_are_there_under_their_own_paths() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old"), "").unwrap();
        lay(&workspace_root(), folder.path(), "throughline-model", &["sanitise"]).unwrap();
        let mut paths: Vec<String> = Vec::new();
        list(folder.path(), "", &mut paths);
        paths.sort();
        let model = "crates/throughline-model";
        let sources = format!("{model}/src/");
        let (modules, others): (Vec<String>, Vec<String>) =
            paths.into_iter().partition(|path| path.starts_with(&sources));
        assert_eq!(others, ["Cargo.lock", "Cargo.toml", &format!("{model}/Cargo.toml")]);
        assert_eq!(modules[0], format!("{sources}lib.rs"));
        assert!(modules.len() > 3, "its tests and its own modules too: {modules:?}");
        let own = format!("{sources}sanitise");
        assert!(modules[1..].iter().all(|path| path.starts_with(&own)), "{modules:?}");
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("members = [\"{model}\"]")), "{manifest}");
        assert!(!manifest.contains("default-members"), "{manifest}");
    }

    fn list(folder: &Path, before: &str, paths: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{before}{}", entry.file_name().to_str().unwrap());
            match entry.path().is_dir() {
                true => list(&entry.path(), &format!("{name}/"), paths),
                false => paths.push(name),
            }
        }
    }
}
