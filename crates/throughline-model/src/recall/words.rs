//! Text as words: folded, and split as identifiers, paths, versions and dates are read.
//!
//! Invariant: a word that comes out is made of lower-case letters and digits alone (SQLite's
//! `unicode61` keeps each as one token), and comes out as it is when it is read again.

use std::borrow::Cow;

use super::stem::stem;

/// How a word was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As most are.
    Plain,
    /// With a capital, not at the start of a sentence: a name, perhaps.
    Capital,
    /// A part of something like `max_retries`, `HttpClient` or `src/lib.rs`.
    Identifier,
    /// With a digit.
    Number,
}

/// A word of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    /// Folded, not stemmed.
    pub(super) text: &'a str,
    /// Its place among the words; a compound stands where its first part does.
    pub(super) at: u32,
    /// How many commas, points and the like stand before it.
    pub(super) clause: u16,
    /// How many of those end more than a comma does.
    pub(super) sentence: u16,
    /// How it was written.
    pub(super) shape: Shape,
    /// Several parts written as one, told besides the parts.
    pub(super) is_compound: bool,
}

/// The words under which a text is put into the full-text table, stemmed, with a space between.
/// What it returns, it returns of that too.
#[must_use]
pub fn indexed(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    each(text, |word| {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&stem(word.text));
    });
    line
}

/// Longer words are cut, in bytes: nobody asks for them.
const LONGEST: usize = 48;

/// Tells all words of a text in order.
pub(super) fn each(text: &str, mut tell: impl FnMut(Word<'_>)) {
    let mut teller = Teller {
        tell: &mut tell,
        at: 0,
        clause: 0,
        sentence: 0,
        buffer: String::new(),
        starts: true,
    };
    let bounds = |letter: char| !letter.is_alphanumeric() && !joins(letter);
    for chunk in text.split(bounds) {
        if !chunk.is_empty() {
            teller.chunk(chunk);
        }
    }
}

fn joins(letter: char) -> bool {
    matches!(
        letter,
        '_' | '-'
            | '.'
            | '/'
            | ':'
            | '\''
            | '’'
            | ','
            | '+'
            | '#'
            | '%'
            | '$'
            | '€'
            | ';'
            | '('
            | ')'
    ) || is_mark(letter)
}

fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

struct Teller<'t> {
    tell: &'t mut dyn FnMut(Word<'_>),
    at: u32,
    clause: u16,
    sentence: u16,
    buffer: String,
    /// The next word begins a sentence.
    starts: bool,
}

impl Teller<'_> {
    fn chunk(&mut self, chunk: &str) {
        if is_word(chunk) {
            return self.letters(chunk);
        }
        let rest =
            chunk.trim_start_matches(['\'', '’', '-', '_', '/', ':', ',', '+', '#', '(', ';']);
        let opens = chunk[..chunk.len() - rest.len()].contains('(');
        let chunk = rest.trim_end_matches(ENDS);
        let after = &rest[chunk.len()..];
        self.pass(opens, opens);
        if is_word(chunk) {
            self.letters(chunk);
        } else if is_grouped(chunk) {
            self.segment(&chunk.replace(',', ""));
        } else {
            chunk.split([',', '/', ';', '(', ')']).for_each(|part| self.segment(part));
        }
        self.pass(after.contains(['.', ':', ';', ',', ')']), after.contains(['.', ':', ';', ')']));
        self.starts = after.contains(['.', ':']);
    }

    /// A chunk that is a word: nothing of it is folded but the capital in front.
    fn letters(&mut self, word: &str) {
        let shape = self.shape(word);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.push_str(&word[..word.len().min(LONGEST)]);
        buffer.make_ascii_lowercase();
        let (at, clause, sentence) = (self.at, self.clause, self.sentence);
        (self.tell)(Word { text: &buffer, at, clause, sentence, shape, is_compound: false });
        self.buffer = buffer;
        self.at += 1;
        self.starts = false;
    }

    /// Goes over marks between words.
    fn pass(&mut self, ends_clause: bool, ends_sentence: bool) {
        self.clause = self.clause.saturating_add(u16::from(ends_clause));
        self.sentence = self.sentence.saturating_add(u16::from(ends_sentence));
    }

    fn segment(&mut self, segment: &str) {
        let segment = &*without_apostrophe(segment);
        if let Some(word) = named(segment) {
            self.word(word, Shape::Identifier);
        } else if let Some((year, month, day)) = date(segment) {
            self.word(year, Shape::Number);
            self.word(month, Shape::Plain);
            self.word(day, Shape::Number);
        } else if is_dotted_number(segment) {
            self.dotted(without_v(segment));
        } else {
            self.parts(segment);
        }
        self.starts = false;
    }

    /// "1.95.0" is told as a whole and as each shorter version of it.
    fn dotted(&mut self, number: &str) {
        let numbers: Vec<&str> = number.split(['.', ':']).filter(|one| !one.is_empty()).collect();
        for length in (1..=numbers.len()).rev() {
            let joined = numbers[..length].join("p");
            let is_whole = length == numbers.len();
            self.tell(&joined, Shape::Number, /*is_compound*/ !is_whole);
        }
        self.at += 1;
    }

    /// An identifier or a compound: its parts, and all of them as one word.
    fn parts(&mut self, segment: &str) {
        let whole: Vec<&str> =
            segment.split(['_', '-', '.', ':', '+', '#']).filter(|one| !one.is_empty()).collect();
        let parts: Vec<&str> = whole.iter().flat_map(|one| humps(one)).collect();
        let shape = match parts.as_slice() {
            [only] => self.shape(only),
            _ if segment.contains(['_', '.', ':', '/']) || parts.len() > whole.len() => {
                Shape::Identifier
            }
            [..] => Shape::Plain,
        };
        let start = self.at;
        for part in &parts {
            // A letter of a camel's hump says nothing: the "i" of "iPhone".
            if parts.len() == 1 || part.chars().count() > 1 {
                self.word(part, shape);
            }
        }
        let joined: usize = parts.iter().map(|part| part.len()).sum();
        if parts.len() > 1
            && joined <= LONGEST
            && !segment.contains(':')
            && !segment.contains(is_ideograph)
        {
            let end = std::mem::replace(&mut self.at, start);
            self.tell(&parts.concat(), shape, /*is_compound*/ true);
            self.at = end.max(start + 1);
        }
        if segment.ends_with('%') {
            self.word("percent", Shape::Plain);
        }
    }

    fn shape(&self, word: &str) -> Shape {
        let mut letters = word.chars();
        let starts_large = letters.next().is_some_and(char::is_uppercase);
        let all_large = letters.next().is_some_and(char::is_uppercase);
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            Shape::Number
        } else if starts_large && (all_large || !self.starts) {
            Shape::Capital
        } else {
            Shape::Plain
        }
    }

    fn word(&mut self, word: &str, shape: Shape) {
        let word = word.trim_matches(['%', '$', '€']);
        for run in runs(word) {
            match run {
                Run::Ideographs(letters) => self.pairs(letters, shape),
                Run::Letters(letters) => self.plain(letters, shape),
            }
        }
    }

    fn plain(&mut self, word: &str, shape: Shape) {
        self.tell(word, shape, /*is_compound*/ false);
        self.at += 1;
    }

    /// Where no spaces stand between words, two letters each are a word.
    fn pairs(&mut self, letters: &str, shape: Shape) {
        let bounds: Vec<usize> =
            letters.char_indices().map(|(at, _)| at).chain([letters.len()]).collect();
        if bounds.len() < 3 {
            return self.plain(letters, shape);
        }
        for window in bounds.windows(3) {
            self.plain(&letters[window[0]..window[2]], shape);
        }
    }

    fn tell(&mut self, word: &str, shape: Shape, is_compound: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        word.chars().for_each(|letter| fold(letter, &mut buffer));
        let mut end = buffer.len().min(LONGEST);
        while !buffer.is_char_boundary(end) {
            end -= 1;
        }
        let (number, unit) = measured(&buffer[..end]);
        if !is_compound || unit.is_none() && number.len() == end {
            for text in [Some(number), unit].into_iter().flatten().filter(|text| !text.is_empty()) {
                let (at, clause, sentence) = (self.at, self.clause, self.sentence);
                (self.tell)(Word { text, at, clause, sentence, shape, is_compound });
            }
        }
        self.buffer = buffer;
    }
}

/// "30s" is thirty and a unit; "7th" and "v7" are seven.
fn measured(word: &str) -> (&str, Option<&str>) {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(version) = word.strip_prefix('v').filter(|rest| is_digits(rest)) {
        return (version, None);
    }
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    match word.split_at(digits) {
        ("", _) => (word, None),
        (number, "st" | "nd" | "rd" | "th") => (number, None),
        (number, unit) if UNITS.contains(&unit) => (number, Some(unit)),
        (..) => (word, None),
    }
}

const UNITS: [&str; 24] = [
    "ms", "s", "sec", "min", "h", "hr", "hrs", "d", "kb", "mb", "gb", "tb", "kib", "mib", "gib",
    "k", "px", "am", "pm", "x", "kg", "km", "cm", "us",
];

/// What ends a chunk and is no part of a word.
const ENDS: [char; 10] = ['.', ':', ',', '\'', '’', '-', '_', '/', ';', ')'];

/// Most chunks are a word: letters, and a capital at most in front.
fn is_word(chunk: &str) -> bool {
    let rest = chunk.as_bytes().get(1..).unwrap_or_default();
    chunk.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && rest.iter().all(u8::is_ascii_lowercase)
}

/// "10,000": the commas group digits.
fn is_grouped(chunk: &str) -> bool {
    let mut groups = chunk.trim_matches(['$', '€', '%']).split(',');
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().is_some_and(digits);
    let mut rest = groups.peekable();
    first && rest.peek().is_some() && rest.all(|group| group.len() == 3 && digits(group))
}

/// Names that lose their point when they are split.
fn named(segment: &str) -> Option<&'static str> {
    const LONGEST_NAME: usize = ".net".len();
    if segment.len() > LONGEST_NAME || segment.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    Some(match segment.to_ascii_lowercase().as_str() {
        "c++" => "cpp",
        "c#" => "csharp",
        "f#" => "fsharp",
        ".net" => "dotnet",
        "$" => "dollar",
        "€" => "euro",
        "%" => "percent",
        _ => return None,
    })
}

/// The possessive and the short forms lose their apostrophe: "user's" is "user", "don't" is "dont".
fn without_apostrophe(segment: &str) -> Cow<'_, str> {
    const MARKS: [char; 2] = ['\'', '’'];
    if !segment.contains(MARKS) {
        return Cow::Borrowed(segment);
    }
    let segment =
        segment.strip_suffix("'s").or_else(|| segment.strip_suffix("’s")).unwrap_or(segment);
    Cow::Owned(segment.replace(MARKS, ""))
}

pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// "2026-03-07" as year, month and day, without leading zeros.
fn date(segment: &str) -> Option<(&str, &'static str, &str)> {
    if !segment.as_bytes().get(..4).is_some_and(|year| year.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let segment = segment.split(['T', 't']).next().unwrap_or(segment);
    let mut parts = segment.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = year.len() == 4 && month.len() == 2 && day.len() == 2 && parts.next().is_none();
    if !fits || ![year, month, day].into_iter().all(digits) {
        return None;
    }
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some((year, month, day.trim_start_matches('0')))
}

/// A version without its letter.
fn without_v(segment: &str) -> &str {
    segment.strip_prefix(['v', 'V']).unwrap_or(segment).trim_start_matches('.')
}

fn is_dotted_number(segment: &str) -> bool {
    let number = without_v(segment);
    let first = number.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    first && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':'))
}

/// The humps of a camel: "HTTPServer" is "HTTP" and "Server". Digits stay with what is before them.
fn humps(word: &str) -> Vec<&str> {
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    let mut starts = vec![0];
    for at in 1..letters.len() {
        let (before, here) = (letters[at - 1].1, letters[at].1);
        let next = letters.get(at + 1).map(|(_, letter)| *letter);
        let rises = is_large(here) && before.is_lowercase();
        let ends_capitals = is_large(here)
            && is_large(before)
            && next.is_some_and(char::is_lowercase)
            && next_is_word(&letters[at..]);
        if rises || ends_capitals {
            starts.push(letters[at].0);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([word.len()]);
    starts.iter().zip(ends).map(|(start, end)| &word[*start..end]).collect()
}

/// A capital that has a small letter: mathematics has some that don't.
fn is_large(letter: char) -> bool {
    letter.is_uppercase() && letter.to_lowercase().next() != Some(letter)
}

/// Two letters at least, so that the plural of "PRs" and "URLs" is no hump.
fn next_is_word(letters: &[(usize, char)]) -> bool {
    letters.iter().skip(1).take_while(|(_, letter)| letter.is_lowercase()).count() > 1
}

enum Run<'a> {
    Letters(&'a str),
    Ideographs(&'a str),
}

fn runs(word: &str) -> Vec<Run<'_>> {
    if word.is_ascii() {
        return if word.is_empty() { Vec::new() } else { vec![Run::Letters(word)] };
    }
    let mut runs = Vec::new();
    let mut start = 0;
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    for (index, (at, letter)) in letters.iter().enumerate() {
        let next = letters.get(index + 1);
        if next.is_none_or(|(_, next)| is_ideograph(*next) != is_ideograph(*letter)) {
            let run = &word[start..at + letter.len_utf8()];
            start = at + letter.len_utf8();
            let is_ideograph = is_ideograph(*letter);
            runs.push(if is_ideograph { Run::Ideographs(run) } else { Run::Letters(run) });
        }
    }
    runs
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Lower case, without the marks on Latin letters.
fn fold(letter: char, into: &mut String) {
    if letter.is_ascii() {
        if letter.is_ascii_alphanumeric() {
            into.push(letter.to_ascii_lowercase());
        }
        return;
    }
    for lower in letter.to_lowercase().filter(|lower| !is_mark(*lower) && lower.is_alphanumeric()) {
        match LATIN.iter().find(|(marked, _)| marked.contains(lower)) {
            Some((_, plain)) => into.push_str(plain),
            None => into.push(lower),
        }
    }
}

const LATIN: [(&str, &str); 26] = [
    ("àáâãäåāăą", "a"),
    ("æ", "ae"),
    ("çćĉċč", "c"),
    ("ðďđ", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįı", "i"),
    ("ĵ", "j"),
    ("ķ", "k"),
    ("ĺļľŀł", "l"),
    ("ñńņňŋ", "n"),
    ("òóôõöøōŏő", "o"),
    ("œ", "oe"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ß", "ss"),
    ("ţťŧț", "t"),
    ("þ", "th"),
    ("ùúûüũūŭůűų", "u"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
    ("²", "2"),
    ("³", "3"),
    ("µ", "u"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::indexed;

    #[test]
    fn identifiers_paths_versions_and_dates_are_split() {
        let cases = [
            ("maxRetries", "max retri maxretri"),
            ("HTTPServer", "http server httpserver"),
            ("max_retries = 3", "max retri maxretri 3"),
            ("src/auth/session_store.rs", "src auth session store rs sessionstor"),
            ("rustc v1.95.0", "rustc 1p95p0 1p95 1"),
            ("sign-in", "sign in signin"),
            ("2026-03-07", "2026 march 7"),
            ("May 7th, 10,000 rows", "may 7 10000 row"),
            ("a timeout of 30s, 50%", "a timeout of 30 s 50 percent"),
            ("C++ and C#", "cpp and csharp"),
            ("the user's PRs don't", "the user pr dont"),
            ("Café Zürich", "cafe zurich"),
            ("at 9:30", "at 9p30 9"),
            ("東京都", "東京 京都"),
        ];
        for (text, words) in cases {
            assert_eq!(indexed(text), words, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_indexed_stays_as_it_is(text in r"(\PC{0,4}|[A-Za-z0-9_./:'%, -]{0,24}){0,6}") {
            let once = indexed(&text);
            prop_assert_eq!(indexed(&once), once.clone());
            for word in once.split(' ').filter(|word| !word.is_empty()) {
                prop_assert!(word.chars().all(char::is_alphanumeric), "{word}");
            }
        }
    }
}
