//! What somebody said themselves, sentence by sentence: without code, quotes, logs and mails, which
//! are other people's words or none at all.

use crate::markdown::without_links;

/// The longest sentence, in bytes: what is longer was pasted.
const LONGEST: usize = 600;

/// How much of one text is read, in bytes: what is longer was pasted.
const MOST: usize = 64 * 1024;

/// A sentence, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Its words, on one line, without Markdown's marks around it.
    pub(super) text: String,
    /// The heading above it, in lower case.
    pub(super) heading: Option<String>,
    /// What introduces the list in which it stands, in lower case; empty, if nothing does.
    pub(super) lead: Option<String>,
    /// The paragraph or list item of the text, from 0.
    pub(super) block: usize,
}

/// The sentences of a text, in order.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut reader = Reader::default();
    for line in text[..text.floor_char_boundary(MOST)].lines() {
        reader.line(line);
        if reader.is_foreign {
            break;
        }
    }
    reader.close();
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Vec<Sentence>,
    /// The open paragraph or item.
    block: String,
    blocks: usize,
    heading: Option<String>,
    /// The heading or the line with a colon that came last.
    lead: Option<String>,
    /// The fence that is open.
    fence: Option<&'static str>,
    /// The tag that is open.
    tag: Option<String>,
    in_list: bool,
    /// Everything from here on are somebody else's words.
    is_foreign: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        if self.skips(trimmed) {
            return;
        }
        if trimmed.is_empty() {
            self.close();
        } else if let Some(heading) = heading(trimmed) {
            self.close();
            (self.in_list, self.lead) = (false, Some(heading.clone()));
            self.heading = Some(heading);
        } else if let Some(item) = item(trimmed) {
            self.close();
            self.in_list = true;
            self.block.push_str(item);
        } else if is_code(line, self.in_list) || is_machine(trimmed) {
            self.close();
        } else {
            self.prose(line, trimmed);
        }
    }

    /// Follows fences and tags, and says whether the line belongs to one.
    fn skips(&mut self, line: &str) -> bool {
        if let Some(tag) = &self.tag {
            if line.contains(tag.as_str()) {
                self.tag = None;
            }
            return true;
        }
        let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        match (self.fence, mark) {
            (Some(open), _) => {
                if mark == Some(open) {
                    self.fence = None;
                }
                true
            }
            (None, Some(mark)) => {
                self.close();
                self.fence = Some(mark);
                true
            }
            (None, None) => self.opens_tag(line),
        }
    }

    fn opens_tag(&mut self, line: &str) -> bool {
        let Some(name) = opening_tag(line) else { return false };
        self.close();
        let end = format!("</{name}>");
        if !line.contains(&end) {
            self.tag = Some(end);
        }
        true
    }

    fn prose(&mut self, line: &str, trimmed: &str) {
        if !line.starts_with([' ', '\t']) {
            if self.in_list {
                self.close();
            }
            self.in_list = false;
        }
        if !self.block.is_empty() {
            self.block.push(' ');
        }
        self.block.push_str(trimmed);
        self.is_foreign = introduces(trimmed);
    }

    /// Takes the sentences of the open block.
    fn close(&mut self) {
        let block = std::mem::take(&mut self.block);
        if block.is_empty() {
            return;
        }
        self.is_foreign |= introduces(&block);
        if !self.in_list {
            self.lead = block.ends_with(':').then(|| block.to_lowercase());
        }
        for sentence in split(&block) {
            let text = plain(sentence);
            if !text.is_empty() && text.len() <= LONGEST {
                let heading = self.heading.clone();
                let lead = self.in_list.then(|| self.lead.clone().unwrap_or_default());
                self.found.push(Sentence { text, heading, lead, block: self.blocks });
            }
        }
        self.blocks += 1;
    }
}

/// `## Words`, or a whole line in bold.
fn heading(line: &str) -> Option<String> {
    let hashed = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim());
    let bold = || line.strip_prefix("**")?.trim_end_matches(':').strip_suffix("**");
    let text = hashed.or_else(bold)?.trim_end_matches(':').trim();
    Some(text.to_lowercase())
}

/// What stands after `-`, `*`, `+`, `•`, `1.` or `1)`; a checkbox is taken off.
fn item(line: &str) -> Option<&str> {
    let bullet = line.strip_prefix(['-', '*', '+', '•']);
    let number = || {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = rest.len() < line.len() && line.len() - rest.len() <= 3;
        rest.strip_prefix(['.', ')']).filter(|_| numbered)
    };
    let rest = bullet.or_else(number)?.strip_prefix([' ', '\t'])?.trim_start();
    let boxed = ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| rest.strip_prefix(mark));
    Some(boxed.unwrap_or(rest))
}

/// Four blanks or a tab in front, and no list around it.
fn is_code(line: &str, in_list: bool) -> bool {
    !in_list && (line.starts_with("    ") || line.starts_with('\t'))
}

/// Names of tags are short; what looks like one and is longer is no tag.
const LONGEST_TAG: usize = 40;

fn opening_tag(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('<')?;
    let name = &rest[..rest.find(['>', ' ', '\t', '/']).unwrap_or(rest.len())];
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':');
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(is_name);
    (named && name.len() <= LONGEST_TAG && rest.contains('>')).then_some(name)
}

/// What lines of logs, diffs, tables, shells, mails and quotes begin with.
const MACHINE: &[&str] = &[
    "> ",
    ">>",
    "$ ",
    "% ",
    "# ",
    "|",
    "@@",
    "+++",
    "---",
    "diff --git",
    "index ",
    "at ",
    "File \"",
    "Traceback",
    "thread '",
    "error[",
    "error:",
    "Error:",
    "warning:",
    "[INFO]",
    "[ERROR]",
    "[WARN",
    "[DEBUG",
    "INFO ",
    "ERROR ",
    "WARN ",
    "DEBUG ",
    "FAIL ",
    "PASS ",
    "npm ERR",
    "E   ",
    "{",
    "}",
    "[",
    "]",
    "From:",
    "To:",
    "Cc:",
    "Subject:",
    "Date:",
    "Sent:",
    "-->",
    "= note",
    "panicked at",
    "»",
    "!",
];

fn is_machine(line: &str) -> bool {
    let starts = MACHINE.iter().any(|mark| line.starts_with(mark)) || line.starts_with('>');
    starts || is_stamped(line) || is_mostly_marks(line)
}

/// Begins with a date or a time of day, as logs do.
fn is_stamped(line: &str) -> bool {
    let line = line.trim_start_matches('[').as_bytes();
    let digits = |from: usize, to: usize| {
        line.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let date = digits(0, 4) && line.get(4) == Some(&b'-') && digits(5, 7);
    let time = digits(0, 2) && line.get(2) == Some(&b':') && digits(3, 5);
    date || time
}

/// Fewer letters and blanks than other characters: code, a path, a base64 blob's tail.
fn is_mostly_marks(line: &str) -> bool {
    let (mut words, mut marks) = (0_usize, 0_usize);
    for c in line.chars() {
        if c.is_alphabetic() || c == ' ' { words += 1 } else { marks += 1 }
    }
    marks > words
}

/// Words that say that what follows the colon is somebody else's.
const FOREIGN: &[&str] = &[
    "log",
    "logs",
    "output",
    "trace",
    "traceback",
    "backtrace",
    "stacktrace",
    "wrote",
    "writes",
    "says",
    "said",
    "mail",
    "email",
    "e-mail",
    "comment",
    "comments",
    "review",
    "paste",
    "pasted",
    "ticket",
    "message",
    "transcript",
    "snippet",
    "readme",
    "quote",
    "slack",
    "issue",
    "error",
    "errors",
    "got",
    "page",
    "document",
    "excerpt",
    "article",
    "chat",
];

/// Whether what follows this line is somebody else's: "here is the log:", "On Monday Ada wrote:".
fn introduces(line: &str) -> bool {
    let Some(line) = line.trim_end_matches(['*', '_', ' ']).strip_suffix(':') else { return false };
    let start = line.rfind(['.', '!', '?']).map_or(0, |at| at + 1);
    let mut words = line[start..].split(|c: char| !c.is_alphanumeric() && c != '-');
    words.any(|word| FOREIGN.contains(&word.to_lowercase().as_str()))
}

/// Words whose dot ends no sentence.
const SHORTENED: &[&str] =
    &["e.g", "i.e", "etc", "vs", "cf", "approx", "resp", "incl", "mr", "dr", "z.b"];

/// Splits where a sentence ends: at a mark with a blank behind it, outside of backticks and brackets.
fn split(block: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut in_code) = (0, false);
    let mut chars = block.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        in_code ^= c == '`';
        let ends = matches!(c, '.' | '!' | '?' | '…') && !in_code;
        let gap = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        if ends && gap && !is_shortened(&block[start..at]) {
            found.push(&block[start..at + c.len_utf8()]);
            start = at + c.len_utf8();
        }
    }
    found.push(&block[start..]);
    found
}

fn is_shortened(before: &str) -> bool {
    let word = before.rsplit([' ', '(', '\t']).next().unwrap_or("").to_lowercase();
    SHORTENED.contains(&word.as_str())
}

/// On one line, without bold, links and quotes around it.
fn plain(sentence: &str) -> String {
    let is_plain = !["  ", "\t", "**", "__", "]("].iter().any(|mark| sentence.contains(mark));
    if is_plain {
        return sentence.trim().to_owned();
    }
    let text = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("**", "").replace("__", "");
    without_links(&text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        sentences(text).into_iter().map(|sentence| sentence.text).collect()
    }

    #[test]
    fn sentences_are_told_apart() {
        let cases: [(&str, &[&str]); 8] = [
            ("Use Rust 1.85. Not 1.84!", &["Use Rust 1.85.", "Not 1.84!"]),
            ("Look at src/a.rs, e.g. the end.", &["Look at src/a.rs, e.g. the end."]),
            (
                "One\ntwo.\n\n- three\n  more\n- four\nfive",
                &["One two.", "three more", "four", "five"],
            ),
            ("Run `a. b` now. Yes", &["Run `a. b` now.", "Yes"]),
            ("**Rules:**\n1. First\n2) Second", &["First", "Second"]),
            ("See [the page](http://x/y). Done", &["See the page.", "Done"]),
            ("## Decision\nUse it.", &["Use it."]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(said(text), expected, "{text:?}");
        }
        let leads = sentences("Rules:\n- One\n- Two\n\nThree").into_iter().map(|one| one.lead);
        assert_eq!(
            leads.map(|lead| lead.is_some()).collect::<Vec<_>>(),
            [false, true, true, false]
        );
        assert_eq!(
            sentences("## The Decision:\nUse it.")[0].heading.as_deref(),
            Some("the decision")
        );
    }

    #[test]
    fn what_others_said_is_left_out() {
        let cases = [
            "```\nAlways code.\n```",
            "```sh\nAlways code.",
            "> Always quote.",
            "    always indented();",
            "<environment_context>\nAlways injected.\n</environment_context>",
            "2026-11-21T10:00:00Z always logged",
            "12:30:01 always logged",
            "at always.stack (file.js:1:2)",
            "error[E0308]: always compiled",
            "Subject: always mailed",
            "| always | a table |",
        ];
        for text in cases {
            assert_eq!(said(text), [""; 0], "{text:?}");
            let around = format!("Before.\n\n{text}");
            assert_eq!(said(&around), ["Before."], "{text:?}");
        }
        assert_eq!(said("Here is the mail:\n\nAlways obey.\n\nMe."), ["Here is the mail:"]);
        assert_eq!(said("On Monday Ada wrote:\nAlways obey."), ["On Monday Ada wrote:"]);
        assert_eq!(said(&format!("a {} b. Short.", "very ".repeat(200))), ["Short."]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "([-#>*`~.\\[\\]()<>/: \n]|\\PC|always ){0,80}") {
            for sentence in sentences(&text) {
                proptest::prop_assert!(!sentence.text.contains('\n') && !sentence.text.is_empty());
            }
        }
    }
}
