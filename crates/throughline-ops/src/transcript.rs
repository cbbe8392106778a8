//! A session's file from its records and the tail of its transcript.

mod recall;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use throughline_agents::agent;
use throughline_agents::transcript::{Item, ItemKind, Limits, Offset, UsageOf, read_from};
use throughline_model::config::KeepText;
use throughline_model::record::{Body, GitPoint, Mark, Record};
use throughline_model::session::{Action, MOST_ACTIONS, Session, Turn, Usage, first_sentence};
use throughline_store::session::SessionFiles;

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

pub(crate) use recall::{GivenPlan, Recalled, recall};

/// How long a digest of a prompt or answer may be, in characters.
pub(crate) const DIGEST: usize = 200;

/// How much of a command is kept, in characters.
const COMMAND: usize = 300;

/// What a session's turns showed.
#[derive(Debug)]
pub(crate) struct Absorbed {
    pub(crate) session: String,
    pub(crate) turns: BTreeMap<String, Shown>,
}

/// What one turn showed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) files: Vec<String>,
    pub(crate) commit: Option<String>,
    pub(crate) commands: Vec<String>,
    /// As far as it is kept.
    pub(crate) answer: Option<String>,
    pub(crate) began: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) usage: Option<Usage>,
}

/// Brings a session's file up to date.
pub(crate) fn absorb(
    world: &Surroundings,
    here: &Here,
    files: &mut SessionFiles<'_>,
    id: &str,
    records: &[&(Mark, Record)],
) -> Result<Absorbed, OpsError> {
    let mut session = match files.path(id) {
        Some(path) => here.project.read_session(path)?,
        None => new_session(world, id, records),
    };
    for (at, record) in records {
        if *at >= session.through {
            session.observe(record);
        }
    }
    if let Some((at, _)) = records.last() {
        session.through = Mark { segment: at.segment, offset: at.offset + 1 };
    }
    read_tail(here, &mut session);
    session.digest = digest(&session);
    session.redact();
    let line = records.first().map_or_else(|| here.line(), |(_, record)| record.line.clone());
    files.put(&session, &line)?;
    Ok(shown(session))
}

fn new_session(world: &Surroundings, id: &str, records: &[&(Mark, Record)]) -> Session {
    let agent = records.iter().find_map(|(_, record)| match &record.body {
        Body::SessionStart { agent_kind, .. } => Some(agent_kind.clone()),
        _ => None,
    });
    let began = records.first().map_or_else(|| world.clock.now(), |(_, record)| record.stamp.at);
    Session::new(id, agent.unwrap_or_else(|| "codex".to_owned()), began)
}

fn shown(session: Session) -> Absorbed {
    let turns = session.turns.into_iter().map(|turn| {
        let files = files_of(&turn);
        let commit = turn.git_after.and_then(|git| git.head);
        let commands = turn.actions.into_iter().filter_map(|action| match action {
            Action::Command { command, .. } => Some(command),
            Action::Files { .. } | Action::Mcp { .. } => None,
        });
        let (commands, answer) = (commands.collect(), turn.answer);
        let (began, ended, usage) = (turn.began, turn.ended, turn.usage);
        (turn.id, Shown { files, commit, commands, answer, began, ended, usage })
    });
    Absorbed { session: session.id, turns: turns.collect() }
}

/// The files that a turn changed, each once.
pub(crate) fn files_of(turn: &Turn) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for action in &turn.actions {
        if let Action::Files { paths } = action {
            let new: Vec<_> = paths.iter().filter(|p| !files.contains(p)).cloned().collect();
            files.extend(new);
        }
    }
    files
}

fn digest(session: &Session) -> Option<String> {
    let answered = session.turns.iter().rev().find_map(|turn| turn.answer.as_deref())?;
    Some(first_sentence(answered, DIGEST))
}

/// Reads what the transcript has gained. A transcript that is gone or broken costs nothing but
/// its content; one that is another file than before is read from its start.
fn read_tail(here: &Here, session: &mut Session) {
    let (Some(path), Some(agent)) = (session.transcript.clone(), agent::find(&session.agent))
    else {
        return;
    };
    let from = Offset { bytes: session.read_to, turn: session.reading_turn.clone() };
    let limits = Limits::default();
    let opened = read_from(Path::new(&path), from, &limits, &agent.transcript);
    let again = || read_from(Path::new(&path), Offset::default(), &limits, &agent.transcript);
    let opened = match opened {
        Err(error) if error.must_restart() => again(),
        opened => opened,
    };
    let Ok(mut reader) = opened else { return };
    for item in reader.by_ref().map_while(Result::ok) {
        take_in(here, session, item);
    }
    let next = reader.finish().next_offset;
    session.read_to = next.bytes;
    session.reading_turn = next.turn;
}

pub(super) fn take_in(here: &Here, session: &mut Session, item: Item) {
    let Some(id) = item.turn.clone() else { return };
    if let ItemKind::TurnStarted = item.kind
        && session.turn_mut(&id).is_none()
    {
        let at = item.at.unwrap_or(session.last);
        session.begin_turn(&id, at, &here.line(), None, &GitPoint::default());
    }
    let Some(turn) = session.turn_mut(&id) else { return };
    let keep = here.config.keep_text;
    match item.kind {
        ItemKind::Prompt { text } if turn.prompt.is_none() => turn.prompt = kept(keep, &text),
        ItemKind::Answer { text } => {
            turn.follow_ups = throughline_agents::followups::followups(&text);
            turn.answer = kept(keep, &text);
        }
        ItemKind::Command { command, exit_code, .. } => {
            let command: String = command.chars().take(COMMAND).collect();
            act(turn, Action::Command { command, exit_code });
        }
        ItemKind::FilesChanged { files } => {
            let paths = files.iter().map(|file| relative(&file.path, &here.site.worktree));
            act(turn, Action::Files { paths: paths.collect() });
        }
        ItemKind::McpCall { server, tool } => act(turn, Action::Mcp { server, tool }),
        ItemKind::Usage { of: UsageOf::Turn, tokens } => {
            turn.usage =
                Some(Usage { input: tokens.input, cached: tokens.cached, output: tokens.output });
        }
        ItemKind::Prompt { .. }
        | ItemKind::Usage { of: UsageOf::Thread | UsageOf::Message { .. }, .. }
        | ItemKind::Meta(_)
        | ItemKind::Settings { .. }
        | ItemKind::ToolCall { .. }
        | ItemKind::TurnStarted
        | ItemKind::TurnEnded { .. }
        | ItemKind::TurnAborted { .. }
        | ItemKind::Subagent(_)
        | ItemKind::Plan { .. }
        | ItemKind::Compacted
        | ItemKind::Injected => {}
    }
}

fn act(turn: &mut Turn, action: Action) {
    if turn.actions.len() < MOST_ACTIONS {
        turn.actions.push(action);
    }
}

/// A text as the settings keep it.
pub(crate) fn kept(keep: KeepText, text: &str) -> Option<String> {
    match keep {
        KeepText::Off => None,
        KeepText::Digest => Some(first_sentence(text, DIGEST)).filter(|t| !t.is_empty()),
        KeepText::Full => Some(text.to_owned()),
    }
}

fn relative(path: &Path, worktree: &Path) -> String {
    path.strip_prefix(worktree).unwrap_or(path).to_string_lossy().into_owned()
}
