//! The commands: one table row each, with every fact about it.

mod adr;
mod agents;
mod audit;
mod cache;
mod demo;
mod diary;
mod disk;
mod doctor;
mod goals;
mod housekeeping;
mod index;
mod jobs;
mod lines;
mod logs;
mod manual;
mod marks;
mod memory;
mod merging;
mod methods;
mod migrate;
mod milestones;
mod project;
mod prune;
mod server;
mod sessions;
mod setup;
mod shell;
mod tasks;
mod threads;
mod tui;

use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use throughline_model::event::{Kind, Level};
use throughline_model::record::Actor;
use throughline_ops::databases;
use throughline_ops::here::Here;
use throughline_ops::last_good::Unreadable;
use throughline_ops::logs as logs_of;
use throughline_ops::surroundings::Surroundings;

use crate::environment::Environment;
use crate::failure::{Exit, Failure};
use crate::output::{Format, Report, Screen, json};

/// What a command needs to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A project here; a drift about which nobody has to decide is settled first.
    Project,
    /// As [`Needs::Project`], but nothing with this flag.
    ProjectUnless(&'static str),
    /// A project here, as it stands to git.
    Unsettled,
    /// Nothing.
    Nothing,
}

/// What a command is given.
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) world: Surroundings,
    here: Option<Here>,
    pub(crate) screen: &'a mut Screen,
}

impl Context<'_> {
    /// The project here; only commands whose row asks for it may.
    pub(crate) fn here(&self) -> &Here {
        self.here.as_ref().expect("the command's row says that it needs a project")
    }
}

type Answer = Result<Box<dyn Report>, Failure>;
type Run = Box<dyn Fn(&mut Context<'_>, &ArgMatches) -> Answer>;

/// One command: its place, its arguments, what it needs, what it does.
struct Row {
    path: &'static [&'static str],
    needs: Needs,
    arguments: fn(Command) -> Command,
    run: Run,
}

impl Row {
    fn command(&self) -> Command {
        (self.arguments)(self.bare())
    }

    fn bare(&self) -> Command {
        Command::new(self.path.last().copied().unwrap_or_default())
    }
}

fn row<A: Args + FromArgMatches + 'static>(
    path: &'static [&'static str],
    needs: Needs,
    run: fn(&mut Context<'_>, A) -> Answer,
) -> Row {
    let run: Run = Box::new(move |context, matches| {
        let arguments = A::from_arg_matches(matches).map_err(|e| Failure::usage(e.to_string()))?;
        run(context, arguments)
    });
    Row { path, needs, arguments: A::augment_args, run }
}

/// Every command, in the order of the help.
fn rows() -> Vec<Row> {
    let all = [of_the_project(), of_memory(), of_jobs(), of_the_machine()];
    all.into_iter().flatten().collect()
}

fn of_the_project() -> Vec<Row> {
    use Needs::{Nothing, Project, ProjectUnless, Unsettled};
    vec![
        row(&["init"], Nothing, project::init),
        row(&["setup", "codex"], Nothing, setup::codex),
        row(&["setup", "git"], Nothing, setup::git),
        row(&["tui"], Unsettled, tui::tui),
        row(&["status"], ProjectUnless("line"), project::status),
        row(&["doctor"], Nothing, doctor::doctor),
        row(&["next"], Project, project::next),
        row(&["plan"], Project, project::plan),
        row(&["tasks", "list"], Project, tasks::list),
        row(&["tasks", "show"], Project, tasks::show),
        row(&["tasks", "add"], Project, tasks::add),
        row(&["tasks", "edit"], Project, tasks::edit),
        row(&["tasks", "start"], Project, tasks::start),
        row(&["tasks", "complete"], Project, tasks::complete),
        row(&["tasks", "cancel"], Project, tasks::cancel),
        row(&["tasks", "reopen"], Project, tasks::reopen),
        row(&["tasks", "remove"], Project, tasks::remove),
        row(&["tasks", "link"], Project, tasks::link),
        row(&["tasks", "unlink"], Project, tasks::unlink),
        row(&["tasks", "claim"], Project, tasks::claim),
        row(&["tasks", "release"], Project, tasks::release),
        row(&["tasks", "promote"], Project, tasks::promote),
        row(&["tasks", "import"], Project, tasks::import),
        row(&["tasks", "export"], Project, tasks::export),
        row(&["tasks", "conflicts"], Project, merging::conflicts),
        row(&["tasks", "resolve"], Project, merging::resolve),
        row(&["note"], Project, tasks::note),
        row(&["milestones", "list"], Project, milestones::list),
        row(&["milestones", "show"], Project, milestones::show),
        row(&["milestones", "add"], Project, milestones::add),
        row(&["milestones", "edit"], Project, milestones::edit),
        row(&["milestones", "reach"], Project, milestones::reach),
        row(&["milestones", "drop"], Project, milestones::drop),
        row(&["milestones", "reopen"], Project, milestones::reopen),
        row(&["snapshot"], Project, milestones::snapshot),
        row(&["goals", "set"], Project, goals::set),
        row(&["goals", "show"], Project, goals::show),
        row(&["goals", "list"], Project, goals::list),
        row(&["goals", "pause"], Project, goals::pause),
        row(&["goals", "resume"], Project, goals::resume),
        row(&["goals", "complete"], Project, goals::complete),
        row(&["goals", "budget"], Project, goals::budget),
        row(&["goals", "clear"], Project, goals::clear),
        row(&["adr", "import"], Project, adr::import),
        row(&["adr", "list"], Project, adr::list),
        row(&["adr", "link"], Project, adr::link),
        row(&["sessions", "list"], Project, sessions::list),
        row(&["sessions", "show"], Project, sessions::show),
        row(&["agents", "tree"], Nothing, agents::tree),
        row(&["agents", "show"], Nothing, agents::show),
        row(&["agents", "close"], Nothing, agents::close),
        row(&["agents", "resume"], Nothing, agents::resume),
        row(&["threads", "list"], Nothing, threads::list),
        row(&["threads", "show"], Nothing, threads::show),
        row(&["threads", "turns"], Nothing, threads::turns),
        row(&["threads", "search"], Nothing, threads::search),
        row(&["threads", "tree"], Nothing, threads::tree),
        row(&["threads", "name"], Nothing, marks::name),
        row(&["threads", "archive"], Nothing, marks::archive),
        row(&["threads", "set"], Nothing, marks::set),
        row(&["threads", "forget"], Nothing, marks::forget),
        row(&["threads", "audit"], Nothing, audit::audit),
        row(&["threads", "disk"], Nothing, disk::disk),
    ]
}

fn of_memory() -> Vec<Row> {
    use Needs::{Nothing, Project};
    vec![
        row(&["recall"], Nothing, memory::recall),
        row(&["memory", "list"], Nothing, memory::list),
        row(&["memory", "show"], Nothing, memory::show),
        row(&["memory", "add"], Nothing, memory::add),
        row(&["memory", "edit"], Nothing, memory::edit),
        row(&["memory", "pin"], Nothing, memory::pin),
        row(&["memory", "confirm"], Nothing, memory::confirm),
        row(&["memory", "reject"], Nothing, memory::reject),
        row(&["memory", "move"], Nothing, memory::move_to),
        row(&["memory", "forget"], Nothing, memory::forget),
        row(&["memory", "share"], Project, memory::share),
        row(&["memory", "history"], Nothing, memory::history),
        row(&["memory", "diff"], Nothing, memory::diff),
        row(&["memory", "revert"], Nothing, memory::revert),
        row(&["memory", "update"], Project, memory::update),
        row(&["memory", "status"], Project, memory::status),
        row(&["memory", "why"], Nothing, memory::why),
        row(&["memory", "mode"], Nothing, memory::mode),
        row(&["memory", "drop"], Nothing, memory::discard),
        row(&["memory", "import"], Nothing, memory::import),
        row(&["memory", "export"], Nothing, memory::export),
    ]
}

fn of_jobs() -> Vec<Row> {
    use Needs::Nothing;
    vec![
        row(&["jobs", "run"], Nothing, jobs::run),
        row(&["jobs", "resume"], Nothing, jobs::resume),
        row(&["jobs", "list"], Nothing, jobs::list),
        row(&["jobs", "show"], Nothing, jobs::show),
        row(&["jobs", "cancel"], Nothing, jobs::cancel),
        row(&["jobs", "export"], Nothing, jobs::export),
        row(&["jobs", "logs"], Nothing, jobs::logs),
        row(&["jobs", "remove"], Nothing, jobs::remove),
        row(&["jobs", "work"], Nothing, jobs::work),
    ]
}

fn of_the_machine() -> Vec<Row> {
    use Needs::{Nothing, Project, Unsettled};
    vec![
        row(&["index", "run"], Nothing, index::run),
        row(&["index", "status"], Nothing, index::status),
        row(&["index", "rebuild"], Nothing, index::rebuild),
        row(&["publish"], Project, project::publish),
        row(&["trust"], Nothing, project::trust),
        row(&["journal"], Project, diary::journal),
        row(&["log"], Project, project::log),
        row(&["logs"], Nothing, logs::logs),
        row(&["stats"], Nothing, logs::stats),
        row(&["undo"], Project, project::undo),
        row(&["cache", "show"], Project, cache::show),
        row(&["cache", "validate"], Project, cache::validate),
        row(&["cache", "backups"], Project, cache::backups),
        row(&["cache", "rollback"], Project, cache::rollback),
        row(&["cache", "prune"], Unsettled, prune::prune),
        row(&["cache", "migrate"], Project, migrate::migrate),
        row(&["cache", "reconcile"], Unsettled, cache::reconcile),
        row(&["cache", "resolve"], Unsettled, merging::mend),
        row(&["lines", "list"], Project, lines::list),
        row(&["lines", "show"], Project, lines::show),
        row(&["lines", "merge"], Project, lines::merge),
        row(&["lines", "adopt"], Project, lines::adopt),
        row(&["lines", "retire"], Project, lines::retire),
        row(&["merge-driver"], Nothing, merging::driver),
        row(&["fold"], Project, housekeeping::fold),
        row(&["hook"], Nothing, housekeeping::hook),
        row(&["mcp"], Nothing, housekeeping::mcp),
        row(&["app-server"], Nothing, server::app_server),
        row(&["completions"], Nothing, shell::completions),
        row(&["man"], Nothing, manual::man),
        row(&["shell-init"], Nothing, shell::shell_init),
        row(&["demo"], Nothing, demo::demo),
    ]
}

/// What the groups are about.
const GROUPS: [(&str, &str); 13] = [
    ("lines", "The lines of this project: branches and what stands apart"),
    ("tasks", "The tasks of this line"),
    ("milestones", "What to reach, and where git stood when it was"),
    ("goals", "What a session or the project is to reach, and what it may cost"),
    ("adr", "Decision records, and the tasks that stand for them"),
    ("sessions", "What agents did"),
    ("agents", "Who spawned whom, how each stands, who works on what"),
    ("threads", "Every conversation of every agent on this machine, ever"),
    ("memory", "What is remembered beyond a session: yours, the project's, the line's"),
    ("jobs", "Agents that work on the rows of a table"),
    ("index", "The index over their transcripts; disposable"),
    ("cache", "The state itself: look at it, check it, bring it back"),
    ("setup", "Connect an agent, or git"),
];

/// The whole command line.
pub(crate) fn command() -> Command {
    command_of(&rows(), Row::command)
}

/// The command line with what these words need: to make the arguments of all commands takes longer than
/// many of them. Help, and what is no command, need all.
fn command_for(rows: &[Row], arguments: &[OsString]) -> Command {
    let mut words = Vec::new();
    for argument in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        match argument {
            "help" | "--help" | "-h" => return command_of(rows, Row::command),
            flag if flag.starts_with('-') => {}
            word => words.push(word),
        }
    }
    match rows.iter().find(|row| words.starts_with(row.path)) {
        Some(wanted) => {
            command_of(rows, |row| if row.path == wanted.path { row.command() } else { row.bare() })
        }
        None => command_of(rows, Row::command),
    }
}

fn command_of(rows: &[Row], make: impl Fn(&Row) -> Command) -> Command {
    let mut top = Command::new("thru")
        .version(env!("CARGO_PKG_VERSION"))
        .about("The project memory of coding agents: it follows git")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(flag("json", "Answer with one JSON object"))
        .arg(flag("quiet", "No status messages").short('q'));
    for row in rows {
        top = match row.path {
            [group, _] => {
                let known = top.find_subcommand(group).is_some();
                let about = GROUPS.iter().find(|(name, _)| name == group).map_or("", |(_, a)| a);
                let new = || Command::new(*group).about(about).subcommand_required(true);
                let top = if known { top } else { top.subcommand(new()) };
                top.mut_subcommand(group, |g| g.subcommand(make(row)))
            }
            _ => top.subcommand(make(row)),
        };
    }
    top
}

/// What a file says, or standard input for `-`.
fn text_of(file: &Path) -> Result<String, Failure> {
    let read = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    read.map_err(|error| Failure::failed(format!("can't read {}: {error}", file.display())))
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).global(true).action(ArgAction::SetTrue)
}

/// Parses, finds the row, carries it out, shows what it answers.
pub(crate) fn run(environment: &Environment, arguments: &[OsString], screen: &mut Screen) -> Exit {
    let rows = rows();
    let asked_for = tui::words_of(environment, arguments);
    let arguments = asked_for.as_deref().unwrap_or(arguments);
    let matches = match command_for(&rows, arguments).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return clap_message(&error, screen),
    };
    if matches.get_flag("quiet") {
        screen.be_quiet();
    }
    let format = if matches.get_flag("json") { Format::Json } else { Format::Human };
    let (answer, unreadable) = dispatch(environment, &rows, &matches, screen);
    log(environment, &answer, &unreadable);
    if !matches.get_flag("quiet") && matches.subcommand_name().is_some_and(is_seen) {
        let world = environment.surroundings(Actor::Person);
        databases::take_notice(&world.home).iter().for_each(|said| screen.warn(said));
    }
    match answer {
        Ok(report) => {
            screen.served(&unreadable);
            match format {
                Format::Human => report.human(screen),
                Format::Json => screen.json(&json::with_served(&*report, &unreadable)),
            }
            report.exit()
        }
        Err(failure) => {
            // A failure over such a file says the same itself.
            if failure.exit != Exit::Unreadable {
                screen.served(&unreadable);
            }
            if format == Format::Json {
                screen.json(&json::failure(&failure).to_string());
            }
            screen.fail(&failure);
            failure.exit
        }
    }
}

/// Whether a person reads what a command says besides its answer.
fn is_seen(command: &str) -> bool {
    !["mcp", "app-server", "status", "merge-driver", "tui"].contains(&command)
}

/// Notes what is not as it should be; what a user typed wrong is nobody's concern.
fn log(environment: &Environment, answer: &Answer, unreadable: &[Unreadable]) {
    let world = environment.surroundings(Actor::Person);
    unreadable.iter().for_each(|one| one.log(&world));
    let Err(failure) = answer else { return };
    if matches!(failure.exit, Exit::Locked | Exit::Unreadable | Exit::NotConfirmed) {
        let event = logs_of::event(&world, Level::Error, Kind::Problem).word("command");
        logs_of::note(&world, &event.text(&failure.message));
    }
}

/// The answer, and the state files in whose place an earlier generation was read for it.
fn dispatch(
    environment: &Environment,
    rows: &[Row],
    matches: &ArgMatches,
    screen: &mut Screen,
) -> (Answer, Vec<Unreadable>) {
    match row_of(rows, matches) {
        Ok((row, innermost)) => carry_out(environment, row, innermost, screen),
        Err(failure) => (Err(failure), Vec::new()),
    }
}

/// As [`dispatch`], of the row that was found.
fn carry_out(
    environment: &Environment,
    row: &Row,
    innermost: &ArgMatches,
    screen: &mut Screen,
) -> (Answer, Vec<Unreadable>) {
    let world = environment.surroundings(Actor::Person);
    let here = match row.needs {
        Needs::ProjectUnless(flag) if innermost.get_flag(flag) => Ok(None),
        Needs::Project | Needs::ProjectUnless(_) => Here::find(&world).map(Some),
        Needs::Unsettled => Here::find_unsettled(&world).map(Some),
        Needs::Nothing => Ok(None),
    };
    let here = match here {
        Ok(here) => here,
        Err(error) => return (Err(error.into()), Vec::new()),
    };
    if let Some(plan) = here.as_ref().and_then(|here| here.settled.as_ref()) {
        screen.settled(plan);
    }
    let mut context = Context { environment, world, here, screen };
    let answer = (row.run)(&mut context, innermost);
    (answer, context.here.as_ref().map(Here::unreadable).unwrap_or_default())
}

fn row_of<'r, 'm>(
    rows: &'r [Row],
    matches: &'m ArgMatches,
) -> Result<(&'r Row, &'m ArgMatches), Failure> {
    let mut path = Vec::new();
    let mut innermost = matches;
    while let Some((name, inner)) = innermost.subcommand() {
        path.push(name);
        innermost = inner;
    }
    let row = rows.iter().find(|row| row.path == path);
    let row = row.ok_or_else(|| Failure::usage("no such command"))?;
    Ok((row, innermost))
}

/// Help and version are answers; the rest is a wrong command line.
fn clap_message(error: &clap::Error, screen: &mut Screen) -> Exit {
    let text = error.render().to_string();
    if error.use_stderr() {
        screen.status(text.trim_end());
        return Exit::Usage;
    }
    screen.raw(&text);
    Exit::Done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_command_has_help() {
        command().debug_assert();
        for row in rows() {
            assert!(row.command().get_about().is_some(), "{:?} has no help", row.path);
        }
    }
}
