//! Private keys in PEM blocks: whole, cut off, indented, or folded into one line.

use super::Found;
use super::bytes::{Class, Mix};

const KIND: &str = "private-key";
const RULE: &[u8] = b"-----";
/// Longer than any label that names a private key.
const LONGEST_LABEL: usize = 64;
/// An RSA key of 16,384 bits takes 13 kB.
const LONGEST_BLOCK: usize = 16 * 1024;
/// A line of the block has 64 or 70 characters; what is shorter may be a word.
const SHORTEST_LINE: usize = 16;
/// What RFC 1421 and OpenPGP put between the label and the key.
const HEADERS: &[&[u8]] = &[b"Proc-Type:", b"DEK-Info:", b"Version:", b"Comment:"];

/// A block whose first line's hyphens stand at `first..after`.
pub(super) fn find(bytes: &[u8], first: usize, after: usize) -> Option<Found> {
    let start = after.checked_sub(RULE.len()).filter(|start| *start >= first)?;
    let body = after_label(bytes, after)?;
    let lines_end = after_lines(bytes, body);
    let end = after_footer(bytes, body).or(lines_end)?;
    Some(Found { start, end, kind: KIND })
}

fn after_label(bytes: &[u8], at: usize) -> Option<usize> {
    let label = bytes[at..].strip_prefix(b"BEGIN ")?;
    let label = &label[..label.len().min(LONGEST_LABEL)];
    let length = position(label, RULE)?;
    position(&label[..length], b"PRIVATE KEY")?;
    Some(at + b"BEGIN ".len() + length + RULE.len())
}

/// The end of the block, if it has one, and key material before it: prose that merely names the two
/// rules is no key.
fn after_footer(bytes: &[u8], body: usize) -> Option<usize> {
    let window = &bytes[body..bytes.len().min(body + LONGEST_BLOCK)];
    let rule = position(window, RULE)?;
    let label = window[rule + RULE.len()..].strip_prefix(b"END ")?;
    let label = &label[..label.len().min(LONGEST_LABEL)];
    let length = position(label, RULE)?;
    let is_line = |run: &[u8]| run.len() >= SHORTEST_LINE;
    let has_key = window[..rule].split(|b| !Class::BASE64.holds(*b)).any(is_line);
    has_key.then(|| body + rule + RULE.len() + b"END ".len() + length + RULE.len())
}

/// The end of the lines that can only be key material, for a block without its end.
fn after_lines(bytes: &[u8], body: usize) -> Option<usize> {
    let mut end = None;
    let mut at = body;
    loop {
        at = after_gap(bytes, at);
        if HEADERS.iter().any(|header| bytes[at..].starts_with(header)) {
            at += bytes[at..].iter().take_while(|b| !matches!(b, b'\n' | b'\\')).count();
            continue;
        }
        let run = Class::BASE64.run_end(bytes, at);
        if !is_key_line(&bytes[at..run], end.is_some()) {
            return end;
        }
        end = Some(run);
        at = run;
    }
}

fn is_key_line(run: &[u8], is_last: bool) -> bool {
    let mix = Mix::of(run);
    let is_tail = run.ends_with(b"=") || (mix.digits > 0 && mix.letters() > 0);
    run.len() >= SHORTEST_LINE || (is_last && is_tail)
}

/// Behind line breaks (plain or escaped), indents, and the marks of quotations and string lists.
fn after_gap(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        let escape = *byte == b'\\' && matches!(bytes.get(at + 1), Some(b'n' | b'r' | b't'));
        let mark =
            byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'"' | b'\'' | b',' | b'>' | b'|');
        match (escape, mark) {
            (true, _) => at += 2,
            (false, true) => at += 1,
            (false, false) => break,
        }
    }
    at
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
