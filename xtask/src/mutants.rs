//! `cargo xtask mutants [AREA…] [--shard K/N]`: changes the code in small ways and tells which change no test
//! notices. cargo-mutants does it, as `.cargo/mutants.toml` says, on a copy of the checkout.
//!
//! An area is some files and the tests that have to notice: those beside the code, which are built and run in
//! seconds. The tests of the whole program notice more, in minutes for each change. Without an area all have
//! their turn, for hours; a shard is every N-th change, and each shard stands for the whole. Last it prints a
//! line for each area, and fails when one is short of [`tally`]'s share. Tests that hang count as noticed, so
//! it wants a machine that does little else. What came of each change lies in `target/mutants/AREA`, and in
//! `target/mutants/build` what is built once for all of them.

mod alone;
mod tally;

use std::io::{self, Write};
use std::path::Path;

use self::tally::Tally;
use crate::bench::ground::program;
use crate::{Outcome, XtaskError, workspace_root};

struct Area {
    name: &'static str,
    package: &'static str,
    /// Below the package's `src`.
    files: &'static [&'static str],
    /// Names of tests; none for all beside the code.
    tests: &'static [&'static str],
    /// What is built with each change.
    built: Built,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Built {
    /// The package.
    Whole,
    /// Nothing but these files, as they need nothing else.
    Alone,
}

const AREAS: [Area; 5] = [
    Area {
        name: "sanitise",
        package: "throughline-model",
        files: &["sanitise.rs", "sanitise/*.rs"],
        tests: &[],
        built: Built::Alone,
    },
    Area {
        name: "redact",
        package: "throughline-model",
        files: &["redact.rs", "redact/*.rs"],
        tests: &[],
        built: Built::Alone,
    },
    Area {
        name: "funnel",
        package: "throughline-model",
        files: &["funnel.rs"],
        tests: &["funnel::"],
        built: Built::Whole,
    },
    Area {
        name: "journal",
        package: "throughline-store",
        files: &["lock.rs", "durable.rs", "write.rs", "journal/*.rs"],
        tests: &["journal::", "durable::", "schedule::"],
        built: Built::Whole,
    },
    Area {
        name: "store",
        package: "throughline-store",
        files: &["**/*.rs"],
        tests: &[],
        built: Built::Whole,
    },
];

/// How cargo-mutants ends when it tried all: each was caught, one went unnoticed, the tests hung on one.
const TRIED: [i32; 3] = [0, 2, 3];

/// Where a sync costs nothing, if there is such a place: the tests of an area cut no power.
const MEMORY: &str = "/dev/shm";

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
    let shard = asked.shard.as_deref();
    let mut tallies = Vec::new();
    for area in asked.areas {
        writeln!(output, "mutants: {} of {}", area.name, area.package)?;
        tallies.push((area.name, tried(area, shard)?));
    }
    let of_all = shard.map_or_else(String::new, |shard| format!(", shard {shard}"));
    for (name, tally) in &tallies {
        writeln!(output, "mutants: {name}{of_all}: {tally}")?;
    }
    let all_enough = tallies.iter().all(|(_, tally)| tally.is_enough());
    Ok(if all_enough { Outcome::Passed } else { Outcome::Failed })
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

/// Tries the changes of an area, one after the other.
fn tried(area: &Area, shard: Option<&str>) -> io::Result<Tally> {
    let root = workspace_root();
    let folder = root.join("target/mutants");
    let target = folder.join(area.name);
    std::fs::create_dir_all(&target)?;
    let mut cargo = program(env!("CARGO"));
    cargo.args(["mutants", "--package", area.package]);
    match area.built {
        Built::Whole => _ = cargo.current_dir(&root),
        Built::Alone => {
            let ground = target.join("alone");
            alone::lay(&root, &ground, area.package, &area.modules())?;
            cargo.current_dir(ground).arg("--in-place");
        }
    }
    cargo.arg("--config").arg(root.join(".cargo/mutants.toml"));
    // Each change is compiled: only what its tests need, and without what only a debugger reads.
    cargo.env("CARGO_TARGET_DIR", folder.join("build")).env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo.arg("--cargo-arg=--lib");
    // A build that takes long is the machine's, not the change's: it must not pass for noticed.
    cargo.args(["--build-timeout", "900"]);
    if Path::new(MEMORY).is_dir() {
        cargo.env("TMPDIR", MEMORY);
    }
    for file in area.files {
        cargo.args(["--file", &format!("crates/{}/src/{file}", area.package)]);
    }
    if let Some(shard) = shard {
        cargo.args(["--sharding", "round-robin", "--shard", shard]);
    }
    cargo.arg("--output").arg(&target).args(["--", "--"]).args(area.tests);
    let status = cargo.status()?;
    if !status.code().is_some_and(|code| TRIED.contains(&code)) {
        return Err(io::Error::other(format!("cargo mutants: {status}")));
    }
    let outcomes = std::fs::read_to_string(target.join("mutants.out/outcomes.json"))?;
    Tally::parse(&outcomes).map_err(io::Error::other)
}

impl Area {
    /// The files that are modules of the package's root.
    fn modules(&self) -> Vec<&'static str> {
        let files = self.files.iter().filter(|file| !file.contains('/'));
        files.filter_map(|file| file.strip_suffix(".rs")).collect()
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
        assert_eq!(asked(&[]).unwrap().areas.len(), 4, "the journal is part of the store");
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
