//! `[memory]` and `[recall]`: how sessions become memories, who does the thinking, and what it may cost.
//!
//! Engine, endpoint and the command for a key are the user's alone: what a repository says of them is not
//! even read, since it would decide where the user's words are sent and which program is started.

use std::path::PathBuf;

use jiff::SignedDuration;

use crate::memory::engine::budget::TokenBudget;

/// Who does the thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemoryEngine {
    /// Our own rules, from the structure of a session; nothing leaves the machine.
    #[default]
    Builtin,
    /// `codex exec`, with the user's login.
    Codex,
    /// A server that speaks OpenAI's API.
    OpenAiCompatible,
}

impl MemoryEngine {
    /// All.
    pub const ALL: [Self; 3] = [Self::Builtin, Self::Codex, Self::OpenAiCompatible];

    /// As it is written in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Codex => "codex",
            Self::OpenAiCompatible => "openai-compatible",
        }
    }
}

/// Which of OpenAI's two APIs a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wire {
    /// `POST /responses`.
    #[default]
    Responses,
    /// `POST /chat/completions`, which most local servers speak.
    ChatCompletions,
}

impl Wire {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Responses, Self::ChatCompletions];

    /// As it is written in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Responses => "responses",
            Self::ChatCompletions => "chat-completions",
        }
    }
}

/// From where an endpoint's key is taken. The key itself never stands in a settings file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeySource {
    /// There is none, as with most local servers.
    #[default]
    None,
    /// The value of an environment variable.
    Environment(String),
    /// What a program prints: its name and arguments, without a shell.
    Command(Vec<String>),
}

/// `[memory.endpoint]`: a server for the engine `openai-compatible`, and for vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSettings {
    /// Everything before `/responses`, such as `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// How it is spoken to.
    pub wire: Wire,
    /// The model that thinks; without one the endpoint is for vectors alone.
    pub model: Option<String>,
    /// The model that makes vectors.
    pub embedding_model: Option<String>,
    /// From where its key is.
    pub key: KeySource,
    /// Plain http is fine to other machines, too.
    pub allow_insecure: bool,
    /// How long one answer may take.
    pub timeout: SignedDuration,
}

/// How long one answer of a model may take: a local one is slow with a long session.
pub const ANSWER_TIMEOUT: SignedDuration = SignedDuration::from_secs(300);

/// `[memory.extract]`: phase 1, from each session what it taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtractSettings {
    /// `min_idle_hours`: a session that was used more recently may go on.
    pub min_idle: SignedDuration,
    /// `max_age_days`: an older session is left alone.
    pub max_age: SignedDuration,
    /// `max_running`: sessions that are worked on at once, by all processes together.
    pub max_running: usize,
    /// `lease_seconds`: after so long somebody else may take a session over.
    pub lease: SignedDuration,
    /// `retry_delay_seconds`: how long a session rests after its first failure.
    pub retry_delay: SignedDuration,
    /// `retries`: how often a session that failed is tried again.
    pub retries: u32,
    /// `input_tokens`: how much of a session a model is given.
    pub input_tokens: usize,
}

impl Default for ExtractSettings {
    fn default() -> Self {
        Self {
            min_idle: SignedDuration::from_hours(12),
            max_age: SignedDuration::from_hours(30 * 24),
            max_running: 64,
            lease: SignedDuration::from_secs(3_600),
            retry_delay: SignedDuration::from_secs(3_600),
            retries: 3,
            input_tokens: 24_000,
        }
    }
}

/// `[memory.consolidate]`: phase 2, from what sessions taught the memories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsolidateSettings {
    /// `lease_seconds`: a consolidation without a sign of life for so long is taken over.
    pub lease: SignedDuration,
    /// `heartbeat_seconds`: how often it gives one; at most half of the lease.
    pub heartbeat: SignedDuration,
    /// `cooldown_hours`: how long one that went well is the last.
    pub cooldown: SignedDuration,
    /// `max_extractions`: so many sessions' output takes part, the most used and latest.
    pub max_extractions: usize,
    /// `max_unused_days`: what nobody used for so long sinks.
    pub max_unused: SignedDuration,
    /// `extension_retention_days`: an extension's dated files are kept so long in the workspace.
    pub extension_retention: SignedDuration,
}

impl Default for ConsolidateSettings {
    fn default() -> Self {
        Self {
            lease: SignedDuration::from_secs(3_600),
            heartbeat: SignedDuration::from_secs(90),
            cooldown: SignedDuration::from_hours(6),
            max_extractions: 256,
            max_unused: SignedDuration::from_hours(30 * 24),
            extension_retention: SignedDuration::from_hours(7 * 24),
        }
    }
}

/// `[memory]` and `[recall]`, but for `[memory.cache]`, which is about the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemorySettings {
    /// `enabled`: memories are made and told.
    pub enabled: bool,
    /// `engine`
    pub engine: MemoryEngine,
    /// `brief_tokens`: what memories may cost in a brief, as a part of `[brief] tokens`.
    pub brief_tokens: usize,
    /// `exclude_tainted`: a session that took in words of the web or of an MCP server feeds no memory.
    pub exclude_tainted: bool,
    /// `[memory.extract]`
    pub extract: ExtractSettings,
    /// `[memory.consolidate]`
    pub consolidate: ConsolidateSettings,
    /// `[memory.budget] tokens_per_day`, `tokens_per_run`
    pub budget: TokenBudget,
    /// `[memory.endpoint]`
    pub endpoint: Option<EndpointSettings>,
    /// `[recall] embeddings`: vectors take part in recall.
    pub embeddings: bool,
    /// `[recall] local_model`: the directory of a model that makes them in this process. It goes before the endpoint.
    pub local_model: Option<PathBuf>,
}

/// What memories may cost in a brief where nothing is configured, in tokens.
pub const MEMORY_BRIEF_TOKENS: usize = 150;

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            engine: MemoryEngine::default(),
            brief_tokens: MEMORY_BRIEF_TOKENS,
            exclude_tainted: true,
            extract: ExtractSettings::default(),
            consolidate: ConsolidateSettings::default(),
            budget: TokenBudget::default(),
            endpoint: None,
            embeddings: false,
            local_model: None,
        }
    }
}

impl MemorySettings {
    /// Joins a repository's settings in: what makes, keeps, tells or costs less wins, and what decides where
    /// words go, what is started and how long others must wait stays the user's.
    #[must_use]
    pub fn tightened_by(self, repository: &Self) -> Self {
        Self {
            enabled: self.enabled && repository.enabled,
            engine: self.engine,
            brief_tokens: self.brief_tokens.min(repository.brief_tokens),
            exclude_tainted: self.exclude_tainted || repository.exclude_tainted,
            extract: self.extract.tightened_by(&repository.extract),
            consolidate: self.consolidate.tightened_by(&repository.consolidate),
            budget: self.budget.min(repository.budget),
            endpoint: self.endpoint,
            embeddings: self.embeddings && repository.embeddings,
            local_model: self.local_model,
        }
    }
}

impl ExtractSettings {
    fn tightened_by(self, repository: &Self) -> Self {
        Self {
            min_idle: self.min_idle.max(repository.min_idle),
            max_age: self.max_age.min(repository.max_age),
            max_running: self.max_running.min(repository.max_running),
            lease: self.lease,
            retry_delay: self.retry_delay.max(repository.retry_delay),
            retries: self.retries.min(repository.retries),
            input_tokens: self.input_tokens.min(repository.input_tokens),
        }
    }
}

impl ConsolidateSettings {
    fn tightened_by(self, repository: &Self) -> Self {
        Self {
            lease: self.lease,
            heartbeat: self.heartbeat,
            cooldown: self.cooldown.max(repository.cooldown),
            max_extractions: self.max_extractions.min(repository.max_extractions),
            max_unused: self.max_unused.min(repository.max_unused),
            extension_retention: self.extension_retention,
        }
    }
}
