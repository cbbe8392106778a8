//! Credentials before the host of a URL.

use super::Found;
use super::assignment::is_stand_in;
use super::bytes::{Class, Mix};
use super::marker_end;

/// The longest user information that is looked for.
const LONGEST: usize = 512;
/// A lone user name this long, with letters and digits, is a token.
const SHORTEST_TOKEN: usize = 20;

/// User information behind the `://` whose colon stands at `colon`. A lone name such as `git@` is
/// no secret.
pub(super) fn find(bytes: &[u8], floor: usize, colon: usize) -> Option<Found> {
    let has_scheme = colon > floor && Class::ALPHANUMERIC.holds(bytes[colon - 1]);
    let rest = &bytes[colon + 1..];
    let slashes = [&b"//"[..], b"\\/\\/"].into_iter().find(|slashes| rest.starts_with(slashes))?;
    let start = colon + 1 + slashes.len();
    let window = &bytes[start..bytes.len().min(start + LONGEST)];
    let length = window.iter().position(|b| ends_authority(*b)).unwrap_or(window.len());
    let end = start + window[..length].iter().rposition(|b| *b == b'@')?;
    let secret =
        has_scheme && marker_end(bytes, start) != Some(end) && is_secret(&bytes[start..end]);
    secret.then_some(Found { start, end, kind: "url-userinfo" })
}

fn ends_authority(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control() || b"/?#\"'<>\\`".contains(&byte)
}

fn is_secret(user_info: &[u8]) -> bool {
    match user_info.iter().position(|b| *b == b':') {
        Some(colon) => {
            let password = &user_info[colon + 1..];
            !password.is_empty() && !is_stand_in(password)
        }
        None => {
            let mix = Mix::of(user_info);
            user_info.len() >= SHORTEST_TOKEN && mix.digits > 0 && mix.letters() > 0
        }
    }
}
