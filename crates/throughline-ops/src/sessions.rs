//! `thru sessions list | show`

use throughline_model::session::{Session, TurnStatus};
use throughline_store::process;

use crate::error::OpsError;
use crate::fold::fold_line;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// A session with how it stands.
#[derive(Debug, Clone)]
pub struct SessionReport {
    /// As remembered.
    pub session: Session,
    /// How it stands.
    pub standing: Standing,
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A turn is running.
    Working,
    /// Its last turn ended, its process lives.
    Waiting,
    /// Its last turn began and its process is gone.
    Interrupted,
    /// It is over.
    Ended,
}

impl Standing {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Interrupted => "interrupted",
            Self::Ended => "ended",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct SessionsReport {
    /// Latest first.
    pub sessions: Vec<SessionReport>,
    /// Files that could not be read, in sentences.
    pub problems: Vec<String>,
}

/// All sessions of the project, the latest first.
pub fn list(world: &Surroundings, here: &Here) -> Result<SessionsReport, OpsError> {
    let mut report = SessionsReport::default();
    // Old files are better than none: a fold that can't be done now is done later.
    if let Err(error) = fold_line(world, here) {
        report.problems.push(error.to_string());
    }
    let line = here.project.load_line_alone(&here.line())?.line;
    for path in here.project.session_files()? {
        match here.project.read_session(&path) {
            Ok(session) => {
                let seen = line.sessions.get(&session.id).and_then(|seen| seen.process.as_ref());
                let standing = standing(&session, seen.is_some_and(process::is_alive));
                report.sessions.push(SessionReport { session, standing });
            }
            Err(error) => report.problems.push(error.to_string()),
        }
    }
    report.sessions.sort_by_key(|found| std::cmp::Reverse(found.session.last));
    Ok(report)
}

fn standing(session: &Session, process_lives: bool) -> Standing {
    let open = session.turns.last().is_some_and(|turn| turn.status == TurnStatus::Open);
    match (session.ended, open, process_lives) {
        (true, _, _) => Standing::Ended,
        (false, true, true) => Standing::Working,
        (false, true, false) => Standing::Interrupted,
        (false, false, true) => Standing::Waiting,
        (false, false, false) => Standing::Ended,
    }
}

/// One session, by id, the beginning of an id, or `last`.
pub fn show(world: &Surroundings, here: &Here, name: &str) -> Result<SessionReport, OpsError> {
    let report = list(world, here)?;
    let mut found = report.sessions.into_iter().filter(|found| {
        name == "last" || found.session.id == name || found.session.id.starts_with(name)
    });
    let missing = || OpsError::NoSuch { what: "session", name: name.to_owned() };
    let first = found.next().ok_or_else(missing)?;
    if name != "last" && first.session.id != name && found.next().is_some() {
        let reason = format!("`{name}` begins the id of several sessions; give more of it");
        return Err(OpsError::Refused { reason });
    }
    Ok(first)
}
