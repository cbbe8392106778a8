//! Every sentence that the program can print, on one page: `snapshots/it__messages__all.snap`. Read it in one
//! sitting when it changes: each says what happened, what it means or what helps, in the same words.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::docs::root;

/// Where a sentence stands in the source, and what it is then.
const PLACES: [(&str, &str); 5] = [
    ("errors", r#"#\[error\(\s*"((?:[^"\\]|\\.)*)""#),
    (
        "refusals",
        r#"(?:reason: |let reason = ?|refused\(|usage\()\s*(?:&?format!\(\s*)?"((?:[^"\\]|\\.)*)""#,
    ),
    (
        "hints",
        r#"(?:\.hint\(|hints: vec!\[|hints\.push\()\s*(?:&?format!\(\s*)?"((?:[^"\\]|\\.)*)""#,
    ),
    ("status", r#"\.status\(\s*(?:&?format!\(\s*)?"((?:[^"\\]|\\.)*)""#),
    ("notes", r#"notes\.push\(\s*(?:format!\(\s*)?"((?:[^"\\]|\\.)*)""#),
];

/// Words that say less than others, or the same in another way.
const AVOIDED: [&str; 8] = [
    "cannot ",
    "could not ",
    "unable to",
    "failed to",
    "invalid",
    "please",
    "oops",
    "successfully",
];

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "tests" {
            sources(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") && name != "tests.rs" {
            all.push(path);
        }
    }
}

/// The sentences of every place, sorted.
fn sentences() -> Vec<(&'static str, BTreeSet<String>)> {
    let mut files = Vec::new();
    for krate in fs::read_dir(root().join("crates")).expect("crates").flatten() {
        if krate.file_name() != "throughline-testkit" {
            sources(&krate.path().join("src"), &mut files);
        }
    }
    let texts: Vec<String> =
        files.iter().map(|file| fs::read_to_string(file).expect("a source")).collect();
    let shipped =
        |text: &'_ String| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    let texts: Vec<String> = texts.iter().map(shipped).collect();
    let broken = Regex::new(r"\\\n\s*").expect("a pattern");
    let of = |pattern: &str| {
        let pattern = Regex::new(pattern).expect("a pattern");
        let found = texts.iter().flat_map(|text| pattern.captures_iter(text));
        found.map(|found| broken.replace_all(&found[1], "").replace("\\\"", "\"")).collect()
    };
    PLACES.map(|(name, pattern)| (name, of(pattern))).into()
}

#[test]
fn all_of_them_are_on_one_page() {
    let mut page = String::new();
    for (name, sentences) in sentences() {
        assert!(sentences.len() > 3, "the pattern of {name} finds nothing");
        write!(page, "# {name}\n\n").expect("a string takes it");
        sentences.iter().for_each(|s| writeln!(page, "{s}").expect("a string takes it"));
        page.push('\n');
    }
    insta::assert_snapshot!("all", page);
}

#[test]
fn they_speak_alike() {
    let mut wrong = Vec::new();
    for (name, sentences) in sentences() {
        for sentence in sentences {
            let lower = sentence.to_lowercase();
            let avoided = AVOIDED.iter().filter(|word| lower.contains(*word));
            wrong.extend(avoided.map(|word| format!("{name}: {word:?} in {sentence:?}")));
            // A hint may be a sentence of its own, an error is a part of one.
            let is_fragment = name == "errors" || name == "refusals";
            let begins_high = sentence.starts_with(|c: char| c.is_ascii_uppercase())
                && !sentence.starts_with(|_| names(&sentence));
            if is_fragment && (begins_high || sentence.ends_with('.')) {
                wrong.push(format!("{name}: {sentence:?} is no fragment"));
            }
            if sentence.contains('!') && !sentence.contains("{!") {
                wrong.push(format!("{name}: {sentence:?} shouts"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Whether it begins with a name.
fn names(sentence: &str) -> bool {
    ["Codex", "HOME", "MCP", "SQLite", "THRU_", "THROUGHLINE", "AGENTS", "HEAD", "JSON"]
        .iter()
        .any(|name| sentence.starts_with(name))
}
