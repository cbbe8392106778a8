//! Commands about the state itself.

use clap::Args;
use throughline_model::reconcile::{Outcome, Step, choices};
use throughline_ops::cache;
use throughline_ops::reconcile::{ReconcileReport, Wish, propose, reconcile as carry_out};
use throughline_ops::restore::restore;

use super::{Answer, Context};
use crate::failure::{Exit, Failure};
use crate::output::json::{Backups, StateText};

/// Show the state as it would be published now
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {}

pub(crate) fn show(context: &mut Context<'_>, _: ShowArgs) -> Answer {
    Ok(Box::new(StateText { text: cache::show(context.here())? }))
}

/// Read state and journal whole, and say what stands
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {}

pub(crate) fn validate(context: &mut Context<'_>, _: ValidateArgs) -> Answer {
    Ok(Box::new(cache::validate(context.here())?))
}

/// List what is kept of earlier states
#[derive(Debug, Args)]
pub(crate) struct BackupsArgs {}

pub(crate) fn backups(context: &mut Context<'_>, _: BackupsArgs) -> Answer {
    Ok(Box::new(Backups { backups: cache::backups(context.here())? }))
}

/// Bring this line back to a kept state; what stands is kept first
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// A generation, as `thru cache backups` shows it; without one: the last good generation takes
    /// the place of a state file that can't be read
    generation: Option<u64>,
}

pub(crate) fn rollback(context: &mut Context<'_>, args: RollbackArgs) -> Answer {
    if let Some(generation) = args.generation {
        return Ok(Box::new(cache::rollback(&context.world, context.here(), generation)?));
    }
    match restore(&context.world, context.here())? {
        Some(report) => Ok(Box::new(report)),
        None => Err(Failure {
            message: "the state file can be read: name a generation to go back to".to_owned(),
            hints: vec!["`thru cache backups` shows them".to_owned()],
            exit: Exit::Usage,
        }),
    }
}

/// Decide what is done where git moved; without an option: show it, and ask on a terminal
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("decision"))]
pub(crate) struct ReconcileArgs {
    /// Memory moves to where git stands; evidence stays as it is
    #[arg(long, group = "decision")]
    fast_forward: bool,
    /// This line goes on from LINE (without a name: from the one from which its branch started)
    #[arg(long, group = "decision", value_name = "LINE", num_args = 0..=1)]
    fork: Option<Option<String>>,
    /// Evidence follows to the commits that say the same
    #[arg(long, group = "decision")]
    rebase: bool,
    /// This line takes over the work of the one whose branch was renamed
    #[arg(long, group = "decision")]
    follow: bool,
    /// Accept this HEAD, or this state file, as it is
    #[arg(long, group = "decision")]
    ignore: bool,
    /// Make state and line anew from the journal
    #[arg(long, group = "decision")]
    rebuild: bool,
    /// Make the missing changes once more
    #[arg(long, group = "decision")]
    restore: bool,
    /// Take in the changes of LINE
    #[arg(long, group = "decision", value_name = "LINE")]
    merge: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl ReconcileArgs {
    fn wish(&self) -> Option<Wish> {
        let flags = [
            (self.fast_forward, Outcome::FastForward),
            (self.rebase, Outcome::Rebase),
            (self.follow, Outcome::Follow),
            (self.ignore, Outcome::Ignore),
            (self.rebuild, Outcome::Rebuild),
            (self.restore, Outcome::Restore),
        ];
        let flag = flags.into_iter().find(|(set, _)| *set).map(|(_, outcome)| outcome);
        let fork = self.fork.as_ref().map(|name| match name {
            Some(line) => Wish::ForkOf(line.clone()),
            None => Wish::Chosen(Outcome::Fork),
        });
        let merge = self.merge.as_ref().map(|line| Wish::MergeOf(line.clone()));
        flag.map(Wish::Chosen).or(fork).or(merge)
    }
}

pub(crate) fn reconcile(context: &mut Context<'_>, args: ReconcileArgs) -> Answer {
    let wish = args.wish();
    if args.dry_run {
        let wish = wish.unwrap_or(Wish::Settings);
        return Ok(Box::new(propose(&context.world, context.here(), &wish)?));
    }
    if let Some(wish) = wish {
        return Ok(Box::new(carry_out(&context.world, context.here(), &wish)?));
    }
    let proposed = propose(&context.world, context.here(), &Wish::Settings)?;
    match chosen(context, &proposed)? {
        Some(outcome) => {
            let wish = Wish::Chosen(outcome);
            Ok(Box::new(carry_out(&context.world, context.here(), &wish)?))
        }
        None => Ok(Box::new(proposed)),
    }
}

/// What a person at a terminal chooses; nothing where nobody is asked, or nobody is there.
fn chosen(
    context: &mut Context<'_>,
    proposed: &ReconcileReport,
) -> Result<Option<Outcome>, Failure> {
    let kind = proposed.plan.steps.iter().find_map(|step| match step {
        Step::Ask { kind, .. } => Some(*kind),
        Step::MoveCheckpoint { .. }
        | Step::Reanchor { .. }
        | Step::TakeIn { .. }
        | Step::MakeAgain { .. }
        | Step::LetGo { .. }
        | Step::GoOnFrom { .. }
        | Step::End { .. }
        | Step::Rebuild
        | Step::Leave { .. } => None,
    });
    let Some(kind) = kind else { return Ok(None) };
    let options: Vec<(&str, &str)> =
        choices(kind).iter().map(|outcome| (outcome.as_str(), outcome.consequence())).collect();
    let question = proposed.plan.drift.sentence();
    let number = context.screen.choose(&question, &options);
    Ok(number.and_then(|number| choices(kind).get(number).copied()))
}
