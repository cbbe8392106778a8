//! Who does the thinking: `[memory] engine`.

use throughline_model::config::memory::{MemoryEngine, MemorySettings};
use throughline_model::memory::extract::extract;
use throughline_model::memory::{Extraction, Narrative};

use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// An engine, ready to think.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    kind: MemoryEngine,
    _world: &'a Surroundings,
}

impl<'a> Engine<'a> {
    /// The one of the settings.
    pub(super) fn of(world: &'a Surroundings, settings: &MemorySettings) -> Self {
        Self { kind: settings.engine, _world: world }
    }

    /// Its name in the settings.
    pub(super) fn name(&self) -> &'static str {
        self.kind.as_str()
    }

    /// What a session taught.
    ///
    /// # Errors
    /// [`OpsError`], if it could not be asked.
    pub(super) fn extract(&self, narrative: &Narrative) -> Result<Extraction, OpsError> {
        Ok(extract(narrative))
    }
}
