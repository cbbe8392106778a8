//! `thru memory why`: what an agent was told of memories, word for word, and why.

use throughline_runtime::memories::{Memories, Served};

use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// What a session was told.
#[derive(Debug, Clone)]
pub struct WhyReport {
    /// The session; none, if none was ever told anything.
    pub session: Option<String>,
    /// In order.
    pub served: Vec<Served>,
}

/// Says what a session was told; without one, the last that was told something.
///
/// # Errors
/// [`OpsError`]: the database can't be read; a session that is not unique.
pub fn why(world: &Surroundings, session: Option<&str>) -> Result<WhyReport, OpsError> {
    if !Memories::file(&world.home).exists() {
        return Ok(WhyReport { session: None, served: Vec::new() });
    }
    let mut memories = crate::databases::open::<Memories>(world)?;
    memories.take_told(&world.home)?;
    let session = match session {
        Some(name) => Some(one(memories.sessions_told(name)?, name)?),
        None => memories.last_served()?,
    };
    let served = session.as_deref().map(|session| memories.served_in(session)).transpose()?;
    Ok(WhyReport { session, served: served.unwrap_or_default() })
}

fn one(mut found: Vec<String>, name: &str) -> Result<String, OpsError> {
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            Err(OpsError::NoSuch { what: "session that was told a memory", name: name.to_owned() })
        }
        _ => Err(OpsError::Refused {
            reason: format!("more than one session begins with `{name}`: give more of it"),
        }),
    }
}
