//! How much a test with very many cases runs: a sample by default, all of them for a chore.

use std::env;

/// How many of its cases a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// A fixed sample of them, small enough for every run of the tests.
    Sample,
    /// All: the variable `THRU_TEST_EFFORT` is `all`.
    All,
}

impl Effort {
    /// As the environment asks.
    #[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
    pub fn asked() -> Self {
        let all = env::var_os("THRU_TEST_EFFORT").is_some_and(|effort| effort == "all");
        if all { Self::All } else { Self::Sample }
    }

    /// One of two values.
    pub fn pick<T>(self, sample: T, all: T) -> T {
        match self {
            Self::Sample => sample,
            Self::All => all,
        }
    }

    /// Says how many cases of how many were run; seen with `--nocapture`, and when the test fails.
    #[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "a test's own report")]
    pub fn report(text: &str) {
        eprintln!("{text}");
    }
}
