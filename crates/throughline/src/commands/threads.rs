//! `thru threads …`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use throughline_ops::threads::export::{Existing, save};
use throughline_ops::threads::list::{self, ListOptions};
use throughline_ops::threads::search::{self, Language, SearchOptions};
use throughline_ops::threads::show::{self, Detail, ShowOptions};
use throughline_ops::threads::{Scope, parse_since, tree};
use throughline_store::index::{Direction, ListFilter, Remembered, Sort};

use super::{Answer, Context};
use crate::output::document::{self, Saved};
use crate::output::json::Export;

/// By which time conversations are sorted
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SortBy {
    /// When they began
    Created,
    /// When something was last written in them
    Updated,
    /// When you last said something in them
    Recency,
}

impl From<SortBy> for Sort {
    fn from(sort: SortBy) -> Self {
        match sort {
            SortBy::Created => Self::Created,
            SortBy::Updated => Self::Updated,
            SortBy::Recency => Self::Recent,
        }
    }
}

fn direction(ascending: bool) -> Direction {
    if ascending { Direction::Ascending } else { Direction::Descending }
}

fn scope(everywhere: bool) -> Scope {
    if everywhere { Scope::Everywhere } else { Scope::Here }
}

/// List conversations of this project (outside of one: all), the latest first
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Those of other projects too
    #[arg(long)]
    everywhere: bool,
    /// How many
    #[arg(short = 'n', long, default_value_t = 25, value_name = "N")]
    limit: usize,
    /// By what they are sorted
    #[arg(long, value_enum, default_value_t = SortBy::Updated)]
    sort: SortBy,
    /// The earliest first
    #[arg(long)]
    ascending: bool,
    /// Go on where `next_cursor` or `backwards_cursor` of an earlier list says
    #[arg(long)]
    cursor: Option<String>,
    /// Those that began on this branch
    #[arg(long)]
    line: Option<String>,
    /// Those of this agent
    #[arg(long)]
    agent: Option<String>,
    /// Those that used this model, or one whose name begins so
    #[arg(long)]
    model: Option<String>,
    /// Those with something written on this day (2026-12-01) or at this time, or later
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Those that began before this day or time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Those whose name or title has TEXT in it
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Archived ones only; without this: all others
    #[arg(long)]
    archived: bool,
    /// Forgotten ones only
    #[arg(long, conflicts_with = "archived")]
    forgotten: bool,
    /// Those with a plan
    #[arg(long)]
    has_plan: bool,
    /// Those that this one spawned
    #[arg(long, value_name = "THREAD")]
    parent: Option<String>,
    /// Those that changed this file, or one whose path ends so
    #[arg(long, value_name = "PATH")]
    touched: Option<String>,
    /// Those that made this commit or began at it
    #[arg(long)]
    commit: Option<String>,
}

pub(crate) fn list(context: &mut Context<'_>, args: ListArgs) -> Answer {
    let filter = ListFilter {
        branch: args.line,
        agent: args.agent,
        model: args.model,
        since: args.since.as_deref().map(parse_since).transpose()?,
        until: args.until.as_deref().map(parse_since).transpose()?,
        name: args.name,
        archived: (!args.forgotten).then_some(args.archived),
        remembered: if args.forgotten { Remembered::No } else { Remembered::Yes },
        has_plan: args.has_plan.then_some(true),
        parent: args.parent,
        touched: args.touched,
        commit: args.commit,
        ..ListFilter::default()
    };
    let options = ListOptions {
        scope: scope(args.everywhere),
        filter,
        sort: args.sort.into(),
        direction: direction(args.ascending),
        cursor: args.cursor,
        limit: args.limit,
    };
    Ok(Box::new(list::list(&context.world, &context.environment.agent_homes, &options)?))
}

/// More than any conversation has.
const ALL_TURNS: usize = 1_000_000;

/// As what a conversation is exported
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Document {
    /// To read and to share
    Markdown,
    /// The object of `--full --json`, one member a line
    Json,
}

/// Show a conversation: turns, plan, files, commits, tokens
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its name, or the start of it
    thread: String,
    /// Every prompt, answer and command in full
    #[arg(long)]
    full: bool,
    /// The whole conversation as a document, without secrets
    #[arg(long, value_enum, value_name = "FORMAT")]
    export: Option<Document>,
    /// Write the document to this file, which must not be there yet
    #[arg(short, long, value_name = "FILE", requires = "export")]
    output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "output")]
    force: bool,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    let options = ShowOptions {
        thread: args.thread,
        direction: Direction::Ascending,
        after: None,
        limit: ALL_TURNS,
        detail: if args.full || args.export.is_some() { Detail::Full } else { Detail::Summary },
    };
    let report = show::show(&context.world, &context.environment.agent_homes, &options)?;
    let text = match args.export {
        None => return Ok(Box::new(report)),
        Some(Document::Markdown) => document::as_markdown(&report),
        Some(Document::Json) => document::as_json(&report),
    };
    let Some(file) = args.output else { return Ok(Box::new(Export { text })) };
    let existing = if args.force { Existing::Replaced } else { Existing::Stays };
    save(&context.world.directory.join(&file), &text, existing)?;
    Ok(Box::new(Saved { file, turns: report.turns.len() }))
}

/// List the turns of a conversation, the latest first, page by page
#[derive(Debug, Args)]
pub(crate) struct TurnsArgs {
    /// Its name, or the start of it
    thread: String,
    /// How many
    #[arg(short = 'n', long, default_value_t = 25, value_name = "N")]
    limit: usize,
    /// The earliest first
    #[arg(long)]
    ascending: bool,
    /// Go on after this turn
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Every prompt, answer and command in full
    #[arg(long)]
    full: bool,
}

pub(crate) fn turns(context: &mut Context<'_>, args: TurnsArgs) -> Answer {
    let options = ShowOptions {
        thread: args.thread,
        direction: direction(args.ascending),
        after: args.after,
        limit: args.limit,
        detail: if args.full { Detail::Full } else { Detail::Summary },
    };
    Ok(Box::new(show::show(&context.world, &context.environment.agent_homes, &options)?))
}

/// Search what was said and done in all conversations
///
/// Words must all be there; "a phrase" as it stands; pre* for words that begin so; -word for those
/// without it (in quotes with the others, or behind `--`). path:, cmd:, branch:, tool:, agent:, before: and after: narrow it down.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// What to look for
    #[arg(required = true, num_args = 1..)]
    query: Vec<String>,
    /// In conversations of this project only
    #[arg(long)]
    here: bool,
    /// A regular expression, looked for in every transcript: slower
    #[arg(long)]
    regex: bool,
    /// How many
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

pub(crate) fn search(context: &mut Context<'_>, args: SearchArgs) -> Answer {
    let options = SearchOptions {
        text: args.query.join(" "),
        language: if args.regex { Language::Regex } else { Language::Words },
        scope: scope(!args.here),
        limit: args.limit,
    };
    Ok(Box::new(search::search(&context.world, &context.environment.agent_homes, &options)?))
}

/// Show which conversation spawned which
#[derive(Debug, Args)]
pub(crate) struct TreeArgs {
    /// Any of them: its name, or the start of it
    thread: String,
}

pub(crate) fn tree(context: &mut Context<'_>, args: TreeArgs) -> Answer {
    Ok(Box::new(tree::tree(&context.world, &context.environment.agent_homes, &args.thread)?))
}
