//! The JSON of our own files: a reader that knows where it stands, a writer with one way to write.
//!
//! Why not `serde_json` here: the state file is edited by hand and merged by git, so a refusal must
//! name the line, a key that occurs twice must be refused rather than silently win, and a number
//! or member that this version doesn't know must survive unchanged. Nesting is capped at
//! [`DEEPEST`], so hostile input can't exhaust the stack.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The deepest nesting that is read.
pub const DEEPEST: usize = 64;

/// What is wrong with a JSON text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct JsonError {
    /// Counted from 1.
    pub line: usize,
    /// A lower-case fragment.
    pub problem: String,
}

/// A JSON value that is kept without being understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, digit for digit as it was written.
    Number(Box<str>),
    /// A string, unescaped.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, members in the order of the file.
    Map(Vec<(String, Json)>),
}

/// Reads JSON from the front, pulling one value at a time.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// An error at the place where the reader stands.
    pub fn error(&self, problem: impl Into<String>) -> JsonError {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        JsonError { line, problem: problem.into() }
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b) = bytes.get(self.at) {
            if !matches!(b, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*b);
            }
            self.at += 1;
        }
        None
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            found => Err(self.unexpected(found, &format!("`{}`", char::from(byte)))),
        }
    }

    fn unexpected(&self, found: Option<u8>, wanted: &str) -> JsonError {
        let rest = &self.text.as_bytes()[self.at.min(self.text.len())..];
        let marker = [&b"<<<<<<<"[..], b"=======", b">>>>>>>", b"|||||||"];
        match found {
            None => self.error(format!("the text ends where {wanted} should stand")),
            Some(0) => self.error("a NUL byte stands here (a torn write?)"),
            Some(_) if marker.iter().any(|m| rest.starts_with(m)) => {
                self.error("a git conflict marker stands here")
            }
            Some(b) if b.is_ascii_graphic() => {
                self.error(format!("`{}` where {wanted} should stand", char::from(b)))
            }
            Some(_) => self.error(format!("an unexpected character where {wanted} should stand")),
        }
    }

    /// Reads an object, handing each key to `member`, which must read the value.
    /// A key that occurs twice is an error.
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        let mut seen = Keys::default();
        self.map(|reader, key| {
            if seen.contains(&key) {
                return Err(reader.error(format!("the key \"{key}\" stands here a second time")));
            }
            member(reader, &key)?;
            seen.insert(key);
            Ok(())
        })
    }

    /// Reads an object of many members; `member` itself refuses a key that occurs twice.
    pub fn map(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.expect(b'{')?;
        self.deeper()?;
        if self.peek() != Some(b'}') {
            loop {
                let key = self.string()?;
                self.expect(b':')?;
                member(self, key)?;
                if !self.another(b'}')? {
                    break;
                }
            }
        }
        self.depth -= 1;
        self.expect(b'}')
    }

    /// Reads an array, calling `item` before each element, which it must read.
    pub fn array(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.expect(b'[')?;
        self.deeper()?;
        if self.peek() != Some(b']') {
            loop {
                item(self)?;
                if !self.another(b']')? {
                    break;
                }
            }
        }
        self.depth -= 1;
        self.expect(b']')
    }

    fn deeper(&mut self) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(format!("nesting is deeper than {DEEPEST}")));
        }
        Ok(())
    }

    fn another(&mut self, close: u8) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(b) if b == close => Ok(false),
            found => Err(self.unexpected(found, &format!("`,` or `{}`", char::from(close)))),
        }
    }

    /// Reads a string; borrowed unless it holds escapes.
    pub fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        match self.peek() {
            Some(b'"') => self.at += 1,
            found => return Err(self.unexpected(found, "a string")),
        }
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
                }
                Some(b'\\') => return self.escaped(start).map(Cow::Owned),
                Some(b) if *b < 0x20 => {
                    return Err(self.error("a control character stands inside a string"));
                }
                Some(_) => self.at += 1,
                None => return Err(self.error("the text ends inside a string")),
            }
        }
    }

    fn escaped(&mut self, start: usize) -> Result<String, JsonError> {
        let mut out = self.text[start..self.at].to_owned();
        let mut plain = self.at;
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    out.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(&self.text[plain..self.at]);
                    out.push(self.escape()?);
                    plain = self.at;
                }
                Some(b) if *b < 0x20 => {
                    return Err(self.error("a control character stands inside a string"));
                }
                Some(_) => self.at += 1,
                None => return Err(self.error("the text ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let code = self.text.as_bytes().get(self.at + 1).copied();
        self.at += 2;
        match code {
            Some(b'"') => Ok('"'),
            Some(b'\\') => Ok('\\'),
            Some(b'/') => Ok('/'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.unicode(),
            _ => Err(self.error("an unknown escape stands inside a string")),
        }
    }

    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex4()?;
        let code = if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.hex4()?;
            0x10000 + ((first - 0xd800) << 10) + (second.wrapping_sub(0xdc00) & 0x3ff)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.error("half of a surrogate pair stands here"))
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|d| u32::from_str_radix(d, /*radix*/ 16).ok());
        self.at = (self.at + 4).min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at -= 1;
        }
        code.ok_or_else(|| self.error("four hex digits should follow \\u"))
    }

    /// Reads a whole number.
    pub fn integer(&mut self) -> Result<i64, JsonError> {
        let number = self.number()?;
        number
            .parse()
            .map_err(|_| self.error(format!("{number} where a whole number should stand")))
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let found = self.peek();
        if !matches!(found, Some(b'-' | b'0'..=b'9')) {
            return Err(self.unexpected(found, "a number"));
        }
        let start = self.at;
        let part = |b: &u8| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        self.at += self.text.as_bytes()[start..].iter().take_while(|b| part(b)).count();
        let number = &self.text[start..self.at];
        if is_number(number) {
            Ok(number)
        } else {
            Err(self.error(format!("{number} is not a number")))
        }
    }

    /// Reads any value and keeps it as it is.
    pub fn value(&mut self) -> Result<Json, JsonError> {
        match self.peek() {
            Some(b'"') => Ok(Json::Text(self.string()?.into_owned())),
            Some(b'{') => {
                let mut members = Vec::new();
                self.object(|reader, key| {
                    members.push((key.to_owned(), reader.value()?));
                    Ok(())
                })?;
                Ok(Json::Map(members))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.array(|reader| {
                    items.push(reader.value()?);
                    Ok(())
                })?;
                Ok(Json::List(items))
            }
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Ok(Json::Number(self.number()?.into())),
        }
    }

    /// Reads `true` or `false`.
    pub fn boolean(&mut self) -> Result<bool, JsonError> {
        match self.value()? {
            Json::Bool(value) => Ok(value),
            Json::Null | Json::Number(_) | Json::Text(_) | Json::List(_) | Json::Map(_) => {
                Err(self.error("neither true nor false"))
            }
        }
    }

    /// Reads any value and forgets it.
    pub fn skip(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.map(|reader, _| reader.skip()),
            Some(b'[') => self.array(Self::skip),
            _ => self.value().map(drop),
        }
    }

    /// Whether the next value is `null`; if so it is read.
    pub fn null(&mut self) -> bool {
        let here = self.peek() == Some(b'n') && self.text[self.at..].starts_with("null");
        if here {
            self.at += "null".len();
        }
        here
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.error("an unknown word stands where a value should"))
        }
    }

    /// Requires that nothing but white space follows.
    pub fn finish(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            found => Err(self.unexpected(found, "the end of the text")),
        }
    }
}

/// The keys of one object. Few are compared one by one, which is fastest for our own objects;
/// many are sorted, so that hostile input can't make the reader quadratic.
#[derive(Debug, Default)]
struct Keys<'a> {
    few: Vec<Cow<'a, str>>,
    many: BTreeSet<Cow<'a, str>>,
}

/// Our own objects have no more members.
const FEW_KEYS: usize = 32;

impl<'a> Keys<'a> {
    fn contains(&self, key: &str) -> bool {
        self.few.iter().any(|k| k == key) || self.many.contains(key)
    }

    fn insert(&mut self, key: Cow<'a, str>) {
        if self.few.len() < FEW_KEYS {
            self.few.push(key);
        } else {
            self.many.insert(key);
        }
    }
}

/// Whether `text` is a number by the JSON grammar (RFC 8259, section 6).
fn is_number(text: &str) -> bool {
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.starts_with('0')) {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}

/// How a [`Writer`] lays its text out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Two-space indent, one scalar a line: for files that people and git read.
    Lines,
    /// No white space: for a journal record.
    Compact,
}

/// Writes JSON in one way only: same calls, same bytes.
#[derive(Debug)]
pub struct Writer {
    out: String,
    layout: Layout,
    depth: usize,
    first: bool,
}

impl Writer {
    /// An empty text.
    pub fn new(layout: Layout) -> Self {
        Self { out: String::new(), layout, depth: 0, first: true }
    }

    /// The text; with a final newline where lines are written.
    pub fn finish(mut self) -> String {
        if self.layout == Layout::Lines {
            self.out.push('\n');
        }
        self.out
    }

    fn next_line(&mut self) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.line_break();
    }

    fn line_break(&mut self) {
        if self.layout == Layout::Lines {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    /// Writes an object; `members` calls [`Writer::member`].
    pub fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.nest('{', '}', members);
    }

    /// Writes an array; `items` calls [`Writer::item`].
    pub fn array(&mut self, items: impl FnOnce(&mut Self)) {
        self.nest('[', ']', items);
    }

    fn nest(&mut self, open: char, close: char, inside: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.depth += 1;
        let outer_first = std::mem::replace(&mut self.first, true);
        inside(self);
        self.depth -= 1;
        if !self.first {
            self.line_break();
        }
        self.first = outer_first;
        self.out.push(close);
    }

    /// Writes one member of an object.
    pub fn member(&mut self, key: &str, value: impl FnOnce(&mut Self)) {
        self.next_line();
        self.text(key);
        self.out.push_str(if self.layout == Layout::Lines { ": " } else { ":" });
        value(self);
    }

    /// Writes one element of an array.
    pub fn item(&mut self, value: impl FnOnce(&mut Self)) {
        self.next_line();
        value(self);
    }

    /// Writes a string.
    pub fn text(&mut self, text: &str) {
        self.out.push('"');
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.out.push_str(&text[plain..at]);
            plain = at + 1;
            match byte {
                b'"' => self.out.push_str("\\\""),
                b'\\' => self.out.push_str("\\\\"),
                b'\n' => self.out.push_str("\\n"),
                b'\t' => self.out.push_str("\\t"),
                b'\r' => self.out.push_str("\\r"),
                control => {
                    let _ = write!(self.out, "\\u{control:04x}");
                }
            }
        }
        self.out.push_str(&text[plain..]);
        self.out.push('"');
    }

    /// Writes `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// Writes a whole number.
    pub fn integer(&mut self, number: i64) {
        let _ = write!(self.out, "{number}");
    }

    /// Writes a value that was kept as it was.
    pub fn value(&mut self, value: &Json) {
        match value {
            Json::Null => self.out.push_str("null"),
            Json::Bool(yes) => self.out.push_str(if *yes { "true" } else { "false" }),
            Json::Number(digits) => self.out.push_str(digits),
            Json::Text(text) => self.text(text),
            Json::List(items) => self.array(|w| {
                for item in items {
                    w.item(|w| w.value(item));
                }
            }),
            Json::Map(members) => self.object(|w| {
                for (key, value) in members {
                    w.member(key, |w| w.value(value));
                }
            }),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(value: &Json) -> String {
        let mut writer = Writer::new(Layout::Lines);
        writer.value(value);
        writer.finish()
    }

    fn read(text: &str) -> Result<Json, JsonError> {
        let mut reader = Reader::new(text);
        let value = reader.value()?;
        reader.finish()?;
        Ok(value)
    }

    pub(crate) fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?"
                .prop_map(|n| Json::Number(n.into())),
            ".{0,20}".prop_map(Json::Text),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::List),
                proptest::collection::btree_map(".{0,8}", inner, 0..5)
                    .prop_map(|m| Json::Map(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back_and_writes_the_same(value in any_json()) {
            let text = lines(&value);
            let back = read(&text).expect("own output");
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(lines(&back), text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn serde_json_agrees_on_what_is_json(text in "[\\[\\]{}:,\"a\\\\u0-9.eE+ \\-truefalsn]{0,30}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            if read(&text).is_ok() {
                // Theirs refuses only numbers beyond an f64.
                let overflow = |e: &serde_json::Error| e.to_string().contains("out of range");
                prop_assert!(theirs.as_ref().map_or_else(overflow, |_| true), "{}", text);
            }
        }
    }

    #[test]
    fn refusals_name_the_line() {
        let cases = [
            ("{\n\"a\": 1,\n\"a\": 2}", "line 3: the key \"a\" stands here a second time"),
            ("{\n<<<<<<< ours\n", "line 2: a git conflict marker stands here"),
            ("[1,\n\u{0}", "line 2: a NUL byte stands here (a torn write?)"),
            ("{\"a\":\n\n", "line 3: the text ends where a number should stand"),
            ("[01]", "line 1: 01 is not a number"),
            ("\"\\ud800\"", "line 1: half of a surrogate pair stands here"),
            ("{} x", "line 1: `x` where the end of the text should stand"),
        ];
        for (text, message) in cases {
            assert_eq!(read(text).expect_err(text).to_string(), message);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(read(&nested(DEEPEST)).is_ok());
        assert!(read(&nested(DEEPEST + 1)).is_err());
        assert!(read(&"[".repeat(1_000_000)).is_err());
    }
}
