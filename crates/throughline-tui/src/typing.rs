//! A line of text that is being typed.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The text and where the next character goes, counted in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TextLine {
    text: String,
    at: usize,
}

/// Longer than any title or note that a line is for.
const LONGEST: usize = 1_000;

impl TextLine {
    /// A line that is there already, to be changed at its end.
    pub(crate) fn of(text: &str) -> Self {
        Self { text: text.to_owned(), at: text.chars().count() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the next character, and what behind it.
    pub(crate) fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.byte(self.at))
    }

    fn byte(&self, at: usize) -> usize {
        self.text.char_indices().nth(at).map_or(self.text.len(), |(byte, _)| byte)
    }

    fn length(&self) -> usize {
        self.text.chars().count()
    }

    /// Writes text where the cursor is; breaks become blanks.
    pub(crate) fn insert(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.length());
        let clean: String =
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(room).collect();
        self.text.insert_str(self.byte(self.at), &clean);
        self.at += clean.chars().count();
    }

    fn remove(&mut self, from: usize, to: usize) {
        let range = self.byte(from)..self.byte(to);
        self.text.replace_range(range, "");
        self.at = from;
    }

    /// Where the word before the cursor starts.
    fn word(&self) -> usize {
        let before: Vec<char> = self.text.chars().take(self.at).collect();
        let end = before.iter().rposition(|c| !c.is_whitespace()).map_or(0, |at| at + 1);
        before[..end].iter().rposition(|c| c.is_whitespace()).map_or(0, |at| at + 1)
    }

    /// What a key does in a line, as shells have it.
    pub(crate) fn press(&mut self, event: &KeyEvent) {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Char('w') if control => self.remove(self.word(), self.at),
            KeyCode::Char('u') if control => self.remove(/*from*/ 0, self.at),
            KeyCode::Char('a') if control => self.at = 0,
            KeyCode::Char('e') if control => self.at = self.length(),
            KeyCode::Char(_) if control || event.modifiers.contains(KeyModifiers::ALT) => {}
            KeyCode::Char(letter) => self.insert(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace if self.at > 0 => self.remove(self.at - 1, self.at),
            KeyCode::Delete if self.at < self.length() => self.remove(self.at, self.at + 1),
            KeyCode::Left => self.at = self.at.saturating_sub(1),
            KeyCode::Right => self.at = (self.at + 1).min(self.length()),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.length(),
            _other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_as_in_a_shell() {
        let mut line = TextLine::of("one two ü");
        let mut press = |code, modifiers| {
            line.press(&KeyEvent::new(code, modifiers));
            line.halves().0.to_owned() + "|" + line.halves().1
        };
        let none = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Left, none), "one two |ü");
        assert_eq!(press(KeyCode::Char('w'), KeyModifiers::CONTROL), "one |ü");
        assert_eq!(press(KeyCode::Char('x'), none), "one x|ü");
        assert_eq!(press(KeyCode::Delete, none), "one x|");
        assert_eq!(press(KeyCode::Backspace, none), "one |");
        assert_eq!(press(KeyCode::Home, none), "|one ");
        assert_eq!(press(KeyCode::Backspace, none), "|one ");
        assert_eq!(press(KeyCode::Char('z'), KeyModifiers::CONTROL), "|one ");
        assert_eq!(press(KeyCode::End, none), "one |");
        assert_eq!(press(KeyCode::Char('u'), KeyModifiers::CONTROL), "|");
        line.insert("a\nb");
        assert_eq!(line.text(), "a b");
    }
}
