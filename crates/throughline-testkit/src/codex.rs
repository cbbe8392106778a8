//! Finds the pinned, unmodified Codex, and installs it if it is not there.
//!
//! The version stands in one place, the file `codex-version` of this crate. An installation lies in
//! `<target>/codex/<version>/`, made by npm in a folder beside it and renamed into place under the
//! lock of `<target>/codex/lock`, so a half-made one is never found and two test binaries don't
//! install twice. The variable `THRU_TEST_CODEX` names another Codex, of whatever version.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::needs;
use crate::process::{Finished, Running};

/// The Codex that we promise to work with.
pub const PINNED_VERSION: &str = include_str!("../codex-version").trim_ascii();

/// npm fetches some 100 MB.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// It only prints; a node that starts on a busy machine takes the most of it.
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// A Codex on this machine.
#[derive(Debug, Clone)]
pub struct Codex {
    native: PathBuf,
    shim: PathBuf,
}

/// Why there is no Codex.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The variable names nothing.
    #[error("THRU_TEST_CODEX names {}, which is no file", .0.display())]
    NoSuchFile(PathBuf),
    /// A folder of the installation could not be made, locked or renamed.
    #[error("cannot install Codex at {}: {source}", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no npm to install it with.
    #[error("npm is not on the PATH, so Codex {PINNED_VERSION} cannot be installed")]
    NoNpm,
    /// npm said no.
    #[error("npm cannot install Codex {PINNED_VERSION}: {0}")]
    Npm(String),
    /// What was installed does not say that it is the pinned version.
    #[error("{} is not Codex {PINNED_VERSION}: {said}", path.display())]
    OtherVersion {
        /// The program.
        path: PathBuf,
        /// Its answer to `--version`.
        said: String,
    },
}

impl Codex {
    /// Finds it, after installing it if necessary: seconds once, then nothing.
    ///
    /// # Errors
    /// [`Unavailable`] says what is missing.
    #[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
    pub fn find() -> Result<Self, Unavailable> {
        if let Some(path) = env::var_os("THRU_TEST_CODEX").filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            let exists = path.is_file();
            return if exists { Ok(Self::at(path)) } else { Err(Unavailable::NoSuchFile(path)) };
        }
        let folder = target_folder().join("codex");
        let place = folder.join(PINNED_VERSION);
        Self::installed(&place).map_or_else(|| install(&folder, &place), Ok)
    }

    /// The same for a test that has nothing to do without Codex: `None` after telling so on
    /// stderr.
    ///
    /// # Panics
    /// With the variable `CI` set, because there a test must not pass over itself.
    pub fn required() -> Option<Self> {
        needs::required("the real Codex", Self::find())
    }

    /// The program itself: starts about 0.2 s sooner than [`Codex::shim`].
    pub fn native(&self) -> &Path {
        &self.native
    }

    /// What npm puts on the PATH: a node script that starts the program. The program itself where
    /// there is no such script.
    pub fn shim(&self) -> &Path {
        &self.shim
    }

    fn at(path: PathBuf) -> Self {
        Self { native: path.clone(), shim: path }
    }

    fn installed(place: &Path) -> Option<Self> {
        let modules = place.join("node_modules");
        let shim = modules.join(".bin/codex");
        shim.is_file().then(|| Self { native: native_in(&modules).unwrap_or(shim.clone()), shim })
    }
}

/// npm has one package per platform and installs the fitting one:
/// `@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex`.
fn native_in(modules: &Path) -> Option<PathBuf> {
    let packages = entries(&modules.join("@openai"));
    let triples = packages.iter().flat_map(|package| entries(&package.join("vendor")));
    triples.map(|triple| triple.join("bin/codex")).find(|path| path.is_file())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// Cargo's target folder: the test binary lies in it, and cargo marks it.
fn target_folder() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    marked.map_or_else(usual, Path::to_owned)
}

fn install(folder: &Path, place: &Path) -> Result<Codex, Unavailable> {
    let failed = |source| Unavailable::Folder { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    let lock = File::create(folder.join("lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if let Some(codex) = Codex::installed(place) {
        return Ok(codex);
    }
    let new = tempfile::Builder::new().prefix("new-").tempdir_in(folder).map_err(failed)?;
    run_npm(new.path())?;
    let made = Codex::installed(new.path());
    check_version(&made.ok_or_else(|| Unavailable::Npm("it left no program".to_owned()))?)?;
    fs::rename(new.keep(), place).map_err(failed)?;
    Codex::installed(place).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
}

#[expect(clippy::disallowed_methods, reason = "tests start programs themselves")]
fn run_npm(prefix: &Path) -> Result<(), Unavailable> {
    let has_npm = env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join("npm").is_file()));
    if !has_npm {
        return Err(Unavailable::NoNpm);
    }
    let package = format!("@openai/codex@{PINNED_VERSION}");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(prefix).arg(package);
    let done = Running::start(&mut npm, b"").wait(INSTALL_LIMIT);
    if done.code == Some(0) { Ok(()) } else { Err(Unavailable::Npm(complaint(&done))) }
}

fn complaint(done: &Finished) -> String {
    let said = String::from_utf8_lossy(&done.stderr);
    let late = if done.late { "it took too long; " } else { "" };
    format!("{late}{}", said.trim())
}

#[expect(clippy::disallowed_methods, reason = "tests start programs themselves")]
fn check_version(codex: &Codex) -> Result<(), Unavailable> {
    let mut command = Command::new(codex.native());
    let done = Running::start(command.arg("--version"), b"").wait(VERSION_LIMIT);
    let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    let same = said.split_whitespace().last() == Some(PINNED_VERSION);
    if same { Ok(()) } else { Err(Unavailable::OtherVersion { path: codex.native.clone(), said }) }
}
