//! When to try again.

use std::time::Duration;

use crate::error::ProviderError;

/// How often and after what pauses a question is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts after the first.
    pub times: u32,
    /// The first pause, at most; each further one is up to twice as long.
    pub first: Duration,
    /// No pause is longer. A server that wants to be left alone for longer is, and the error says for how long.
    pub longest: Duration,
    /// Random bits from the caller, so that many who failed at once don't come back at once.
    pub jitter: u64,
}

impl Default for Retries {
    /// Three more attempts within some ten seconds, or when the server says, up to half a minute each.
    fn default() -> Self {
        Self {
            times: 3,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            jitter: 0,
        }
    }
}

impl Retries {
    /// How long to pause after an attempt, counted from 0, that failed so; none if it was the last.
    pub(crate) fn pause(&self, attempt: u32, error: &ProviderError) -> Option<Duration> {
        if !error.is_passing() || attempt >= self.times {
            return None;
        }
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempt)).min(self.longest);
        let pause = doubled / 2 + (doubled / 2).mul_f64(self.share(attempt));
        match error.retry_after() {
            Some(asked) if asked > self.longest => None,
            Some(asked) => Some(pause.max(asked)),
            None => Some(pause),
        }
    }

    /// From 0 to 1, another for each attempt: the finalizer of SplitMix64.
    fn share(&self, attempt: u32) -> f64 {
        let mut bits = self
            .jitter
            .wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(attempt) + 1));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from(bits >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(status: u16, code: &str, retry_after: Option<u64>) -> ProviderError {
        ProviderError::Refused {
            url: String::new(),
            status,
            code: code.to_owned(),
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        let timed_out = ProviderError::TimedOut { url: String::new(), limit: Duration::ZERO };
        let unusable = ProviderError::Unusable { url: String::new(), problem: "" };
        let cases = [
            (refused(429, "", None), true),
            (refused(429, "insufficient_quota", None), false),
            (refused(500, "", None), true),
            (refused(529, "", None), true),
            (refused(400, "", None), false),
            (refused(401, "", None), false),
            (refused(408, "", None), false),
            (timed_out, true),
            (unusable, false),
        ];
        for (error, again) in cases {
            assert_eq!(Retries::default().pause(0, &error).is_some(), again, "{error:?}");
            assert_eq!(Retries::default().pause(3, &error), None);
        }
    }

    #[test]
    fn a_server_says_for_how_long_it_wants_peace() {
        let pause = |asked| Retries::default().pause(0, &refused(429, "", Some(asked)));
        assert_eq!(pause(20), Some(Duration::from_secs(20)));
        assert_eq!(pause(31), None);
        assert!(pause(0).unwrap() >= Duration::from_millis(500));
    }

    proptest! {
        #[test]
        fn a_pause_doubles_within_its_bounds(jitter: u64, attempt in 0_u32..100) {
            let retries = Retries { times: 100, jitter, ..Retries::default() };
            let pause = retries.pause(attempt, &refused(500, "", None)).unwrap();
            let longest = Duration::from_secs(1 << attempt.min(5)).min(retries.longest);
            prop_assert!(longest / 2 <= pause && pause <= longest, "{pause:?} of {longest:?}");
        }
    }
}
