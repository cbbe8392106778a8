//! `thru threads name | archive | set | forget`: what the user says of a conversation.

use clap::{Args, ValueEnum};
use throughline_model::overlay::{MarkPatch, MemoryUse, Patch};
use throughline_ops::threads::mark::{MarkOptions, mark};

use super::{Answer, Context};
use crate::failure::Failure;

fn said(context: &mut Context<'_>, thread: String, patch: MarkPatch) -> Answer {
    let options = MarkOptions { thread, patch };
    Ok(Box::new(mark(&context.world, &context.environment.agent_homes, &options)?))
}

fn given(undo: bool) -> Patch<()> {
    if undo { Patch::Clear } else { Patch::Set(()) }
}

/// Give a conversation a name
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Its id, or the start of it
    thread: String,
    /// The name, in place of its first words
    name: String,
}

pub(crate) fn name(context: &mut Context<'_>, args: NameArgs) -> Answer {
    let patch = MarkPatch { name: Patch::Set(args.name), ..MarkPatch::default() };
    said(context, args.thread, patch)
}

/// Put a conversation away: `threads list` shows it with --archived only
#[derive(Debug, Args)]
pub(crate) struct ArchiveArgs {
    /// Its id, or the start of it
    thread: String,
    /// Take it out again
    #[arg(long)]
    undo: bool,
}

pub(crate) fn archive(context: &mut Context<'_>, args: ArchiveArgs) -> Answer {
    let patch = MarkPatch { archived: given(args.undo), ..MarkPatch::default() };
    said(context, args.thread, patch)
}

/// Have a conversation in no list, no search and no memory; its transcript stays
#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// Its id, or the start of it
    thread: String,
    /// Remember it again
    #[arg(long)]
    undo: bool,
}

pub(crate) fn forget(context: &mut Context<'_>, args: ForgetArgs) -> Answer {
    let patch = MarkPatch { forgotten: given(args.undo), ..MarkPatch::default() };
    said(context, args.thread, patch)
}

/// Whether memories may be made of a conversation
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Memory {
    /// They may
    Enabled,
    /// They may not
    Disabled,
}

impl From<Memory> for MemoryUse {
    fn from(memory: Memory) -> Self {
        match memory {
            Memory::Enabled => Self::Enabled,
            Memory::Disabled => Self::Disabled,
        }
    }
}

/// Say what holds of a conversation, whatever its transcript says; what is not named stays as it is
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Its id, or the start of it
    thread: String,
    /// Its name
    #[arg(long, value_name = "NAME", conflicts_with = "no_name")]
    name: Option<String>,
    /// No name: its first words stand for it
    #[arg(long)]
    no_name: bool,
    /// Its branch
    #[arg(long, value_name = "BRANCH", conflicts_with = "no_branch")]
    branch: Option<String>,
    /// It was on no branch
    #[arg(long)]
    no_branch: bool,
    /// The commit at which it began
    #[arg(long, value_name = "COMMIT", conflicts_with = "no_commit")]
    commit: Option<String>,
    /// It began at no commit
    #[arg(long)]
    no_commit: bool,
    /// Its repository's address
    #[arg(long, value_name = "URL", conflicts_with = "no_repository")]
    repository: Option<String>,
    /// It was in no repository
    #[arg(long)]
    no_repository: bool,
    /// Whether memories may be made of it
    #[arg(long, value_enum, conflicts_with = "no_memory")]
    memory: Option<Memory>,
    /// As the settings say
    #[arg(long)]
    no_memory: bool,
    /// Branch, commit and repository as the transcript has them
    #[arg(long)]
    as_read: bool,
}

fn patch<T>(value: Option<T>, cleared: bool) -> Patch<T> {
    match (value, cleared) {
        (Some(value), _) => Patch::Set(value),
        (None, true) => Patch::Clear,
        (None, false) => Patch::Unchanged,
    }
}

pub(crate) fn set(context: &mut Context<'_>, args: SetArgs) -> Answer {
    let changes = MarkPatch {
        name: patch(args.name, args.no_name),
        branch: patch(args.branch, args.no_branch),
        commit: patch(args.commit, args.no_commit),
        repository: patch(args.repository, args.no_repository),
        memory: patch(args.memory.map(MemoryUse::from), args.no_memory),
        gives_back_facts: args.as_read,
        ..MarkPatch::default()
    };
    if changes == MarkPatch::default() {
        return Err(Failure::usage("nothing to set: name at least one of the options"));
    }
    said(context, args.thread, changes)
}
