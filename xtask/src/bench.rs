//! `cargo xtask bench`: the budgets of docs/architecture.md against a release build of `thru`.
//!
//! Every figure is the wall time of a whole process, started from here, in a temporary world of
//! 5,000 files; the references (`git rev-parse`, `git status`, one append with fdatasync on the
//! same disk) are taken in the same rounds, so that a slow machine shows as such. Nothing is
//! asserted unless `--check` is given: a busy machine misses budgets that the program keeps.

mod codex;
mod commands;
mod drift;
pub(crate) mod ground;
mod hooks;
mod index;
mod load;
mod memory;
mod recall;
mod samples;
mod server;
mod transcripts;
mod tui;

use std::io::Write;

use ground::Ground;
use samples::{Reference, Row};

use crate::{Outcome, XtaskError};

/// Tasks of the small and of the large project.
pub(crate) const SIZES: [usize; 2] = [1_000, 10_000];

/// What is measured; without any of these words, all of it.
const PARTS: [&str; 11] = [
    "hooks",
    "load",
    "commands",
    "drift",
    "codex",
    "index",
    "tui",
    "memory",
    "recall",
    "server",
    "transcripts",
];

struct Options {
    parts: Vec<String>,
    rounds: usize,
    check: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, XtaskError> {
        let usage = |problem: String| XtaskError::Usage { problem: format!("bench: {problem}") };
        let mut options = Self { parts: Vec::new(), rounds: 100, check: false };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--check" => options.check = true,
                "--rounds" => {
                    let number = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                    options.rounds = number.ok_or_else(|| usage("--rounds N".to_owned()))?;
                }
                part if PARTS.contains(&part) => options.parts.push(part.to_owned()),
                other => {
                    let known = PARTS.join(", ");
                    return Err(usage(format!("'{other}'? [--rounds N] [--check] [{known}]")));
                }
            }
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

/// Measures, prints, and says whether every budget was kept.
///
/// # Errors
/// When an argument is unknown or the report can't be written.
///
/// # Panics
/// When a measured process fails: its figure would mean nothing.
pub fn bench(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let options = Options::parse(arguments)?;
    let binary = ground::release_build();
    let mut report = Report { output, over: Vec::new() };
    report.machine(options.rounds)?;
    if options.wants("hooks") {
        hooks::quiet(&Ground::new(&binary), options.rounds, &mut report)?;
    }
    if options.wants("load") {
        load::measure(&Ground::new(&binary), options.rounds, &mut report)?;
    }
    if options.wants("commands") {
        commands::measure(&Ground::new(&binary), options.rounds.min(/*enough*/ 40), &mut report)?;
    }
    if options.wants("drift") {
        drift::measure(&binary, options.rounds.min(/*enough*/ 60), &mut report)?;
    }
    if options.wants("codex") {
        codex::measure(&binary, options.rounds.min(/*seconds each*/ 15), &mut report)?;
    }
    if options.wants("index") {
        index::measure(&binary, options.rounds, &mut report)?;
    }
    if options.wants("recall") {
        recall::measure(&binary, options.rounds, &mut report)?;
    }
    if options.wants("server") {
        server::measure(&binary, options.rounds, &mut report)?;
    }
    if options.wants("tui") {
        tui::measure(&Ground::new(&binary), options.rounds, &mut report)?;
    }
    if options.wants("memory") {
        memory::measure(&binary, options.rounds, &mut report)?;
    }
    if options.wants("transcripts") {
        transcripts::measure(&mut report)?;
    }
    report.end(options.check)
}

/// What is printed, and what missed its budget.
pub(crate) struct Report<'o> {
    output: &'o mut dyn Write,
    over: Vec<String>,
}

impl Report<'_> {
    fn machine(&mut self, rounds: usize) -> Result<(), XtaskError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        writeln!(self.output, "{cores} cores, {}, {rounds} rounds; ms", ground::git_version())?;
        Ok(())
    }

    /// One table: its rows beside the references.
    pub(crate) fn table(
        &mut self,
        title: &str,
        rows: &[Row],
        references: &[Reference],
    ) -> Result<(), XtaskError> {
        let heads: String = references.iter().map(|r| format!("{:>11}", r.short)).collect();
        writeln!(
            self.output,
            "\n{title}\n{:<34}{:>8}{:>8}{:>8}{:>14}{heads}",
            "", "p50", "p99", "max", "budget"
        )?;
        for row in rows {
            writeln!(self.output, "{}", row.line(references))?;
            self.over.extend(row.over_budget().then(|| format!("{title}: {}", row.name)));
        }
        Ok(())
    }

    /// One sentence.
    pub(crate) fn say(&mut self, sentence: &str) -> Result<(), XtaskError> {
        Ok(writeln!(self.output, "{sentence}")?)
    }

    /// Notes a budget that is no table's row.
    pub(crate) fn missed(&mut self, what: &str) {
        self.over.push(what.to_owned());
    }

    fn end(self, check: bool) -> Result<Outcome, XtaskError> {
        writeln!(self.output, "\n{} over budget", self.over.len())?;
        for row in &self.over {
            writeln!(self.output, "  {row}")?;
        }
        Ok(if check && !self.over.is_empty() { Outcome::Failed } else { Outcome::Passed })
    }
}
