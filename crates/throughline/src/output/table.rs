//! Tables that fit the screen: the one elastic column gives way.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Screen, Tone};
use throughline_model::sanitise::{for_terminal, one_line};

/// A cell.
pub type Cell = (Tone, String);

/// Rows of cells, the same number in each; the last column takes what is left of the width.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

/// The least that the last column gets, in columns of the screen.
const LEAST: usize = 20;

impl Table {
    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        let clean = |(tone, text): Cell| (tone, for_terminal(&one_line(&text)).into_owned());
        self.rows.push(cells.into_iter().map(clean).collect());
    }

    /// Draws it.
    pub fn draw(self, screen: &mut Screen) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|r| r.get(column)).map(|(_, t)| width(t)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns.saturating_sub(1)).map(|at| width(at) + 2).collect();
        let last = screen.width().saturating_sub(widths.iter().sum()).max(LEAST);
        let blanks = " ".repeat(widths.iter().copied().max().unwrap_or(0));
        for row in &self.rows {
            let mut pieces: Vec<(Tone, Cow<'_, str>)> = Vec::with_capacity(2 * columns);
            for (at, (tone, text)) in row.iter().enumerate() {
                match widths.get(at) {
                    Some(wide) => {
                        pieces.push((*tone, Cow::Borrowed(text)));
                        let blank = &blanks[..wide.saturating_sub(self::width(text))];
                        pieces.push((Tone::Plain, Cow::Borrowed(blank)));
                    }
                    None => pieces.push((*tone, cut(text, last))),
                }
            }
            let pieces: Vec<(Tone, &str)> = pieces.iter().map(|(t, s)| (*t, &**s)).collect();
            screen.line(&pieces);
        }
    }
}

/// In columns of the screen.
fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// As much of a text as so many columns hold.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < most
    };
    let kept: String = text.chars().take_while(fits).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}
