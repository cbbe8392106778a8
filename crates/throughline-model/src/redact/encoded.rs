//! Secrets under base64, and `data:` URLs.

use super::Found;
use super::bytes::{Class, after_line_break};
use super::scanner::start_of_word;

/// Where encoders wrap lines: PEM, OpenSSH, OpenPGP, MIME, and what rounds down from 80.
const WRAPPED: &[usize] = &[60, 64, 70, 72, 76];
/// Characters that are decoded to see whether the rest is worth it.
const PROBE: usize = 16;
/// The longest media type with its parameters that is looked at.
const LONGEST_MEDIA_TYPE: usize = 128;

/// What a run of base64 holds, and where the run ends.
pub(super) struct Decoded {
    pub(super) text: Vec<u8>,
    pub(super) end: usize,
}

/// Decodes the run at `start`, if it begins like text.
pub(super) fn decode(bytes: &[u8], start: usize) -> Option<Decoded> {
    let probe = bytes.get(start..start + PROBE)?;
    let mut text = Vec::new();
    push_decoded(&mut text, probe);
    let is_text = |b: &u8| matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if !text.iter().all(is_text) {
        return None;
    }
    let (digits, end) = gather(bytes, start);
    text.clear();
    push_decoded(&mut text, &digits);
    Some(Decoded { text, end })
}

/// The characters of a run, over wrapped lines.
fn gather(bytes: &[u8], start: usize) -> (Vec<u8>, usize) {
    let mut digits = Vec::new();
    let mut at = start;
    loop {
        let end = Class::BASE64.run_end(bytes, at);
        let line = &bytes[at..end];
        digits.extend_from_slice(line);
        match after_line_break(bytes, end).filter(|next| goes_on(bytes, line, *next)) {
            Some(next) => at = next,
            None => return (digits, end),
        }
    }
}

/// Whether base64 goes on behind this line: nothing follows padding, and no group has one character.
fn goes_on(bytes: &[u8], line: &[u8], next: usize) -> bool {
    let length = Class::BASE64.run_end(bytes, next) - next;
    WRAPPED.contains(&line.len()) && !line.ends_with(b"=") && length > 0 && length % 4 != 1
}

/// Up to the padding; a last group of one character is ignored.
fn push_decoded(text: &mut Vec<u8>, digits: &[u8]) {
    let (mut bits, mut held) = (0_u32, 0_u32);
    for sextet in digits.iter().map_while(|digit| sextet(*digit)) {
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            text.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
}

fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// A `data:` URL whose colon stands at `colon`: it may hold anything, so nobody looks inside.
pub(super) fn find_data_url(bytes: &[u8], floor: usize, colon: usize) -> Option<Found> {
    let start = colon.checked_sub(b"data".len()).filter(|start| *start >= floor)?;
    if !bytes[start..colon].eq_ignore_ascii_case(b"data")
        || is_inside_word(bytes, floor, start, colon)
    {
        return None;
    }
    let media = &bytes[colon + 1..bytes.len().min(colon + 1 + LONGEST_MEDIA_TYPE)];
    let length = media.iter().position(|b| *b == b',')?;
    if !is_media_type(&media[..length]) {
        return None;
    }
    let payload = colon + 1 + length + 1;
    let end =
        bytes[payload..].iter().position(|b| ends_url(*b)).map_or(bytes.len(), |n| payload + n);
    (end > payload).then_some(Found { start, end, kind: "data-url" })
}

fn is_inside_word(bytes: &[u8], floor: usize, start: usize, end: usize) -> bool {
    let before = bytes[floor..start].iter().rev().take_while(|b| Class::DOTTED.holds(**b)).count();
    before > 0 && start_of_word(bytes, floor, start - before, end) != start
}

fn is_media_type(media: &[u8]) -> bool {
    let known = |b: &u8| b.is_ascii_alphanumeric() || b"/+-._;=%\"".contains(b);
    media.iter().all(known) && (media.contains(&b'/') || media.ends_with(b";base64"))
}

fn ends_url(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`<>)\\".contains(&byte)
}
