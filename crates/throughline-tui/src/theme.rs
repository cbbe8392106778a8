//! How things look: one accent colour, on light, dark and colourless terminals.
//!
//! Only the terminal's own 16 colours are used for text, because its owner chose them; the shade
//! behind a selected row is the one exception, where the terminal has 256. Nothing is told by colour
//! alone: every state has a sign or a word.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use throughline_model::state::Status;

/// Which colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// Bold, dim and reversed, and no colour.
    Plain,
}

/// Which characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Characters {
    /// All of them.
    #[default]
    Unicode,
    /// ASCII: the locale has no more.
    Ascii,
}

/// What the process was told about its terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Whether `NO_COLOR` is set.
    pub no_color: bool,
    /// `TERM`
    pub term: String,
    /// `COLORTERM`
    pub colorterm: String,
    /// `COLORFGBG`: text and background, as numbers of the 16 colours.
    pub colorfgbg: String,
    /// The locale of characters: `LC_ALL`, else `LC_CTYPE`, else `LANG`.
    pub locale: String,
}

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    palette: Palette,
    characters: Characters,
    /// Whether there are 256 colours, for a shade.
    shades: bool,
}

impl Told {
    /// The theme that fits.
    pub fn theme(&self) -> Theme {
        Theme {
            palette: self.palette(),
            characters: self.characters(),
            shades: self.term.contains("256") || !self.colorterm.is_empty(),
        }
    }

    /// Whether screens can be shown there without being asked for.
    pub fn can_show_screens(&self) -> bool {
        !matches!(self.term.as_str(), "" | "dumb")
    }

    fn palette(&self) -> Palette {
        if self.no_color || !self.can_show_screens() {
            return Palette::Plain;
        }
        // 7 and 15 are the whites; everything else is darker than the text on it.
        match self.colorfgbg.rsplit(';').next() {
            Some("7" | "15") => Palette::Light,
            Some(_) | None => Palette::Dark,
        }
    }

    fn characters(&self) -> Characters {
        let locale = self.locale.to_ascii_lowercase().replace('-', "");
        if locale.contains("utf8") { Characters::Unicode } else { Characters::Ascii }
    }
}

impl Theme {
    /// The same with another palette.
    pub fn with_palette(self, palette: Palette) -> Self {
        Self { palette, ..self }
    }

    pub(crate) fn accent(self) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        match self.palette {
            Palette::Dark => style.fg(Color::Cyan),
            Palette::Light => style.fg(Color::Blue),
            Palette::Plain => style,
        }
    }

    /// An id, a key: the accent without its weight.
    pub(crate) fn id(self) -> Style {
        match self.palette {
            Palette::Dark => Style::new().fg(Color::Cyan),
            Palette::Light => Style::new().fg(Color::Blue),
            Palette::Plain => Style::new(),
        }
    }

    pub(crate) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(crate) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(crate) fn warn(self) -> Style {
        match self.palette {
            Palette::Dark => Style::new().fg(Color::Yellow),
            // Yellow on white can't be read.
            Palette::Light => Style::new().fg(Color::Magenta),
            Palette::Plain => self.strong(),
        }
    }

    pub(crate) fn bad(self) -> Style {
        match self.palette {
            Palette::Dark | Palette::Light => self.strong().fg(Color::Red),
            Palette::Plain => self.strong(),
        }
    }

    fn good(self) -> Style {
        match self.palette {
            Palette::Dark | Palette::Light => Style::new().fg(Color::Green),
            Palette::Plain => Style::new(),
        }
    }

    /// Behind the row on which the keys work.
    pub(crate) fn selected(self) -> Style {
        match (self.palette, self.shades) {
            (Palette::Dark, true) => Style::new().bg(Color::Indexed(237)),
            (Palette::Light, true) => Style::new().bg(Color::Indexed(254)),
            (Palette::Dark | Palette::Light, false) | (Palette::Plain, _) => {
                Style::new().add_modifier(Modifier::REVERSED)
            }
        }
    }

    /// A sign for where a task stands, the same as in the commands' lists.
    pub(crate) fn sign(self, status: Status, blocked: bool) -> (&'static str, Style) {
        match (status, blocked) {
            (Status::Pending, true) => ("◌", self.faint()),
            (Status::Pending, false) => ("○", Style::new()),
            (Status::InProgress, _) => ("◐", self.accent()),
            (Status::Completed, _) => ("●", self.good()),
            (Status::Cancelled, _) => ("✕", self.faint()),
        }
    }

    /// Makes what was drawn fit to show: ASCII alone, where the locale has no more.
    pub(crate) fn finish(self, buffer: &mut Buffer) {
        if self.characters == Characters::Unicode {
            return;
        }
        for cell in &mut buffer.content {
            let symbol = cell.symbol();
            if !symbol.is_ascii() {
                let plain = in_ascii(symbol);
                cell.set_char(plain);
            }
        }
    }
}

/// One character for one cell, so that nothing moves.
fn in_ascii(symbol: &str) -> char {
    match symbol {
        "○" => 'o',
        "◌" => '.',
        "◐" => '*',
        "▌" | "→" | "▸" => '>',
        "●" => 'x',
        "✕" | "─" | "—" | "·" | "–" => '-',
        "│" => '|',
        "…" => '~',
        "▾" => 'v',
        _other => '?',
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn a_terminal_gets_the_theme_that_it_can_show() {
        let told = |term: &str, colorfgbg: &str, locale: &str| {
            let (term, colorfgbg) = (term.to_owned(), colorfgbg.to_owned());
            Told { term, colorfgbg, locale: locale.to_owned(), ..Told::default() }.theme()
        };
        let theme = |palette, characters, shades| Theme { palette, characters, shades };
        use Characters::{Ascii, Unicode};
        use Palette::{Dark, Light, Plain};
        let cases = [
            (told("xterm-256color", "", "en_US.UTF-8"), theme(Dark, Unicode, true)),
            (told("xterm", "15;0", "C.utf8"), theme(Dark, Unicode, false)),
            (told("xterm", "0;15", "C"), theme(Light, Ascii, false)),
            (told("rxvt", "0;default;15", "de_DE.ISO-8859-1"), theme(Light, Ascii, false)),
            (told("dumb", "0;15", ""), theme(Plain, Ascii, false)),
        ];
        for (at, (found, expected)) in cases.into_iter().enumerate() {
            assert_eq!(found, expected, "case {at}");
        }
        let no_color = Told { no_color: true, term: "xterm".into(), ..Told::default() };
        assert_eq!(no_color.theme().palette, Plain);
    }

    #[test]
    fn an_ascii_screen_has_nothing_else_and_nothing_moves() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "▌○ → ü漢 end", Style::new());
        Told::default().theme().finish(&mut buffer);
        let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, ">o > ??  end");
    }
}
