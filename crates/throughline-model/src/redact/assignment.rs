//! Secrets that only their name gives away: `API_TOKEN=…`, `"password": "…"`, `--token …`,
//! `Authorization: Bearer …`.
//!
//! A name alone proves little (`password: String`, `sort_key = "created_at"`), so the value has to
//! look like one too; how much so depends on the name and on how the two are joined.

use super::bytes::{Class, Mix, after_blanks};
use super::scanner::start_of_word;
use super::{Found, family, marker_end};

/// What the value of a name must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// People make these up: short and pronounceable ones too.
    Password,
    /// Machines make these: long, letters and digits.
    Random,
    /// A scheme and then credentials, or a random value.
    Header,
}

/// Where the ending has to stand in the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Also glued to other letters: `PGPASSWORD`.
    Anywhere,
    /// The whole name or a part of it: `token`, `x-token`, `accessToken`.
    Part,
    /// Behind another part: `signing_key`, never `key`.
    LaterPart,
}

/// An ending of names, in lower case and without separators, so that `API_KEY`, `api-key` and
/// `apiKey` are one row.
#[derive(Debug)]
pub(super) struct Name {
    ending: &'static str,
    kind: &'static str,
    place: Place,
    proof: Proof,
}

/// The first row that fits decides.
#[rustfmt::skip]
pub(super) const NAMES: &[Name] = {
    use Place::{Anywhere, LaterPart, Part};
    use Proof::{Header, Password, Random};
    const fn row(ending: &'static str, kind: &'static str, place: Place, proof: Proof) -> Name {
        Name { ending, kind, place, proof }
    }
    &[
        row("secretaccesskey", "aws-secret", Anywhere, Random),
        row("accountkey", "azure-key", Anywhere, Random),
        row("sharedaccesskey", "azure-key", Anywhere, Random),
        row("authorization", "authorization", Part, Header),
        row("password", "password", Anywhere, Password),
        row("passwd", "password", Anywhere, Password),
        row("passphrase", "password", Anywhere, Password),
        row("pwd", "password", LaterPart, Password),
        row("pass", "password", LaterPart, Password),
        row("apikey", "key", Anywhere, Random),
        row("accesskey", "key", Anywhere, Random),
        row("secretkey", "key", Anywhere, Random),
        row("privatekey", "key", Anywhere, Random),
        row("secretkeybase", "key", Anywhere, Random),
        row("key", "key", LaterPart, Random),
        row("authtoken", "token", Anywhere, Random),
        row("accesstoken", "token", Anywhere, Random),
        row("token", "token", Part, Random),
        row("secret", "secret", Part, Random),
        row("credential", "secret", Part, Random),
        row("credentials", "secret", Part, Random),
    ]
};

/// Names that end like a secret's and hold none.
const HARMLESS: &[&str] = &[
    "publickey",
    "primarykey",
    "foreignkey",
    "cachekey",
    "sortkey",
    "partitionkey",
    "hashkey",
    "rowkey",
    "groupkey",
    "objectkey",
    "uniquekey",
    "lookupkey",
    "storagekey",
    "querykey",
    "translationkey",
    "idempotencykey",
    "publishablekey",
    "mapkey",
    "hotkey",
    "pagetoken",
    "nexttoken",
];

/// Values that stand for a secret, or for its type.
const STAND_INS: &[&str] = &[
    "bool",
    "boolean",
    "changeme",
    "credentials",
    "example",
    "false",
    "hidden",
    "none",
    "null",
    "number",
    "object",
    "optional",
    "password",
    "passwort",
    "placeholder",
    "prompt",
    "redacted",
    "required",
    "secret",
    "string",
    "text",
    "token",
    "true",
    "undefined",
    "varchar",
];
/// Beginnings of values that tell the reader to put one there.
const INVITATIONS: &[&str] =
    &["your", "example", "placeholder", "insert", "replace", "changeme", "enter"];

const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 512;
const SHORTEST_PASSWORD: usize = 4;
const SHORTEST_SECRET: usize = 8;
/// A value that nothing but its name and its looks gives away.
const SHORTEST_RANDOM: usize = 12;
/// How far behind `NAME: type` its `= value` may stand.
const LONGEST_TYPE: usize = 24;

/// How name and value are joined; the closer, the less it can be code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    /// `NAME=value`, as in an environment.
    Environment,
    /// `name=value`, `name: value`, `--name value`.
    Setting,
    /// `name = value`.
    Spaced,
}

#[derive(Debug, Clone, Copy)]
struct Value {
    start: usize,
    end: usize,
    quoted: bool,
}

/// The value behind the `=` or `:` at `separator`, if name and value are those of a secret.
pub(super) fn find(bytes: &[u8], floor: usize, separator: usize) -> Option<Found> {
    let (name_start, name_end) = name_before(bytes, floor, separator);
    let name = &bytes[name_start..name_end];
    let row = row_of(name)?;
    let after = after_separator(bytes, separator)?;
    let tight = name_end == separator && !matches!(bytes.get(after), Some(b' ' | b'\t'));
    let upper = !name.iter().any(u8::is_ascii_lowercase);
    let join = match (bytes[separator], tight) {
        (b'=', true) if upper => Join::Environment,
        (b'=', false) => Join::Spaced,
        _ => Join::Setting,
    };
    row.check(bytes, after, join).or_else(|| {
        let after = behind_type(bytes, after).filter(|_| bytes[separator] == b':')?;
        row.check(bytes, after, Join::Spaced)
    })
}

/// The value behind the flag whose name begins at `start`, as `--name value` or `"--name", "value"`.
pub(super) fn find_flag(bytes: &[u8], start: usize) -> Option<Found> {
    let window = &bytes[..bytes.len().min(start + LONGEST_NAME)];
    let end = Class::HYPHENATED.run_end(window, start);
    let row = row_of(&bytes[start..end])?;
    let marks = bytes[end..]
        .iter()
        .take(4)
        .take_while(|b| matches!(b, b'\\' | b'"' | b'\'' | b','))
        .count();
    let after = end + marks;
    let blank = matches!(bytes.get(after), Some(b' ' | b'\t'));
    blank.then(|| row.check(bytes, after, Join::Setting)).flatten()
}

/// Backwards over blanks, a closing bracket and quotes to the name.
fn name_before(bytes: &[u8], floor: usize, separator: usize) -> (usize, usize) {
    let before = &bytes[floor.max(separator.saturating_sub(LONGEST_NAME))..separator];
    let mut name = before;
    while let [rest @ .., b' ' | b'\t'] = name {
        name = rest;
    }
    if let [rest @ .., b'"' | b'\'', b']'] = name {
        name = &name[..=rest.len()];
    }
    if let [rest @ .., b':'] = name {
        name = rest;
    }
    while let [rest @ .., b'"' | b'\'' | b'\\' | b' '] = name {
        name = rest;
    }
    let end = separator - (before.len() - name.len());
    let length = name.iter().rev().take_while(|b| Class::DOTTED.holds(**b)).count();
    (start_of_word(bytes, floor, end - length, end), end)
}

/// Behind `=`, `:`, `:=`, `=>`, `==`; a path (`a::b`) is no assignment, and `:=` is found at its `=`.
fn after_separator(bytes: &[u8], separator: usize) -> Option<usize> {
    match (bytes[separator], bytes.get(separator + 1)) {
        (b':', Some(b':' | b'=' | b'/')) => None,
        (b'=', Some(b'=' | b'>')) => Some(separator + 2),
        _ => Some(separator + 1),
    }
}

/// Behind the `=` of `NAME: type = value`.
fn behind_type(bytes: &[u8], after: usize) -> Option<usize> {
    let window = &bytes[after..bytes.len().min(after + LONGEST_TYPE)];
    let length = window.iter().position(|b| b"=\n\",;()".contains(b))?;
    (window[length] == b'=').then_some(after + length + 1)
}

fn row_of(name: &[u8]) -> Option<&'static Name> {
    // All endings end in one of these: most colons and equals signs are dismissed here.
    if !matches!(name.last()?.to_ascii_lowercase(), b'd' | b'e' | b'l' | b'n' | b's' | b't' | b'y')
    {
        return None;
    }
    let plain: String = name
        .iter()
        .filter(|b| Class::ALPHANUMERIC.holds(**b))
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect();
    if HARMLESS.iter().any(|harmless| plain.ends_with(harmless)) {
        return None;
    }
    NAMES.iter().find(|row| plain.ends_with(row.ending) && row.is_placed(name))
}

impl Name {
    fn is_placed(&self, name: &[u8]) -> bool {
        if self.place == Place::Anywhere {
            return true;
        }
        // These endings are one part, so the plain ending and the written one are equally long.
        let Some(part) = name.len().checked_sub(self.ending.len()) else { return false };
        match part.checked_sub(1).map(|before| name[before]) {
            None => self.place == Place::Part,
            Some(before) => {
                !before.is_ascii_alphabetic()
                    || (before.is_ascii_lowercase() && name[part].is_ascii_uppercase())
            }
        }
    }

    fn check(&self, bytes: &[u8], after: usize, join: Join) -> Option<Found> {
        let mut value = value_at(bytes, after)?;
        if self.proof == Proof::Header {
            value = behind_scheme(bytes, value);
        }
        if self.proof != Proof::Password && bytes[value.start..value.end].contains(&b' ') {
            // No secret of a machine has a space: the quote at hand closes something else.
            value.end = unquoted(bytes, value.start).end;
        }
        let text = &bytes[value.start..value.end];
        if marker_end(bytes, value.start) == Some(value.end) {
            return None;
        }
        let known = family::find(bytes, value.start);
        let is_secret = match self.proof {
            Proof::Password => is_password(text, value.quoted, join),
            Proof::Random | Proof::Header => is_random(text, value.quoted, join, self.place),
        };
        let is_secret = known.is_some() || is_secret && !is_stand_in(text);
        is_secret.then(|| Found {
            start: value.start,
            end: known.map_or(0, |known| known.end).max(to_the_end(bytes, value.end)),
            kind: known.map_or(self.kind, |known| known.kind),
        })
    }
}

/// The value at or behind `after`, without its quotes.
fn value_at(bytes: &[u8], after: usize) -> Option<Value> {
    let at = after_blanks(bytes, after);
    let escapes = bytes[at..].iter().take_while(|b| **b == b'\\').count();
    let open = at + escapes;
    match bytes.get(open)? {
        quote @ (b'"' | b'\'') => Some(quoted(bytes, open + 1, *quote, escapes)),
        _ => Some(unquoted(bytes, at)),
    }
}

/// Text that was cut off has no closing quote: then the value ends as an unquoted one does.
fn quoted(bytes: &[u8], start: usize, quote: u8, escapes: usize) -> Value {
    let end =
        closing_quote(bytes, start, quote, escapes).unwrap_or_else(|| unquoted(bytes, start).end);
    Value { start, end, quoted: true }
}

/// Where the value ends, before the quote and the backslashes that escape it.
fn closing_quote(bytes: &[u8], start: usize, quote: u8, escapes: usize) -> Option<usize> {
    let window = &bytes[start..bytes.len().min(start + LONGEST_VALUE)];
    let line = window.split(|b| *b == b'\n').next()?;
    let quotes = line.iter().enumerate().filter(|(_, b)| **b == quote);
    quotes
        .map(|(at, _)| (at, line[..at].iter().rev().take_while(|b| **b == b'\\').count()))
        .find(|(_, backslashes)| *backslashes <= escapes)
        .map(|(at, backslashes)| start + at - backslashes)
}

/// At most [`LONGEST_VALUE`] bytes of it are judged.
fn unquoted(bytes: &[u8], start: usize) -> Value {
    let from = marker_end(bytes, start).unwrap_or(start);
    let window = &bytes[from..bytes.len().min(from + LONGEST_VALUE)];
    let length = window.iter().position(|b| ends_value(*b)).unwrap_or(window.len());
    Value { start, end: from + length, quoted: false }
}

fn ends_value(byte: u8) -> bool {
    byte <= b' ' || b"\"'`,;&)]}|<>\\".contains(&byte)
}

/// The whole of a value of which the first [`LONGEST_VALUE`] bytes are known for a secret.
fn to_the_end(bytes: &[u8], known: usize) -> usize {
    let rest = bytes[known..].iter().position(|b| ends_value(*b));
    rest.map_or(bytes.len(), |rest| known + rest)
}

/// Behind `Bearer`, `Basic` and the like.
fn behind_scheme(bytes: &[u8], value: Value) -> Value {
    let word = bytes[value.start..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let blank = bytes.get(value.start + word) == Some(&b' ');
    let scheme = &bytes[value.start..value.start + word];
    let known = ["bearer", "basic", "token", "digest", "apikey", "bot"];
    if !blank || !known.iter().any(|name| scheme.eq_ignore_ascii_case(name.as_bytes())) {
        return value;
    }
    Value { quoted: value.quoted, ..unquoted(bytes, after_blanks(bytes, value.start + word)) }
}

/// Whether a value stands for one: a reference, a call, a type, a blank to fill in.
pub(super) fn is_stand_in(value: &[u8]) -> bool {
    let Some(first) = value.first() else { return true };
    let text = value.to_ascii_lowercase();
    let text = std::str::from_utf8(&text).unwrap_or_default();
    b"$<{%&( ),;]".contains(first)
        || value.iter().all(|b| b == first)
        || matches!(value, [b'*', ..])
        || value.starts_with(b"...")
        || text.starts_with('…')
        || ["(", "{", "[", "::", "->", "://"].iter().any(|code| text.contains(code))
        || INVITATIONS.iter().any(|word| text.starts_with(word))
        || STAND_INS.contains(&text)
}

fn is_password(value: &[u8], quoted: bool, join: Join) -> bool {
    let mix = Mix::of(value);
    let telling = mix.digits + mix.others > 0;
    if value.len() < SHORTEST_PASSWORD
        || value.iter().all(u8::is_ascii_punctuation)
        || is_path(value)
    {
        return false;
    }
    match (quoted, join) {
        // Words about passwords are a label or a message.
        (true, _) => !(mix.digits == 0 && mentions_password(value)),
        (false, Join::Environment) => true,
        (false, Join::Setting) => telling && value.len() > 5 && !is_code(value),
        (false, Join::Spaced) => mix.others > 0 && mix.digits > 0 && !is_code(value),
    }
}

fn mentions_password(value: &[u8]) -> bool {
    value.windows(4).any(|four| four.eq_ignore_ascii_case(b"pass"))
}

fn is_random(value: &[u8], quoted: bool, join: Join, place: Place) -> bool {
    let mix = Mix::of(value);
    let mixed = mix.letters() >= 4 && mix.digits > 0;
    if value.len() < SHORTEST_SECRET || mix.letters() == 0 || is_path(value) {
        return false;
    }
    let random = value.len() >= SHORTEST_RANDOM && mixed;
    match (quoted, join) {
        (false, Join::Environment) => random || place != Place::LaterPart,
        (true, _) => random,
        (false, Join::Setting) => random && !is_code(value),
        (false, Join::Spaced) => random && !is_code(value) && (mix.upper > 0 || mix.digits > 3),
    }
}

/// `next_token2`, `self.secret`, `MAX_2`: names, not values.
fn is_code(value: &[u8]) -> bool {
    let mix = Mix::of(value);
    let begins_name =
        |part: &[u8]| part.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    let dotted = value.contains(&b'.') && value.split(|b| *b == b'.').all(begins_name);
    let snake_case = value.contains(&b'_')
        && begins_name(value)
        && (mix.upper == 0 || mix.lower == 0)
        && mix.digits * 4 <= value.len();
    (dotted || snake_case) && value.iter().all(|b| Class::DOTTED.holds(*b))
}

fn is_path(value: &[u8]) -> bool {
    let rooted =
        [&b"/"[..], b"./", b"../", b"~/", b"C:\\"].iter().any(|root| value.starts_with(root));
    let extension = value.iter().rev().take_while(|b| b.is_ascii_lowercase()).count();
    let has_extension = (1..=5).contains(&extension)
        && extension < value.len()
        && value[value.len() - extension - 1] == b'.';
    let lower_with_slash = value.contains(&b'/') && !value.iter().any(u8::is_ascii_uppercase);
    rooted || has_extension || lower_with_slash
}
