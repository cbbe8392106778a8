//! What an answer leaves open: the list items under a heading such as "Next steps".
//!
//! Pure. What comes out is an agent's text: the caller redacts and sanitises it as such.

use throughline_model::markdown::without_links;

/// The most that are taken from one answer.
pub const MOST: usize = 10;

/// The longest that one may be, in characters.
pub const LONGEST: usize = 200;

const HEADINGS: [&str; 11] = [
    "next",
    "next step",
    "next steps",
    "todo",
    "todos",
    "to do",
    "to-do",
    "follow-up",
    "follow-ups",
    "follow up",
    "remaining",
];

/// Returns the open ends that an answer names itself, in order: list items under a markdown
/// heading, a bold line, or a line ending in a colon, that says next (steps), todo, follow-up or
/// remaining. A checked box is done and left out; nested items and code blocks are details.
pub fn followups(answer: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut section = Section::Other;
    let mut fenced = Fence::Outside;
    for line in answer.lines() {
        fenced = fenced.after(line);
        if fenced != Fence::Outside || line.trim().is_empty() {
            continue;
        }
        if let Some(item) = list_item(line) {
            found.extend(section.open_end(line, item));
        } else if !line.starts_with([' ', '\t']) {
            section = section.after(line);
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Fence {
    Outside,
    Inside,
    Closing,
}

impl Fence {
    fn after(self, line: &str) -> Self {
        let mark = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        match (self, mark) {
            (Self::Inside, true) => Self::Closing,
            (Self::Inside, false) | (Self::Outside | Self::Closing, true) => Self::Inside,
            (Self::Outside | Self::Closing, false) => Self::Outside,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Section {
    /// Under a markdown heading that asks for it: up to the next heading, whatever stands between.
    Headed,
    /// After a line that asks for it: only the list that follows.
    Listed,
    Other,
}

impl Section {
    fn after(self, line: &str) -> Self {
        let headed = line.starts_with('#');
        let goes_on = self == Self::Headed && !headed && !line.starts_with("**");
        match (is_heading(line), headed) {
            (true, true) => Self::Headed,
            (true, false) => Self::Listed,
            (false, _) if goes_on => Self::Headed,
            (false, _) => Self::Other,
        }
    }

    fn open_end(self, line: &str, item: &str) -> Option<String> {
        let nested = line.len() - line.trim_start().len() >= 2;
        let text = unchecked(item).map(plain).filter(|text| !text.is_empty());
        text.filter(|_| self != Self::Other && !nested)
    }
}

/// What stands after `-`, `*`, `+`, `1.` or `1)`.
fn list_item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let after_bullet = line.strip_prefix(['-', '*', '+', '•']);
    let after_number = || {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = rest.len() < line.len() && line.len() - rest.len() <= 3;
        rest.strip_prefix(['.', ')']).filter(|_| numbered)
    };
    let rest = after_bullet.or_else(after_number)?;
    rest.starts_with([' ', '\t']).then(|| rest.trim())
}

/// Takes an empty checkbox off; a checked one is nothing to do.
fn unchecked(item: &str) -> Option<&str> {
    if item.starts_with("[x]") || item.starts_with("[X]") {
        return None;
    }
    Some(item.strip_prefix("[ ]").unwrap_or(item).trim())
}

fn is_heading(line: &str) -> bool {
    let line = line.trim();
    let marked = line.starts_with('#') || line.starts_with("**") || line.starts_with("__");
    let shaped = marked || line.ends_with(':');
    let words: String =
        line.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).collect();
    let words = words.trim().to_lowercase();
    shaped && HEADINGS.iter().any(|heading| *heading == words || qualified(&words, heading))
}

/// "Suggested next steps", "Remaining work": one word more on either side.
fn qualified(words: &str, heading: &str) -> bool {
    let before = words.strip_suffix(heading).and_then(|rest| rest.strip_suffix(' '));
    let after = words.strip_prefix(heading).and_then(|rest| rest.strip_prefix(' '));
    let one_word = |rest: &str| !rest.is_empty() && !rest.contains(' ');
    // "What's next" asks; "next" alone takes no company.
    heading != "next" && (before.is_some_and(one_word) || after.is_some_and(one_word))
}

/// The text without markdown, in one line, at most [`LONGEST`] characters.
fn plain(item: &str) -> String {
    let text = without_links(item).replace(['*', '`'], "").replace("__", "").replace("~~", "");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let cut: String = text.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_under_a_heading_that_says_what_is_open() {
        let cases: [(&str, &[&str]); 15] = [
            ("## Next steps\n- Run the tests\n- Ship it", &["Run the tests", "Ship it"]),
            ("**Next:**\n1. One\n2) Two", &["One", "Two"]),
            ("Done.\n\nNext steps:\n\n* `cargo test`\n\nBye.\n- not this", &["cargo test"]),
            ("# TODO\n- [ ] open\n- [x] closed", &["open"]),
            ("### Follow-ups\n+ See [the issue](http://x/y) now", &["See the issue now"]),
            ("Remaining work:\n- a\n  more of a\n  - detail\n- b", &["a", "b"]),
            ("__To do__\n- **Fix** the _parser_", &["Fix the _parser_"]),
            ("Suggested next steps:\n- x", &["x"]),
            ("next steps\n- a plain sentence is no heading", &[]),
            ("## Changes\n- a\n## Next steps\nIn this order.\n- b\n## Tests\n- c", &["b"]),
            ("Todo:\nNothing.\n- b", &[]),
            ("## Next.js notes\n- a", &[]),
            ("## Todo\n```\n- in code\n```\n- after code", &["after code"]),
            ("**Todo**\n---\n- a", &[]),
            ("## Todo\n-\n- \n-no space\n", &[]),
        ];
        for (answer, expected) in cases {
            assert_eq!(followups(answer), expected, "{answer:?}");
        }
    }

    #[test]
    fn no_more_and_no_longer_than_promised() {
        let many = format!("Todo:\n{}", "- ä very long item\n".repeat(50));
        assert_eq!(followups(&many).len(), MOST);
        let long = followups(&format!("Todo:\n- {}", "ä".repeat(500)));
        assert_eq!(long[0].chars().count(), LONGEST);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(answer in "(Next:\n)?[-*#`\\[\\]() \n\\PC]{0,80}") {
            let found = followups(&answer);
            proptest::prop_assert!(found.iter().all(|text| !text.contains('\n')));
        }
    }
}
