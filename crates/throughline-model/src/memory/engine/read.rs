//! Values of a model's answer as values of ours: sanitised, redacted, cut.
//!
//! Whatever a value is, reading it doesn't fail: what is no text is none.

use serde_json::Value;

use crate::redact::redact;
use crate::sanitise;

/// Why an answer can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no JSON object in it.
    #[error("no JSON object in the model's answer")]
    NoObject,
    /// There is one, of something else.
    #[error("the model's answer has another shape than it was asked for")]
    OtherShape,
}

/// Looked at of a text before it is redacted and cut, as a multiple of its length: enough that what is cut
/// off can't have been a part of a secret.
const LOOKED_AT: usize = 8;

/// One line; none if it is empty or no text.
pub(super) fn line(value: &Value, longest: usize) -> Option<String> {
    let clean = sanitise::for_model(&clean(value.as_str()?, longest), longest);
    (!clean.is_empty()).then_some(clean)
}

/// A paragraph or more; none if it is empty or no text.
pub(super) fn text(value: &Value, longest: usize) -> Option<String> {
    Some(lines(value, longest)).filter(|text| !text.is_empty())
}

/// Text of any number of lines, empty if it is no text; the end is cut.
pub(super) fn lines(value: &Value, longest: usize) -> String {
    let clean = clean(value.as_str().unwrap_or_default(), longest);
    match clean.char_indices().nth(longest) {
        None => clean,
        Some(_) => {
            let kept: String = clean.chars().take(longest.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

fn clean(text: &str, longest: usize) -> String {
    let text: String = text.chars().take(longest.saturating_mul(LOOKED_AT)).collect();
    redact(sanitise::lines_for_model(&text).trim()).into_owned()
}

/// A word of a list; none if it is another.
pub(super) fn word<T: Copy>(value: &Value, words: &[(&str, T)]) -> Option<T> {
    let said = value.as_str()?.trim();
    words.iter().find(|(word, _)| word.eq_ignore_ascii_case(said)).map(|(_, meant)| *meant)
}
