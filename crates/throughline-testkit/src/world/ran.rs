//! A program that ended, as tests look at it.

use std::time::Duration;

use serde_json::Value;

use crate::process::Finished;

/// How it ended and what it said.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Bytes that are no UTF-8 are replaced.
    pub stdout: String,
    /// Bytes that are no UTF-8 are replaced.
    pub stderr: String,
    /// From start to end, as seen from outside.
    pub duration: Duration,
    pub(crate) late: bool,
}

impl Ran {
    /// Whether the exit code is 0.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }

    /// Itself, if the exit code is 0.
    ///
    /// # Panics
    /// With everything it said, if it is not.
    #[track_caller]
    pub fn assert_success(self) -> Self {
        assert!(self.is_success(), "it failed:\n{}", self.screen());
        self
    }

    /// Stdout as JSON, after [`Ran::assert_success`].
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(self) -> Value {
        let ran = self.assert_success();
        serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}):\n{}", ran.screen()))
    }

    /// Stdout, then stderr and a bad end under marks of their own.
    pub fn screen(&self) -> String {
        let mut screen = self.stdout.clone();
        if !self.stderr.is_empty() {
            screen.push_str("[stderr]\n");
            screen.push_str(&self.stderr);
        }
        match self.code {
            Some(0) => {}
            Some(code) => screen.push_str(&format!("[exit {code}]\n")),
            None => screen.push_str("[killed]\n"),
        }
        screen
    }
}

impl From<Finished> for Ran {
    fn from(finished: Finished) -> Self {
        Self {
            code: finished.code,
            stdout: String::from_utf8_lossy(&finished.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&finished.stderr).into_owned(),
            duration: finished.duration,
            late: finished.late,
        }
    }
}
