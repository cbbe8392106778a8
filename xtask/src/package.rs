//! What a release holds: the program, its manual pages and completions, what it says of itself.
//!
//! The program writes its pages and scripts itself, so that they can't be those of another version.
//! The layout is what `release.yml` packs and what `[package.metadata.binstall]` expects: the
//! program lies in the root of the folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::bench::ground::{program, release_build};
use crate::{Outcome, XtaskError, workspace_root};

/// The name of the program in a package.
pub const PROGRAM: &str = "thru";

const TEXTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Each shell with the name under which it looks for a script.
const COMPLETIONS: [(&str, &str); 3] =
    [("bash", "thru.bash"), ("zsh", "_thru"), ("fish", "thru.fish")];

/// `package DIR [--binary PATH]`: without a path the release build of this machine is made first.
///
/// # Errors
/// When an argument is unknown, a file can't be written, or the program doesn't say what it is asked.
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (folder, binary) = match arguments.as_slice() {
        [folder] => (folder, release_build()),
        [folder, "--binary", binary] => (folder, PathBuf::from(binary)),
        [..] => {
            let problem = "package: one folder, and perhaps --binary PATH".to_owned();
            return Err(XtaskError::Usage { problem });
        }
    };
    let files = package(Path::new(folder), &fs::canonicalize(binary)?)?;
    writeln!(output, "package: {files} files in {folder}")?;
    Ok(Outcome::Passed)
}

/// Fills a folder; what lies in it already is written over, and stays if it is nothing of ours. How
/// many files were written.
///
/// # Errors
/// When a file can't be written, or the program doesn't say what it is asked.
pub fn package(folder: &Path, binary: &Path) -> io::Result<usize> {
    let [pages, completions] = ["man", "completions"].map(|name| folder.join(name));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;
    fs::copy(binary, folder.join(PROGRAM))?;
    for name in TEXTS {
        fs::copy(workspace_root().join(name), folder.join(name))?;
    }
    let names = said(binary, &["man"])?;
    for page in names.lines() {
        fs::write(pages.join(format!("{page}.1")), said(binary, &["man", page])?)?;
    }
    for (shell, name) in COMPLETIONS {
        fs::write(completions.join(name), said(binary, &["completions", shell])?)?;
    }
    Ok(1 + TEXTS.len() + names.lines().count() + COMPLETIONS.len())
}

fn said(binary: &Path, words: &[&str]) -> io::Result<String> {
    let ran = program(binary).args(words).output()?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    if ran.status.success() && !text.is_empty() {
        return Ok(text);
    }
    let complaint = String::from_utf8_lossy(&ran.stderr);
    let problem = format!("{} {} failed: {complaint}", binary.display(), words.join(" "));
    Err(io::Error::other(problem))
}
