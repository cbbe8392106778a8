//! The files that the checks look at: what git tracks, and what it would track if one added all.
//!
//! New files count before they are added, so that a finding comes before the commit. Ignored files
//! do not exist here; a file that was added by force does.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::manifest::Manifest;
use crate::rust::Source;

/// One file of the tree.
#[derive(Debug)]
pub struct File {
    path: String,
    text: String,
    source: Option<Result<Source, String>>,
}

impl File {
    fn new(path: &str, text: String) -> Self {
        let source = path.ends_with(".rs").then(|| Source::read(path, &text));
        Self { path: path.to_owned(), text, source }
    }

    /// Path from the root of the tree, with `/` between its parts.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The content; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The Rust source in it; `None` for other files and for a source that does not lex.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()?.as_ref().ok()
    }

    /// Why this Rust file does not lex, if it does not.
    #[must_use]
    pub fn lexing_problem(&self) -> Option<&str> {
        self.source.as_ref()?.as_ref().err().map(String::as_str)
    }
}

/// The files of a checkout, sorted by path.
#[derive(Debug)]
pub struct Tree {
    files: Vec<File>,
}

/// Why the files of a checkout could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// git did not start.
    #[error("starting git in {}: {source}", root.display())]
    Start {
        /// Where it was started.
        root: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// git started and refused; tidy needs a checkout, an unpacked archive is not enough.
    #[error("git ls-files in {} failed: {message}", root.display())]
    Refused {
        /// Where it was started.
        root: PathBuf,
        /// What git said.
        message: String,
    },
    /// A listed file could not be read.
    #[error("reading {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Tree {
    /// Reads the checkout at `root`.
    ///
    /// # Errors
    /// When git cannot list the files or one of them cannot be read.
    pub fn of_checkout(root: &Path) -> Result<Self, TreeError> {
        let mut files = Vec::new();
        for path in listed_paths(root)? {
            files.extend(read_listed(root, &path)?);
        }
        Ok(Self { files })
    }

    /// A tree from pairs of path and text.
    #[must_use]
    pub fn of_texts(pairs: &[(&str, &str)]) -> Self {
        let mut files: Vec<File> =
            pairs.iter().map(|(path, text)| File::new(path, (*text).to_owned())).collect();
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Self { files }
    }

    /// All files, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The Rust sources that lex, with their files.
    pub fn sources(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.source()?)))
    }

    /// The package manifests (not the one of the workspace), read together with the names that the
    /// workspace gives to dependencies.
    #[must_use]
    pub fn manifests(&self) -> Vec<Manifest> {
        let workspace = self.files.iter().find(|file| file.path == "Cargo.toml");
        let workspace = workspace.map_or("", File::text);
        let packages = self.files.iter().filter(|file| {
            file.path.ends_with("/Cargo.toml") && !crate::rust::is_test_path(&file.path)
        });
        packages.filter_map(|file| Manifest::read(&file.path, &file.text, workspace)).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "tidy runs in the developer's own checkout")]
fn listed_paths(root: &Path) -> Result<BTreeSet<String>, TreeError> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| TreeError::Start { root: root.to_owned(), source })?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(TreeError::Refused { root: root.to_owned(), message });
    }
    let listing = String::from_utf8_lossy(&output.stdout);
    Ok(listing.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// `None` for what is listed but is no file of ours: deleted and not yet committed, or a repository
/// inside this one (git lists it as a folder).
fn read_listed(root: &Path, path: &str) -> Result<Option<File>, TreeError> {
    let full = root.join(path);
    if full.is_dir() {
        return Ok(None);
    }
    match fs::read(&full) {
        Ok(bytes) => Ok(Some(File::new(path, String::from_utf8_lossy(&bytes).into_owned()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TreeError::Read { path: full, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_what_git_tracks_or_would_track() {
        let checkout = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| run_git(checkout.path(), words);
        git(&["init", "--quiet"]);
        for (path, text) in
            [(".gitignore", "*.db\n"), ("kept.txt", ""), ("gone.txt", ""), ("forced.db", "")]
        {
            fs::write(checkout.path().join(path), text).unwrap();
        }
        git(&["add", "--force", "gone.txt", "forced.db"]);
        fs::remove_file(checkout.path().join("gone.txt")).unwrap();
        fs::write(checkout.path().join("ignored.db"), "").unwrap();

        let tree = Tree::of_checkout(checkout.path()).unwrap();
        let paths: Vec<&str> = tree.files().iter().map(File::path).collect();
        assert_eq!(paths, [".gitignore", "forced.db", "kept.txt"]);
    }

    #[test]
    fn a_folder_without_git_is_refused_with_gits_own_words() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".git"), "no repository").unwrap();
        let message = Tree::of_checkout(folder.path()).unwrap_err().to_string();
        assert!(message.contains("git ls-files in ") && message.contains("failed: fatal"));
    }

    #[expect(clippy::disallowed_methods, reason = "the test makes its own repository")]
    fn run_git(folder: &Path, words: &[&str]) {
        let status = Command::new("git").args(words).current_dir(folder).status().unwrap();
        assert!(status.success(), "git {words:?}");
    }
}
