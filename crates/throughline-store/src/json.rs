//! The private files of HOME as JSON: pretty, with a final newline.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

pub(crate) fn text<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("our files are plain data");
    text.push('\n');
    text
}

pub(crate) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::Malformed {
        path: path.to_owned(),
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use throughline_model::ids::ProjectId;
    use throughline_model::line::Line;
    use throughline_model::overlay::{MarkPatch, Overlay, Patch};
    use throughline_model::session::Session;

    use super::*;
    use crate::project::{Binding, Mode};
    use crate::session::Heard;

    type Reads = fn(&[u8]) -> bool;

    /// The files as they are written, each with its reader.
    fn files() -> Vec<(String, Reads)> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let id = ProjectId::parse("p-6f1d0c").expect("an id");
        let mut overlay = Overlay::default();
        let named = Patch::Set("A name".to_owned());
        let patch = MarkPatch { name: named, branch: Patch::Clear, ..MarkPatch::default() };
        overlay.patch("a", &patch, at).expect("a mark");
        let binding = Binding::new("/a".into(), Mode::Local, id, "a".to_owned(), at);
        vec![
            (text(&Line::new("main")), reads::<Line>),
            (text(&Session::new("s1", "codex".to_owned(), at)), reads::<Session>),
            (text(&binding), reads::<Binding>),
            (text(&Heard::default()), reads::<Heard>),
            (text(&overlay), reads::<Overlay>),
        ]
    }

    fn reads<T: DeserializeOwned>(bytes: &[u8]) -> bool {
        match parse::<T>(Path::new("/a/file"), bytes) {
            Ok(_) => true,
            Err(error) => {
                assert!(error.to_string().starts_with("/a/file: "), "{error}");
                false
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_by_name(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            at: prop::sample::Index,
            byte: u8,
        ) {
            for (good, reads) in files() {
                prop_assert!(reads(good.as_bytes()), "{good}");
                reads(&bytes);
                let mut damaged = good.clone().into_bytes();
                let at = at.index(damaged.len());
                damaged[at] = byte;
                reads(&damaged);
                reads(&damaged[..at]);
                reads(&[&damaged[..at], &bytes, &damaged[at..]].concat());
            }
        }
    }

    #[test]
    fn what_is_nested_without_end_is_refused() {
        let deep = format!("{{\"x\": {}", "[".repeat(1_000_000));
        for (_, reads) in files() {
            assert!(!reads(deep.as_bytes()));
        }
    }
}
