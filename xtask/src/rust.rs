//! Rust sources as tokens with lines: functions, test code, and sequences of names.
//!
//! Strings, comments and lifetimes are settled by `proc-macro2`'s lexer, so no check can be fooled
//! by text. Nothing is resolved: `use std::env as e` hides a name from here. Clippy's
//! disallowed-methods list sees through that; this scanner holds the rules clippy has no words for
//! (which file may do it).

use std::ops::RangeInclusive;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One token, delimiters included.
#[derive(Debug)]
pub struct Token {
    /// An identifier, one punctuation character, one delimiter; empty for a literal.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// For a delimiter the index of its other half, else the token's own index.
    partner: usize,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of `fn`, from 1.
    pub line: usize,
    /// Lines from `fn` to the closing brace, both counted.
    pub lines: usize,
    /// It is test code.
    pub is_test: bool,
}

/// One Rust file.
#[derive(Debug)]
pub struct Source {
    tokens: Vec<Token>,
    test_tokens: Vec<RangeInclusive<usize>>,
    lines: usize,
    is_test: bool,
}

/// Whether everything in this file is test code: it lies under `tests/` or is called `tests.rs`.
#[must_use]
pub fn is_test_path(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

impl Source {
    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// The lexer's own words when the text is not Rust.
    pub fn read(path: &str, text: &str) -> Result<Self, String> {
        let stream = TokenStream::from_str(text).map_err(|error| error.to_string())?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        let (test_tokens, whole) = test_code(&tokens);
        let is_test = whole || is_test_path(path);
        Ok(Self { tokens, test_tokens, lines: text.lines().count(), is_test })
    }

    /// All tokens in order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether the token at `index` is test code.
    #[must_use]
    pub fn is_test(&self, index: usize) -> bool {
        self.is_test || self.test_tokens.iter().any(|range| range.contains(&index))
    }

    /// Whether `line`, counted from 1, is test code.
    #[must_use]
    pub fn is_test_line(&self, line: usize) -> bool {
        let covers = |range: &RangeInclusive<usize>| {
            (self.tokens[*range.start()].line..=self.tokens[*range.end()].line).contains(&line)
        };
        self.is_test || self.test_tokens.iter().any(covers)
    }

    /// Lines of test code.
    #[must_use]
    pub fn test_lines(&self) -> usize {
        if self.is_test {
            return self.lines;
        }
        let line = |index: &usize| self.tokens[*index].line;
        self.test_tokens.iter().map(|range| line(range.end()) - line(range.start()) + 1).sum()
    }

    /// Lines that are not test code, blank lines and comments included.
    #[must_use]
    pub fn product_lines(&self) -> usize {
        self.lines - self.test_lines()
    }

    /// Every function that has a body; a function inside another counts for itself too.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        (0..self.tokens.len()).filter_map(|index| self.function_at(index)).collect()
    }

    fn function_at(&self, index: usize) -> Option<Function> {
        let (start, name) = (&self.tokens[index], self.tokens.get(index + 1)?);
        if start.text != "fn" || !is_name(&name.text) {
            return None;
        }
        let body = item_end(&self.tokens, index)?;
        (self.tokens[body].text == "}").then(|| Function {
            name: name.text.clone(),
            line: start.line,
            lines: self.tokens[body].line - start.line + 1,
            is_test: self.is_test(index),
        })
    }

    /// Whether the tokens from `index` on are exactly `words`.
    #[must_use]
    pub fn reads(&self, index: usize, words: &[&str]) -> bool {
        let found = self.tokens[index..].iter().map(|token| token.text.as_str());
        found.take(words.len()).eq(words.iter().copied())
    }

    /// Whether `parent::child` is named at `index`, also as `parent::{…, child}`.
    #[must_use]
    pub fn names(&self, index: usize, parent: &str, child: &str) -> bool {
        if self.reads(index, &[parent, ":", ":", child]) {
            return true;
        }
        self.reads(index, &[parent, ":", ":", "{"]) && self.lists(index + 3, child)
    }

    /// Whether the macro `name` is called at `index`.
    #[must_use]
    pub fn calls_macro(&self, index: usize, name: &str) -> bool {
        let opens = |text: &str| matches!(text, "(" | "[" | "{");
        self.reads(index, &[name, "!"])
            && self.tokens.get(index + 2).is_some_and(|token| opens(&token.text))
    }

    /// Whether the import group that opens at `open` has an entry that starts with `name`.
    fn lists(&self, open: usize, name: &str) -> bool {
        let mut index = open + 1;
        let mut starts = true;
        while index < self.tokens[open].partner {
            let token = &self.tokens[index];
            if starts && token.text == name {
                return true;
            }
            starts = token.text == ",";
            index = token.partner.max(index) + 1;
        }
        false
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let text = match tree {
            TokenTree::Group(group) => {
                flatten_group(&group, tokens);
                continue;
            }
            TokenTree::Ident(name) => name.to_string(),
            TokenTree::Punct(punct) => punct.as_char().to_string(),
            TokenTree::Literal(_) => String::new(),
        };
        tokens.push(Token { text, line, partner: tokens.len() });
    }
}

fn flatten_group(group: &proc_macro2::Group, tokens: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    let start = tokens.len();
    let line = group.span_open().start().line;
    tokens.push(Token { text: open.to_owned(), line, partner: start });
    flatten(group.stream(), tokens);
    let end = tokens.len();
    tokens[start].partner = end;
    let line = group.span_close().end().line;
    tokens.push(Token { text: close.to_owned(), line, partner: start });
}

/// The test items of a file, as ranges of tokens, and whether the whole file is one.
fn test_code(tokens: &[Token]) -> (Vec<RangeInclusive<usize>>, bool) {
    let mut ranges = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let Some(attribute) = Attribute::at(tokens, index) else {
            index += 1;
            continue;
        };
        if attribute.is_test && attribute.is_inner {
            return (ranges, /*whole*/ true);
        }
        let end = if attribute.is_test { item_end(tokens, attribute.end + 1) } else { None };
        ranges.extend(end.map(|end| index..=end));
        index = end.unwrap_or(attribute.end) + 1;
    }
    (ranges, /*whole*/ false)
}

struct Attribute {
    end: usize,
    is_inner: bool,
    is_test: bool,
}

impl Attribute {
    fn at(tokens: &[Token], index: usize) -> Option<Self> {
        let text = |at: usize| tokens.get(at).map(|token| token.text.as_str());
        if text(index) != Some("#") {
            return None;
        }
        let is_inner = text(index + 1) == Some("!");
        let open = index + 1 + usize::from(is_inner);
        if text(open) != Some("[") {
            return None;
        }
        let end = tokens[open].partner;
        Some(Self { end, is_inner, is_test: asks_for_test(&tokens[open + 1..end]) })
    }
}

/// `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, unix))]`; not `#[cfg(not(test))]`.
fn asks_for_test(inside: &[Token]) -> bool {
    let words: Vec<&str> = inside.iter().map(|token| token.text.as_str()).collect();
    match words.as_slice() {
        ["test"] => true,
        ["cfg", "(", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not"),
        [..] => false,
    }
}

/// The last token of the item that starts at `start`: its `;`, or the brace that closes its body.
fn item_end(tokens: &[Token], start: usize) -> Option<usize> {
    let mut index = start;
    while let Some(token) = tokens.get(index) {
        match token.text.as_str() {
            ";" => return Some(index),
            "{" => return Some(token.partner),
            "}" | ")" | "]" => return None,
            _ => index = token.partner + 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r##"//! Sample.
fn one() -> [u8; 2] { [0; 2] }
trait Shape {
    fn area(&self);
    fn name(&self) -> &'static str {
        // fn not_me() { }
        let _brace = ('{', "}", r#"" fn nor_me() {"#);
        "x"
    }
}
#[cfg(not(test))]
fn real() {}
#[cfg(all(test, unix))]
#[expect(dead_code)]
mod tests {
    fn three() {
    }
}
"##;

    fn source(text: &str) -> Source {
        Source::read("src/sample.rs", text).unwrap()
    }

    #[test]
    fn functions_are_measured_and_text_is_not_mistaken_for_code() {
        let found = source(SAMPLE).functions();
        let found: Vec<_> =
            found.iter().map(|f| (f.name.as_str(), f.line, f.lines, f.is_test)).collect();
        assert_eq!(
            found,
            [
                ("one", 2, 1, false),
                ("name", 5, 5, false),
                ("real", 12, 1, false),
                ("three", 16, 2, true)
            ]
        );
    }

    #[test]
    fn test_items_do_not_count_as_product_lines() {
        assert_eq!(source(SAMPLE).product_lines(), 12);
        assert_eq!(source("#![cfg(test)]\nfn one() {}\n").product_lines(), 0);
        assert_eq!(Source::read("src/plan/tests.rs", SAMPLE).unwrap().product_lines(), 0);
    }

    #[test]
    fn names_are_seen_in_paths_and_in_import_groups() {
        let named = |text: &str| {
            let source = source(text);
            (0..source.tokens().len()).any(|index| source.names(index, "std", "env"))
        };
        for text in ["use std::env;", "use std::{fs, env::var};", "fn f() { std::env::args(); }"] {
            assert!(named(text), "{text}");
        }
        for text in ["use std::{fs, io::env};", "// std::env", "const A: &str = \"std::env\";"] {
            assert!(!named(text), "{text}");
        }
    }
}
