//! Keeping an export of a conversation in a file of the user's.

use std::path::Path;

use throughline_store::StoreError;
use throughline_store::durable::{self, Access};

use crate::error::OpsError;

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Stays,
    /// It is replaced.
    Replaced,
}

/// Writes an export, durably and for the user's eyes alone.
///
/// # Errors
/// [`OpsError::Refused`], if a file is there that is to stay; [`OpsError::Store`], if it can't be written.
pub fn save(file: &Path, text: &str, existing: Existing) -> Result<(), OpsError> {
    let written = match existing {
        Existing::Stays => durable::create(file, text.as_bytes(), Access::Private),
        Existing::Replaced => durable::replace(file, text.as_bytes(), Access::Private),
    };
    match written {
        Err(StoreError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::AlreadyExists =>
        {
            let reason = format!("{} is there already: --force replaces it", file.display());
            Err(OpsError::Refused { reason })
        }
        written => Ok(written?),
    }
}
