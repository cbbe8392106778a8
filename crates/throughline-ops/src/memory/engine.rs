//! Who does the thinking: `[memory] engine`.
//!
//! The rules are asked nothing: they are functions. A model is asked one question at a time, through
//! [`Engine::ask`], which alone knows the budget: a question that would exceed it is not asked, and neither is
//! any after it. What a question cost is on the books of the day as soon as it is known, also where nothing
//! came of it.

mod account;
mod aside;
mod endpoint;

use serde_json::Value;
use throughline_model::config::memory::{MemoryEngine, MemorySettings};
use throughline_model::memory::engine::budget::estimate;
use throughline_model::memory::engine::{
    PHASE1_OUTPUT_TOKENS, PHASE1_SCHEMA_NAME, phase1_instructions, phase1_schema, read_extraction,
    render,
};
use throughline_model::memory::extract::extract;
use throughline_model::memory::{Extraction, Narrative};
use throughline_provider::{Ask, Endpoint, ProviderError, TokenUse, ask};

use crate::error::OpsError;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;
use account::Account;
pub(super) use account::today;
pub use account::{Allowance, Cost};
pub use aside::ASIDE;
use aside::Aside;
pub(crate) use endpoint::endpoint;

/// An engine, ready to think.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    kind: MemoryEngine,
    world: &'a Surroundings,
    thinker: Thinker,
    account: Account<'a>,
    /// How much of a session a model is given, in tokens.
    input_tokens: usize,
}

#[derive(Debug)]
enum Thinker {
    Rules,
    Server(Box<Endpoint>),
    Codex(Aside),
}

/// What a model is asked.
#[derive(Debug)]
pub(super) struct Question {
    /// Its name: of its schema, and of its files.
    pub(super) name: &'static str,
    /// What it is to do.
    pub(super) instructions: String,
    /// With what.
    pub(super) input: String,
    /// In which form it is to answer.
    pub(super) schema: Value,
    /// How long the answer may be, in tokens.
    pub(super) longest_answer: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// It was not asked, or not let in: another time it may be.
    #[error("{0}")]
    Later(String),
    /// Nothing useful came of it.
    #[error("{0}")]
    Failed(String),
}

impl From<OpsError> for NoAnswer {
    fn from(error: OpsError) -> Self {
        Self::Later(error.to_string())
    }
}

/// What one question came to.
struct Answer {
    said: Result<String, NoAnswer>,
    cost: TokenUse,
    /// Whether there is no point in asking anything else in this run.
    is_last: bool,
}

impl<'a> Engine<'a> {
    /// The one of the settings.
    ///
    /// # Errors
    /// [`OpsError::Refused`], if its key can't be had.
    pub(super) fn of(
        world: &'a Surroundings,
        settings: &MemorySettings,
        homes: &[AgentHome],
    ) -> Result<Self, OpsError> {
        let thinker = match (settings.engine, &settings.endpoint) {
            (MemoryEngine::Builtin, _) => Thinker::Rules,
            (MemoryEngine::Codex, _) => Thinker::Codex(Aside::of(homes)),
            (MemoryEngine::OpenAiCompatible, Some(known)) => {
                let model = known.model.as_deref().unwrap_or_default();
                Thinker::Server(Box::new(endpoint(world, known, model)?))
            }
            (MemoryEngine::OpenAiCompatible, None) => {
                let reason = "the engine openai-compatible needs [memory.endpoint] in the settings";
                return Err(OpsError::Refused { reason: reason.to_owned() });
            }
        };
        Ok(Self {
            kind: settings.engine,
            world,
            thinker,
            account: Account::new(world, settings),
            input_tokens: settings.extract.input_tokens,
        })
    }

    /// Its name in the settings.
    pub(super) fn name(&self) -> &'static str {
        self.kind.as_str()
    }

    /// Whether a model thinks.
    pub(super) fn is_model(&self) -> bool {
        match self.thinker {
            Thinker::Rules => false,
            Thinker::Server(_) | Thinker::Codex(_) => true,
        }
    }

    /// How much of a session, or of the memories, a model is given, in tokens.
    pub(super) fn input_tokens(&self) -> usize {
        self.input_tokens
    }

    /// Begins the other phase: what a run may cost counts for each.
    pub(super) fn begin_phase(&self) {
        self.account.begin_phase();
    }

    /// Why nothing more is asked in this phase, if so.
    pub(super) fn stopped(&self) -> Option<String> {
        self.account.stopped()
    }

    /// What was asked and what it cost so far; nothing to tell of the rules.
    pub(super) fn cost(&self) -> Option<Cost> {
        self.is_model().then(|| self.account.cost())
    }

    /// What a session taught.
    ///
    /// # Errors
    /// [`NoAnswer`]. The rules never fail.
    pub(super) fn extract(&self, narrative: &Narrative) -> Result<Extraction, NoAnswer> {
        if !self.is_model() {
            return Ok(extract(narrative));
        }
        if narrative.turns.iter().all(|turn| turn.prompts.is_empty()) {
            return Ok(Extraction::default());
        }
        let nonce = self.world.entropy.bytes::<6>().map_err(OpsError::from)?;
        let answer = self.ask(&Question {
            name: PHASE1_SCHEMA_NAME,
            instructions: phase1_instructions().to_owned(),
            input: render(narrative, self.input_tokens, nonce),
            schema: phase1_schema(),
            longest_answer: PHASE1_OUTPUT_TOKENS,
        })?;
        read_extraction(&answer, narrative).map_err(|error| NoAnswer::Failed(error.to_string()))
    }

    /// Asks, if the budget allows it.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub(super) fn ask(&self, question: &Question) -> Result<String, NoAnswer> {
        let schema = question.schema.to_string();
        let asked = [&question.instructions, &question.input, &schema];
        let at_most =
            asked.into_iter().map(|text| estimate(text)).sum::<u64>() + question.longest_answer;
        self.account.reserve(at_most)?;
        let answer = match &self.thinker {
            Thinker::Rules => Answer::nobody(),
            Thinker::Server(server) => of_server(server, question),
            Thinker::Codex(codex) => codex.ask(self.world, question),
        };
        let why = answer.said.as_ref().err().filter(|_| answer.is_last).map(ToString::to_string);
        self.account.settle(at_most, answer.cost, why)?;
        answer.said
    }
}

impl Answer {
    fn nobody() -> Self {
        let said = Err(NoAnswer::Later("there is no model to ask".to_owned()));
        Self { said, cost: TokenUse::default(), is_last: true }
    }
}

fn of_server(server: &Endpoint, question: &Question) -> Answer {
    let asked = Ask {
        instructions: question.instructions.clone(),
        input: question.input.clone(),
        schema: question.schema.clone(),
        schema_name: question.name.to_owned(),
        max_output_tokens: question.longest_answer,
    };
    match ask(server, &asked) {
        Ok(reply) => Answer { said: Ok(reply.text), cost: reply.usage, is_last: false },
        Err(error) => refused(&error),
    }
}

/// Whose fault it is: of the question, which then counts as tried, or of the way to the server.
fn refused(error: &ProviderError) -> Answer {
    let said = error.to_string();
    let (said, is_last) = match error {
        ProviderError::Malformed { .. }
        | ProviderError::Incomplete { .. }
        | ProviderError::Declined { .. }
        | ProviderError::TooLarge { .. }
        | ProviderError::Refused { status: 400 | 413 | 422, .. } => (NoAnswer::Failed(said), false),
        // Perhaps of this question alone; but each further one may take as long.
        ProviderError::TimedOut { .. } | ProviderError::Refused { status: 500.., .. } => {
            (NoAnswer::Failed(said), true)
        }
        ProviderError::Refused { .. }
        | ProviderError::Unusable { .. }
        | ProviderError::Unreachable { .. }
        | ProviderError::Untrusted { .. }
        | ProviderError::Redirected { .. } => (NoAnswer::Later(said), true),
    };
    Answer { said: Err(said), cost: error.spent(), is_last }
}
