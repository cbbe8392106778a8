//! Commands about tasks.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use throughline_model::state::{Field, Kind, Status};
use throughline_ops::notes;
use throughline_ops::tasks::add::AddOptions;
use throughline_ops::tasks::claim::ClaimOptions;
use throughline_ops::tasks::edit::EditOptions;
use throughline_ops::tasks::link::{Bond, LinkOptions, Relation};
use throughline_ops::tasks::list::{Lines, ListOptions, Which};
use throughline_ops::tasks::transition::{Dependencies, Transition, TransitionOptions};
use throughline_ops::tasks::{
    add, claim, edit, import, link, list, promote, remove, show, transition,
};

use super::{Answer, Context};
use crate::failure::Failure;
use crate::output::json::Export;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindWord {
    Task,
    Epic,
    Bug,
    Chore,
    Decision,
    Step,
}

impl From<KindWord> for Kind {
    fn from(word: KindWord) -> Self {
        match word {
            KindWord::Task => Self::Task,
            KindWord::Epic => Self::Epic,
            KindWord::Bug => Self::Bug,
            KindWord::Chore => Self::Chore,
            KindWord::Decision => Self::Decision,
            KindWord::Step => Self::Step,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum StatusWord {
    Pending,
    InProgress,
    Completed,
    Cancelled,
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Pending => Self::Pending,
            StatusWord::InProgress => Self::InProgress,
            StatusWord::Completed => Self::Completed,
            StatusWord::Cancelled => Self::Cancelled,
        }
    }
}

fn priority() -> clap::builder::RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(0..=4)
}

/// List tasks: those neither completed nor cancelled, if nothing else is asked
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only those that can be worked on
    #[arg(long, group = "which")]
    ready: bool,
    /// Only those that wait for others
    #[arg(long, group = "which")]
    blocked: bool,
    /// Only those of one status
    #[arg(long, value_name = "S", group = "which")]
    status: Option<StatusWord>,
    /// Only those with evidence whose commit is no longer in history
    #[arg(long, group = "which")]
    orphaned: bool,
    /// Every status, folded steps too
    #[arg(long, group = "which")]
    all: bool,
    /// Other lines as well
    #[arg(long)]
    all_lines: bool,
    /// Only those that lead to a milestone (id or title)
    #[arg(long, value_name = "M")]
    milestone: Option<String>,
    /// Only those of a kind
    #[arg(long, value_name = "K")]
    kind: Option<KindWord>,
    /// Only those with a label
    #[arg(long, value_name = "L")]
    label: Option<String>,
}

pub(crate) fn list(context: &mut Context<'_>, args: ListArgs) -> Answer {
    let flags = [
        (args.ready, Which::Ready),
        (args.blocked, Which::Blocked),
        (args.orphaned, Which::Orphaned),
        (args.all, Which::All),
    ];
    let flag = flags.into_iter().find(|(set, _)| *set).map(|(_, which)| which);
    let status = args.status.map(|status| Which::Status(status.into()));
    let which = flag.or(status).unwrap_or_default();
    let options = ListOptions {
        which,
        lines: if args.all_lines { Lines::All } else { Lines::This },
        milestone: args.milestone,
        kind: args.kind.map(Kind::from),
        label: args.label,
    };
    Ok(Box::new(list::list(&context.world, context.here(), &options)?))
}

/// Show all about a task
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Id or ref
    task: String,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    Ok(Box::new(show::show(&context.world, context.here(), &args.task)?))
}

/// Add a task
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// What is to be done
    title: String,
    /// What sort of work
    #[arg(long, value_name = "K", default_value = "task")]
    kind: KindWord,
    /// 0 (most urgent) to 4
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = priority())]
    priority: u8,
    /// What must be completed first (id or ref; repeatable)
    #[arg(long, value_name = "TASK", num_args = 1..)]
    depends_on: Vec<String>,
    /// What it is part of (id or ref)
    #[arg(long, value_name = "TASK")]
    parent: Option<String>,
    /// The name that people give it: an ADR or ticket id
    #[arg(long = "ref", value_name = "R")]
    reference: Option<String>,
    /// The milestone to which it leads (id or title; a new title makes one)
    #[arg(long, value_name = "M")]
    milestone: Option<String>,
    /// A label (repeatable)
    #[arg(long, value_name = "L")]
    label: Vec<String>,
    /// When it counts as done
    #[arg(long, value_name = "TEXT")]
    acceptance: Option<String>,
    /// Remarks
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Not before then (RFC 3339)
    #[arg(long, value_name = "TIME")]
    deferred_until: Option<Timestamp>,
    /// What turned it up (id or ref)
    #[arg(long, value_name = "TASK")]
    discovered_from: Option<String>,
}

pub(crate) fn add(context: &mut Context<'_>, args: AddArgs) -> Answer {
    let options = AddOptions {
        title: args.title,
        kind: args.kind.into(),
        priority: args.priority,
        depends_on: args.depends_on,
        parent: args.parent,
        reference: args.reference,
        milestone: args.milestone,
        labels: args.label,
        acceptance: args.acceptance,
        notes: args.notes,
        owner: args.owner,
        deferred_until: args.deferred_until,
        discovered_from: args.discovered_from,
    };
    Ok(Box::new(add::add(&context.world, context.here(), &options)?))
}

/// Change fields of a task; an empty value empties a field
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Id or ref
    task: String,
    /// What is to be done
    #[arg(long)]
    title: Option<String>,
    /// What sort of work
    #[arg(long, value_name = "K")]
    kind: Option<KindWord>,
    /// 0 (most urgent) to 4
    #[arg(long, value_name = "N", value_parser = priority())]
    priority: Option<u8>,
    /// What it is part of (id or ref)
    #[arg(long, value_name = "TASK")]
    parent: Option<String>,
    /// The name that people give it
    #[arg(long = "ref", value_name = "R")]
    reference: Option<String>,
    /// The milestone to which it leads (id or title)
    #[arg(long, value_name = "M")]
    milestone: Option<String>,
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// When it counts as done
    #[arg(long, value_name = "TEXT")]
    acceptance: Option<String>,
    /// Remarks
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// Not before then (RFC 3339)
    #[arg(long, value_name = "TIME")]
    deferred_until: Option<String>,
    /// The commit that it is meant for
    #[arg(long, value_name = "COMMIT")]
    target_commit: Option<String>,
    /// The decision record that it belongs to
    #[arg(long, value_name = "ADR")]
    adr: Option<String>,
    /// A label that joins (repeatable)
    #[arg(long, value_name = "L")]
    label: Vec<String>,
    /// A label that leaves (repeatable)
    #[arg(long, value_name = "L")]
    drop_label: Vec<String>,
}

pub(crate) fn edit(context: &mut Context<'_>, args: EditArgs) -> Answer {
    let words = [
        (Field::Title, args.title),
        (Field::Kind, args.kind.map(|kind| Kind::from(kind).as_str().to_owned())),
        (Field::Priority, args.priority.map(|priority| priority.to_string())),
        (Field::Parent, args.parent),
        (Field::Ref, args.reference),
        (Field::Milestone, args.milestone),
        (Field::Owner, args.owner),
        (Field::Acceptance, args.acceptance),
        (Field::Notes, args.notes),
        (Field::DeferredUntil, args.deferred_until),
        (Field::TargetCommit, args.target_commit),
        (Field::Adr, args.adr),
    ];
    let given = words.into_iter().filter_map(|(field, value)| Some((field, value?)));
    let set: Vec<_> = given.map(|(field, v)| (field, Some(v).filter(|v| !v.is_empty()))).collect();
    if set.is_empty() && args.label.is_empty() && args.drop_label.is_empty() {
        return Err(Failure::usage("nothing to change: give at least one field"));
    }
    let options =
        EditOptions { task: args.task, set, add_labels: args.label, drop_labels: args.drop_label };
    Ok(Box::new(edit::edit(&context.world, context.here(), &options)?))
}

/// Begin work on a task: it is claimed, and the agent's plan stands under it
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// Id or ref
    task: String,
}

pub(crate) fn start(context: &mut Context<'_>, args: StartArgs) -> Answer {
    moved(context, vec![args.task], Transition::Start, Dependencies::Respect, None)
}

/// Complete tasks
#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    /// Ids or refs
    #[arg(required = true)]
    tasks: Vec<String>,
    /// Even if they depend on something open
    #[arg(long)]
    force: bool,
}

pub(crate) fn complete(context: &mut Context<'_>, args: CompleteArgs) -> Answer {
    let dependencies = if args.force { Dependencies::Ignore } else { Dependencies::Respect };
    moved(context, args.tasks, Transition::Complete, dependencies, None)
}

/// Cancel tasks
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// Ids or refs
    #[arg(required = true)]
    tasks: Vec<String>,
    /// Why
    #[arg(long)]
    reason: Option<String>,
}

pub(crate) fn cancel(context: &mut Context<'_>, args: CancelArgs) -> Answer {
    moved(context, args.tasks, Transition::Cancel, Dependencies::Respect, args.reason)
}

/// Take tasks up again
#[derive(Debug, Args)]
pub(crate) struct ReopenArgs {
    /// Ids or refs
    #[arg(required = true)]
    tasks: Vec<String>,
}

pub(crate) fn reopen(context: &mut Context<'_>, args: ReopenArgs) -> Answer {
    moved(context, args.tasks, Transition::Reopen, Dependencies::Respect, None)
}

fn moved(
    context: &Context<'_>,
    tasks: Vec<String>,
    to: Transition,
    dependencies: Dependencies,
    reason: Option<String>,
) -> Answer {
    let options = TransitionOptions { tasks, to, dependencies, reason };
    Ok(Box::new(transition::transition(&context.world, context.here(), &options)?))
}

/// Remove tasks; a tombstone stays
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Ids or refs
    #[arg(required = true)]
    tasks: Vec<String>,
}

pub(crate) fn remove(context: &mut Context<'_>, args: RemoveArgs) -> Answer {
    Ok(Box::new(remove::remove(&context.world, context.here(), &args.tasks)?))
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct RelationArgs {
    /// It can't be completed before that one
    #[arg(long, value_name = "TASK")]
    depends_on: Option<String>,
    /// It is part of that one
    #[arg(long, value_name = "TASK")]
    parent: Option<String>,
    /// It has to do with that one
    #[arg(long, value_name = "TASK")]
    related: Option<String>,
    /// That one turned it up
    #[arg(long, value_name = "TASK")]
    discovered_from: Option<String>,
}

/// Bind a task to another one
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// Id or ref
    task: String,
    #[command(flatten)]
    relation: RelationArgs,
}

pub(crate) fn link(context: &mut Context<'_>, args: LinkArgs) -> Answer {
    bound(context, args, Bond::Link)
}

/// End what binds a task to another one
#[derive(Debug, Args)]
pub(crate) struct UnlinkArgs {
    #[command(flatten)]
    link: LinkArgs,
}

pub(crate) fn unlink(context: &mut Context<'_>, args: UnlinkArgs) -> Answer {
    bound(context, args.link, Bond::Unlink)
}

fn bound(context: &Context<'_>, args: LinkArgs, bond: Bond) -> Answer {
    let RelationArgs { depends_on, parent, related, discovered_from } = args.relation;
    let given = [
        (Relation::DependsOn, depends_on),
        (Relation::Parent, parent),
        (Relation::Related, related),
        (Relation::DiscoveredFrom, discovered_from),
    ];
    let given = given.into_iter().find_map(|(relation, to)| Some((relation, to?)));
    let (relation, to) = given.ok_or_else(|| Failure::usage("a relation is missing"))?;
    let options = LinkOptions { from: args.task, relation, to, bond };
    Ok(Box::new(link::link(&context.world, context.here(), &options)?))
}

/// Claim a task for a while
#[derive(Debug, Args)]
pub(crate) struct ClaimArgs {
    /// Id or ref
    task: String,
    /// For how long, such as 2h or 30m
    #[arg(long, value_name = "DURATION", default_value = "2h")]
    lease: SignedDuration,
    /// For whom, if not for yourself
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
}

pub(crate) fn claim(context: &mut Context<'_>, args: ClaimArgs) -> Answer {
    let options = ClaimOptions { task: args.task, owner: args.owner, lease: args.lease };
    Ok(Box::new(claim::claim(&context.world, context.here(), &options)?))
}

/// End a claim
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    /// Id or ref
    task: String,
}

pub(crate) fn release(context: &mut Context<'_>, args: ReleaseArgs) -> Answer {
    Ok(Box::new(claim::release(&context.world, context.here(), &args.task)?))
}

/// Make private steps part of the published state
#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// Ids
    #[arg(required = true)]
    tasks: Vec<String>,
}

pub(crate) fn promote(context: &mut Context<'_>, args: PromoteArgs) -> Answer {
    Ok(Box::new(promote::promote_tasks(&context.world, context.here(), &args.tasks)?))
}

/// Import tasks: one JSON object a line, all or nothing
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A file, or - for standard input
    file: PathBuf,
}

pub(crate) fn import(context: &mut Context<'_>, args: ImportArgs) -> Answer {
    let text = super::text_of(&args.file)?;
    Ok(Box::new(import::import(&context.world, context.here(), &text)?))
}

/// Export the published tasks: one JSON object a line
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {}

pub(crate) fn export(context: &mut Context<'_>, _: ExportArgs) -> Answer {
    Ok(Box::new(Export { text: import::export(context.here())? }))
}

/// Write a note about the project or a task
#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    /// What is to be remembered
    text: String,
    /// About this task (id or ref)
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
}

pub(crate) fn note(context: &mut Context<'_>, args: NoteArgs) -> Answer {
    let task = args.task.as_deref();
    Ok(Box::new(notes::add(&context.world, context.here(), &args.text, task)?))
}
