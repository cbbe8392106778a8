//! Splits a shell line into words and ends of simple commands. Expands nothing.

use std::iter::Peekable;
use std::mem::take;
use std::str::Chars;

/// A piece of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A word without its quotes.
    Word(String),
    /// The text that follows `$(` or a backtick inside double quotes.
    Substituted(String),
    /// `;`, `&`, `|`, a parenthesis, a backtick, the end of a line.
    End,
}

/// Splits. A quote that is never closed goes to the end.
pub(super) fn split(line: &str) -> Vec<Piece> {
    let mut splitter = Splitter { rest: line.chars().peekable(), ..Splitter::default() };
    while let Some(c) = splitter.rest.next() {
        splitter.take(c);
    }
    splitter.end_word();
    splitter.pieces
}

struct Splitter<'a> {
    rest: Peekable<Chars<'a>>,
    pieces: Vec<Piece>,
    word: String,
    /// A word may be empty (`''`), so this says whether one began.
    began: bool,
    /// The next word is a file, not an argument.
    redirects: bool,
}

impl Default for Splitter<'_> {
    fn default() -> Self {
        Self {
            rest: "".chars().peekable(),
            pieces: Vec::new(),
            word: String::new(),
            began: false,
            redirects: false,
        }
    }
}

impl Splitter<'_> {
    fn take(&mut self, c: char) {
        match c {
            '\'' => self.single_quoted(),
            '"' => self.double_quoted(),
            '\\' => self.escaped(),
            '#' if !self.began => while self.rest.next_if(|c| *c != '\n').is_some() {},
            '$' if self.rest.next_if_eq(&'(').is_some() => self.end_command(),
            '\n' | ';' | '|' | '(' | ')' | '`' => self.end_command(),
            '&' if !self.redirects => self.end_command(),
            '&' => {}
            '<' | '>' => self.redirect(),
            c if c.is_whitespace() => self.end_word(),
            c => self.push(c),
        }
    }

    fn push(&mut self, c: char) {
        self.began = true;
        self.word.push(c);
    }

    fn escaped(&mut self) {
        match self.rest.next() {
            Some('\n') | None => {}
            Some(c) => self.push(c),
        }
    }

    fn single_quoted(&mut self) {
        self.began = true;
        self.word.extend(self.rest.by_ref().take_while(|c| *c != '\''));
    }

    fn double_quoted(&mut self) {
        self.began = true;
        let mut inner = String::new();
        while let Some(c) = self.rest.next_if(|c| *c != '"') {
            inner.push(c);
            if c == '\\' {
                inner.extend(self.rest.next());
            }
        }
        self.rest.next();
        self.pieces.extend(substitution(&inner).map(|text| Piece::Substituted(text.to_owned())));
        self.word.push_str(&unescaped(&inner));
    }

    /// The file number before `>` is no argument, nor is the file after it.
    fn redirect(&mut self) {
        if self.word.bytes().all(|b| b.is_ascii_digit()) {
            self.word.clear();
            self.began = false;
        }
        self.end_word();
        self.redirects = true;
    }

    fn end_word(&mut self) {
        if !take(&mut self.began) {
            return;
        }
        let word = take(&mut self.word);
        if !take(&mut self.redirects) {
            self.pieces.push(Piece::Word(word));
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.redirects = false;
        self.pieces.push(Piece::End);
    }
}

fn substitution(text: &str) -> Option<&str> {
    let escaped = |at: usize| text[..at].ends_with('\\');
    let mut starts = text.match_indices("$(").chain(text.match_indices('`'));
    let (at, mark) = starts.find(|(at, _)| !escaped(*at))?;
    Some(&text[at + mark.len()..])
}

/// Takes off the backslashes that mean something between double quotes.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.next_if(|next| c == '\\' && "\\\"$`\n".contains(*next));
        plain.push(next.unwrap_or(c));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_ends() {
        let show = |line: &str| {
            let mark = |piece: Piece| match piece {
                Piece::Word(word) => format!("<{word}>"),
                Piece::Substituted(text) => format!("({text})"),
                Piece::End => ";".to_owned(),
            };
            split(line).into_iter().map(mark).collect::<String>()
        };
        let cases = [
            ("a 'b c' \"d \\\" e\" f\\ g", "<a><b c><d \" e><f g>"),
            ("a''b '' c", "<ab><><c>"),
            ("a&&b|c;d\ne", "<a>;;<b>;<c>;<d>;<e>"),
            ("a >b 2>&1 c", "<a><c>"),
            ("a \"x $(b)\" c", "<a>(b))<x $(b)><c>"),
            ("a $(b) #c\nd", "<a>;<b>;;<d>"),
            ("a 'open", "<a><open>"),
            ("a#b", "<a#b>"),
        ];
        for (line, expected) in cases {
            assert_eq!(show(line), expected, "{line:?}");
        }
    }
}
