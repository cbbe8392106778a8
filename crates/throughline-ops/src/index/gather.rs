//! Items of a transcript → rows of the index. Every text passes the funnel that takes secrets out.

use std::path::Path;

use jiff::Timestamp;
use throughline_agents::transcript::{
    self, FileChange, Item, ItemKind as Said, Limits, Offset, Reader, Tail, TokenCount,
    TranscriptError, UsageOf, read_from,
};
use throughline_model::redact::redact;
use throughline_store::index::{Chunk, ItemKind, ItemRow, Meta, Outcome, Tokens, TurnDelta};

use super::inventory::Job;

/// Longer texts are searched by their start and their end: a pasted log is not what anybody said.
pub(crate) const LIMITS: Limits = Limits { longest_line: 8 * 1024 * 1024, longest_text: 32 * 1024 };

/// How much of a transcript is gathered before it is written, in bytes of its text.
const CHUNK: u64 = 8 * 1024 * 1024;

/// How long a title is at most, in characters.
const TITLE: usize = 120;

/// What reading a transcript gives, in order.
#[derive(Debug)]
pub(super) enum Read {
    /// Another file stands in its place: what was read before is not of it.
    Replaced,
    /// More of it.
    Chunk(Box<Chunk>),
    /// It can't be read.
    Failed(String),
}

/// Reads one transcript in pieces. `take` returns whether to go on.
pub(super) fn gather(job: &Job, take: &mut dyn FnMut(Read) -> bool) {
    if job.replaced && !take(Read::Replaced) {
        return;
    }
    let mut from = job.from.clone();
    let mut gathering = Gathering::new(job);
    loop {
        let mut reader = match open(job, from.clone()) {
            Ok(reader) => reader,
            Err(error) if error.must_restart() && from.bytes > 0 => {
                if !take(Read::Replaced) {
                    return;
                }
                from = Offset::default();
                gathering = Gathering::of_new(job);
                continue;
            }
            Err(error) => {
                take(Read::Failed(error.to_string()));
                return;
            }
        };
        let end = from.bytes.saturating_add(CHUNK);
        let stopped = gathering.read(&mut reader, end);
        let tail = reader.finish();
        from = tail.next_offset.clone();
        let chunk = gathering.chunk(tail, &stopped);
        if !take(Read::Chunk(Box::new(chunk))) || !matches!(stopped, Stopped::Full) {
            return;
        }
    }
}

fn open(job: &Job, from: Offset) -> Result<Reader, TranscriptError> {
    read_from(&job.found.path, from, &LIMITS, &job.agent.transcript)
}

/// Why a piece ended.
enum Stopped {
    /// The transcript did.
    End,
    /// There is enough for one piece.
    Full,
    /// It can't be read on.
    Broken(String),
}

/// One piece in the making.
struct Gathering {
    chunk: Chunk,
    /// The conversation, once it is known: a copy of old dialect also holds its origin's.
    key: Option<String>,
    is_first: bool,
    /// By which the conversation is known if the transcript does not say.
    stem: String,
    cwd: String,
}

impl Gathering {
    /// Of a transcript of which nothing is known.
    fn of_new(job: &Job) -> Self {
        Self { key: None, is_first: true, cwd: String::new(), ..Self::new(job) }
    }

    fn new(job: &Job) -> Self {
        let stem = job.found.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Self {
            chunk: Chunk::default(),
            key: job.of.as_ref().map(|(key, _)| key.clone()),
            is_first: job.from.bytes == 0,
            stem: stem.unwrap_or_default(),
            cwd: job.of.as_ref().map(|(_, cwd)| cwd.clone()).unwrap_or_default(),
        }
    }

    fn read(&mut self, reader: &mut Reader, end: u64) -> Stopped {
        for item in reader.by_ref() {
            match item {
                Ok(item) => {
                    let at = item.offset;
                    self.take_in(item);
                    if at >= end {
                        return Stopped::Full;
                    }
                }
                Err(error) => return Stopped::Broken(error.to_string()),
            }
        }
        Stopped::End
    }

    /// What was gathered, as one piece; the next begins empty.
    fn chunk(&mut self, tail: Tail, stopped: &Stopped) -> Chunk {
        let mut chunk = std::mem::take(&mut self.chunk);
        if self.is_first && chunk.meta.is_none() {
            let key = self.stem.clone();
            chunk.meta = Some(Meta { session: key.clone(), key, ..Meta::default() });
        }
        self.is_first = false;
        chunk.offset = tail.next_offset.bytes;
        chunk.turn = tail.next_offset.turn;
        let skipped = tail.skipped;
        chunk.skipped = skipped.too_long + skipped.bad_json + skipped.odd + skipped.nul_holes;
        chunk.is_last = !matches!(stopped, Stopped::Full);
        chunk.error = match stopped {
            Stopped::Broken(error) => Some(error.clone()),
            Stopped::End | Stopped::Full => None,
        };
        chunk
    }

    fn take_in(&mut self, item: Item) {
        let place = Place { offset: item.offset, length: item.len };
        let at = item.at.map(Timestamp::as_millisecond);
        let turn = item.turn;
        match item.kind {
            Said::Meta(meta) => self.meta(*meta),
            Said::Usage { of: UsageOf::Thread, tokens } => {
                self.chunk.tokens = Some(counted(tokens))
            }
            Said::Usage { of: UsageOf::Turn, tokens } => {
                self.turn(turn, at).tokens = Some(counted(tokens));
            }
            Said::Usage { of: UsageOf::Message { .. }, tokens } => {
                self.chunk.more += counted(tokens);
                self.turn(turn, at).more += counted(tokens);
            }
            Said::TurnStarted => {
                self.turn(turn, at);
            }
            Said::TurnEnded { .. } => self.turn(turn, at).outcome = Outcome::Ended,
            Said::TurnAborted { .. } => self.turn(turn, at).outcome = Outcome::Aborted,
            Said::Settings { model, effort } => {
                let turn = self.turn(turn, at);
                turn.model = model.or(turn.model.take());
                turn.effort = effort.or(turn.effort.take());
            }
            Said::Prompt { text } => self.prompt(turn, at, place, &text),
            Said::Answer { text } => self.turn(turn, at).put(ItemKind::Answer, place, &text),
            Said::Command { command, commit, .. } => {
                let turn = self.turn(turn, at);
                turn.put(ItemKind::Command, place, &command);
                turn.commits.extend(commit);
            }
            Said::FilesChanged { files } => self.files(turn, at, place, &files),
            Said::McpCall { server, tool } => self.turn(turn, at).tool(format!("{server}.{tool}")),
            Said::ToolCall { tool } => self.turn(turn, at).tool(tool),
            Said::Subagent(activity) => self.turn(turn, at).spawned.push(activity.thread),
            Said::Plan { steps } => {
                let words: Vec<&str> = steps.iter().map(|step| step.text.as_str()).collect();
                let turn = self.turn(turn, at);
                turn.put(ItemKind::Plan, place, &words.join("\n"));
                turn.tool("update_plan".to_owned());
            }
            Said::Compacted => self.turn(turn, at).put(ItemKind::Compaction, place, ""),
            Said::Injected => {}
        }
    }

    fn meta(&mut self, meta: transcript::Meta) {
        if self.key.as_ref().is_some_and(|key| *key != meta.thread) {
            return;
        }
        self.key = Some(meta.thread.clone());
        self.cwd = meta.cwd.map(|cwd| cwd.to_string_lossy().into_owned()).unwrap_or_default();
        self.chunk.meta = Some(Meta {
            key: meta.thread,
            session: meta.session,
            parent: meta.parent,
            forked_from: meta.forked_from,
            base_end: meta.base.map(|base| base.end),
            nickname: meta.nickname,
            role: meta.role,
            agent_path: meta.agent_path,
            origin: meta.source,
            provider: meta.provider,
            version: meta.agent_version,
            cwd: self.cwd.clone(),
            repository: meta.repository.unwrap_or_default(),
            branch: meta.branch,
            head: meta.commit,
            created: meta.started.map(Timestamp::as_millisecond),
        });
    }

    fn prompt(&mut self, turn: Option<String>, at: Option<i64>, place: Place, text: &str) {
        if self.chunk.title.is_none() {
            let first = text.lines().map(str::trim).find(|line| !line.is_empty());
            self.chunk.title = first.map(|line| redact(line).chars().take(TITLE).collect());
        }
        // Without names a prompt is where a turn begins.
        if turn.is_none() {
            self.chunk.turns.push(TurnDelta { begins: true, ..TurnDelta::default() });
        }
        let turn = self.turn(turn, at);
        turn.prompted = turn.prompted.max(at);
        turn.put(ItemKind::Prompt, place, text);
    }

    fn files(&mut self, turn: Option<String>, at: Option<i64>, place: Place, files: &[FileChange]) {
        let names = files.iter().flat_map(|file| [Some(&file.path), file.moved_to.as_ref()]);
        let names: Vec<String> = names.flatten().map(|path| self.below(path)).collect();
        let turn = self.turn(turn, at);
        turn.put(ItemKind::Files, place, &names.join("\n"));
        turn.files.extend(names);
    }

    /// Below the directory of the conversation, where it lies there.
    fn below(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.cwd).unwrap_or(path);
        below.to_string_lossy().into_owned()
    }

    fn turn(&mut self, key: Option<String>, at: Option<i64>) -> &mut TurnDelta {
        let goes_on = self.chunk.turns.last().is_some_and(|turn| turn.key == key);
        if !goes_on {
            self.chunk.turns.push(TurnDelta { key, ..TurnDelta::default() });
        }
        let last = self.chunk.turns.len() - 1;
        let turn = &mut self.chunk.turns[last];
        turn.began = turn.began.or(at);
        turn.seen = turn.seen.max(at);
        turn
    }
}

/// Where a line stands.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    length: u64,
}

/// What a piece adds to a turn.
trait Adding {
    fn put(&mut self, kind: ItemKind, place: Place, words: &str);
    fn tool(&mut self, tool: String);
}

impl Adding for TurnDelta {
    fn put(&mut self, kind: ItemKind, place: Place, words: &str) {
        let words = redact(words).into_owned();
        self.items.push(ItemRow { kind, offset: place.offset, length: place.length, words });
    }

    fn tool(&mut self, tool: String) {
        if !self.tools.contains(&tool) {
            self.tools.push(tool);
        }
    }
}

fn counted(tokens: TokenCount) -> Tokens {
    Tokens {
        input: tokens.input,
        cached: tokens.cached,
        output: tokens.output,
        reasoning: tokens.reasoning,
    }
}

/// What an item is in the index, if it is there.
pub(crate) fn kind_of(said: &Said) -> Option<ItemKind> {
    match said {
        Said::Prompt { .. } => Some(ItemKind::Prompt),
        Said::Answer { .. } => Some(ItemKind::Answer),
        Said::Command { .. } => Some(ItemKind::Command),
        Said::FilesChanged { .. } => Some(ItemKind::Files),
        Said::Plan { .. } => Some(ItemKind::Plan),
        Said::Compacted => Some(ItemKind::Compaction),
        Said::Meta(_)
        | Said::TurnStarted
        | Said::TurnEnded { .. }
        | Said::TurnAborted { .. }
        | Said::Settings { .. }
        | Said::ToolCall { .. }
        | Said::McpCall { .. }
        | Said::Subagent(_)
        | Said::Usage { .. }
        | Said::Injected => None,
    }
}
