//! What a transcript tells, without an agent's format.

use std::path::PathBuf;

use jiff::Timestamp;
use throughline_model::plan::PlanStep;

/// One thing that a transcript tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where its line starts, in bytes.
    pub offset: u64,
    /// How long its line is, its end included, in bytes.
    pub len: u64,
    /// In which turn. Old transcripts name no turns: there a prompt begins one.
    pub turn: Option<String>,
    /// When it was written.
    pub at: Option<Timestamp>,
    /// What.
    pub kind: ItemKind,
}

/// The kinds of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// Of whom the transcript is. A fork of old dialect holds its parent's too, after its own.
    Meta(Box<Meta>),
    /// With what the agent works from here on.
    Settings {
        /// The model, by the agent's name for it.
        model: Option<String>,
        /// How much it is to think, in the agent's word.
        effort: Option<String>,
    },
    /// A turn began.
    TurnStarted,
    /// A turn ended by itself.
    TurnEnded {
        /// The last answer, if it is told again here.
        last_message: Option<String>,
    },
    /// A turn was broken off.
    TurnAborted {
        /// Why, in the agent's word.
        reason: String,
    },
    /// The user's words.
    Prompt {
        /// Without images.
        text: String,
    },
    /// The agent's words.
    Answer {
        /// Without images.
        text: String,
    },
    /// A command ran.
    Command {
        /// As a shell would read it, without the shell that wraps it.
        command: String,
        /// What it ended with, if it ended.
        exit_code: Option<i32>,
        /// Where.
        cwd: Option<PathBuf>,
        /// The abbreviated hash that git printed, where the command makes git commit; of several
        /// the last. Nothing else of the output is kept.
        commit: Option<String>,
    },
    /// A tool was called that has no kind of its own above or below. One that runs a command or
    /// changes files is also told as [`ItemKind::Command`] or [`ItemKind::FilesChanged`].
    ToolCall {
        /// The agent's name for it.
        tool: String,
    },
    /// Files were changed through a patch.
    FilesChanged {
        /// Sorted by path.
        files: Vec<FileChange>,
    },
    /// A tool of an MCP server was called.
    McpCall {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// A subagent was heard of.
    Subagent(SubagentActivity),
    /// The agent gave its plan. Only where the call stands in the transcript as such: a plan made
    /// by a script is known from hooks alone and not guessed here.
    Plan {
        /// The whole list.
        steps: Vec<PlanStep>,
    },
    /// Tokens were counted.
    Usage {
        /// Of what the count is the sum.
        of: UsageOf,
        /// So far.
        tokens: TokenCount,
    },
    /// The context was compacted.
    Compacted,
    /// Text that a hook or the agent itself put in the user's or developer's mouth. It stands here
    /// without its words so that it can't be taken for anybody's.
    Injected,
}

/// Of whom a transcript is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// The conversation of this transcript.
    pub thread: String,
    /// The session it belongs to: for a subagent, its root's; else the same.
    pub session: String,
    /// Where it works.
    pub cwd: Option<PathBuf>,
    /// HEAD when it began. Transcripts don't tell it again later.
    pub commit: Option<String>,
    /// The branch when it began.
    pub branch: Option<String>,
    /// The thread it is a copy of.
    pub forked_from: Option<String>,
    /// Where in another transcript its first part lies, if that part is not copied into it.
    pub base: Option<ForkBase>,
    /// The thread that spawned it.
    pub parent: Option<String>,
    /// A subagent's name for people.
    pub nickname: Option<String>,
    /// A subagent's place among the others, as a path from the first agent down.
    pub agent_path: Option<String>,
    /// What a subagent was made for.
    pub role: Option<String>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// The program that began it, by its own name.
    pub originator: Option<String>,
    /// By which way it was begun, in the agent's word: `cli`, `exec`, `vscode`, `subagent` …
    pub source: Option<String>,
    /// Who serves the model.
    pub provider: Option<String>,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// Where the repository was cloned from, without user and password.
    pub repository: Option<String>,
}

/// Up to where a fork shares its parent's transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkBase {
    /// The parent.
    pub thread: String,
    /// The first byte of the parent's transcript that is not shared.
    pub end: u64,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileChange {
    /// As the agent wrote it: absolute, or relative to the session's cwd.
    pub path: PathBuf,
    /// What happened to it.
    pub change: Change,
    /// Where it went, if it was moved.
    pub moved_to: Option<PathBuf>,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    Added,
    /// It is another.
    Updated,
    /// It is gone.
    Deleted,
}

/// What was heard of a subagent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubagentActivity {
    /// Its thread.
    pub thread: String,
    /// Its place among the others.
    pub agent_path: Option<String>,
    /// What, in the agent's word, such as `started`.
    pub activity: String,
}

/// Of what a token count is the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageOf {
    /// The turn up to here.
    Turn,
    /// The whole thread up to here.
    Thread,
    /// One answer of the model. It may be told several times, with each part of the answer that
    /// was written: of the same id the last one counts, and the sum over all ids is the thread's.
    Message {
        /// The provider's id of the answer.
        id: String,
    },
}

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCount {
    /// Read, cached ones included.
    pub input: u64,
    /// Of those, read from the cache.
    pub cached: u64,
    /// Written, reasoning included.
    pub output: u64,
    /// Of those, spent on reasoning.
    pub reasoning: u64,
}

impl ItemKind {
    /// The long texts that it keeps.
    pub(super) fn texts(&mut self) -> Option<&mut String> {
        match self {
            Self::Prompt { text } | Self::Answer { text } => Some(text),
            Self::Command { command, .. } => Some(command),
            Self::TurnEnded { last_message } => last_message.as_mut(),
            Self::Meta(_)
            | Self::Settings { .. }
            | Self::ToolCall { .. }
            | Self::TurnStarted
            | Self::TurnAborted { .. }
            | Self::FilesChanged { .. }
            | Self::McpCall { .. }
            | Self::Subagent(_)
            | Self::Plan { .. }
            | Self::Usage { .. }
            | Self::Compacted
            | Self::Injected => None,
        }
    }
}

/// Cuts a text to `longest` bytes by leaving out its middle, and takes images out.
pub(super) fn shorten(text: &mut String, longest: usize) {
    if text.contains("data:image/") {
        *text = without_images(text);
    }
    if text.len() > longest {
        let head = text.floor_char_boundary(longest / 2);
        let tail = text.ceil_char_boundary(text.len() - longest / 2);
        *text = format!("{}\n[…]\n{}", &text[..head], &text[tail..]);
    }
}

/// A data URL ends where a URL can't go on.
fn without_images(text: &str) -> String {
    let mut parts = text.split("data:image/");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let in_url = |c: char| c.is_ascii_alphanumeric() || "+/=;,-_.%".contains(c);
        kept.push_str("[image]");
        kept.push_str(part.trim_start_matches(in_url));
    }
    kept
}
