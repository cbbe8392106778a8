//! Settings from TOML: `HOME/config.toml` (the user's) and `.throughline/config.toml` (the
//! repository's, which may only tighten).
//!
//! An unknown key is reported, not refused: a newer program may know it. A wrong value is refused
//! with file and line; settings are never guessed.

use std::path::Path;

use throughline_model::config::{Config, DriftPolicy, KeepText, PublishAt, WriteMode};
use toml_edit::{Document, Item, TableLike};

use crate::durable;
use crate::error::StoreError;

mod goals;
mod memory;

/// The name of a configuration file, in HOME and in `.throughline`.
pub const CONFIG_FILE: &str = "config.toml";

/// The largest configuration that is read, in bytes.
const LIMIT: u64 = 256 * 1024;

/// Reads the user's settings; `None` where there is no file.
pub fn read(path: &Path) -> Result<Option<Config>, StoreError> {
    read_over(path, Whose::User, &Config::default())
}

/// Reads what a repository says; what it leaves open is as the user has it. `None` where there is no file.
pub fn read_repository(path: &Path, user: &Config) -> Result<Option<Config>, StoreError> {
    read_over(path, Whose::Repository, user)
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    User,
    Repository,
}

fn read_over(path: &Path, whose: Whose, base: &Config) -> Result<Option<Config>, StoreError> {
    let Some(bytes) = durable::read_if_there(path, LIMIT)? else { return Ok(None) };
    let malformed = |problem: String| StoreError::Malformed { path: path.to_owned(), problem };
    let text = String::from_utf8(bytes).map_err(|_| malformed("not UTF-8".to_owned()))?;
    parse(&text, whose, base).map(Some).map_err(malformed)
}

fn parse(text: &str, whose: Whose, base: &Config) -> Result<Config, String> {
    let document = Document::parse(text).map_err(|e| e.to_string().trim_end().to_owned())?;
    let root: &dyn TableLike = document.as_table();
    let mut config = base.clone();
    cache(text, root, &mut config)?;
    if let Some(brief) = section(text, root, "brief")? {
        number(text, brief, "tokens", &mut config.brief_tokens)?;
    }
    if let Some(sessions) = section(text, root, "sessions")? {
        word(text, sessions, "keep", &KEEP, &mut config.keep_text)?;
    }
    if let Some(drift) = section(text, root, "drift")? {
        for (key, item) in drift.iter() {
            let kind = serde_json::from_value(serde_json::Value::String(key.to_owned()));
            let kind = kind.map_err(|_| wrong(text, item, key, "no such kind of drift"))?;
            let mut policy = DriftPolicy::Ask;
            word(text, drift, key, &POLICIES, &mut policy)?;
            config.drift.insert(kind, policy);
        }
    }
    memory::read(text, root, whose, &mut config.memory)?;
    if whose == Whose::User {
        goals::read(text, root, &mut config.goals)?;
    }
    Ok(config)
}

fn cache(text: &str, root: &dyn TableLike, config: &mut Config) -> Result<(), String> {
    let Some(memory) = section(text, root, "memory")? else { return Ok(()) };
    let Some(cache) = section(text, memory, "cache")? else { return Ok(()) };
    boolean(text, cache, "enabled", &mut config.enabled)?;
    word(text, cache, "write_mode", &WRITE_MODES, &mut config.write_mode)?;
    word(text, cache, "publish", &PUBLISH, &mut config.publish)?;
    boolean(text, cache, "publish_steps", &mut config.publish_steps)
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

/// Under a heading of its own, with dots, or in braces: TOML means the same by all three.
fn section<'t>(
    text: &str,
    table: &'t dyn TableLike,
    key: &str,
) -> Result<Option<&'t dyn TableLike>, String> {
    let Some(item) = table.get(key) else { return Ok(None) };
    let expected = || wrong(text, item, key, "a table is expected");
    item.as_table_like().ok_or_else(expected).map(Some)
}

fn wrong(text: &str, item: &Item, key: &str, expected: &str) -> String {
    let at = item.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
    format!("line {line}: {key}: {expected}")
}

fn boolean(text: &str, table: &dyn TableLike, key: &str, value: &mut bool) -> Result<(), String> {
    let Some(item) = table.get(key) else { return Ok(()) };
    *value = item.as_bool().ok_or_else(|| wrong(text, item, key, "true or false is expected"))?;
    Ok(())
}

fn number(text: &str, table: &dyn TableLike, key: &str, value: &mut usize) -> Result<(), String> {
    let Some(item) = table.get(key) else { return Ok(()) };
    let found = item.as_integer().and_then(|n| usize::try_from(n).ok());
    *value = found.ok_or_else(|| wrong(text, item, key, "a whole number is expected"))?;
    Ok(())
}

fn word<T: Copy>(
    text: &str,
    table: &dyn TableLike,
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

    fn read_as_user(text: &str) -> Result<Config, String> {
        parse(text, Whose::User, &Config::default())
    }

    #[test]
    fn what_init_writes_is_the_default() {
        assert_eq!(read_as_user(REPOSITORY_CONFIG), Ok(Config::default()));
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
            let _ = read_as_user(&text);
            let mut changed = REPOSITORY_CONFIG.to_owned();
            changed.insert_str(boundary(&changed, at.index(changed.len())), &text);
            let _ = read_as_user(&changed);
            for section in ["memory.cache", "brief", "sessions", "drift"] {
                let _ = read_as_user(&format!("[{section}]\n{key} = {value}"));
            }
        }
    }

    #[test]
    fn what_is_nested_without_end_is_refused() {
        for (open, close) in [("[", "]"), ("{a=", "}")] {
            let deep = format!("a = {}1{}", open.repeat(20_000), close.repeat(20_000));
            assert!(read_as_user(&deep).is_err());
        }
    }

    #[test]
    fn what_a_repository_leaves_open_is_as_the_user_has_it() {
        let text = "[brief]\ntokens = 1000\n[sessions]\nkeep = \"full\"\n[memory.cache]\n\
                    publish = \"manual\"\npublish_steps = true\n[drift]\nrewound = \"ignore\"";
        let user = read_as_user(text).unwrap();
        let repository = parse("", Whose::Repository, &user).unwrap();
        assert_eq!(user.clone().tightened_by(repository), user);
        let repository = parse("[brief]\ntokens = 300", Whose::Repository, &user).unwrap();
        let joined = Config { brief_tokens: 300, ..user.clone() };
        assert_eq!(user.tightened_by(repository), joined);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_line() {
        let cases = [
            ("[memory.cache]\nenabled = 1", "line 2: enabled: true or false is expected"),
            (
                "[memory.cache]\n\nwrite_mode = \"on\"",
                "line 3: write_mode: one of \"write\", \"shadow\", \"off\" is expected",
            ),
            ("brief = 3", "line 1: brief: a table is expected"),
            ("memory = {cache = {enabled = 1}}", "line 1: enabled: true or false is expected"),
            ("[drift]\nsideways = \"ask\"", "line 2: sideways: no such kind of drift"),
        ];
        for (text, message) in cases {
            assert_eq!(read_as_user(text), Err(message.to_owned()));
        }
    }
}
