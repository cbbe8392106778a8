//! A screen as a picture: what a terminal of 16 colours on a dark ground shows, in a window.
//!
//! The same screen always makes the same bytes. Every run of cells of one style is one text with its length
//! given, so that columns stand below each other in whatever font the reader has.

use std::fmt::Write as _;
use std::iter;

use super::{FRAME_END, Size};

/// A cell, and what is around the screen, in pixels.
const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 19.0;
const MARGIN: f32 = 16.0;
const BAR: f32 = 34.0;

const GROUND: &str = "#0d1117";
const TEXT: &str = "#d7dee6";
const FRAME: &str = "#30363d";
const FAINT: &str = "#8b949e";

/// The terminal's own colours: eight, and the same eight bright.
const COLOURS: [&str; 16] = [
    "#484f58", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#d7dee6",
    "#6e7681", "#ffa198", "#7ee787", "#f2cc60", "#a5d6ff", "#e2c5ff", "#76e3ea", "#ffffff",
];

/// How a run of cells looks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    text: String,
    ground: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

/// Cells beside each other that look the same.
struct Run {
    column: u16,
    columns: u16,
    text: String,
    look: Look,
}

/// What a terminal of that size shows after these bytes: of screens, their last whole frame.
pub fn svg(sent: &[u8], size: Size, title: &str) -> String {
    let mut parser = vt100::Parser::new(size.1, size.0, /*scrollback*/ 0);
    let end = sent.windows(FRAME_END.len()).rposition(|window| window == FRAME_END);
    parser.process(&sent[..end.unwrap_or(sent.len())]);
    let screen = parser.screen();
    let is_full = |row: &u16| {
        screen.rows(0, size.0).nth(usize::from(*row)).is_some_and(|row| !row.trim().is_empty())
    };
    let rows = (0..size.1).rev().find(is_full).map_or(1, |last| last + 1);
    let mut picture = window(size.0, rows, title);
    for row in 0..rows {
        for run in runs(screen, row, size.0) {
            draw(&mut picture, row, &run);
        }
    }
    picture.push_str("</g>\n</svg>\n");
    picture
}

fn window(columns: u16, rows: u16, title: &str) -> String {
    let width = f32::from(columns) * WIDTH + 2.0 * MARGIN;
    let height = BAR + f32::from(rows) * HEIGHT + MARGIN;
    let mut window = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"9\" fill=\"{GROUND}\" stroke=\"{FRAME}\"/>\n",
        width - 1.0,
        height - 1.0,
        title = escaped(title),
    );
    for (at, colour) in ["#ff5f57", "#febc2e", "#28c840"].into_iter().enumerate() {
        let x = [20, 40, 60][at];
        writeln!(window, "<circle cx=\"{x}\" cy=\"17\" r=\"6\" fill=\"{colour}\"/>").expect("text");
    }
    let middle = width / 2.0;
    window.push_str(
        "<g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n",
    );
    writeln!(
        window,
        "<text x=\"{middle:.1}\" y=\"22\" fill=\"{FAINT}\" font-size=\"13\" text-anchor=\"middle\">{}</text>",
        escaped(title)
    )
    .expect("text");
    window
}

fn runs(screen: &vt100::Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation())
        else {
            continue;
        };
        let look = look(cell);
        let columns = if cell.is_wide() { 2 } else { 1 };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        match runs.last_mut().filter(|run| run.look == look && is_letter(text) && is_plain(run)) {
            Some(run) => {
                run.text.push_str(text);
                run.columns += columns;
            }
            None => runs.push(Run { column, columns, text: text.to_owned(), look }),
        }
    }
    runs.retain(|run| !run.text.trim().is_empty() || run.look.ground.is_some());
    runs
}

/// Signs and lines may come from another font, and wider: each stands by itself.
fn is_letter(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() || c.is_alphanumeric())
}

fn is_plain(run: &Run) -> bool {
    is_letter(&run.text)
}

fn look(cell: &vt100::Cell) -> Look {
    let (text, ground) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    let (text, ground) = if cell.inverse() {
        (
            Some(ground.unwrap_or_else(|| GROUND.to_owned())),
            Some(text.unwrap_or_else(|| TEXT.to_owned())),
        )
    } else {
        (text, ground)
    };
    Look {
        text: text.unwrap_or_else(|| TEXT.to_owned()),
        ground,
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
    }
}

/// As terminals have it: 16 of the user's, a cube of 216, and 24 greys.
fn colour(colour: vt100::Color) -> Option<String> {
    let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    let hex = |r: u8, g: u8, b: u8| format!("#{r:02x}{g:02x}{b:02x}");
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(at @ 0..=15) => Some(COLOURS[usize::from(at)].to_owned()),
        vt100::Color::Idx(at @ 16..=231) => {
            let at = at - 16;
            Some(hex(step(at / 36), step(at / 6 % 6), step(at % 6)))
        }
        vt100::Color::Idx(at) => {
            Some(hex(8 + 10 * (at - 232), 8 + 10 * (at - 232), 8 + 10 * (at - 232)))
        }
        vt100::Color::Rgb(r, g, b) => Some(hex(r, g, b)),
    }
}

fn draw(picture: &mut String, row: u16, run: &Run) {
    let (x, width) = (MARGIN + f32::from(run.column) * WIDTH, f32::from(run.columns) * WIDTH);
    let top = BAR + f32::from(row) * HEIGHT;
    if let Some(ground) = &run.look.ground {
        writeln!(
            picture,
            "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{HEIGHT:.1}\" fill=\"{ground}\"/>",
            // Without a seam to the next one.
            width + 0.3
        )
        .expect("text");
    }
    if run.text.trim().is_empty() {
        return;
    }
    let attributes: String = [
        (run.look.bold, " font-weight=\"bold\""),
        (run.look.dim, " opacity=\"0.62\""),
        (run.look.italic, " font-style=\"italic\""),
        (run.look.underline, " text-decoration=\"underline\""),
    ]
    .into_iter()
    .filter_map(|(is_so, attribute)| is_so.then_some(attribute))
    .collect();
    let (base, fill) = (top + 14.0, &run.look.text);
    writeln!(
        picture,
        "<text x=\"{x:.1}\" y=\"{base:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\"{attributes}>{}</text>",
        escaped(&run.text)
    )
    .expect("text");
}

/// Blanks at both ends count: `xml:space` is not kept everywhere.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let blanks = |count: usize| iter::repeat_n('\u{a0}', count).collect::<String>();
    let (start, end) = (text.trim_start_matches(' '), text.trim_end_matches(' '));
    let middle = text.trim_matches(' ');
    format!("{}{middle}{}", blanks(text.len() - start.len()), blanks(text.len() - end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_becomes_runs_on_their_columns() {
        let sent = b"a \x1b[1;36mb&c\x1b[0m\x1b[7m d\x1b[0m\r\n\x1b[48;5;237m x\x1b[0m";
        let picture = svg(sent, Size(20, 5), "t <1>");
        for expected in [
            "<title>t &lt;1&gt;</title>",
            "textLength=\"25.2\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#56d4dd\" font-weight=\"bold\">b&amp;c<",
            "fill=\"#0d1117\">\u{a0}d<",
            "<rect x=\"16.0\" y=\"53.0\" width=\"17.1\" height=\"19.0\" fill=\"#3a3a3a\"/>",
            "height=\"88\"",
        ] {
            assert!(picture.contains(expected), "{expected}: {picture}");
        }
    }
}
