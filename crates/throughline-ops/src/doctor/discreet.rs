//! Text for somebody else's eyes: no secret, and no path of this machine but by what it is.

use std::path::{Path, PathBuf};

use throughline_model::redact::redact;

/// Folders that may be named, with their names. Others become `~/…/NAME`.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Inner ones first, or an outer one would be found in their place.
    named: Vec<(String, &'static str)>,
}

impl Places {
    /// Folders with their names; the longest path wins.
    pub fn new(named: impl IntoIterator<Item = (PathBuf, &'static str)>) -> Self {
        let text = |(path, name): (PathBuf, _)| Some((path.to_str()?.to_owned(), name));
        let mut named: Vec<_> = named.into_iter().filter_map(text).collect();
        named.retain(|(path, _)| Path::new(path).components().count() > 1);
        named.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self { named }
    }

    /// The text without secrets and paths.
    pub fn hide(&self, text: &str) -> String {
        let clean = redact(text);
        let mut hidden = String::with_capacity(clean.len());
        let mut rest = &*clean;
        while let Some(at) = rest.find('/') {
            let (before, path) = rest.split_at(at);
            hidden.push_str(before);
            if hidden.ends_with(is_part_of_a_path) {
                hidden.push('/');
                rest = &path[1..];
                continue;
            }
            let (shown, left) = self.one(path);
            hidden.push_str(&shown);
            rest = left;
        }
        hidden + rest
    }

    /// The path with which a text begins, and what follows it.
    fn one<'t>(&self, text: &'t str) -> (String, &'t str) {
        for (path, name) in &self.named {
            let Some(left) = text.strip_prefix(path.as_str()) else { continue };
            if left.is_empty() || !left.starts_with(|c: char| c != '/' && is_part_of_a_path(c)) {
                return ((*name).to_owned(), left);
            }
        }
        let end = text.find(|c: char| c != '/' && !is_part_of_a_path(c)).unwrap_or(text.len());
        let (path, left) = text.split_at(end);
        match path.trim_end_matches('/').rsplit_once('/') {
            // A word with a slash before it, as `/hooks`, is no path of this machine.
            Some(("", _)) | None => (path.to_owned(), left),
            Some((_, name)) => (format!("~/…/{name}"), left),
        }
    }
}

fn is_part_of_a_path(c: char) -> bool {
    c.is_alphanumeric() || "._-~+@%…".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let named =
            [("/home/u", "~"), ("/home/u/.local/state/throughline", "~thru"), ("/", "root")];
        Places::new(named.map(|(path, name)| (PathBuf::from(path), name)))
    }

    #[test]
    fn paths_are_named_by_what_they_are() {
        for (text, hidden) in [
            ("/home/u/x has mode 755", "~/x has mode 755"),
            ("'/home/u/.local/state/throughline/projects'", "'~thru/projects'"),
            ("/home/ulla/x", "~/…/x"),
            ("at /srv/code/parser, twice: /srv/a", "at ~/…/parser, twice: ~/…/a"),
            ("`/hooks` in Codex", "`/hooks` in Codex"),
            ("3/4 and refs/heads/main", "3/4 and refs/heads/main"),
            ("no path", "no path"),
        ] {
            assert_eq!(places().hide(text), hidden);
        }
        let secret = places().hide("token ghp_0123456789abcdefghijABCDEFGHIJ012345 in /home/u/x");
        assert!(secret.contains("[REDACTED:") && secret.ends_with("in ~/x"), "{secret}");
    }

    #[test]
    fn hidden_text_is_left_as_it_is() {
        for text in ["~/x", "~thru/projects", "~/…/parser"] {
            assert_eq!(places().hide(text), text);
        }
    }
}
