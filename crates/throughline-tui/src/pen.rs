//! Writing into one row of the screen: what does not fit is cut with an ellipsis, and what comes
//! from outside is sanitised.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_model::sanitise::{for_terminal, one_line};
use unicode_width::UnicodeWidthStr as _;

/// Text with its look.
pub(crate) type Piece = (String, Style);

/// A pen in a row; it moves to the right.
#[derive(Debug)]
pub(crate) struct Pen<'b> {
    buffer: &'b mut Buffer,
    x: u16,
    y: u16,
    /// The first column that is not ours.
    end: u16,
}

impl<'b> Pen<'b> {
    /// A pen at the start of a row of an area; rows outside of it take no ink.
    pub(crate) fn new(buffer: &'b mut Buffer, area: Rect, row: u16) -> Self {
        let y = area.y.saturating_add(row);
        let inside = row < area.height && y < buffer.area.bottom();
        let end = if inside { area.right().min(buffer.area.right()) } else { area.x };
        let y = if inside { y } else { buffer.area.y };
        Self { buffer, x: area.x, y, end }
    }

    fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Writes a text.
    pub(crate) fn put(&mut self, text: &str, style: Style) -> &mut Self {
        let (text, _) = cut(&clean(text), self.room());
        if self.room() > 0 {
            let (x, _) = self.buffer.set_stringn(self.x, self.y, &text, self.room(), style);
            self.x = x;
        }
        self
    }

    /// Writes a text and fills the column up with blanks.
    pub(crate) fn column(&mut self, text: &str, width: usize, style: Style) -> &mut Self {
        let end = self.end;
        let start = self.x;
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        self.end = start.saturating_add(width).min(end);
        self.put(text, style);
        self.x = start.saturating_add(width).min(end);
        self.end = end;
        self
    }

    /// Leaves columns blank.
    pub(crate) fn skip(&mut self, columns: usize) -> &mut Self {
        let columns = u16::try_from(columns).unwrap_or(u16::MAX);
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }

    /// Writes a text at the right end of the row; what is written later stays left of it. Where
    /// it would leave less than `least` columns, it is left out.
    pub(crate) fn right(&mut self, text: &str, least: usize, style: Style) -> &mut Self {
        let text = clean(text);
        let width = text.width();
        if width == 0 || self.room() < width + least + 2 {
            return self;
        }
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        let at = self.end - width;
        self.buffer.set_string(at, self.y, &text, style);
        self.end = at - 2;
        self
    }
}

/// Without what a terminal would act upon; blanks stay where they are.
fn clean(text: &str) -> String {
    for_terminal(text).replace(['\n', '\t'], " ")
}

/// The start of a text, with an ellipsis if there is more; and its width.
pub(crate) fn cut(text: &str, room: usize) -> (String, usize) {
    let width = text.width();
    if width <= room {
        return (text.to_owned(), width);
    }
    let (mut short, mut used) = (String::new(), 0);
    for character in text.chars() {
        let next = unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if used + next + 1 > room {
            break;
        }
        short.push(character);
        used += next;
    }
    if room > 0 {
        short.push('…');
        used += 1;
    }
    (short, used)
}

/// A text in lines of at most so many columns, broken at blanks where there are any.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let clean = one_line(paragraph);
        let mut line = String::new();
        for word in clean.split_whitespace() {
            let wide = line.width() + word.width() + usize::from(!line.is_empty());
            if wide > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// How long ago, in the largest unit that fits.
pub(crate) fn ago(now: Timestamp, then: Timestamp) -> String {
    match now.duration_since(then).as_secs() {
        seconds if seconds < 0 => format!("in {}", span(-seconds)),
        0..60 => "just now".to_owned(),
        seconds => format!("{} ago", span(seconds)),
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        0..60 => "a moment".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A number with its noun.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_and_never_wider_than_its_room() {
        for text in ["", "abc", "abcdef", "漢字漢字", "a漢b"] {
            for room in 0..8 {
                let (short, width) = cut(text, room);
                assert!(short.width() <= room && short.width() == width, "{text} in {room}");
                assert_eq!(short == text, text.width() <= room, "{text} in {room}");
            }
        }
    }

    #[test]
    fn a_pen_stays_in_its_row() {
        let area = Rect::new(2, 1, 10, 1);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 14, 3));
        Pen::new(&mut buffer, area, 0)
            .right("end", 2, Style::new())
            .put("longer text", Style::new());
        Pen::new(&mut buffer, area, 1).put("outside", Style::new());
        let text: Vec<String> = buffer
            .content
            .chunks(14)
            .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
            .collect();
        assert_eq!(text, [" ".repeat(14), "  long…  end  ".to_owned(), " ".repeat(14)]);
    }

    #[test]
    fn a_text_is_wrapped_at_blanks_and_control_characters_are_gone() {
        let expected = ["one", "two␛[31m", "three", "four"];
        assert_eq!(wrapped("one two\u{1b}[31m three\nfour", 9), expected);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    }
}
