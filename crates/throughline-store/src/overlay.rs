//! `HOME/threads.json`: what the user says about conversations ([`throughline_model::overlay`]).
//!
//! Truth, so it is replaced whole and durably, under a lock of its own (`threads.lock`, which is
//! never deleted). One that can't be read is refused with its line and left as it is; one of a
//! newer version is read, and not written.

use std::path::PathBuf;
use std::time::Duration;

use throughline_model::overlay::{Overlay, OverlayVersion};

use crate::durable::{self, Access};
use crate::error::StoreError;
use crate::home::Home;
use crate::lock::Held;

/// The file.
const FILE: &str = "threads.json";

/// Larger than what a hundred thousand conversations need, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The right to replace the overlay.
#[derive(Debug)]
pub struct OverlayLock {
    _held: Held,
}

impl Home {
    /// Where the overlay lies.
    pub fn overlay_path(&self) -> PathBuf {
        self.file(FILE)
    }

    /// What the user says about conversations; without a file: nothing.
    ///
    /// # Errors
    /// [`StoreError`], if there is a file that can't be read.
    pub fn overlay(&self) -> Result<Overlay, StoreError> {
        let path = self.file(FILE);
        match durable::read_if_there(&path, LIMIT)? {
            Some(bytes) => crate::json::parse(&path, &bytes),
            None => Ok(Overlay::default()),
        }
    }

    /// Takes the right to replace the overlay.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder, after `patience`.
    pub fn lock_overlay(&self, patience: Duration) -> Result<OverlayLock, StoreError> {
        self.prepare()?;
        Held::acquire(&self.file("threads.lock"), patience).map(|held| OverlayLock { _held: held })
    }

    /// Replaces the overlay.
    ///
    /// # Errors
    /// [`StoreError`]; but for [`StoreError::NotConfirmed`] the old one stands.
    pub fn save_overlay(&self, _lock: &OverlayLock, overlay: &Overlay) -> Result<(), StoreError> {
        let path = self.file(FILE);
        if overlay.version > OverlayVersion::CURRENT {
            let (found, known) = (overlay.version.0, OverlayVersion::CURRENT.0);
            return Err(StoreError::Newer { path, found, known });
        }
        let text = crate::json::text(overlay);
        if crate::json::parse::<Overlay>(&path, text.as_bytes())? != *overlay {
            return Err(StoreError::Unfaithful { path });
        }
        durable::replace(&path, text.as_bytes(), Access::Private)
    }
}
