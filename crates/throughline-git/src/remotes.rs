//! Where a repository was cloned from, without what opens the door there.

use std::path::Path;

use throughline_model::head::text_of;

use crate::process::{Question, records};
use crate::{Git, GitError};

impl Git {
    /// The remotes' addresses, without user and password, in the order of the settings.
    pub fn remotes(&self, directory: &Path) -> Result<Vec<String>, GitError> {
        let arguments = ["config", "-z", "--get-regexp", r"^remote\..*\.url$"];
        let question = Question::new(directory, &arguments);
        let answer = self.run(&question)?;
        match answer.code {
            // 1: there is none.
            Some(0 | 1) => Ok(records(&answer.stdout).filter_map(url).collect()),
            Some(_) | None => Err(question.failed(&answer)),
        }
    }
}

/// The value of `key<line break>value`. A line break in a remote's name is an odd one's own fault:
/// the value starts after the last.
fn url(record: &[u8]) -> Option<String> {
    let at = record.iter().rposition(|byte| *byte == b'\n')?;
    Some(without_user(&text_of(&record[at + 1..])))
}

/// Takes out what stands before an `@` in the place of the host: of `https://u:p@host/x` and of
/// `git@host:x`.
fn without_user(url: &str) -> String {
    let (scheme, rest) = match url.find("://") {
        Some(at) => url.split_at(at + 3),
        None => ("", url),
    };
    let ends: &[char] = if scheme.is_empty() { &['/', ':'] } else { &['/', '?', '#'] };
    let authority = &rest[..rest.find(ends).unwrap_or(rest.len())];
    match authority.rfind('@') {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_user;

    #[test]
    fn an_address_keeps_everything_but_its_user() {
        let cases = [
            ("https://github.com/a/b.git", "https://github.com/a/b.git"),
            ("https://me:s3cret@github.com/a/b", "https://github.com/a/b"),
            ("https://me:p@ss@github.com/a/b", "https://github.com/a/b"),
            ("https://token@host", "https://host"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://host?x=a@b", "https://host?x=a@b"),
            ("ssh://git@host:22/a", "ssh://host:22/a"),
            ("helper::https://u:p@host/a", "helper::https://host/a"),
            ("git@github.com:a/b", "github.com:a/b"),
            ("/srv/a@b/c", "/srv/a@b/c"),
            ("C:/a@b", "C:/a@b"),
            ("", ""),
        ];
        for (url, expected) in cases {
            assert_eq!(without_user(url), expected, "{url}");
        }
    }
}
