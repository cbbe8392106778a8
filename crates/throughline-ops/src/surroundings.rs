//! What an operation needs from the world, made once by the composition root.

use std::path::PathBuf;

use throughline_git::Git;
use throughline_model::ids::{RecordId, TaskId, UnitId, task_id_length};
use throughline_model::record::{Actor, Body, RECORD_VERSION, Record};
use throughline_model::view::View;
use throughline_store::StoreError;
use throughline_store::clock::Clock;
use throughline_store::entropy::Entropy;
use throughline_store::home::Home;

/// The world of an operation.
#[derive(Debug)]
pub struct Surroundings {
    /// Where memory lies.
    pub home: Home,
    /// How to ask git.
    pub git: Git,
    /// Where we are.
    pub directory: PathBuf,
    /// What time it is.
    pub clock: Clock,
    /// Where ids come from.
    pub entropy: Entropy,
    /// Who asks.
    pub actor: Actor,
    /// The user's name, as owner of a claim.
    pub user: String,
    /// This program, to start a fold with.
    pub program: PathBuf,
    /// The environment's variables by name, for keys and proxies that the user's settings name.
    pub variable: fn(&str) -> Option<String>,
}

impl Surroundings {
    /// A record of now, redacted.
    pub fn record(&self, line: &str, body: Body) -> Result<Record, StoreError> {
        self.record_by(self.actor.clone(), line, body)
    }

    /// A record of now by somebody else, redacted.
    pub fn record_by(&self, actor: Actor, line: &str, body: Body) -> Result<Record, StoreError> {
        let mut record = Record {
            v: RECORD_VERSION,
            id: RecordId::from_entropy(&self.entropy.bytes::<12>()?, /*length*/ 12),
            stamp: self.clock.stamp(),
            line: line.to_owned(),
            actor,
            unit: None,
            part: None,
            body,
        };
        record.redact();
        Ok(record)
    }

    /// A new unit of change.
    pub fn unit(&self) -> Result<UnitId, StoreError> {
        Ok(UnitId::from_entropy(&self.entropy.bytes::<8>()?, /*length*/ 8))
    }

    /// A task id that nobody has on this line.
    pub fn task_id(&self, view: &View) -> Result<TaskId, StoreError> {
        let length = task_id_length(view.state.tasks.len());
        loop {
            let id = TaskId::from_entropy(&self.entropy.bytes::<8>()?, length);
            if !view.is_taken(&id) {
                return Ok(id);
            }
        }
    }
}
