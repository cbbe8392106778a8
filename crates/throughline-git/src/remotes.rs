//! Where a repository was cloned from, without what opens the door there.

use std::path::Path;

use throughline_model::head::text_of;
use throughline_model::remote::without_user;

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
