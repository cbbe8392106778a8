//! `cargo xtask eval memory [--embed local:DIR|URL#MODEL] [--binary PATH] [--misses] [--write-near]`: how well `thru recall` answers questions whose
//! answers are known.
//!
//! `xtask/eval/memory/memories.jsonl` is the memory of five projects with a vocabulary in common, as
//! `thru memory import` takes it; `questions_*.jsonl` say what is asked where, on which line and as of
//! when, which keys answer it, and which would be stale. A question whose `want` is empty has no answer.
//! The program is asked as a user would, one process a question. It is a debug build unless one is
//! given: only those have a clock that can be set, and "in June" has to be the same June next year.
//!
//! With an embedder there are two more tables: vectors alone, and the program with them. `--write-near` writes what
//! is nearest to each question, for the tests of `throughline-model::recall`.
//!
//! The first questions were looked at while the ranking was made; the held-out ones were written with
//! them and only counted. Who wrote them also wrote the lexicon, so they are no blind test: of the kind
//! `told`, 81 % were found among five before its misses had been seen, and 94 % after.

mod bm25;
mod embedder;
mod figures;
mod ground;
mod questions;
mod vectors;

use std::io::Write;
use std::path::PathBuf;

use self::embedder::Embedder;
use self::figures::Figures;
use self::questions::{Asked, Hit, Memory};
use self::vectors::Vectors;
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

/// Where `--write-near` writes.
const NEAR: &str = "xtask/eval/memory/near_minilm.jsonl";

/// Prints the table. It fails if a memory of another project, or a stale one as current, was served.
///
/// # Errors
/// When the arguments are unknown, or `output` is closed.
pub(crate) fn run(arguments: &[String], output: &mut dyn Write) -> Result<Outcome, XtaskError> {
    let options = Options::of(arguments)?;
    let memories: Vec<Memory> = questions::read(MEMORIES);
    let embedder = options.embedder.as_ref();
    let vectors = embedder.map(|embedder| (Vectors::of(&memories, embedder), embedder));
    if let (true, Some((vectors, embedder))) = (options.writes_near, &vectors) {
        let all: Vec<Asked> = SETS.iter().flat_map(|(_, text)| questions::read(text)).collect();
        let near = vectors.nearest(&all, embedder);
        std::fs::write(crate::workspace_root().join(NEAR), near)?;
    }
    let ground = ground::Ground::new(options.binary.clone(), embedder);
    let mut served_wrong = 0;
    for (set, text) in SETS {
        let questions: Vec<Asked> = questions::read(text);
        for (engine, hits) in answers(&questions, &memories, &ground, vectors.as_ref()) {
            let figures = Figures::of(&questions, &hits, &memories);
            writeln!(output, "\n{set}, {}\n{}", engine.name(), figures.table())?;
            if engine.is_ours() {
                served_wrong += figures.served_wrong();
                write!(output, "{}", if options.misses { figures.misses() } else { "" })?;
            }
        }
    }
    if embedder.is_none() {
        writeln!(output, "\nvectors and hybrid: not run: no --embed local:DIR or URL#MODEL")?;
    }
    Ok(if served_wrong == 0 { Outcome::Passed } else { Outcome::Failed })
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Bm25,
    Vectors,
    Words,
    Hybrid,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Bm25 => "BM25 alone",
            Self::Vectors => "vectors alone",
            Self::Words => "builtin engine",
            Self::Hybrid => "hybrid (builtin engine with vectors)",
        }
    }

    fn is_ours(self) -> bool {
        match self {
            Self::Bm25 | Self::Vectors => false,
            Self::Words | Self::Hybrid => true,
        }
    }
}

fn answers(
    questions: &[Asked],
    memories: &[Memory],
    ground: &ground::Ground,
    vectors: Option<&(Vectors<'_>, &Embedder)>,
) -> Vec<(Engine, Vec<Vec<Hit>>)> {
    let plain = questions.iter().map(|asked| bm25::ask(asked, memories)).collect();
    let mut answers = vec![(Engine::Bm25, plain)];
    answers.extend(vectors.map(|(known, by)| (Engine::Vectors, known.ask(questions, by))));
    ground.use_vectors_of(None);
    answers.push((Engine::Words, ground.ask_all(questions)));
    if let Some((_, embedder)) = vectors {
        ground.use_vectors_of(Some(embedder));
        answers.push((Engine::Hybrid, ground.ask_all(questions)));
    }
    answers
}

#[derive(Default)]
struct Options {
    binary: Option<PathBuf>,
    embedder: Option<Embedder>,
    misses: bool,
    writes_near: bool,
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
                "--write-near" => options.writes_near = true,
                "--embed" => {
                    let embedder = words.next().map(Embedder::parse).transpose();
                    options.embedder = embedder.map_err(wrong)?;
                }
                "--binary" => {
                    options.binary = words.next().map(std::fs::canonicalize).transpose()?
                }
                other => return Err(wrong(format!("eval memory: '{other}'?"))),
            }
        }
        Ok(options)
    }
}
