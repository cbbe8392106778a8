//! Text from outside, made harmless for where it goes: a terminal or an agent.
//!
//! What a reader can't see must not act: terminal controls move the cursor and write the clipboard,
//! bidirectional controls reorder a line, invisible characters carry hidden words to a model. All
//! functions here are idempotent. None looks at meaning: whether text may be shown at all is decided
//! elsewhere.

use std::borrow::Cow;

mod fence;

pub use fence::Fence;

/// Characters that are not drawn, in ascending ranges: Unicode 16's `Default_Ignorable_Code_Point`
/// (soft hyphen, zero-width, bidirectional controls, fillers, variation selectors, tags) and the
/// interlinear annotation marks.
///
/// Variation selectors go too: runs of them smuggle bytes, and terminals disagree on their width.
const INVISIBLE: &[(char, char)] = &[
    ('\u{00ad}', '\u{00ad}'),
    ('\u{034f}', '\u{034f}'),
    ('\u{061c}', '\u{061c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// What a character is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Visible,
    /// Newline, and what other programs take for one.
    LineBreak,
    Tab,
    Control,
    Invisible,
}

fn sight(c: char) -> Sight {
    match c {
        ' '..='~' => Sight::Visible,
        '\n' | '\r' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Sight::LineBreak,
        '\t' => Sight::Tab,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Sight::Control,
        _ if is_invisible(c) => Sight::Invisible,
        _ => Sight::Visible,
    }
}

/// Nothing but what a typewriter has: most text, and told in a fraction of the time.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn is_invisible(c: char) -> bool {
    let after = INVISIBLE.partition_point(|(first, _)| *first <= c);
    after > 0 && c <= INVISIBLE[after - 1].1
}

/// A printable stand-in for a control character: Unicode's control pictures, one column wide.
fn picture(control: char) -> char {
    match control {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(control)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{2028}' | '\u{2029}' => '\u{2424}',
        _ => '\u{fffd}',
    }
}

/// Text of several lines for a terminal: newline and tab stay, other controls become pictures (ESC
/// is shown as ␛), invisible characters are removed.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let stays = |c: char| matches!(c, '\n' | '\t') || sight(c) == Sight::Visible;
    let Some(first) = text.find(|c| !stays(c)) else { return Cow::Borrowed(text) };
    let mut shown = String::with_capacity(text.len() + 8);
    shown.push_str(&text[..first]);
    for c in text[first..].chars() {
        match sight(c) {
            _ if stays(c) => shown.push(c),
            Sight::Invisible => {}
            Sight::Visible | Sight::Tab | Sight::LineBreak | Sight::Control => {
                shown.push(picture(c));
            }
        }
    }
    Cow::Owned(shown)
}

/// JSON for a terminal or a pipe: what is not drawn becomes an escape, which means the same to whoever
/// parses it. JSON itself escapes the oldest controls only.
pub fn for_json(json: &str) -> Cow<'_, str> {
    let stays = |c: char| c == '\n' || sight(c) == Sight::Visible;
    if json.chars().all(stays) {
        return Cow::Borrowed(json);
    }
    let mut units = [0; 2];
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if stays(c) {
            escaped.push(c);
        } else {
            let units = c.encode_utf16(&mut units);
            units.iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
        }
    }
    Cow::Owned(escaped)
}

/// Text for one line of a terminal: as [`for_terminal`], and each run of line breaks, tabs and the
/// spaces around them becomes one space; none at the ends.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.chars().all(|c| sight(c) == Sight::Visible) {
        return Cow::Borrowed(text);
    }
    let drawn: String = text.chars().filter(|c| sight(*c) != Sight::Invisible).collect();
    Cow::Owned(for_terminal(&folded(drawn.trim())).into_owned())
}

/// Text for one line of what an agent reads: no control and no invisible character, line breaks and
/// tabs folded as in [`one_line`], at most `max_chars` characters, the last of them `…` if it was cut.
pub fn for_model(text: &str, max_chars: usize) -> String {
    let text: String = text.chars().filter(|c| is_text_or_break(*c)).collect();
    let mut text = folded(text.trim());
    if let Some((last, _)) = max_chars.checked_sub(1).and_then(|n| text.char_indices().nth(n))
        && text[last..].chars().nth(1).is_some()
    {
        text.truncate(text[..last].trim_end().len());
        text.push('…');
    }
    if max_chars == 0 { String::new() } else { text }
}

/// Text of several lines of what an agent reads: no control and no invisible character; what other programs
/// take for a line break is one.
pub fn lines_for_model(text: &str) -> String {
    text.chars().filter_map(drawn).collect()
}

fn drawn(c: char) -> Option<char> {
    match sight(c) {
        Sight::Visible | Sight::Tab => Some(c),
        Sight::LineBreak => Some('\n'),
        Sight::Control | Sight::Invisible => None,
    }
}

fn is_text_or_break(c: char) -> bool {
    matches!(sight(c), Sight::Visible | Sight::LineBreak | Sight::Tab)
}

fn breaks_a_line(c: char) -> bool {
    matches!(sight(c), Sight::LineBreak | Sight::Tab)
}

/// Each run of blanks with a line break or tab in it becomes one space.
fn folded(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for piece in text.split(breaks_a_line) {
        let piece = if line.is_empty() { piece } else { piece.trim_start() };
        if !line.is_empty() && !piece.is_empty() {
            line.truncate(line.trim_end().len());
            line.push(' ');
        }
        line.push_str(piece);
    }
    line
}

#[cfg(test)]
mod tests;
