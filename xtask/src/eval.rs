//! `cargo xtask eval memory [--binary PATH] [--misses]`: how well `thru recall` answers questions whose
//! answers are known.
//!
//! `xtask/eval/memory/memories.jsonl` is the memory of five projects with a vocabulary in common, as
//! `thru memory import` takes it; `questions_*.jsonl` say what is asked where, on which line and as of
//! when, which keys answer it, and which would be stale. A question whose `want` is empty has no answer.
//! The program is asked as a user would, one process a question. It is a debug build unless one is
//! given: only those have a clock that can be set, and "in June" has to be the same June next year.
//!
//! The first questions were looked at while the ranking was made; the held-out ones were written with
//! them and only counted. Who wrote them also wrote the lexicon, so they are no blind test: of the kind
//! `told`, 81 % were found among five before its misses had been seen, and 94 % after.

mod bm25;
mod figures;
mod ground;
mod questions;

use std::io::Write;
use std::path::PathBuf;

use self::figures::Figures;
use self::questions::{Asked, Memory};
use crate::{Outcome, XtaskError};

/// How many hits are asked for.
const HITS: usize = 10;

const SETS: [(&str, &str); 2] = [
    ("first questions", include_str!("../eval/memory/questions_first.jsonl")),
    ("held-out questions", include_str!("../eval/memory/questions_held_out.jsonl")),
];
/// The memories of the evaluation, one a line.
pub(crate) const MEMORIES: &str = include_str!("../eval/memory/memories.jsonl");

/// What is asked of them, in words.
pub(crate) fn questions_asked() -> Vec<String> {
    let all = SETS.iter().flat_map(|(_, text)| questions::read::<Asked>(text));
    all.map(|asked| asked.ask).collect()
}

/// Prints the table. It fails if a memory of another project, or a stale one as current, was served.
///
/// # Errors
/// When the arguments are unknown, or `output` is closed.
pub(crate) fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let options = Options::of(arguments)?;
    let memories: Vec<Memory> = questions::read(MEMORIES);
    let ground = ground::Ground::new(options.binary);
    let mut served_wrong = 0;
    for (name, text) in SETS {
        let questions: Vec<Asked> = questions::read(text);
        let plain = questions.iter().map(|asked| bm25::ask(asked, &memories)).collect();
        let ours = ground.ask_all(&questions);
        for (engine, hits) in [("BM25 alone", plain), ("builtin engine", ours)] {
            let figures = Figures::of(&questions, &hits, &memories);
            writeln!(output, "\n{name}, {engine}\n{}", figures.table())?;
            if engine == "builtin engine" {
                served_wrong += figures.served_wrong();
                write!(output, "{}", if options.misses { figures.misses() } else { "" })?;
            }
        }
    }
    writeln!(output, "\nvectors and hybrid: not run: no embedder")?;
    Ok(if served_wrong == 0 { Outcome::Passed } else { Outcome::Failed })
}

#[derive(Default)]
struct Options {
    binary: Option<PathBuf>,
    misses: bool,
}

impl Options {
    fn of(arguments: &[String]) -> Result<Self, XtaskError> {
        let wrong = |problem: String| XtaskError::Usage { problem };
        let mut words = arguments.iter().map(String::as_str);
        if words.next() != Some("memory") {
            return Err(wrong("eval: what? `eval memory`".to_owned()));
        }
        let mut options = Self::default();
        while let Some(word) = words.next() {
            match word {
                "--misses" => options.misses = true,
                "--binary" => {
                    options.binary = words.next().map(std::fs::canonicalize).transpose()?
                }
                other => return Err(wrong(format!("eval memory: '{other}'?"))),
            }
        }
        Ok(options)
    }
}
