//! Settings from TOML: `HOME/config.toml` (the user's) and `.throughline/config.toml` (the
//! repository's, which may only tighten).
//!
//! An unknown key is reported, not refused: a newer program may know it. A wrong value is refused
//! with file and line; settings are never guessed.

use std::path::Path;

use throughline_model::config::{Config, DriftPolicy, KeepText, PublishAt, WriteMode};
use toml_edit::{Document, Item, Table};

use crate::durable;
use crate::error::StoreError;

/// The name of a configuration file, in HOME and in `.throughline`.
pub const CONFIG_FILE: &str = "config.toml";

/// The largest configuration that is read, in bytes.
const LIMIT: u64 = 256 * 1024;

/// Reads settings; `None` where there is no file.
pub fn read(path: &Path) -> Result<Option<Config>, StoreError> {
    let Some(bytes) = durable::read_if_there(path, LIMIT)? else { return Ok(None) };
    let malformed = |problem: String| StoreError::Malformed { path: path.to_owned(), problem };
    let text = String::from_utf8(bytes).map_err(|_| malformed("not UTF-8".to_owned()))?;
    parse(&text).map(Some).map_err(malformed)
}

fn parse(text: &str) -> Result<Config, String> {
    let document = Document::parse(text).map_err(|e| e.to_string().trim_end().to_owned())?;
    let root = document.as_table();
    let mut config = Config::default();
    if let Some(cache) = section(root, "memory").and_then(|memory| section(memory, "cache")) {
        boolean(text, cache, "enabled", &mut config.enabled)?;
        word(text, cache, "write_mode", &WRITE_MODES, &mut config.write_mode)?;
        word(text, cache, "publish", &PUBLISH, &mut config.publish)?;
        boolean(text, cache, "publish_steps", &mut config.publish_steps)?;
    }
    if let Some(brief) = section(root, "brief") {
        number(text, brief, "tokens", &mut config.brief_tokens)?;
    }
    if let Some(sessions) = section(root, "sessions") {
        word(text, sessions, "keep", &KEEP, &mut config.keep_text)?;
    }
    if let Some(drift) = section(root, "drift") {
        for (key, item) in drift {
            let kind = serde_json::from_value(serde_json::Value::String(key.to_owned()));
            let kind = kind.map_err(|_| wrong(text, item, key, "no such kind of drift"))?;
            let mut policy = DriftPolicy::Ask;
            word(text, drift, key, &POLICIES, &mut policy)?;
            config.drift.insert(kind, policy);
        }
    }
    Ok(config)
}

const WRITE_MODES: [(&str, WriteMode); 3] =
    [("write", WriteMode::Write), ("shadow", WriteMode::Shadow), ("off", WriteMode::Off)];

const PUBLISH: [(&str, PublishAt); 3] =
    [("commit", PublishAt::Commit), ("turn", PublishAt::Turn), ("manual", PublishAt::Manual)];

const KEEP: [(&str, KeepText); 3] =
    [("digest", KeepText::Digest), ("full", KeepText::Full), ("off", KeepText::Off)];

const POLICIES: [(&str, DriftPolicy); 7] = [
    ("fast-forward", DriftPolicy::FastForward),
    ("fork", DriftPolicy::Fork),
    ("rebase", DriftPolicy::Rebase),
    ("follow", DriftPolicy::Follow),
    ("merge", DriftPolicy::Merge),
    ("ask", DriftPolicy::Ask),
    ("ignore", DriftPolicy::Ignore),
];

fn section<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    table.get(key).and_then(Item::as_table)
}

fn wrong(text: &str, item: &Item, key: &str, expected: &str) -> String {
    let at = item.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
    format!("line {line}: {key}: {expected}")
}

fn boolean(text: &str, table: &Table, key: &str, value: &mut bool) -> Result<(), String> {
    let Some(item) = table.get(key) else { return Ok(()) };
    *value = item.as_bool().ok_or_else(|| wrong(text, item, key, "true or false is expected"))?;
    Ok(())
}

fn number(text: &str, table: &Table, key: &str, value: &mut usize) -> Result<(), String> {
    let Some(item) = table.get(key) else { return Ok(()) };
    let found = item.as_integer().and_then(|n| usize::try_from(n).ok());
    *value = found.ok_or_else(|| wrong(text, item, key, "a whole number is expected"))?;
    Ok(())
}

fn word<T: Copy>(
    text: &str,
    table: &Table,
    key: &str,
    words: &[(&str, T)],
    value: &mut T,
) -> Result<(), String> {
    let Some(item) = table.get(key) else { return Ok(()) };
    let found = item.as_str().and_then(|found| words.iter().find(|(word, _)| *word == found));
    let expected = || {
        let all: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        wrong(text, item, key, &format!("one of {} is expected", all.join(", ")))
    };
    *value = found.ok_or_else(expected)?.1;
    Ok(())
}

/// What `thru init` writes into a repository: the defaults, explained.
pub const REPOSITORY_CONFIG: &str = r#"# Throughline in this repository. These settings can only tighten what a user has set.

[memory.cache]
enabled = true
write_mode = "write"     # "write" | "shadow" (observe, say nothing) | "off"
publish = "commit"       # "commit" | "turn" | "manual"
publish_steps = false    # whether an agent's plan steps are published with the tasks

[brief]
tokens = 600             # what a brief may cost at most

[sessions]
keep = "digest"          # of prompts and answers: "digest" | "full" | "off"

# [drift]                # what to do about each kind; unset is the default of its kind
# advanced = "fast-forward"
# branched = "fork"
# rewound = "ask"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_init_writes_is_the_default() {
        assert_eq!(parse(REPOSITORY_CONFIG), Ok(Config::default()));
    }

    fn boundary(text: &str, at: usize) -> usize {
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            text in "([\\[\\]a-z.=\"'{},0-9 \n#]|\\PC){0,80}",
            key in "enabled|write_mode|tokens|keep|advanced",
            value in "[\\[\\]{}a-z0-9\"'.,=: -]{0,12}",
            at: proptest::sample::Index,
        ) {
            let _ = parse(&text);
            let mut changed = REPOSITORY_CONFIG.to_owned();
            changed.insert_str(boundary(&changed, at.index(changed.len())), &text);
            let _ = parse(&changed);
            for section in ["memory.cache", "brief", "sessions", "drift"] {
                let _ = parse(&format!("[{section}]\n{key} = {value}"));
            }
        }
    }

    #[test]
    fn what_is_nested_without_end_is_refused() {
        for (open, close) in [("[", "]"), ("{a=", "}")] {
            let deep = format!("a = {}1{}", open.repeat(20_000), close.repeat(20_000));
            assert!(parse(&deep).is_err());
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_its_line() {
        let cases = [
            ("[memory.cache]\nenabled = 1", "line 2: enabled: true or false is expected"),
            (
                "[memory.cache]\n\nwrite_mode = \"on\"",
                "line 3: write_mode: one of \"write\", \"shadow\", \"off\" is expected",
            ),
            ("[drift]\nsideways = \"ask\"", "line 2: sideways: no such kind of drift"),
        ];
        for (text, message) in cases {
            assert_eq!(parse(text), Err(message.to_owned()));
        }
    }
}
