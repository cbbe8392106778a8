//! Commands about goals.

use clap::Args;
use throughline_model::goal::{Act, Budget};
use throughline_ops::goals::{self, ChangeOptions, Deed, GoalOf, SetOptions};

use super::{Answer, Context};
use crate::failure::Failure;

/// Of whom a goal is
#[derive(Debug, Args)]
pub(crate) struct OfArgs {
    /// A session's goal, not the project's: its id, the beginning of it, or `last`
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

impl OfArgs {
    fn of(self) -> GoalOf {
        self.session.map_or(GoalOf::Project, GoalOf::Session)
    }
}

/// What a goal may cost
#[derive(Debug, Args)]
pub(crate) struct CostArgs {
    /// Tokens: read and not cached, and written
    #[arg(long, value_name = "NUMBER")]
    tokens: Option<u64>,
    /// Minutes in which turns run
    #[arg(long, value_name = "NUMBER")]
    minutes: Option<u64>,
}

impl CostArgs {
    fn seconds(&self) -> Option<u64> {
        self.minutes.map(|minutes| minutes.saturating_mul(60))
    }
}

/// Set what is to be reached; with `enabled = true` under [goals] in your settings, turns go on until it is
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// What is to be reached, and by what it is known
    objective: String,
    #[command(flatten)]
    of: OfArgs,
    #[command(flatten)]
    cost: CostArgs,
    /// The milestone to which it leads: id or title
    #[arg(long, value_name = "NAME")]
    milestone: Option<String>,
}

pub(crate) fn set(context: &mut Context<'_>, args: SetArgs) -> Answer {
    let budget = Budget { tokens: args.cost.tokens, seconds: args.cost.seconds() };
    let (of, objective, milestone) = (args.of.of(), args.objective, args.milestone);
    let options = SetOptions { of, objective, milestone, budget };
    Ok(Box::new(goals::set(&context.world, context.here(), &options)?))
}

/// Show a goal, what it cost and what came of it
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its id; without one, the goal there is
    goal: Option<String>,
    #[command(flatten)]
    of: OfArgs,
}

pub(crate) fn show(context: &mut Context<'_>, args: ShowArgs) -> Answer {
    let (of, goal) = (args.of.of(), args.goal.as_deref());
    Ok(Box::new(goals::show(&context.world, context.here(), &of, goal)?))
}

/// List the goals of the project and its sessions
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Those before, too
    #[arg(long)]
    all: bool,
}

pub(crate) fn list(context: &mut Context<'_>, args: ListArgs) -> Answer {
    Ok(Box::new(goals::list(&context.world, context.here(), args.all)?))
}

/// Put a goal off: no turn goes on for it
#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    which: WhichArgs,
}

pub(crate) fn pause(context: &mut Context<'_>, args: PauseArgs) -> Answer {
    changed(context, args.which, Deed::Act(Act::Pause))
}

/// Take a goal up again
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    which: WhichArgs,
}

pub(crate) fn resume(context: &mut Context<'_>, args: ResumeArgs) -> Answer {
    changed(context, args.which, Deed::Act(Act::Resume))
}

/// Say that a goal is reached
#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    #[command(flatten)]
    which: WhichArgs,
}

pub(crate) fn complete(context: &mut Context<'_>, args: CompleteArgs) -> Answer {
    changed(context, args.which, Deed::Act(Act::Complete))
}

/// Take a goal away; its history stays
#[derive(Debug, Args)]
pub(crate) struct ClearArgs {
    #[command(flatten)]
    which: WhichArgs,
}

pub(crate) fn clear(context: &mut Context<'_>, args: ClearArgs) -> Answer {
    changed(context, args.which, Deed::Clear)
}

/// Change what a goal may cost; one that was out of it goes on
#[derive(Debug, Args)]
pub(crate) struct BudgetArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    cost: CostArgs,
}

pub(crate) fn budget(context: &mut Context<'_>, args: BudgetArgs) -> Answer {
    let (tokens, seconds) = (args.cost.tokens, args.cost.seconds());
    if tokens.is_none() && seconds.is_none() {
        return Err(Failure::usage(
            "nothing to change: give --tokens or --minutes; 0 takes a bound away",
        ));
    }
    changed(context, args.which, Deed::Budget { tokens, seconds })
}

/// Which goal is meant
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// The goal that you mean: refused if there is another one by now
    goal: Option<String>,
    #[command(flatten)]
    of: OfArgs,
}

fn changed(context: &Context<'_>, which: WhichArgs, deed: Deed) -> Answer {
    let options = ChangeOptions { of: which.of.of(), expected: which.goal, deed };
    Ok(Box::new(goals::change(&context.world, context.here(), &options)?))
}
