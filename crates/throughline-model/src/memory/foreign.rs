//! Memory files of other tools, as suggestions: list items under headings, one each.
//!
//! Codex keeps a summary in Markdown (`memory_summary.md`, sections such as `## User preferences`), Claude
//! Code a page (`CLAUDE.md`) and notes with a head of `name: value` lines. What is neither a list item
//! nor such a note is prose around them and left out. Code is left out.

use super::{MemoryKind, Reach};

/// The longest item that is taken, in characters; a longer one is no fact but a document.
const LONGEST: usize = 1_000;

/// One thing that a foreign file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// By the heading under which it stands.
    pub kind: MemoryKind,
    /// By the heading, too: what is about the user holds everywhere.
    pub reach: Reach,
    /// In full.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

/// Whether a file is of the user or of one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// All that it says is the user's unless a heading says otherwise.
    User,
    /// All that it says is of the project.
    Project,
}

/// What a foreign memory file says.
pub fn items(text: &str, whose: Whose) -> Vec<Item> {
    let (head, body, skipped) = split_head(text);
    if let Some(note) = head.and_then(|head| note(head, body)) {
        return vec![note];
    }
    let mut reading = Reading { whose, items: Vec::new(), heading: String::new(), open: None };
    let mut in_code = false;
    for (line, number) in body.lines().zip(skipped + 1..) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            reading.close();
        } else if !in_code {
            reading.line(line, number);
        }
    }
    reading.close();
    reading.items
}

struct Reading {
    whose: Whose,
    items: Vec<Item>,
    heading: String,
    /// The item in the making, and where it began.
    open: Option<(String, usize)>,
}

impl Reading {
    fn line(&mut self, line: &str, number: usize) {
        let trimmed = line.trim();
        if let Some(heading) = trimmed.strip_prefix('#') {
            self.close();
            self.heading = heading.trim_start_matches('#').trim().to_lowercase();
        } else if let Some(item) = item_of(line) {
            self.close();
            self.open = Some((item.to_owned(), number));
        } else if trimmed.is_empty() {
            self.close();
        } else if let Some((text, _)) = &mut self.open
            && line.starts_with(char::is_whitespace)
        {
            text.push(' ');
            text.push_str(trimmed);
        } else {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some((text, line)) = self.open.take() else { return };
        let text = plain(&text);
        if text.contains(' ') && text.chars().count() <= LONGEST {
            let (kind, reach) = sort(&self.heading, self.whose);
            self.items.push(Item { kind, reach, text, line });
        }
    }
}

/// A list item of the first level: what is deeper goes on with it.
fn item_of(line: &str) -> Option<&str> {
    let indent = line.len() - line.trim_start().len();
    let rest = line.trim_start();
    let numbered = || {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest.get(digits..).filter(|_| digits > 0)?.strip_prefix(". ")
    };
    let item = ["- ", "* ", "+ "].iter().find_map(|mark| rest.strip_prefix(mark)).or_else(numbered);
    item.filter(|_| indent < 2)
}

/// Without marks that are for the eye.
fn plain(text: &str) -> String {
    let text = text.replace("**", "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sort(heading: &str, whose: Whose) -> (MemoryKind, Reach) {
    let has = |words: &[&str]| words.iter().any(|word| heading.contains(word));
    let reach = match whose {
        Whose::User => Reach::User,
        Whose::Project => Reach::Project,
    };
    let kind = if has(&["preference", "style", "tone"]) {
        MemoryKind::Preference
    } else if has(&["decision", "architecture"]) {
        MemoryKind::Decision
    } else if has(&["command", "build", "test", "run"]) {
        MemoryKind::Command
    } else if has(&["pitfall", "gotcha", "caveat", "warning", "known issue", "trouble"]) {
        MemoryKind::Pitfall
    } else if has(&["convention", "guideline", "rule", "tip", "workflow"]) {
        MemoryKind::Convention
    } else {
        MemoryKind::Fact
    };
    (kind, reach)
}

/// The head between two lines of `---`, the rest, and how many lines the head took.
fn split_head(text: &str) -> (Option<&str>, &str, usize) {
    let whole = (None, text, 0);
    let Some(rest) = text.strip_prefix("---\n") else { return whole };
    let Some((head, body)) = rest.split_once("\n---\n") else { return whole };
    (Some(head), body, head.lines().count() + 2)
}

/// A note of its own: a head with a description or a name, and a body.
fn note(head: &str, body: &str) -> Option<Item> {
    let value = |name: &str| {
        let line = head.lines().find_map(|line| line.trim().strip_prefix(name))?;
        Some(line.trim_start().strip_prefix(':')?.trim().trim_matches('"').to_owned())
    };
    let title = value("description").or_else(|| value("name"))?;
    let word = value("type").unwrap_or_default().to_lowercase();
    let (kind, reach) = match word.as_str() {
        "user" => (MemoryKind::Fact, Reach::User),
        "feedback" => (MemoryKind::Preference, Reach::User),
        _ => (MemoryKind::Fact, Reach::Project),
    };
    let text = plain(&format!("{title}. {}", body.trim()));
    let text: String = text.chars().take(LONGEST).collect();
    Some(Item { kind, reach, text, line: 1 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn list_items_are_taken_with_the_kind_of_their_heading() {
        let text = "# Notes\n\nProse that is no item.\n\n## User preferences\n- Answer in **German**\n  and briefly\n\
             ## Commands\n1. Run `make test` first\n```\n- no item\n```\n- one\n";
        let found: Vec<String> = items(text, Whose::User)
            .iter()
            .map(|item| format!("{} {} {}", item.line, item.kind.as_str(), item.text))
            .collect();
        let expected =
            ["6 preference Answer in German and briefly", "9 command Run `make test` first"];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_note_with_a_head_is_one_item() {
        let text = "---\nname: tabs\ndescription: Prefers tabs\ntype: feedback\n---\nSaid twice.\n";
        let found = items(text, Whose::Project);
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].kind, found[0].reach), (&MemoryKind::Preference, Reach::User));
        assert_eq!(found[0].text, "Prefers tabs. Said twice.");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[-#*` a-z0-9.\n:]{0,200}") {
            for item in items(&text, Whose::Project) {
                prop_assert!(item.line <= text.lines().count().max(1));
                prop_assert!(!item.text.contains('\n'));
            }
        }
    }
}
