//! How many tokens a model may cost, and whether the next question is still affordable.
//!
//! A question is let through by an estimate and charged by the provider's own count, so one question can
//! overdraw the budget by what the estimate missed, and the next is refused.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// How many bytes count as a token: a rule of thumb for English and code, dearer than true for most else.
pub const BYTES_PER_TOKEN: usize = 4;

/// What a model engine may cost, in tokens of input and output together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBudget {
    /// From midnight to midnight, UTC.
    pub per_day: u64,
    /// In one run of either phase.
    pub per_run: u64,
}

impl Default for TokenBudget {
    /// Some twenty sessions of the usual length a day, and no more than eight of them at once.
    fn default() -> Self {
        Self { per_day: 500_000, per_run: 200_000 }
    }
}

/// Tokens, by the provider's own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenUse {
    /// Of the question.
    pub input: u64,
    /// Of these, what the server had at hand from an earlier question.
    pub cached: u64,
    /// Of the answer.
    pub output: u64,
    /// Of these, what the model thought.
    pub reasoning: u64,
}

impl TokenUse {
    /// What counts towards a budget.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl Add for TokenUse {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached: self.cached.saturating_add(other.cached),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

impl AddAssign for TokenUse {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for TokenUse {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// Whether a question may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It fits.
    Within,
    /// It would exceed what a run may cost.
    RunSpent {
        /// How many tokens the run has left.
        left: u64,
    },
    /// It would exceed what a day may cost; this holds until tomorrow, whatever the run has left.
    DaySpent {
        /// How many tokens the day has left.
        left: u64,
    },
}

impl TokenBudget {
    /// Whether a question that costs about `estimate` fits, after `spent_today` (this run's among them) and
    /// `spent_run`.
    pub fn may_spend(&self, spent_today: u64, spent_run: u64, estimate: u64) -> Verdict {
        let left_today = self.per_day.saturating_sub(spent_today);
        let left_run = self.per_run.saturating_sub(spent_run);
        if estimate > left_today {
            Verdict::DaySpent { left: left_today }
        } else if estimate > left_run {
            Verdict::RunSpent { left: left_run }
        } else {
            Verdict::Within
        }
    }

    /// The tighter of two, number by number.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self { per_day: self.per_day.min(other.per_day), per_run: self.per_run.min(other.per_run) }
    }
}

/// About how many tokens a text is.
pub fn estimate(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_named_before_the_run() {
        let budget = TokenBudget { per_day: 100, per_run: 40 };
        let cases = [
            ((0, 0, 40), Verdict::Within),
            ((0, 0, 41), Verdict::RunSpent { left: 40 }),
            ((60, 10, 30), Verdict::Within),
            ((60, 11, 30), Verdict::RunSpent { left: 29 }),
            ((71, 0, 30), Verdict::DaySpent { left: 29 }),
            ((71, 40, 30), Verdict::DaySpent { left: 29 }),
            ((u64::MAX, u64::MAX, 0), Verdict::Within),
            ((u64::MAX, 0, u64::MAX), Verdict::DaySpent { left: 0 }),
        ];
        for ((today, run, estimate), verdict) in cases {
            assert_eq!(budget.may_spend(today, run, estimate), verdict);
        }
    }

    #[test]
    fn an_estimate_is_rounded_up() {
        assert_eq!(["", "a", "four", "five5"].map(estimate), [0, 1, 1, 2]);
    }
}
