//! What was written and what stood there before, so that all of it can be taken back.
//!
//! Owns `HOME/setup/codex/`: `manifest.json`, and a copy of each file as it was before the first
//! set-up. A file that somebody else changed between two set-ups is marked as shared, for good:
//! bringing the copy back would lose what they wrote, so only our parts are ever taken out of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use throughline_store::durable::{self, Access};
use throughline_store::view::hash;

use super::files::{File, FileChange, text_of};
use super::{RemovalReport, SetupOptions};
use crate::error::OpsError;

/// 1: first release.
const VERSION: u32 = 1;

/// In bytes; a manifest has a few lines for each of Codex's homes.
const LIMIT: u64 = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    /// The version of `thru` that wrote the files.
    pub(super) thru: String,
    files: Vec<Kept>,
    /// Keys of our hooks that Codex was asked to trust.
    pub(super) trusted: Vec<String>,
}

/// A file that we wrote.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    path: PathBuf,
    /// Where the bytes from before are; absent if there was no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backup: Option<PathBuf>,
    /// Hash of what stood there; absent if there was no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash_before: Option<String>,
    /// Hash of what we left behind.
    hash_after: String,
    /// Whether somebody else wrote there between two set-ups.
    #[serde(default)]
    shared: bool,
}

fn folder(options: &SetupOptions) -> PathBuf {
    options.home.join("setup").join("codex")
}

fn manifest_path(options: &SetupOptions) -> PathBuf {
    folder(options).join("manifest.json")
}

impl Manifest {
    /// The manifest; an empty one if nothing was set up.
    pub(super) fn load(options: &SetupOptions) -> Result<Self, OpsError> {
        let path = manifest_path(options);
        let Some(bytes) = durable::read_if_there(&path, LIMIT)? else {
            let thru = env!("CARGO_PKG_VERSION").to_owned();
            return Ok(Self { version: VERSION, thru, files: Vec::new(), trusted: Vec::new() });
        };
        let problem = |problem: String| OpsError::File { path: path.clone(), problem };
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|error| problem(error.to_string()))?;
        if manifest.version > VERSION {
            return Err(problem("was written by a newer thru".to_owned()));
        }
        Ok(manifest)
    }

    fn save(&self, options: &SetupOptions) -> Result<(), OpsError> {
        durable::create_private_dir(&folder(options))?;
        let text = format!("{:#}\n", serde_json::json!(self));
        Ok(durable::replace(&manifest_path(options), text.as_bytes(), Access::Private)?)
    }

    fn kept(&self, path: &Path) -> Option<&Kept> {
        self.files.iter().find(|kept| kept.path == path)
    }

    /// Keeps what stands in a file, once; later only looks whether somebody else wrote there.
    fn keep(
        &mut self,
        path: &Path,
        now: Option<&str>,
        options: &SetupOptions,
    ) -> Result<(), OpsError> {
        let now_hash = now.map(|text| hash(text.as_bytes()));
        if let Some(kept) = self.files.iter_mut().find(|kept| kept.path == path) {
            kept.shared |= now_hash.as_ref() != Some(&kept.hash_after);
            return Ok(());
        }
        let backup = now.map(|text| write_backup(path, text, options)).transpose()?;
        let hash_after = now_hash.clone().unwrap_or_default();
        let hash_before = now_hash;
        let path = path.to_owned();
        self.files.push(Kept { path, backup, hash_before, hash_after, shared: false });
        Ok(())
    }
}

/// The name tells apart the same file of several homes.
fn write_backup(path: &Path, text: &str, options: &SetupOptions) -> Result<PathBuf, OpsError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = hash(path.to_string_lossy().as_bytes());
    let backup = folder(options).join(format!("{name}.{}.before", &place[..10]));
    durable::create_private_dir(&folder(options))?;
    durable::replace(&backup, text.as_bytes(), Access::Private)?;
    Ok(backup)
}

/// Keeps the bytes from before, of every file: Codex writes its trust into its configuration even
/// if we change nothing there.
pub(super) fn keep(options: &SetupOptions, changes: &[FileChange]) -> Result<(), OpsError> {
    let mut manifest = Manifest::load(options)?;
    for file in File::ALL {
        let path = file.path(&options.codex_home);
        let now = text_of(&path)?;
        let change = changes.iter().find(|change| change.path == path);
        if file == File::Config || change.is_some() || manifest.kept(&path).is_some() {
            manifest.keep(&path, now.as_deref(), options)?;
        }
    }
    manifest.save(options)
}

/// Notes what we left behind, and which hooks are trusted for our sake.
pub(super) fn note_result(options: &SetupOptions, trusted: Vec<String>) -> Result<(), OpsError> {
    let mut manifest = Manifest::load(options)?;
    for file in File::ALL {
        let path = file.path(&options.codex_home);
        let text = text_of(&path)?.unwrap_or_default();
        for kept in manifest.files.iter_mut().filter(|kept| kept.path == path) {
            kept.hash_after = hash(text.as_bytes());
        }
    }
    let new: Vec<String> =
        trusted.into_iter().filter(|key| !manifest.trusted.contains(key)).collect();
    manifest.trusted.extend(new);
    env!("CARGO_PKG_VERSION").clone_into(&mut manifest.thru);
    manifest.save(options)
}

/// Takes everything of ours out of this home of Codex. Every file is looked at before the first
/// is written, so that one that can't be edited leaves all as they are.
pub(super) fn restore(options: &SetupOptions) -> Result<RemovalReport, OpsError> {
    let mut manifest = Manifest::load(options)?;
    let steps: Result<Vec<Step>, OpsError> =
        File::ALL.iter().map(|&file| step(file, &manifest, options)).collect();
    let mut report = RemovalReport { restored: Vec::new(), cleaned: Vec::new() };
    for step in steps? {
        step.carry_out(&mut report)?;
    }
    let homes = File::ALL.map(|file| file.path(&options.codex_home));
    for backup in manifest.files.iter().filter(|kept| homes.contains(&kept.path)) {
        backup.backup.as_deref().map(delete).transpose()?;
    }
    manifest.files.retain(|kept| !homes.contains(&kept.path));
    manifest.trusted.retain(|key| !homes.iter().any(|home| is_key_of(key, home)));
    if manifest.files.is_empty() {
        delete(&manifest_path(options))?;
        return Ok(report);
    }
    manifest.save(options)?;
    Ok(report)
}

fn is_key_of(key: &str, file: &Path) -> bool {
    file.to_str().and_then(|file| key.strip_prefix(file)).is_some_and(|rest| rest.starts_with(':'))
}

/// What becomes of one file when all is taken back.
struct Step {
    path: PathBuf,
    /// `None`: the file goes.
    text: Option<String>,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Restored,
    Cleaned,
    Untouched,
}

fn step(file: File, manifest: &Manifest, options: &SetupOptions) -> Result<Step, OpsError> {
    let path = file.path(&options.codex_home);
    let Some(now) = text_of(&path)? else {
        return Ok(Step { path, text: None, how: How::Untouched });
    };
    let kept = manifest.kept(&path);
    let original = match kept {
        Some(kept) => kept.backup.as_deref().map(text_of).transpose()?.flatten(),
        None => None,
    };
    if kept.is_some_and(|kept| !kept.shared && kept.hash_after == hash(now.as_bytes())) {
        return Ok(Step { path, text: original, how: How::Restored });
    }
    // No file before is an empty one; nothing kept is not knowing.
    let original = original.or_else(|| kept.map(|_| String::new()));
    let left = file.without_us(&now, original.as_deref(), options, &manifest.trusted)?;
    let how = if left.as_ref() == Some(&now) { How::Untouched } else { How::Cleaned };
    Ok(Step { path, text: left, how })
}

impl Step {
    fn carry_out(self, report: &mut RemovalReport) -> Result<(), OpsError> {
        let list = match self.how {
            How::Untouched => return Ok(()),
            How::Restored => &mut report.restored,
            How::Cleaned => &mut report.cleaned,
        };
        match &self.text {
            Some(text) => durable::replace(&self.path, text.as_bytes(), Access::Repository)?,
            None => delete(&self.path)?,
        }
        list.push(self.path);
        Ok(())
    }
}

fn delete(path: &Path) -> Result<(), OpsError> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(OpsError::File { path: path.to_owned(), problem: error.to_string() });
        }
    }
    // The folders of a skill of ours go with it, unless somebody put something there.
    if path.ends_with("SKILL.md") {
        path.ancestors().skip(1).take(2).for_each(|folder| drop(fs::remove_dir(folder)));
    }
    Ok(())
}

/// Which version of `thru` set this home of Codex up; `None` if none did.
pub(super) fn version(options: &SetupOptions) -> Result<Option<String>, OpsError> {
    let manifest = Manifest::load(options)?;
    let config = File::Config.path(&options.codex_home);
    Ok(manifest.kept(&config).is_some().then_some(manifest.thru))
}
