//! The network client: asks models for an answer, and for the vectors of texts.
//!
//! Speaks OpenAI's Responses and Chat Completions APIs and `/embeddings`, as far as what many servers speak,
//! local ones among them. An [`Endpoint`] is a value: address, key, time limits, proxy and jitter come from
//! the caller; nothing here reads settings or the environment, or starts a program.
//!
//! Who calls reads the key ([`Secret::new`]), looks for a proxy ([`Proxy::from_variables`]) and draws the bits
//! for [`Retries::jitter`]; [`Endpoint::new`] takes the rest from the settings.
//!
//! Invariants:
//! - Requests go to the endpoint's host only: no redirect is followed.
//! - Plain http leaves the machine only if the endpoint allows it.
//! - Neither the key nor a proxy's password is in an error, in `Debug`, or in a message of the server.
//! - What was spent is told also where the answer was of no use: [`ProviderError::spent`].

mod address;
mod ask;
mod embed;
mod endpoint;
mod error;
mod http;
mod retry;
mod wire;

pub use ask::{Ask, Reply, ask};
pub use embed::{EMBED_BATCH, Embedded, embed};
pub use endpoint::{Endpoint, Proxy, Secret, Timeouts};
pub use error::ProviderError;
pub use retry::Retries;
pub use throughline_model::memory::engine::budget::TokenUse;
