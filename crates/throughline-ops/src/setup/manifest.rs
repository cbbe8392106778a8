//! What we wrote and what stood there before, so that all of it can be taken back.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use throughline_store::durable::{self, Access};
use throughline_store::view::hash;

use super::files::{FileChange, without_us};
use super::{RemovalReport, SetupOptions};
use crate::error::OpsError;

const LIMIT: u64 = 8 * 1024 * 1024;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    files: Vec<Kept>,
}

/// A file that we wrote.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    path: PathBuf,
    /// Where the bytes from before the first set-up are; absent if there was no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<PathBuf>,
    /// Hash of what we left behind.
    after: String,
}

fn folder(options: &SetupOptions) -> PathBuf {
    options.home.join("setup")
}

fn manifest_path(options: &SetupOptions) -> PathBuf {
    folder(options).join("codex.json")
}

fn load(options: &SetupOptions) -> Result<Manifest, OpsError> {
    let path = manifest_path(options);
    let Some(bytes) = durable::read_if_there(&path, LIMIT)? else { return Ok(Manifest::default()) };
    serde_json::from_slice(&bytes)
        .map_err(|error| OpsError::File { path, problem: error.to_string() })
}

fn save(options: &SetupOptions, manifest: &Manifest) -> Result<(), OpsError> {
    let text = serde_json::to_string_pretty(manifest).expect("a manifest is plain data");
    Ok(durable::replace(&manifest_path(options), text.as_bytes(), Access::Private)?)
}

/// Keeps the bytes from before. What was kept by an earlier set-up stays: it is the original.
pub(super) fn keep(options: &SetupOptions, changes: &[FileChange]) -> Result<(), OpsError> {
    durable::create_private_dir(&folder(options))?;
    let mut manifest = load(options)?;
    let config = options.codex_home.join("config.toml");
    let trusts = !changes.iter().any(|change| change.path == config);
    // Codex will write its trust into its configuration, whether or not we change anything there.
    let text = if trusts { read_text(&config)? } else { None };
    let also = trusts.then(|| FileChange {
        path: config,
        after: text.clone().unwrap_or_default(),
        before: text,
        summary: Vec::new(),
    });
    for change in changes.iter().chain(&also) {
        if manifest.files.iter().any(|kept| kept.path == change.path) {
            continue;
        }
        let name = change.path.file_name().unwrap_or_default().to_string_lossy();
        let copy = folder(options).join(format!("before-{}-{name}", manifest.files.len()));
        if let Some(before) = &change.before {
            durable::replace(&copy, before.as_bytes(), Access::Private)?;
        }
        let before = change.before.is_some().then_some(copy);
        let after = hash(change.after.as_bytes());
        manifest.files.push(Kept { path: change.path.clone(), before, after });
    }
    save(options, &manifest)
}

fn read_text(path: &std::path::Path) -> Result<Option<String>, OpsError> {
    let bytes = durable::read_if_there(path, LIMIT)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Notes what stands in our files now.
pub(super) fn note_result(options: &SetupOptions) -> Result<(), OpsError> {
    let mut manifest = load(options)?;
    for kept in &mut manifest.files {
        if let Some(bytes) = durable::read_if_there(&kept.path, LIMIT)? {
            kept.after = hash(&bytes);
        }
    }
    save(options, &manifest)
}

/// Brings back what stood before.
pub(super) fn restore(options: &SetupOptions) -> Result<RemovalReport, OpsError> {
    let manifest = load(options)?;
    let mut report = RemovalReport { restored: Vec::new(), cleaned: Vec::new() };
    for kept in &manifest.files {
        let Some(now) = durable::read_if_there(&kept.path, LIMIT)? else { continue };
        let untouched = hash(&now) == kept.after;
        match (&kept.before, untouched) {
            (Some(before), true) => {
                let bytes = durable::read(before, LIMIT)?;
                durable::replace(&kept.path, &bytes, Access::Repository)?;
            }
            (None, true) => delete(&kept.path)?,
            (_, false) => {
                let text = String::from_utf8_lossy(&now);
                let text = without_us(&kept.path, &text)?;
                durable::replace(&kept.path, text.as_bytes(), Access::Repository)?;
                report.cleaned.push(kept.path.clone());
                continue;
            }
        }
        report.restored.push(kept.path.clone());
    }
    if !manifest.files.is_empty() {
        delete(&manifest_path(options))?;
    }
    Ok(report)
}

fn delete(path: &std::path::Path) -> Result<(), OpsError> {
    let failed =
        |e: std::io::Error| OpsError::File { path: path.to_owned(), problem: e.to_string() };
    std::fs::remove_file(path).map_err(failed)?;
    // The folder of our skill goes with it, unless somebody put something there.
    if path.ends_with("throughline/SKILL.md")
        && let Some(folder) = path.parent()
    {
        let _ = std::fs::remove_dir(folder);
    }
    Ok(())
}
