//! Which file may print, ask the environment, or start a process.
//!
//! Clippy's list (clippy.toml) sees through renamed imports but can be expected away anywhere; this
//! check sees names only but knows the files. Each covers what the other cannot.

use super::Finding;
use crate::rust::Source;
use crate::tree::Tree;

struct Rule {
    is_at: fn(&Source, usize) -> bool,
    /// Paths that start so may do it.
    homes: &'static [&'static str],
    /// Only files whose path starts so are looked at.
    within: &'static str,
    tests_may: bool,
    sentence: &'static str,
}

const TESTKIT: &str = "crates/throughline-testkit/";
const XTASK: &str = "xtask/";

const RULES: &[Rule] = &[
    Rule {
        is_at: prints,
        homes: &["crates/throughline/src/output", TESTKIT, XTASK],
        within: "",
        tests_may: false,
        sentence: "only the output of the command prints.",
    },
    Rule {
        is_at: |source, index| source.names(index, "process", "exit"),
        homes: &[],
        within: "",
        tests_may: false,
        sentence: "nothing leaves through process::exit: return an exit code.",
    },
    Rule {
        is_at: |source, index| source.names(index, "std", "env"),
        // git/process.rs takes a PATH apart that it was given; it asks nothing.
        homes: &[
            "crates/throughline/src/environment.rs",
            "crates/throughline-git/src/process.rs",
            TESTKIT,
            XTASK,
        ],
        within: "",
        tests_may: true,
        sentence: "only crates/throughline/src/environment.rs asks std::env.",
    },
    Rule {
        is_at: starts_process,
        homes: &[
            "crates/throughline-git/src/process.rs",
            "crates/throughline-ops/src/spawn.rs",
            TESTKIT,
            XTASK,
        ],
        within: "",
        tests_may: true,
        sentence: "only git's process.rs and ops' spawn.rs start processes.",
    },
    Rule {
        is_at: asks_for_json,
        homes: &[],
        within: "crates/throughline/src/commands",
        tests_may: true,
        sentence: "a command does not ask for JSON: it returns a Report.",
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.sources() {
        for rule in RULES.iter().filter(|rule| rule.applies_to(file.path())) {
            let broken =
                rule.lines(source).map(|line| Finding::new(file.path(), line, rule.sentence));
            findings.extend(broken);
        }
    }
    findings
}

impl Rule {
    fn applies_to(&self, path: &str) -> bool {
        path.starts_with(self.within) && !self.homes.iter().any(|home| path.starts_with(home))
    }

    fn lines(&self, source: &Source) -> impl Iterator<Item = usize> {
        let breaks = |index: &usize| {
            (self.is_at)(source, *index) && !(self.tests_may && source.is_test(*index))
        };
        let indexes = (0..source.tokens().len()).filter(breaks);
        indexes.map(|index| source.tokens()[index].line).collect::<Vec<_>>().into_iter()
    }
}

fn prints(source: &Source, index: usize) -> bool {
    let macros = ["print", "println", "eprint", "eprintln", "dbg"];
    macros.iter().any(|name| source.calls_macro(index, name))
}

fn starts_process(source: &Source, index: usize) -> bool {
    source.reads(index, &["Command", ":", ":", "new"]) && !means_clap(source)
}

/// Whether `Command` in this file is clap's builder, which has the same name.
fn means_clap(source: &Source) -> bool {
    let names = |parent| (0..source.tokens().len()).any(|at| source.names(at, parent, "Command"));
    names("clap") && !names("process")
}

fn asks_for_json(source: &Source, index: usize) -> bool {
    let tokens = &source.tokens()[index..];
    let condition = tokens.iter().skip(1).take_while(|token| token.text != "{");
    tokens[0].text == "if" && condition.into_iter().any(|token| token.text == "json")
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::check;

    fn lines(path: &str, body: &str) -> Vec<String> {
        let text = format!("//! A.\nfn a() {{\n{body}\n}}\n");
        said(check, &[(path, &text)])
    }

    #[test]
    fn each_rule_is_broken_by_its_own_line() {
        let cases = [
            ("crates/throughline/src/hook.rs", "println!(\"a\");", "only the output"),
            ("crates/throughline-store/tests/a.rs", "std::eprint!(\"a\");", "only the output"),
            ("xtask/src/a.rs", "std::process::exit(1);", "nothing leaves"),
            (
                "crates/throughline/src/main.rs",
                "use std::process::{Child, exit};",
                "nothing leaves",
            ),
            ("crates/throughline-store/src/home.rs", "std::env::var_os(\"A\");", "only crates"),
            ("crates/throughline/src/a.rs", "use std::{env, fs};", "only crates"),
            ("crates/throughline-git/src/head.rs", "Command::new(\"git\");", "only git's"),
            ("crates/throughline/src/a.rs", "std::process::Command::new(\"a\");", "only git's"),
            ("crates/throughline/src/commands/next.rs", "if options.json { }", "a command does"),
            ("crates/throughline/src/commands.rs", "if !json { }", "a command does"),
        ];
        for (path, body, start) in cases {
            let found = lines(path, body);
            assert_eq!(found.len(), 1, "{path} {body}: {found:?}");
            assert!(found[0].starts_with(&format!("{path}:3: {start}")), "{found:?}");
        }
    }

    #[test]
    fn what_is_at_home_or_test_code_or_text_is_fine() {
        let cases = [
            ("crates/throughline/src/output/human.rs", "println!(\"a\");"),
            ("crates/throughline/src/environment.rs", "std::env::var_os(\"A\");"),
            ("crates/throughline-git/src/process.rs", "Command::new(\"git\");"),
            ("crates/throughline-git/src/a.rs", "#[test] fn t() { Command::new(\"git\"); }"),
            ("crates/throughline-store/tests/it/a.rs", "std::env::temp_dir();"),
            ("crates/throughline/src/a.rs", "clap::Command::new(\"thru\");"),
            ("crates/throughline/src/a.rs", "use clap::{Arg, Command}; Command::new(\"thru\");"),
            ("crates/throughline/src/a.rs", "let _ = \"println!()\"; // std::env::var"),
            ("crates/throughline/src/output.rs", "if json { }"),
            ("crates/throughline/src/a.rs", "let _ = print != 1;"),
        ];
        for (path, body) in cases {
            assert_eq!(lines(path, body), [""; 0], "{path} {body}");
        }
    }
}
