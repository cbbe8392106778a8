//! `thru memory …` and `thru recall`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use throughline_model::memory::{MemoryKind, MemoryStatus};
use throughline_ops::memory::change::{self, AddOptions, EditOptions, Pin, ScopeWord};
use throughline_ops::memory::consolidate::When;
use throughline_ops::memory::discard::{self, Discard};
use throughline_ops::memory::learn::Which;
use throughline_ops::memory::list::{self, ListOptions, Reach};
use throughline_ops::memory::past::{self, Whose};
use throughline_ops::memory::status as state;
use throughline_ops::memory::team::{self, Share};
use throughline_ops::memory::update::{self, UpdateOptions};
use throughline_ops::memory::{adopt, export, import, mode, why};
use throughline_ops::recall::{Asker, RecallOptions, recall as ask};

use throughline_runtime::memories::Mode;

use super::{Answer, Context};
use crate::output::human::may_cost;
use crate::output::json::Export;

/// Where something holds
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScopeArg {
    /// Everywhere you work
    User,
    /// In the project here
    Project,
    /// On the line here, until it is merged
    Line,
}

impl From<ScopeArg> for ScopeWord {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::User => Self::User,
            ScopeArg::Project => Self::Project,
            ScopeArg::Line => Self::Line,
        }
    }
}

/// How a memory stands
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StatusArg {
    /// It holds
    Current,
    /// It waits for you to confirm it
    Suggested,
    /// Another one says the opposite
    Disputed,
    /// A later one took its place
    Superseded,
    /// You said that it is wrong
    Rejected,
}

impl From<StatusArg> for MemoryStatus {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Current => Self::Current,
            StatusArg::Suggested => Self::Suggested,
            StatusArg::Disputed => Self::Disputed,
            StatusArg::Superseded => Self::Superseded,
            StatusArg::Rejected => Self::Rejected,
        }
    }
}

/// What the kinds are called, for the help.
const KINDS: &str = "decision, convention, command, pitfall, preference, question or fact";

fn kind(word: &str) -> MemoryKind {
    MemoryKind::from(word.to_owned())
}

/// List what is remembered here: yours, the project's and the line's, the latest first
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of this scope only
    #[arg(long, value_enum)]
    scope: Option<ScopeArg>,
    /// Of this kind only: decision, convention, command, pitfall, preference, question, fact
    #[arg(long)]
    kind: Option<String>,
    /// Those that stand so; without this all that are not superseded or rejected
    #[arg(long, value_enum)]
    status: Vec<StatusArg>,
    /// Of all lines of the project
    #[arg(long)]
    all_lines: bool,
}

pub(crate) fn list(context: &mut Context<'_>, args: ListArgs) -> Answer {
    let options = ListOptions {
        scope: args.scope.map(ScopeWord::from),
        kind: args.kind.as_deref().map(kind),
        status: args.status.into_iter().map(MemoryStatus::from).collect(),
        lines: if args.all_lines { Reach::AllLines } else { Reach::Here },
    };
    Ok(Box::new(list::list(&context.world, &options)?))
}

/// Show a memory: all of it, and where it came from
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its id, or the beginning of it
    memory: String,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    Ok(Box::new(list::show(&context.world, &args.memory)?))
}

/// Remember something
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// What is to be remembered
    text: String,
    /// In a few words; else its first sentence
    #[arg(long)]
    title: Option<String>,
    #[arg(long, default_value = "fact", help = format!("What kind of thing: {KINDS}"))]
    kind: String,
    /// Where it holds; else in the project here, or everywhere if there is none
    #[arg(long, value_enum)]
    scope: Option<ScopeArg>,
    /// A file it is about
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<String>,
    /// Never let it sink
    #[arg(long)]
    pin: bool,
}

pub(crate) fn add(context: &mut Context<'_>, args: AddArgs) -> Answer {
    let options = AddOptions {
        text: args.text,
        title: args.title,
        kind: kind(&args.kind),
        scope: args.scope.map(ScopeWord::from),
        files: args.files,
        pinned: args.pin,
    };
    Ok(Box::new(change::add(&context.world, &options)?))
}

/// Say it differently: from then on it is your own word
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["text", "title", "kind"]))]
pub(crate) struct EditArgs {
    /// Its id, or the beginning of it
    memory: String,
    /// What it is to say
    #[arg(long)]
    text: Option<String>,
    /// The same in a few words
    #[arg(long)]
    title: Option<String>,
    #[arg(long, help = format!("What kind of thing: {KINDS}"))]
    kind: Option<String>,
}

pub(crate) fn edit(context: &mut Context<'_>, args: EditArgs) -> Answer {
    let kind = args.kind.as_deref().map(kind);
    let options = EditOptions { text: args.text, title: args.title, kind };
    Ok(Box::new(change::edit(&context.world, &args.memory, &options)?))
}

/// Pin a memory, so that it never sinks
#[derive(Debug, Args)]
pub(crate) struct PinArgs {
    /// Its id, or the beginning of it
    memory: String,
    /// Let go of it
    #[arg(long)]
    off: bool,
}

pub(crate) fn pin(context: &mut Context<'_>, args: PinArgs) -> Answer {
    let pin = if args.off { Pin::Off } else { Pin::On };
    Ok(Box::new(change::pin(&context.world, &args.memory, pin)?))
}

/// Confirm a memory: it holds
#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// Its id, or the beginning of it
    memory: String,
}

pub(crate) fn confirm(context: &mut Context<'_>, args: ConfirmArgs) -> Answer {
    Ok(Box::new(change::confirm(&context.world, &args.memory)?))
}

/// Reject a memory: it is wrong, and is not suggested again
#[derive(Debug, Args)]
pub(crate) struct RejectArgs {
    /// Its id, or the beginning of it
    memory: String,
}

pub(crate) fn reject(context: &mut Context<'_>, args: RejectArgs) -> Answer {
    Ok(Box::new(change::reject(&context.world, &args.memory)?))
}

/// Move a memory to another scope
#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// Its id, or the beginning of it
    memory: String,
    /// Where it is to hold
    #[arg(value_enum)]
    scope: ScopeArg,
}

pub(crate) fn move_to(context: &mut Context<'_>, args: MoveArgs) -> Answer {
    Ok(Box::new(change::move_to(&context.world, &args.memory, args.scope.into())?))
}

/// Forget a memory and what it rests on
#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// Its id, or the beginning of it
    memory: String,
}

pub(crate) fn forget(context: &mut Context<'_>, args: ForgetArgs) -> Answer {
    Ok(Box::new(change::forget(&context.world, &args.memory)?))
}

/// Share a memory with whoever has the repository: a file to commit
#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    /// Its id, or the beginning of it
    memory: String,
    /// Take it back: its file is removed
    #[arg(long)]
    off: bool,
}

pub(crate) fn share(context: &mut Context<'_>, args: ShareArgs) -> Answer {
    let share = if args.off { Share::Off } else { Share::On };
    Ok(Box::new(team::share(&context.world, context.here(), &args.memory, share)?))
}

/// Import memories: one JSON object a line, all or nothing; or what another tool keeps
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["file", "from"]))]
pub(crate) struct ImportArgs {
    /// A file, or - for standard input
    file: Option<PathBuf>,
    /// Suggestions from the memory files of codex or claude, which are left as they are
    #[arg(long, value_name = "AGENT")]
    from: Option<String>,
}

pub(crate) fn import(context: &mut Context<'_>, args: ImportArgs) -> Answer {
    let homes = &context.environment.agent_homes;
    Ok(Box::new(match (args.file, args.from) {
        (Some(file), _) => import::import(&context.world, &super::text_of(&file)?)?,
        (None, from) => adopt::adopt(&context.world, homes, &from.unwrap_or_default())?,
    }))
}

/// Export what is remembered here: one JSON object a line
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {}

pub(crate) fn export(context: &mut Context<'_>, _: ExportArgs) -> Answer {
    Ok(Box::new(Export { text: export::export(&context.world)? }))
}

fn whose(user: bool) -> Whose {
    if user { Whose::User } else { Whose::Here }
}

/// Show what changed what is remembered here, the latest first
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Of your own memories, not the project's
    #[arg(long)]
    user: bool,
    /// How many
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

pub(crate) fn history(context: &mut Context<'_>, args: HistoryArgs) -> Answer {
    Ok(Box::new(past::history(&context.world, whose(args.user), args.limit)?))
}

/// Show what a change did; without one, what was edited by hand since
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// A state of the history
    state: Option<String>,
    /// Of your own memories, not the project's
    #[arg(long)]
    user: bool,
}

pub(crate) fn diff(context: &mut Context<'_>, args: DiffArgs) -> Answer {
    Ok(Box::new(past::diff(&context.world, whose(args.user), args.state.as_deref())?))
}

/// Bring an earlier state of what is remembered back, as if you had edited it so
#[derive(Debug, Args)]
pub(crate) struct RevertArgs {
    /// A state of the history
    state: String,
    /// Of your own memories, not the project's
    #[arg(long)]
    user: bool,
}

pub(crate) fn revert(context: &mut Context<'_>, args: RevertArgs) -> Answer {
    Ok(Box::new(past::revert(&context.world, whose(args.user), &args.state)?))
}

/// Read past sessions that are due, and make memories of what they taught
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Read every session that there ever was here, however recent or old
    #[arg(long)]
    all: bool,
    /// Consolidate even if the last time is not long ago
    #[arg(long)]
    now: bool,
}

pub(crate) fn update(context: &mut Context<'_>, args: UpdateArgs) -> Answer {
    let which = if args.all { Which::All } else { Which::Due };
    let when = if args.now || args.all { When::Now } else { When::Due };
    let homes = &context.environment.agent_homes;
    let options = UpdateOptions { which, when };
    if let Some(allowance) = update::allowance(&context.world, context.here())? {
        context.screen.status(&may_cost(&allowance));
    }
    Ok(Box::new(update::update(&context.world, context.here(), homes, options)?))
}

/// Say who thinks and what it cost, what is due, what failed, and where memories lie
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {}

pub(crate) fn status(context: &mut Context<'_>, _: StatusArgs) -> Answer {
    let homes = &context.environment.agent_homes;
    Ok(Box::new(state::status(&context.world, context.here(), homes)?))
}

/// Say what an agent was told of memories, word for word, and why
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// A session, or the beginning of its id; else the last that was told something
    session: Option<String>,
}

pub(crate) fn why(context: &mut Context<'_>, args: WhyArgs) -> Answer {
    Ok(Box::new(why::why(&context.world, args.session.as_deref())?))
}

/// Whether a session may teach anything
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    /// It may
    Enabled,
    /// You don't want it
    Disabled,
    /// It took in words of strangers
    Polluted,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Enabled => Self::Enabled,
            ModeArg::Disabled => Self::Disabled,
            ModeArg::Polluted => Self::Polluted,
        }
    }
}

/// Say or set whether a session may teach anything
#[derive(Debug, Args)]
pub(crate) struct ModeArgs {
    /// A session, or the beginning of its id
    session: String,
    /// What it is to be; without it, what it is
    #[arg(value_enum)]
    mode: Option<ModeArg>,
}

pub(crate) fn mode(context: &mut Context<'_>, args: ModeArgs) -> Answer {
    let homes = &context.environment.agent_homes;
    Ok(Box::new(mode::mode(&context.world, homes, &args.session, args.mode.map(Mode::from))?))
}

/// Drop everything that is remembered here, after saying how much that is
#[derive(Debug, Args)]
pub(crate) struct DropArgs {
    /// Do it; for 30 days it can be taken back
    #[arg(long)]
    yes: bool,
    /// Do it for good: nothing is kept, not even the history
    #[arg(long)]
    now: bool,
    /// Take back what was dropped last
    #[arg(long, conflicts_with_all = ["yes", "now"])]
    undo: bool,
    /// Your own memories, not the project's
    #[arg(long)]
    user: bool,
}

pub(crate) fn discard(context: &mut Context<'_>, args: DropArgs) -> Answer {
    let what = match args {
        DropArgs { undo: true, .. } => Discard::Undo,
        DropArgs { now: true, .. } => Discard::ForGood,
        DropArgs { yes: true, .. } => Discard::Drop,
        DropArgs { .. } => Discard::Look,
    };
    Ok(Box::new(discard::discard(&context.world, whose(args.user), what)?))
}

/// Ask what is remembered
#[derive(Debug, Args)]
pub(crate) struct RecallArgs {
    /// In plain words
    #[arg(required = true)]
    question: Vec<String>,
    /// How many answers at most
    #[arg(short = 'n', long, default_value_t = 5, value_name = "N")]
    limit: usize,
    /// As it was on this day (2026-12-01) or at this time
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
}

pub(crate) fn recall(context: &mut Context<'_>, args: RecallArgs) -> Answer {
    let options = RecallOptions {
        question: args.question.join(" "),
        most: args.limit,
        as_of: args.as_of,
        asker: Asker::Person,
    };
    Ok(Box::new(ask(&context.world, &options)?))
}
