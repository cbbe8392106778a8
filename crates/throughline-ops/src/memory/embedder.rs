//! Who makes vectors: the user's server, or a model in a directory of his.
//!
//! The directory needs a program that was built with the feature `local-model`. Without it the settings are
//! understood all the same, and whoever wants a vector is told.

use std::path::Path;
use std::time::Duration;

use throughline_model::config::memory::MemorySettings;
use throughline_model::memory::engine::budget::TokenUse;
use throughline_provider::{Endpoint, ProviderError, Retries, Timeouts, embed as ask};

use super::engine::endpoint;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// How long who asks waits for the vector of a question.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes vectors.
pub(crate) enum Embedder {
    /// Over the network.
    Server(Box<Endpoint>),
    /// In this process.
    #[cfg(feature = "local-model")]
    Local(Box<throughline_embed::LocalModel>),
}

/// Why there is no vector.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoVector {
    /// The server gave none.
    #[error(transparent)]
    Server(#[from] ProviderError),
    /// The directory has no model that can be used.
    #[cfg(feature = "local-model")]
    #[error(transparent)]
    Local(#[from] throughline_embed::LocalModelError),
    /// This program can't.
    #[cfg(not(feature = "local-model"))]
    #[error("{}: this thru was built without the feature local-model", directory.display())]
    NotBuiltIn {
        /// Where the model lies.
        directory: std::path::PathBuf,
    },
    /// There is no key for the server.
    #[error(transparent)]
    Key(OpsError),
}

impl NoVector {
    /// What it cost all the same.
    pub(crate) fn spent(&self) -> TokenUse {
        match self {
            Self::Server(error) => error.spent(),
            #[cfg(feature = "local-model")]
            Self::Local(_) => TokenUse::default(),
            #[cfg(not(feature = "local-model"))]
            Self::NotBuiltIn { .. } => TokenUse::default(),
            Self::Key(_) => TokenUse::default(),
        }
    }
}

impl Embedder {
    /// The one of the settings; none, if they ask for no vectors. A directory goes before a server.
    pub(crate) fn of(
        world: &Surroundings,
        settings: &MemorySettings,
    ) -> Result<Option<Self>, NoVector> {
        if !settings.embeddings {
            return Ok(None);
        }
        if let Some(directory) = &settings.local_model {
            return local(directory).map(Some);
        }
        let known = settings.endpoint.as_ref();
        let named = known.and_then(|known| Some((known, known.embedding_model.as_deref()?)));
        let Some((known, model)) = named else { return Ok(None) };
        let server = endpoint(world, known, model).map_err(NoVector::Key)?;
        Ok(Some(Self::Server(Box::new(server))))
    }

    /// What tells its vectors from another's.
    pub(crate) fn model(&self) -> &str {
        match self {
            Self::Server(server) => &server.model,
            #[cfg(feature = "local-model")]
            Self::Local(model) => model.id(),
        }
    }

    /// Whether it costs tokens.
    pub(crate) fn is_metered(&self) -> bool {
        match self {
            Self::Server(_) => true,
            #[cfg(feature = "local-model")]
            Self::Local(_) => false,
        }
    }

    /// For somebody who waits.
    pub(crate) fn in_a_hurry(self) -> Self {
        match self {
            Self::Server(mut server) => {
                server.timeouts = Timeouts::answering_within(PATIENCE);
                server.retries = Retries { times: 0, ..server.retries };
                Self::Server(server)
            }
            #[cfg(feature = "local-model")]
            Self::Local(model) => Self::Local(model),
        }
    }

    /// A vector for each text, in the same order, and what they cost.
    pub(crate) fn vectors(&self, texts: &[String]) -> Result<(Vec<Vec<f32>>, TokenUse), NoVector> {
        match self {
            Self::Server(server) => {
                let embedded = ask(server, texts)?;
                Ok((embedded.vectors, embedded.usage))
            }
            #[cfg(feature = "local-model")]
            Self::Local(model) => Ok((model.embed(texts)?, TokenUse::default())),
        }
    }
}

#[cfg(feature = "local-model")]
fn local(directory: &Path) -> Result<Embedder, NoVector> {
    let model = throughline_embed::LocalModel::open(directory)?;
    Ok(Embedder::Local(Box::new(model)))
}

#[cfg(not(feature = "local-model"))]
fn local(directory: &Path) -> Result<Embedder, NoVector> {
    Err(NoVector::NotBuiltIn { directory: directory.to_owned() })
}
