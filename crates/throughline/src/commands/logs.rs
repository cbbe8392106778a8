//! `thru logs | stats`

use std::thread;
use std::time::Duration;

use clap::Args;
use throughline_model::event::Level;
use throughline_ops::logs::{LogsOptions, LogsReport, logs as read, parse_since, stats as counted};

use super::{Answer, Context};
use crate::output::json::Export;
use crate::output::logs as shown;

/// The local log: what thru did and how long it took; nothing of it leaves this machine
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Of a session, by the start of its id; may be given more than once
    #[arg(long, value_name = "ID")]
    session: Vec<String>,
    /// What matters at least so much: info, warn or error
    #[arg(long, value_parser = level)]
    level: Option<Level>,
    /// Since this day (2026-12-01), this time, or so long ago (2h)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// The last of them, so many
    #[arg(short = 'n', long = "count", default_value_t = 100)]
    count: u32,
    /// Go on showing what comes, line by line, until it is interrupted
    #[arg(long)]
    follow: bool,
}

fn level(word: &str) -> Result<Level, String> {
    let known = Level::ALL.into_iter().find(|level| level.as_str() == word);
    known.ok_or_else(|| "it is info, warn or error".to_owned())
}

pub(crate) fn logs(context: &mut Context<'_>, args: LogsArgs) -> Answer {
    let now = context.world.clock.now();
    let options = LogsOptions {
        sessions: args.session,
        level: args.level,
        since: args.since.as_deref().map(|since| parse_since(since, now)).transpose()?,
        most: Some(args.count),
        after: 0,
    };
    let report = read(&context.world, &options);
    if args.follow {
        follow(context, options, report);
        return Ok(Box::new(Export { text: String::new() }));
    }
    Ok(Box::new(report))
}

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// Until nobody listens any more.
fn follow(context: &mut Context<'_>, mut options: LogsOptions, mut report: LogsReport) {
    options.most = None;
    loop {
        report.rows.iter().for_each(|row| shown::line(row, context.screen));
        options.after = report.rows.last().map_or(options.after, |row| row.id);
        if !context.screen.is_heard() {
            return;
        }
        thread::sleep(PAUSE);
        report = read(&context.world, &options);
    }
}

/// What the log counts: hooks and how long they took, ready briefs, drifts, problems
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Since this day (2026-12-01), this time, or so long ago (2h)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

pub(crate) fn stats(context: &mut Context<'_>, args: StatsArgs) -> Answer {
    let now = context.world.clock.now();
    let since = args.since.as_deref().map(|since| parse_since(since, now)).transpose()?;
    Ok(Box::new(counted(&context.world, since)))
}
