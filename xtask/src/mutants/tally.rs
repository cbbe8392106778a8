//! What came of an area's changes, as cargo-mutants counts them, and whether that is enough.

use std::fmt::{self, Display};

use serde::Deserialize;

/// How many of a hundred changes tests have to notice.
const LEAST: u64 = 90;

/// Counts of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Tally {
    /// A test failed.
    caught: u64,
    /// The tests did not come to an end.
    timeout: u64,
    /// All tests passed.
    missed: u64,
    /// The compiler refused it: no test of the tests.
    unviable: u64,
}

impl Tally {
    /// Of the text of an `outcomes.json`.
    pub(super) fn parse(outcomes: &str) -> serde_json::Result<Self> {
        serde_json::from_str(outcomes)
    }

    /// Whether enough were noticed, of at least one.
    pub(super) fn is_enough(self) -> bool {
        self.tried() > 0 && self.noticed() * 100 >= self.tried() * LEAST
    }

    fn noticed(self) -> u64 {
        self.caught + self.timeout
    }

    fn tried(self) -> u64 {
        self.noticed() + self.missed
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caught, timeout, missed, unviable } = *self;
        let tried = self.tried();
        // Rounded down: 89.99 is not 90.
        let share = (self.noticed() * 1000).checked_div(tried).unwrap_or_default();
        write!(f, "{}.{} % of {tried} noticed: ", share / 10, share % 10)?;
        write!(f, "{caught} caught, {timeout} hung, {missed} missed; {unviable} did not compile")?;
        if self.is_enough() { Ok(()) } else { write!(f, " (less than {LEAST} %)") }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn what_hangs_is_noticed_and_what_does_not_compile_is_not_counted() {
        let written = r#"{"outcomes": [{"scenario": "Baseline"}], "total_mutants": 15, "missed": 1,
            "caught": 7, "timeout": 2, "unviable": 5, "success": 0, "end_time": null}"#;
        let tally = Tally::parse(written).unwrap();
        let said = "90.0 % of 10 noticed: 7 caught, 2 hung, 1 missed; 5 did not compile";
        assert_eq!((tally.to_string().as_str(), tally.is_enough()), (said, true));
        assert!(Tally::parse(r#"{"caught": 7}"#).is_err(), "a count is missing");
    }

    #[test]
    fn less_than_nine_of_ten_are_too_few_and_so_are_none() {
        let cases = [(8_999, 1_001, "89.9 % of 10000"), (0, 0, "0.0 % of 0"), (0, 3, "0.0 % of 3")];
        for (caught, missed, said) in cases {
            let tally = Tally { caught, timeout: 0, missed, unviable: 9 };
            assert!(!tally.is_enough(), "{tally}");
            let text = tally.to_string();
            assert!(text.starts_with(said) && text.ends_with("(less than 90 %)"), "{text}");
        }
    }
}
