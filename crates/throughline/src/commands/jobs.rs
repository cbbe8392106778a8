//! `thru jobs …`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use throughline_model::agent_job::{Assignment, ItemRules, ItemStatus, WorkerKind};
use throughline_model::ids::AgentJobId;
use throughline_ops::jobs::create::{CreateOptions, create};
use throughline_ops::jobs::export::{ExportFormat, export as exported};
use throughline_ops::jobs::remove::{Removing, remove as removed};
use throughline_ops::jobs::run::{Again, Progress, RunOptions, bell, run as run_job};
use throughline_ops::jobs::work::{AgentPlace, work as work_on};
use throughline_ops::jobs::{cancel as cancelling, list as listing, logs as papers};

use super::{Answer, Context, text_of};
use crate::failure::Failure;
use crate::output::json::Export;
use crate::output::progress::ProgressBar;

/// What works on an item
#[derive(Debug, Clone, Copy, ValueEnum)]
enum AgentArg {
    /// `codex exec`; words behind `--` are further arguments of it
    Codex,
    /// The program behind `--`: it reads the item as JSON, and what it prints is the result
    Command,
}

/// Let agents work on the rows of a table, several at once
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("task").required(true).args(["instruction", "instruction_file"]))]
pub(crate) struct RunArgs {
    /// The table: CSV, with the names of its columns in the first line
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,
    /// What to do with a row; `{column}` is its cell, `{{` a brace
    #[arg(long, value_name = "TEXT")]
    instruction: Option<String>,
    /// The same from a file, or `-`
    #[arg(long, value_name = "FILE")]
    instruction_file: Option<PathBuf>,
    /// The column whose cells name the items; else the row's number does
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// What works on an item
    #[arg(long, value_enum, default_value_t = AgentArg::Codex)]
    agent: AgentArg,
    /// How many work at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    concurrency: u32,
    /// How often an item is tried
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    attempts: u32,
    /// How long after a failure it is tried again; doubled with each further one
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    retry_delay: SignedDuration,
    /// How long one attempt may take
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    max_runtime: SignedDuration,
    /// How long all of it may take; what is left then stays pending
    #[arg(long, value_name = "TIME", value_parser = duration)]
    max_total: Option<SignedDuration>,
    /// A JSON Schema that results have to fit
    #[arg(long, value_name = "FILE")]
    output_schema: Option<PathBuf>,
    /// Where the results go as CSV; as JSON Lines beside it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Words for the agent
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// A length of time; none is negative.
fn duration(text: &str) -> Result<SignedDuration, String> {
    match text.parse::<SignedDuration>() {
        Ok(time) if !time.is_negative() => Ok(time),
        Ok(_) => Err("it can't be negative".to_owned()),
        Err(_) => Err("it is a time such as 90s, 30m or 2h".to_owned()),
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: RunArgs) -> Answer {
    let instruction = match (args.instruction, args.instruction_file) {
        (Some(text), _) => text,
        (None, Some(file)) => text_of(&file)?,
        (None, None) => return Err(Failure::usage("--instruction says what to do")),
    };
    let worker = match args.agent {
        AgentArg::Codex => WorkerKind::Codex,
        AgentArg::Command => WorkerKind::Command,
    };
    check_program(context, worker, &args.arguments)?;
    let options = CreateOptions {
        csv: args.csv,
        instruction,
        id_column: args.id,
        worker,
        arguments: args.arguments,
        concurrency: args.concurrency,
        rules: ItemRules {
            attempts: args.attempts,
            retry_delay: args.retry_delay,
            max_runtime: args.max_runtime,
        },
        max_total: args.max_total,
        output_schema: args.output_schema,
        output: args.output,
    };
    let job = create(&context.world, &options)?;
    context.screen.status(&format!("{job}: `thru jobs resume {job}` goes on where it is stopped."));
    run_to_its_end(context, job.as_str(), Again::No)
}

/// Not item by item: what is not there now is missing for all of them.
fn check_program(
    context: &Context<'_>,
    worker: WorkerKind,
    arguments: &[String],
) -> Result<(), Failure> {
    let program = match worker {
        WorkerKind::Codex => "codex",
        WorkerKind::Command => arguments.first().map_or("", String::as_str),
    };
    let is_there = program.contains('/') || context.environment.find_program(program).is_some();
    if is_there || program.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!("there is no `{program}` on the PATH")))
}

/// Go on with a job: what ended stays, who is still at work is waited for
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Its id, or the beginning of it
    job: String,
    /// Try what failed or was cancelled anew, with all its attempts
    #[arg(long)]
    again: bool,
}

pub(crate) fn resume(context: &mut Context<'_>, args: ResumeArgs) -> Answer {
    let again = if args.again { Again::Yes } else { Again::No };
    run_to_its_end(context, &args.job, again)
}

/// How often a terminal is told although nothing happened: so that one sees that it lives.
const TICK: Duration = Duration::from_secs(1);

fn run_to_its_end(context: &mut Context<'_>, job: &str, again: Again) -> Answer {
    let (ring, rings) = bell();
    listen(ring.clone())?;
    let mut bar = ProgressBar::of(context.screen);
    let tick = bar.is_live().then_some(TICK);
    let options = RunOptions { again, tick, bell: (ring, rings) };
    let screen = &mut *context.screen;
    let mut watch = |progress: &Progress| bar.show(screen, progress);
    let report = run_job(&context.world, job, options, &mut watch);
    context.screen.end_progress();
    Ok(Box::new(report?))
}

/// Ctrl-C and a request to end stop the run, not its items: workers are ended, what they did not finish is
/// pending again.
fn listen(ring: std::sync::mpsc::Sender<throughline_ops::jobs::run::Ring>) -> Result<(), Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use throughline_ops::jobs::run::Ring;

    let signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]);
    let mut signals =
        signals.map_err(|error| Failure::failed(format!("can't listen to signals: {error}")))?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if ring.send(Ring::Stop).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// List the jobs, the latest first
#[derive(Debug, Args)]
pub(crate) struct ListArgs {}

pub(crate) fn list(context: &mut Context<'_>, _: ListArgs) -> Answer {
    Ok(Box::new(listing::list(&context.world)?))
}

/// Show a job with its items
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its id, or the beginning of it
    job: String,
    /// Only items that stand so: pending, running, completed, failed or cancelled
    #[arg(long, value_parser = status)]
    status: Option<ItemStatus>,
}

fn status(word: &str) -> Result<ItemStatus, String> {
    let words = ItemStatus::ALL.map(ItemStatus::as_str).join(", ");
    ItemStatus::parse(word).ok_or_else(|| format!("it is one of {words}"))
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    Ok(Box::new(listing::show(&context.world, &args.job, args.status)?))
}

/// Cancel a job: who is at work is ended, nothing more begins
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// Its id, or the beginning of it
    job: String,
}

pub(crate) fn cancel(context: &mut Context<'_>, args: CancelArgs) -> Answer {
    Ok(Box::new(cancelling::cancel(&context.world, &args.job)?))
}

/// In which form results are printed
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    /// The table with columns behind it
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// Print the results of a job so far
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Its id, or the beginning of it
    job: String,
    /// In which form
    #[arg(long, value_enum, default_value_t = FormatArg::Csv)]
    format: FormatArg,
}

pub(crate) fn export(context: &mut Context<'_>, args: ExportArgs) -> Answer {
    let format = match args.format {
        FormatArg::Csv => ExportFormat::Csv,
        FormatArg::Jsonl => ExportFormat::JsonLines,
    };
    Ok(Box::new(Export { text: exported(&context.world, &args.job, format)? }))
}

/// Show what workers were given and what they printed
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// The job's id, or the beginning of it
    job: String,
    /// All attempts at this item; else the last ones at what has no result
    item: Option<String>,
}

pub(crate) fn logs(context: &mut Context<'_>, args: LogsArgs) -> Answer {
    Ok(Box::new(papers::logs(&context.world, &args.job, args.item.as_deref())?))
}

/// Show what of a job would go; with --yes it goes, its files into the trash
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Its id, or the beginning of it
    job: String,
    /// Show what would go; so it is without --yes
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do it: out of the list, its files into the trash now, and out of that by a removal two weeks later
    #[arg(long)]
    yes: bool,
}

pub(crate) fn remove(context: &mut Context<'_>, args: RemoveArgs) -> Answer {
    let removing = if args.yes && !args.dry_run { Removing::Done } else { Removing::Shown };
    Ok(Box::new(removed(&context.world, &args.job, removing)?))
}

/// Become the worker of an item (called by the runner of its job)
#[derive(Debug, Args)]
pub(crate) struct WorkArgs {
    /// The job's id
    job: String,
    /// The item's row
    row: u32,
    /// The worker's token
    worker: String,
}

pub(crate) fn work(context: &mut Context<'_>, args: WorkArgs) -> Answer {
    let environment = context.environment;
    let place = AgentPlace {
        program: environment.find_program("codex").unwrap_or_else(|| PathBuf::from("codex")),
        home: environment.codex_home(),
    };
    let worker = assignment(&args.job, args.row, args.worker)?;
    work_on(&context.world, &worker, &place)?;
    Ok(Box::new(Export { text: String::new() }))
}

/// A worker by its words.
pub(super) fn assignment(job: &str, row: u32, worker: String) -> Result<Assignment, Failure> {
    let job = AgentJobId::parse(job).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Assignment { job, row, worker })
}
