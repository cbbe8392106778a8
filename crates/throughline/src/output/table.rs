//! Tables that fit the screen: the one elastic column gives way.

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
            self.rows
                .iter()
                .filter_map(|r| r.get(column))
                .map(|(_, t)| t.width())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let before: usize = widths.iter().take(columns.saturating_sub(1)).map(|w| w + 2).sum();
        let last = screen.width().saturating_sub(before).max(LEAST);
        for row in &self.rows {
            let cells: Vec<Cell> = (0..row.len())
                .map(|at| {
                    let (tone, text) = &row[at];
                    let ends = at + 1 == columns;
                    (*tone, if ends { cut(text, last) } else { pad(text, widths[at] + 2) })
                })
                .collect();
            let pieces: Vec<(Tone, &str)> = cells.iter().map(|(t, s)| (*t, s.as_str())).collect();
            screen.line(&pieces);
        }
    }
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < width
    };
    format!("{}…", text.chars().take_while(fits).collect::<String>().trim_end())
}
