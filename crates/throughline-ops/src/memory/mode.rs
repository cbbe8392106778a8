//! `thru memory mode`: whether a session may teach anything.

use throughline_runtime::memories::{JobKind, Memories, Mode};

use crate::error::OpsError;
use crate::index::{AgentHome, ready};
use crate::surroundings::Surroundings;

/// How it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeReport {
    /// The session.
    pub session: String,
    /// Its mode.
    pub mode: Mode,
    /// Why, if somebody said so.
    pub why: Option<String>,
}

/// Says or sets whether a session may teach. What it taught is forgotten with the next
/// consolidation if it may not any more; if it may again, it is read again.
///
/// # Errors
/// [`OpsError`]: no such session, the database can't be written.
pub fn mode(
    world: &Surroundings,
    homes: &[AgentHome],
    name: &str,
    wanted: Option<Mode>,
) -> Result<ModeReport, OpsError> {
    let session = crate::threads::named(&ready(world, homes)?.index, name)?;
    world.home.prepare()?;
    let mut memories = crate::databases::open::<Memories>(world)?;
    let Some(wanted) = wanted else {
        let known = memories.mode(&session)?;
        let (mode, why) = known.map_or((Mode::Enabled, None), |(mode, why)| (mode, Some(why)));
        return Ok(ModeReport { session, mode, why });
    };
    let why = "your word";
    memories.change(|change| {
        change.set_mode(&session, wanted, why, world.clock.now())?;
        match wanted {
            Mode::Enabled => change.forget_job(JobKind::Extract, &session)?,
            Mode::Disabled | Mode::Polluted => drop(change.remove_output(&session)?),
        }
        Ok::<(), OpsError>(())
    })?;
    Ok(ModeReport { session, mode: wanted, why: Some(why.to_owned()) })
}
