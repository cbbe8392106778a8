//! Times of one thing, and how they are printed.

use std::time::Duration;

/// How long the runs of one thing took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples {
    times: Vec<Duration>,
}

impl Samples {
    /// One more run.
    pub(crate) fn push(&mut self, time: Duration) {
        self.times.push(time);
    }

    /// Whether nothing was run.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The smallest time that this share of the runs did not exceed, in milliseconds.
    ///
    /// # Panics
    /// Without a run.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index between 0 and the number of runs"
        )]
        let at = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1;
        sorted[at].as_secs_f64() * 1e3
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// At most this many milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    /// Nothing was promised: a reference.
    Free,
    /// In the median.
    Median(f64),
    /// In the median, and in 99 of 100 runs.
    Both(f64, f64),
    /// In 99 of 100 runs, and in the worst.
    Tail(f64, f64),
}

impl Budget {
    fn words(self) -> String {
        match self {
            Self::Free => String::new(),
            Self::Median(p50) => format!("{p50}"),
            Self::Both(p50, p99) => format!("{p50} / {p99}"),
            Self::Tail(p99, worst) => format!("p99 {p99} < {worst}"),
        }
    }
}

/// A row of a table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) samples: Samples,
    pub(crate) budget: Budget,
}

/// What a row is compared with.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    /// What stands above its column.
    pub(crate) short: &'static str,
    /// Its median, in milliseconds.
    pub(crate) median: f64,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, samples: Samples, budget: Budget) -> Self {
        Self { name: name.into(), samples, budget }
    }

    pub(crate) fn line(&self, references: &[Reference]) -> String {
        let (p50, p99, max) = self.figures();
        let ratios: String = references
            .iter()
            .map(|r| format!("{:>11}", format!("{:.1}×", p50 / r.median)))
            .collect();
        let budget = self.budget.words();
        let mark = if self.over_budget() { " over" } else { "" };
        format!("{:<34}{p50:>8.1}{p99:>8.1}{max:>8.1}{budget:>14}{ratios}{mark}", self.name)
    }

    fn figures(&self) -> (f64, f64, f64) {
        (self.samples.median(), self.samples.quantile(0.99), self.samples.quantile(1.0))
    }

    pub(crate) fn over_budget(&self) -> bool {
        let (p50, p99, max) = self.figures();
        match self.budget {
            Budget::Free => false,
            Budget::Median(most) => p50 > most,
            Budget::Both(median, tail) => p50 > median || p99 > tail,
            Budget::Tail(tail, worst) => p99 > tail || max > worst,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Samples {
        let mut samples = Samples::default();
        times.into_iter().for_each(|ms| samples.push(Duration::from_millis(ms)));
        samples
    }

    #[test]
    fn quantiles_are_times_that_occurred() {
        let hundred = of((1..=100).rev());
        assert_eq!([0.5, 0.99, 1.0].map(|q| hundred.quantile(q)), [50.0, 99.0, 100.0]);
        assert_eq!([0.01, 0.5, 0.99].map(|q| of([7]).quantile(q)), [7.0, 7.0, 7.0]);
    }

    #[test]
    fn a_row_says_what_it_missed() {
        let references = [Reference { short: "status", median: 10.0 }];
        let row = Row::new("Stop", of([4, 8, 30]), Budget::Both(8.0, 20.0));
        assert!(row.over_budget());
        let line = row.line(&references);
        assert!(line.ends_with("8 / 20       0.8× over"), "{line}");
        assert!(!Row::new("Stop", of([4, 8, 20]), Budget::Both(8.0, 20.0)).over_budget());
        assert!(Row::new("Stop", of([4, 8, 51]), Budget::Tail(60.0, 50.0)).over_budget());
        assert!(!Row::new("git status", of([90]), Budget::Free).over_budget());
    }
}
