//! `cargo xtask mutants [AREA…] [--shard K/N]`: changes the code in small ways and tells which change no test
//! notices. cargo-mutants does it, as `.cargo/mutants.toml` says, on a copy of the checkout.
//!
//! An area is some files and the tests that have to notice: those beside the code, which are built and run in
//! seconds. The tests of the whole program notice more, in minutes for each change. Without an area all have
//! their turn, for hours; a shard is every N-th change, and each shard stands for the whole. What came of it
//! lies in `target/mutants/AREA`.

use std::io::{self, Write};

use crate::bench::ground::program;
use crate::{Outcome, XtaskError, workspace_root};

struct Area {
    name: &'static str,
    package: &'static str,
    /// Below the package's `src`.
    files: &'static [&'static str],
    /// Names of tests; none for all beside the code.
    tests: &'static [&'static str],
}

const AREAS: [Area; 4] = [
    Area {
        name: "sanitise",
        package: "throughline-model",
        files: &["sanitise.rs", "sanitise/*.rs"],
        tests: &["sanitise::"],
    },
    Area {
        name: "redact",
        package: "throughline-model",
        files: &["redact.rs", "redact/*.rs", "funnel.rs"],
        tests: &["redact::", "funnel::"],
    },
    Area {
        name: "journal",
        package: "throughline-store",
        files: &["lock.rs", "durable.rs", "write.rs", "journal/*.rs"],
        tests: &[],
    },
    Area { name: "store", package: "throughline-store", files: &["**/*.rs"], tests: &[] },
];

/// How cargo-mutants ends when a change went unnoticed, and when the tests hung on one.
const NOT_ALL_NOTICED: [i32; 2] = [2, 3];

struct Asked {
    areas: Vec<&'static Area>,
    shard: Option<String>,
}

/// Runs the chore.
///
/// # Errors
/// When an argument is not known, cargo-mutants is not there, or the tests fail without any change.
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let asked = asked(arguments)?;
    is_installed()?;
    let mut outcome = Outcome::Passed;
    for area in asked.areas {
        writeln!(output, "mutants: {} of {}", area.name, area.package)?;
        if !all_noticed(area, asked.shard.as_deref())? {
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

fn asked(arguments: &[String]) -> Result<Asked, XtaskError> {
    let mut asked = Asked { areas: Vec::new(), shard: None };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let area = AREAS.iter().find(|area| area.name == word);
        match (area, words.as_slice().first()) {
            (Some(area), _) => asked.areas.push(area),
            (None, Some(shard)) if word == "--shard" && shard.contains('/') => {
                asked.shard = Some(shard.clone());
                words.next();
            }
            (None, _) => {
                let areas: Vec<&str> = AREAS.iter().map(|area| area.name).collect();
                let areas = areas.join(", ");
                let problem = format!("mutants: '{word}'? it takes {areas}, and --shard K/N");
                return Err(XtaskError::Usage { problem });
            }
        }
    }
    if asked.areas.is_empty() {
        asked.areas = AREAS.iter().filter(|area| area.name != "journal").collect();
    }
    Ok(asked)
}

fn is_installed() -> io::Result<()> {
    let ran = program(env!("CARGO")).args(["mutants", "--version"]).output()?;
    if ran.status.success() {
        return Ok(());
    }
    let sentence = "cargo-mutants is missing: `cargo install --locked cargo-mutants` brings it";
    Err(io::Error::other(sentence))
}

fn all_noticed(area: &Area, shard: Option<&str>) -> io::Result<bool> {
    let target = workspace_root().join("target/mutants").join(area.name);
    std::fs::create_dir_all(&target)?;
    let mut cargo = program(env!("CARGO"));
    cargo.args(["mutants", "--package", area.package]).current_dir(workspace_root());
    for file in area.files {
        cargo.args(["--file", &format!("crates/{}/src/{file}", area.package)]);
    }
    if let Some(shard) = shard {
        cargo.args(["--shard", shard]);
    }
    cargo.arg("--output").arg(target).args(["--", "--lib", "--"]).args(area.tests);
    let status = cargo.status()?;
    match status.code() {
        Some(0) => Ok(true),
        Some(code) if NOT_ALL_NOTICED.contains(&code) => Ok(false),
        Some(_) | None => Err(io::Error::other(format!("cargo mutants: {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_and_a_shard_are_the_only_arguments() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let both = asked(&words("redact --shard 0/8 journal")).unwrap();
        let names: Vec<&str> = both.areas.iter().map(|area| area.name).collect();
        assert_eq!((names, both.shard.as_deref()), (vec!["redact", "journal"], Some("0/8")));
        assert_eq!(asked(&[]).unwrap().areas.len(), 3, "the journal is part of the store");
        for wrong in ["--shard", "--shard 3", "model"] {
            assert!(asked(&words(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_area_has_its_files() {
        for area in &AREAS {
            let sources = workspace_root().join("crates").join(area.package).join("src");
            for file in area.files.iter().filter(|file| !file.contains("**")) {
                let there = sources.join(file.trim_end_matches("/*.rs"));
                assert!(there.exists(), "{}", there.display());
            }
        }
    }
}
