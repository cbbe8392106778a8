//! What can go wrong between here and a model.

use std::time::Duration;

use throughline_model::memory::engine::budget::TokenUse;

/// Why there is no answer. The URL has neither user nor query; what a server said is sanitised, redacted
/// and cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The endpoint's address, key or proxy can't be used; nothing was sent.
    #[error("{url}: {problem}")]
    Unusable {
        /// What the endpoint is called.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The server could not be reached, or hung up.
    #[error("{url}: not reached: {problem}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the system said.
        problem: String,
    },
    /// There is no secure connection to it.
    #[error("{url}: no secure connection: {problem}")]
    Untrusted {
        /// What was asked.
        url: String,
        /// What TLS said.
        problem: String,
    },
    /// It took too long.
    #[error("{url}: no answer within {} s", limit.as_secs_f32())]
    TimedOut {
        /// What was asked.
        url: String,
        /// What was waited for it.
        limit: Duration,
    },
    /// The server refused.
    #[error("{url}: refused with status {status}: {message}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's own word for why, empty if it has none.
        code: String,
        /// What the server said.
        message: String,
        /// When it may be asked again, if it said so.
        retry_after: Option<Duration>,
    },
    /// The server wants to be asked elsewhere. That is for the user to decide.
    #[error("{url}: leads to {to}, which is not followed")]
    Redirected {
        /// What was asked.
        url: String,
        /// To where it leads.
        to: String,
    },
    /// The answer is larger than what is read of one.
    #[error("{url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// What is read, in bytes.
        limit: u64,
    },
    /// The answer is not what the API says.
    #[error("{url}: the answer is not understood: {problem}")]
    Malformed {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        problem: String,
        /// What it cost all the same.
        spent: TokenUse,
    },
    /// The answer ends before it is complete.
    #[error("{url}: the answer is not complete: {reason}")]
    Incomplete {
        /// What was asked.
        url: String,
        /// The server's word for why, such as `max_output_tokens`.
        reason: String,
        /// What it cost all the same.
        spent: TokenUse,
    },
    /// The model would not answer.
    #[error("{url}: the model declined: {message}")]
    Declined {
        /// What was asked.
        url: String,
        /// What it said instead.
        message: String,
        /// What it cost all the same.
        spent: TokenUse,
    },
}

/// What servers call it when an account has nothing left: it passes with money, not with time.
const QUOTA: &str = "insufficient_quota";

impl ProviderError {
    /// What the question cost although there is no answer, as far as the server said.
    pub fn spent(&self) -> TokenUse {
        match self {
            Self::Malformed { spent, .. }
            | Self::Incomplete { spent, .. }
            | Self::Declined { spent, .. } => *spent,
            Self::Unusable { .. }
            | Self::Unreachable { .. }
            | Self::Untrusted { .. }
            | Self::TimedOut { .. }
            | Self::Refused { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. } => TokenUse::default(),
        }
    }

    /// Whether it may pass by itself: worth another attempt, now or by a later run.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Refused { status, code, .. } => {
                (*status == 429 && code != QUOTA) || (500..600).contains(status)
            }
            Self::Unusable { .. }
            | Self::Untrusted { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::Incomplete { .. }
            | Self::Declined { .. } => false,
        }
    }

    /// How long the server wants to be left alone, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Unusable { .. }
            | Self::Unreachable { .. }
            | Self::Untrusted { .. }
            | Self::TimedOut { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::Incomplete { .. }
            | Self::Declined { .. } => None,
        }
    }
}
