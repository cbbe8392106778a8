//! The real Codex in a world, against a stand-in provider.
//!
//! Owns the provider's part of `CODEX_HOME/config.toml`: those keys are set in whatever stands
//! there, everything else (what `thru setup` wrote, a test's own MCP servers) stays. Codex gets the
//! world's environment, without its clock: hooks of one run would all get the same time and ids.

mod config;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::codex::Codex;
use crate::process::{Finished, Running};
use crate::provider::Provider;
use crate::world::World;

/// How long one run may take. Real ones take below 2 s.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a process that got a signal may take to end.
const SIGNAL_LIMIT: Duration = Duration::from_secs(10);

impl World {
    /// Codex in this world's repository, with its models at `provider`: model `gpt-5.5`, which calls
    /// tools directly, `update_plan` on, no approvals, no sandbox, no retries.
    pub fn codex<'w>(&'w self, codex: &Codex, provider: &Provider) -> CodexSession<'w> {
        let session = CodexSession {
            world: self,
            program: codex.native().to_owned(),
            folder: self.repo(),
            now: None,
            flags: Vec::new(),
            limit: LIMIT,
        };
        config::point_to(&session.config_path(), &provider.base_url(), &self.repo());
        session
    }
}

/// How Codex is run. Its conversations lie in the world's `CODEX_HOME`, so several of these see the
/// same ones.
#[derive(Debug, Clone)]
pub struct CodexSession<'w> {
    world: &'w World,
    program: PathBuf,
    folder: PathBuf,
    now: Option<String>,
    flags: Vec<&'static str>,
    limit: Duration,
}

impl CodexSession<'_> {
    /// Takes a model of the catalog that sees one tool, `exec`, and calls all others from
    /// JavaScript; see [`Step::code`](crate::Step::code).
    pub fn code_mode(self) -> Self {
        self.config("model = \"gpt-5.6-sol\"")
    }

    /// Codex summarises the conversation before it sends the next request, once the provider said
    /// that the last one took this many tokens; see [`Step::usage`](crate::Step::usage).
    pub fn auto_compact_token_limit(self, tokens: u64) -> Self {
        self.config(&format!("model_auto_compact_token_limit = {tokens}"))
    }

    /// Sets further keys in config.toml; tables are merged.
    pub fn config(self, toml: &str) -> Self {
        config::merge(&self.config_path(), toml);
        self
    }

    /// Runs hooks that nobody has trusted. Without it Codex passes over them silently.
    pub fn bypass_hook_trust(mut self) -> Self {
        self.flags.push("--dangerously-bypass-hook-trust");
        self
    }

    /// In another folder than the repository's.
    pub fn at(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        config::trust(&self.config_path(), &self.folder);
        self
    }

    /// The hooks of these runs believe that it is this time (RFC 3339), from begin to end.
    pub fn believing(mut self, now: &str) -> Self {
        self.now = Some(now.to_owned());
        self
    }

    /// Another limit than 60 s for one run.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Where it runs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `CODEX_HOME/config.toml`.
    pub fn config_path(&self) -> PathBuf {
        self.world.codex_home().join("config.toml")
    }

    /// A new conversation of one turn.
    ///
    /// # Panics
    /// As all runs: with what it said, if it doesn't end in time.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn exec(&self, prompt: &str) -> CodexRun {
        self.spawn(prompt).wait()
    }

    /// One more turn of the newest conversation in this folder.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn resume(&self, prompt: &str) -> CodexRun {
        self.start(&["resume", "--last"], prompt).wait()
    }

    /// One more turn of that conversation.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn resume_thread(&self, thread: &str, prompt: &str) -> CodexRun {
        self.start(&["resume", thread], prompt).wait()
    }

    /// A copy of that conversation, with one more turn.
    #[must_use = "a test looks at how it ended: at least assert_success()"]
    pub fn fork_thread(&self, thread: &str, prompt: &str) -> CodexRun {
        self.start(&["fork", thread], prompt).wait()
    }

    /// As [`CodexSession::exec`], without waiting. To kill it at a known place, let the provider
    /// hang and wait for that request.
    pub fn spawn(&self, prompt: &str) -> RunningCodex {
        self.start(&[], prompt)
    }

    fn start(&self, verb: &[&str], prompt: &str) -> RunningCodex {
        let mut command = self.world.command(&self.program, &self.folder);
        command.envs(self.now.iter().map(|now| ("THRU_TEST_NOW", now)));
        command.args(["exec", "--json", "--skip-git-repo-check"]).args(&self.flags);
        command.args(verb).arg(prompt);
        RunningCodex { running: Running::start(&mut command, b""), limit: self.limit }
    }
}

/// A run that may still go on. Dropping it kills it.
#[derive(Debug)]
pub struct RunningCodex {
    running: Running,
    limit: Duration,
}

impl RunningCodex {
    /// Codex's process id.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Ends it at once, as `kill -9` of its whole group, and returns what it had said.
    pub fn kill(self) -> CodexRun {
        self.running.signal(Signal::KILL);
        finished(self.running.wait(SIGNAL_LIMIT))
    }

    /// Asks it to break off, as Ctrl-C does.
    pub fn interrupt(self) -> CodexRun {
        self.running.signal(Signal::INT);
        finished(self.running.wait(SIGNAL_LIMIT))
    }

    /// Waits for its end.
    pub fn wait(self) -> CodexRun {
        finished(self.running.wait(self.limit))
    }
}

/// A run that ended.
#[derive(Debug)]
pub struct CodexRun {
    /// The conversation's id; `None` if Codex did not get that far.
    pub thread_id: Option<String>,
    /// What it wrote to stdout, one JSON object per line.
    pub events: Vec<Value>,
    /// `None` if a signal ended it.
    pub exit_code: Option<i32>,
    /// From start to end of the process.
    pub duration: Duration,
    /// Its log; for people.
    pub stderr: String,
}

impl CodexRun {
    /// Itself, if it ended with exit code 0.
    ///
    /// # Panics
    /// With everything it said, if it did not.
    #[track_caller]
    pub fn assert_success(self) -> Self {
        assert!(self.exit_code == Some(0), "Codex failed: {self:#?}");
        self
    }

    /// The conversation's id.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn thread(&self) -> &str {
        self.thread_id.as_deref().unwrap_or_else(|| panic!("no conversation began: {self:#?}"))
    }

    /// Items that were completed, of one type: `agent_message`, `command_execution`, `todo_list`.
    pub fn items(&self, kind: &str) -> Vec<&Value> {
        let completed = self.events.iter().filter(|event| event["type"] == "item.completed");
        completed.map(|event| &event["item"]).filter(|item| item["type"] == kind).collect()
    }

    /// The last answer.
    pub fn last_message(&self) -> Option<&str> {
        self.items("agent_message").last()?["text"].as_str()
    }
}

fn finished(finished: Finished) -> CodexRun {
    let stdout = String::from_utf8_lossy(&finished.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&finished.stderr).into_owned();
    let after = finished.duration;
    assert!(!finished.late, "Codex was killed after {after:?}.\n{stdout}\n[stderr]\n{stderr}");
    let events: Vec<Value> =
        stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let started = events.iter().find(|event| event["type"] == "thread.started");
    let thread_id = started.and_then(|event| Some(event["thread_id"].as_str()?.to_owned()));
    CodexRun { thread_id, events, exit_code: finished.code, duration: finished.duration, stderr }
}

#[cfg(test)]
mod tests;
