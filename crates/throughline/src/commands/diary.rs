//! `thru journal`.

use clap::{Args, ValueEnum};
use throughline_ops::diary::{self, By, DiaryOptions};

use super::{Answer, Context};

/// By what it is divided
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ByArg {
    /// The day, UTC
    Day,
    /// The session
    Session,
    /// The line
    Line,
    /// The milestone of the task
    Milestone,
}

impl From<ByArg> for By {
    fn from(by: ByArg) -> Self {
        match by {
            ByArg::Day => Self::Day,
            ByArg::Session => Self::Session,
            ByArg::Line => Self::Line,
            ByArg::Milestone => Self::Milestone,
        }
    }
}

/// Tell what was decided, done and left open here, with commits, as Markdown
#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    /// What happened on this day (2026-12-01) or at this time, or later
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// By what it is divided
    #[arg(long, value_enum, default_value_t = ByArg::Day)]
    by: ByArg,
}

pub(crate) fn journal(context: &mut Context<'_>, args: JournalArgs) -> Answer {
    let options = DiaryOptions { since: args.since, by: args.by.into() };
    Ok(Box::new(diary::diary(&context.world, context.here(), &options)?))
}
