//! The language of `thru threads search`: words, "phrases", pre*, -without, and `key:value`.

use throughline_store::index::Query;

use super::parse_since;
use crate::error::OpsError;

/// What somebody searches for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    /// For the index.
    pub(super) query: Query,
    /// The words as such, lower-case, to find them in a text.
    pub(super) words: Vec<String>,
}

/// Reads it. A key that is not known is a word: addresses and paths have colons too.
pub(super) fn parse(text: &str) -> Result<Parsed, OpsError> {
    let mut parsed = Parsed::default();
    let (mut all, mut without) = (Vec::new(), Vec::new());
    for term in terms(text) {
        match term.key.as_deref() {
            Some("path") => parsed.query.path = Some(term.value),
            Some("tool") => parsed.query.tool = Some(term.value),
            Some("branch") => parsed.query.threads.branch = Some(term.value),
            Some("agent") => parsed.query.threads.agent = Some(term.value),
            Some("before") => parsed.query.before = Some(parse_since(&term.value)?),
            Some("after") => parsed.query.after = Some(parse_since(&term.value)?),
            Some("cmd") => {
                parsed.words.push(term.value.to_lowercase());
                all.push(format!("command : {}", term.quoted()));
            }
            Some(_) | None if term.without => without.push(term.quoted()),
            Some(_) | None => {
                parsed.words.push(term.value.to_lowercase());
                all.push(term.quoted());
            }
        }
    }
    parsed.query.words = match (all.is_empty(), without.is_empty()) {
        (false, false) => format!("({}) NOT ({})", all.join(" AND "), without.join(" OR ")),
        (false, true) => all.join(" AND "),
        (true, false) => {
            let reason = "something must be searched for beside what is left out".to_owned();
            return Err(OpsError::Refused { reason });
        }
        (true, true) => String::new(),
    };
    Ok(parsed)
}

/// One piece of the language.
#[derive(Debug, Default)]
struct Term {
    key: Option<String>,
    value: String,
    without: bool,
    prefix: bool,
}

/// The keys; anything else before a colon is part of a word.
const KEYS: [&str; 7] = ["path", "tool", "branch", "agent", "before", "after", "cmd"];

impl Term {
    /// For FTS5: everything in quotes is text.
    fn quoted(&self) -> String {
        let star = if self.prefix { "*" } else { "" };
        format!("\"{}\"{star}", self.value.replace('"', "\"\""))
    }

    fn of(mut text: String, quoted: bool, key: Option<String>, without: bool) -> Option<Self> {
        let prefix = !quoted && text.ends_with('*');
        if prefix {
            text.pop();
        }
        (!text.is_empty()).then_some(Self { key, value: text, without, prefix })
    }
}

fn terms(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let without = rest.len() > 1 && rest.starts_with('-');
        rest = rest.strip_prefix('-').filter(|_| without).unwrap_or(rest);
        let key = KEYS
            .iter()
            .find(|key| rest.strip_prefix(**key).is_some_and(|rest| rest.starts_with(':')));
        rest = key.map_or(rest, |key| &rest[key.len() + 1..]);
        let (value, after, quoted) = value(rest);
        terms.extend(Term::of(value.to_owned(), quoted, key.map(|k| (*k).to_owned()), without));
        rest = after.trim_start();
    }
    terms
}

/// A value, what comes after it, and whether it stands in quotes. A quote that never ends does at
/// the end.
fn value(text: &str) -> (&str, &str, bool) {
    if let Some(inside) = text.strip_prefix('"') {
        let (value, after) = inside.split_once('"').unwrap_or((inside, ""));
        return (value, after, true);
    }
    let (value, after) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (value, after, false)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_language() {
        let cases = [
            ("", ""),
            ("one two", r#""one" AND "two""#),
            (r#""one two" three"#, r#""one two" AND "three""#),
            ("pre*", r#""pre"*"#),
            ("one -two -three", r#"("one") NOT ("two" OR "three")"#),
            ("cmd:cargo x", r#"command : "cargo" AND "x""#),
            (r#"cmd:"cargo test""#, r#"command : "cargo test""#),
            ("path:src/a.rs tool:exec branch:main", ""),
            ("http://x AND", r#""http://x" AND "AND""#),
            (r#"say "unfinished"#, r#""say" AND "unfinished""#),
            (r#"a"b"#, r#""a""b""#),
            ("-", r#""-""#),
        ];
        for (text, words) in cases {
            assert_eq!(parse(text).expect(text).query.words, words, "{text}");
        }
        let parsed = parse("path:src/a.rs after:2026-01-01 before:2026-02-01").expect("right");
        assert_eq!(parsed.query.path.as_deref(), Some("src/a.rs"));
        assert_eq!(parsed.query.after, Some(1_767_225_600_000));
        assert!(parsed.query.before > parsed.query.after);
        assert!(parse("after:tomorrow").is_err());
        assert!(parse("-only").is_err());
    }
}
