//! What the provider answers: steps in order, rules that go before them, and a default.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use super::embedding::Meaning;

/// Stands in the raw body of a request by which Codex asks for a summary; for [`Script::rule`].
pub const COMPACTION: &str = r#"request_kind\":\"compaction\""#;

/// Which answer follows which request.
///
/// A request takes the first rule that matches its raw body and has answers left, else the next
/// step, else the default, which is the text "ok". One step answers one request, so a turn with a
/// tool call takes two.
#[derive(Debug, Clone)]
pub struct Script {
    rules: Vec<Rule>,
    steps: VecDeque<Step>,
    default: Step,
    /// For requests for vectors, which have steps of their own: failures, since otherwise they get vectors.
    embedding_steps: VecDeque<Step>,
    meaning: Meaning,
}

#[derive(Debug, Clone)]
struct Rule {
    needle: String,
    /// `None`: as often as it matches.
    left: Option<usize>,
    step: Step,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// No rules and no steps.
    pub fn new() -> Self {
        Self {
            rules: Vec::new(),
            steps: VecDeque::new(),
            default: Step::text("ok"),
            embedding_steps: VecDeque::new(),
            meaning: Meaning::default(),
        }
    }

    /// These steps, in order.
    pub fn steps(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::new() }
    }

    /// One more step at the end.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    /// Answers every request whose raw body contains `needle`. The body is JSON: a quote in a prompt
    /// reads `\"` there.
    pub fn rule(mut self, needle: &str, step: Step) -> Self {
        self.rules.push(Rule { needle: needle.to_owned(), left: None, step });
        self
    }

    /// The same for the first `times` requests only.
    pub fn rule_times(mut self, needle: &str, times: usize, step: Step) -> Self {
        self.rules.push(Rule { needle: needle.to_owned(), left: Some(times), step });
        self
    }

    /// What the next request for vectors gets: a failure, or with any complete step its vectors.
    pub fn embedding_step(mut self, step: Step) -> Self {
        self.embedding_steps.push_back(step);
        self
    }

    /// Words that mean the same to the model that makes vectors.
    pub fn synonyms(mut self, words: &[&str]) -> Self {
        self.meaning.same(words);
        self
    }

    /// How long its vectors are; 64 unless told.
    pub fn dimension(mut self, dimension: usize) -> Self {
        self.meaning.dimension = dimension;
        self
    }

    /// What is answered when nothing else is left.
    pub fn default_step(mut self, step: Step) -> Self {
        self.default = step;
        self
    }
}

/// A script and how far it got.
#[derive(Debug)]
pub(super) struct Progress {
    script: Script,
}

impl Progress {
    pub(super) fn of(script: Script) -> Self {
        Self { script }
    }

    pub(super) fn next(&mut self, raw: &str) -> Step {
        let rules = self.script.rules.iter_mut();
        let matching = |rule: &&mut Rule| rule.left != Some(0) && raw.contains(&rule.needle);
        if let Some(rule) = rules.into_iter().find(matching) {
            rule.left = rule.left.map(|left| left - 1);
            return rule.step.clone();
        }
        self.script.steps.pop_front().unwrap_or_else(|| self.script.default.clone())
    }

    /// What a request for vectors gets, and how texts become vectors.
    pub(super) fn next_embedding(&mut self) -> (Option<Step>, Meaning) {
        (self.script.embedding_steps.pop_front(), self.script.meaning.clone())
    }

    pub(super) fn steps_left(&self) -> usize {
        self.script.steps.len()
    }
}

/// One answer of the model: texts and calls in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub struct Step {
    pub(super) items: Vec<Item>,
    pub(super) usage: Usage,
    pub(super) delay: Duration,
    pub(super) ending: Ending,
    pub(super) headers: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(super) enum Item {
    Text(String),
    Function { namespace: Option<String>, name: String, arguments: Value },
    Custom { name: String, input: String },
}

impl Item {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Function { .. } | Self::Custom { .. } => None,
        }
    }
}

/// Token counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    /// `None`: a quarter of the request's bytes, about what a tokenizer says.
    pub(super) input: Option<u64>,
    pub(super) cached: u64,
    pub(super) output: u64,
    pub(super) reasoning: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) enum Ending {
    #[default]
    Complete,
    Hang,
    Fail {
        code: String,
        message: String,
    },
    Status(u16),
    /// These bytes with status 200, whatever was asked.
    Raw(String),
    /// The head of an answer and half of a body, and then nothing more.
    Cut,
    /// No answer at all.
    HangUp,
    /// A whole answer that says why it ends early.
    Incomplete(String),
    /// The model will not.
    Refusal(String),
}

impl Ending {
    /// Whether it says something in the form that was asked for.
    pub(super) fn is_spoken(&self) -> bool {
        match self {
            Self::Complete | Self::Hang | Self::Fail { .. } => true,
            Self::Incomplete(_) | Self::Refusal(_) => true,
            Self::Status(_) | Self::Raw(_) | Self::Cut | Self::HangUp => false,
        }
    }
}

impl Step {
    /// An empty answer, to add to.
    pub fn new() -> Self {
        Self::default()
    }

    /// An answer of one message, which ends the turn.
    pub fn text(text: &str) -> Self {
        Self::new().say(text)
    }

    /// Adds a message.
    pub fn say(self, text: &str) -> Self {
        self.with(Item::Text(text.to_owned()))
    }

    /// Adds a call of `update_plan` with (step, status) pairs; statuses as in `in_progress`.
    pub fn plan(self, steps: &[(&str, &str)]) -> Self {
        let step = |(step, status): &(&str, &str)| json!({"step": step, "status": status});
        let plan: Vec<Value> = steps.iter().map(step).collect();
        self.call("update_plan", json!({"plan": plan}))
    }

    /// Adds a shell command.
    pub fn shell(self, command: &str) -> Self {
        self.call("exec_command", json!({"cmd": command}))
    }

    /// Adds a patch, `*** Begin Patch` to `*** End Patch`.
    pub fn patch(self, patch: &str) -> Self {
        self.with(Item::Custom { name: "apply_patch".to_owned(), input: patch.to_owned() })
    }

    /// Adds a call of an MCP server's tool. Direct tools only; in code mode it is a function of
    /// `tools`, see [`Step::code`].
    pub fn mcp(self, server: &str, tool: &str, arguments: Value) -> Self {
        self.call_in(&format!("mcp__{server}"), tool, arguments)
    }

    /// Adds a call of a tool that stands in a namespace, such as `spawn_agent` in `collaboration`.
    pub fn call_in(self, namespace: &str, name: &str, arguments: Value) -> Self {
        let namespace = Some(namespace.to_owned());
        self.with(Item::Function { namespace, name: name.to_owned(), arguments })
    }

    /// Adds JavaScript for code mode, such as `text(await tools.update_plan({plan: []}))`.
    pub fn code(self, source: &str) -> Self {
        self.with(Item::Custom { name: "exec".to_owned(), input: source.to_owned() })
    }

    /// Adds a call of any other tool.
    pub fn call(self, name: &str, arguments: Value) -> Self {
        self.with(Item::Function { namespace: None, name: name.to_owned(), arguments })
    }

    /// Says how many tokens this request took: input, of which cached, and output. What Codex
    /// compares with its compaction limit.
    pub fn usage(mut self, input: u64, cached: u64, output: u64) -> Self {
        self.usage = Usage { input: Some(input), cached, output, reasoning: 0 };
        self
    }

    /// Says how many tokens of the output were reasoning.
    pub fn reasoning(mut self, tokens: u64) -> Self {
        self.usage.reasoning = tokens;
        self
    }

    /// Adds a header to an answer that is no event stream.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Answers with these bytes and status 200.
    pub fn raw(mut self, body: &str) -> Self {
        self.ending = Ending::Raw(body.to_owned());
        self
    }

    /// Begins to answer and closes the connection in the middle.
    pub fn cut(mut self) -> Self {
        self.ending = Ending::Cut;
        self
    }

    /// Closes the connection without a word.
    pub fn hang_up(mut self) -> Self {
        self.ending = Ending::HangUp;
        self
    }

    /// Ends early with this reason (`max_output_tokens`, in chat `length`). Documents only, no streams.
    pub fn incomplete(mut self, reason: &str) -> Self {
        self.ending = Ending::Incomplete(reason.to_owned());
        self
    }

    /// Declines with these words. Documents only, no streams.
    pub fn refusal(mut self, said: &str) -> Self {
        self.ending = Ending::Refusal(said.to_owned());
        self
    }

    /// Begins to answer and then says nothing until the client leaves. Texts and calls are not sent.
    pub fn hang(mut self) -> Self {
        self.ending = Ending::Hang;
        self
    }

    /// Waits before it answers.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Answers with this HTTP status and an error, whose message is the step's first text if it has one.
    pub fn status(mut self, code: u16) -> Self {
        self.ending = Ending::Status(code);
        self
    }

    /// Fails inside the stream (`response.failed`), as with `context_length_exceeded`.
    pub fn fail(mut self, code: &str, message: &str) -> Self {
        self.ending = Ending::Fail { code: code.to_owned(), message: message.to_owned() };
        self
    }

    fn with(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }
}
