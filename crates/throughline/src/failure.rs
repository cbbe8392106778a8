//! What a failure means to the user: exit code and hint, decided here and nowhere else.

use throughline_ops::OpsError;
use throughline_runtime::RuntimeError;
use throughline_store::StoreError;

/// How the process ends. Documented in the README; scripts rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// The command line is wrong.
    Usage,
    /// Refused: open dependencies and the like.
    Refused,
    /// No project here, or not trusted.
    NoProject,
    /// Somebody holds the lock.
    Locked,
    /// The state can't be read.
    Unreadable,
    /// Not confirmed: the change may still appear.
    NotConfirmed,
}

impl Exit {
    /// The process's exit code; 75 is `EX_TEMPFAIL` of sysexits(3).
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::NoProject => 4,
            Self::Locked => 5,
            Self::Unreadable => 6,
            Self::NotConfirmed => 75,
        }
    }
}

/// A failure as it is shown.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    pub hints: Vec<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl Failure {
    /// A wrong command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), exit: Exit::Usage }
    }

    /// Something that failed outside of any op.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), exit: Exit::Failed }
    }
}

impl From<OpsError> for Failure {
    fn from(error: OpsError) -> Self {
        let (exit, hints) = verdict(&error);
        Self { message: with_sources(&error), hints, exit }
    }
}

/// The error with its causes, as far as they add anything.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    message
}

fn verdict(error: &OpsError) -> (Exit, Vec<String>) {
    let hint = |text: &str| vec![text.to_owned()];
    match error {
        OpsError::Store(error) => of_store(error),
        OpsError::Index(_) => {
            (Exit::Failed, hint("`thru index rebuild` makes the index anew; nothing is lost by it"))
        }
        OpsError::Runtime(error) => of_runtime(error),
        OpsError::Unreadable(_) => (Exit::Unreadable, Vec::new()),
        OpsError::Git(_) | OpsError::Program { .. } | OpsError::File { .. } => {
            (Exit::Failed, Vec::new())
        }
        OpsError::NoProject { .. } => (Exit::NoProject, hint("`thru init` makes a project here")),
        OpsError::NotTrusted { .. } => (
            Exit::NoProject,
            hint("`thru init` trusts it; `thru trust --diff` shows its text first"),
        ),
        OpsError::SwitchedOff { .. } => (
            Exit::NoProject,
            hint("`enabled = true` under [memory.cache] in .throughline/config.toml"),
        ),
        OpsError::NoTask { similar: Some(similar), .. } => {
            (Exit::Failed, vec![format!("did you mean {similar}?")])
        }
        OpsError::NoTask { similar: None, .. } => {
            (Exit::Failed, hint("`thru tasks list --all` shows every task of this line"))
        }
        OpsError::NoSuch { .. } => (Exit::Failed, Vec::new()),
        OpsError::OpenDependencies { .. } => {
            (Exit::Refused, hint("--force completes it all the same"))
        }
        OpsError::Claimed { .. } => (
            Exit::Refused,
            hint("a claim ends with its lease, or by its owner's `thru tasks release`"),
        ),
        OpsError::Broken(_)
        | OpsError::Field(_)
        | OpsError::Refused { .. }
        | OpsError::Import { .. } => (Exit::Refused, Vec::new()),
    }
}

fn of_runtime(error: &RuntimeError) -> (Exit, Vec<String>) {
    match error {
        RuntimeError::Damaged { .. } | RuntimeError::Insound { .. } => (
            Exit::Unreadable,
            vec![
                "`thru doctor --fix` puts the last backup in its place, and keeps it beside"
                    .to_owned(),
            ],
        ),
        RuntimeError::Newer { .. } => (
            Exit::Unreadable,
            vec!["it can be read, not written; a newer thru can do both".to_owned()],
        ),
        RuntimeError::Altered { .. } => (Exit::Unreadable, Vec::new()),
        RuntimeError::Store(error) => of_store(error),
        RuntimeError::Busy { .. } => {
            (Exit::Locked, vec!["try again; nothing was changed".to_owned()])
        }
        RuntimeError::Unusable { .. } => (Exit::Failed, Vec::new()),
        RuntimeError::Unreadable { .. } => (Exit::Unreadable, Vec::new()),
    }
}

fn of_store(error: &StoreError) -> (Exit, Vec<String>) {
    let hint = |text: &str| vec![text.to_owned()];
    match error {
        error if error.is_read_only() => (
            Exit::Failed,
            hint("an agent's sandbox can't write memory: use the MCP tools of `thru mcp` instead"),
        ),
        StoreError::Locked { .. } => (Exit::Locked, hint("try again; nothing was changed")),
        StoreError::State { .. } => (
            Exit::Unreadable,
            hint(
                "`thru cache resolve` mends what git left in conflict, `git checkout -- .throughline/project_state.json` \
                 takes back an edit; its bytes were left as they are",
            ),
        ),
        StoreError::Newer { .. } => {
            (Exit::Unreadable, hint("it can be read, not written; a newer thru can do both"))
        }
        StoreError::NewerRecords { .. } => (
            Exit::Unreadable,
            hint(
                "it can be read, not written, until the newer thru has folded them: run its `thru fold`",
            ),
        ),
        StoreError::Malformed { .. }
        | StoreError::NotAFile { .. }
        | StoreError::NotADirectory { .. }
        | StoreError::TooLarge { .. } => (Exit::Unreadable, Vec::new()),
        StoreError::NotConfirmed { .. } => {
            (Exit::NotConfirmed, hint("look with `thru log` before you repeat it"))
        }
        StoreError::Unsafe { .. } => (Exit::Failed, hint("chmod go-w on it makes it safe")),
        StoreError::Io { .. }
        | StoreError::Unfaithful { .. }
        | StoreError::Moved { .. }
        | StoreError::System { .. } => (Exit::Failed, Vec::new()),
    }
}
