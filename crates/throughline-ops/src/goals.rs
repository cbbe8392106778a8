//! `thru goals`, the tools for goals, and what the fold books on them.
//!
//! The rules are [`throughline_model::goal`], the rows [`throughline_runtime::goals`]. A change names the goal
//! that its writer means; a command that names none means the one that it found, and is refused like any other
//! if somebody was faster. What came of it is in the goal's history and counted in the log.

pub mod amend;

use throughline_model::event::{Kind, Level};
use throughline_model::goal::{Act, Budget, Goal, GoalStatus};
use throughline_model::ids::GoalId;
use throughline_model::record::Actor;
use throughline_runtime::goals::{GoalError, GoalEvent, Goals, Owner, TurnCost};
use throughline_store::config::{self, CONFIG_FILE};

use crate::error::OpsError;
use crate::here::Here;
use crate::logs;
use crate::surroundings::Surroundings;
use crate::transcript::Absorbed;

/// Of whom a goal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoalOf {
    /// The project's.
    Project,
    /// A session's, by its id, the beginning of it, or `last`.
    Session(String),
    /// The session's that asks; the project's, if it has none or no session asks.
    Asker,
    /// A conversation's, by its full id: it is one of an agent, though nobody observed it as a session.
    Conversation(String),
}

/// A new goal.
#[derive(Debug, Clone)]
pub struct SetOptions {
    /// Of whom.
    pub of: GoalOf,
    /// What is to be reached.
    pub objective: String,
    /// The milestone to which it leads, by id or title.
    pub milestone: Option<String>,
    /// What it may cost.
    pub budget: Budget,
}

/// What is to be done with a goal.
#[derive(Debug, Clone)]
pub struct ChangeOptions {
    /// Of whom.
    pub of: GoalOf,
    /// Which goal is meant; absent for the one that there is.
    pub expected: Option<String>,
    /// What.
    pub deed: Deed,
}

/// A deed.
#[derive(Debug, Clone)]
pub enum Deed {
    /// A step of its state machine.
    Act(Act),
    /// What is named of its budget becomes so; zero takes a bound away.
    Budget {
        /// In tokens.
        tokens: Option<u64>,
        /// In seconds.
        seconds: Option<u64>,
    },
    /// It goes; its history stays.
    Clear,
}

/// A goal after a change.
#[derive(Debug, Clone)]
pub struct GoalReport {
    /// The goal.
    pub goal: Goal,
    /// What was done, in a word.
    pub done: &'static str,
}

/// A goal and what came of it.
#[derive(Debug, Clone)]
pub struct GoalShowReport {
    /// The goal; `None`, if there is none.
    pub goal: Option<Goal>,
    /// The oldest first.
    pub history: Vec<GoalEvent>,
    /// Whether turns go on for goals here.
    pub enabled: bool,
}

/// Goals of the project and its sessions.
#[derive(Debug, Clone)]
pub struct GoalsReport {
    /// The latest first, with whether it is its owner's goal now.
    pub goals: Vec<(Goal, bool)>,
}

/// Whether the user turned goals on; a repository has no say. Settings that can't be read turn nothing on.
pub fn are_on(world: &Surroundings) -> bool {
    let read = config::read(&world.home.file(CONFIG_FILE)).ok().flatten();
    read.is_some_and(|config| config.goals.enabled)
}

/// Sets a goal.
///
/// # Errors
/// [`OpsError`]: there is one already, no such session or milestone, or a bound of nothing.
pub fn set(
    world: &Surroundings,
    here: &Here,
    options: &SetOptions,
) -> Result<GoalReport, OpsError> {
    let project = here.project.key();
    let session = session_of(world, here, &options.of)?;
    let milestone = options.milestone.as_deref().map(|name| milestone(here, name)).transpose()?;
    let id = GoalId::from_entropy(&world.entropy.bytes::<8>()?, /*length*/ 6);
    let objective = throughline_model::redact::redact(&options.objective);
    let goal = Goal::new(id, &project, &objective, options.budget, world.clock.now());
    let goal = Goal { session, milestone, ..goal.map_err(refused)? };
    let mut goals = crate::databases::open::<Goals>(world)?;
    goals.set(&goal, who(world)).map_err(failed)?;
    note(world, "set");
    Ok(GoalReport { goal, done: "set" })
}

fn milestone(here: &Here, name: &str) -> Result<String, OpsError> {
    let view = here.read()?.view;
    Ok(crate::milestones::find(&view, name)?.0.to_string())
}

/// The goals here.
///
/// # Errors
/// [`OpsError`]
pub fn list(world: &Surroundings, here: &Here, all: bool) -> Result<GoalsReport, OpsError> {
    let found = crate::databases::read::<Goals>(world)?;
    let goals = found.map(|goals| goals.list(&here.project.key())).transpose()?;
    let mut goals = goals.unwrap_or_default();
    goals.retain(|(_, current)| all || *current);
    Ok(GoalsReport { goals })
}

/// One goal with its history: the one that is named, else the one there is.
///
/// # Errors
/// [`OpsError`]
pub fn show(
    world: &Surroundings,
    here: &Here,
    of: &GoalOf,
    id: Option<&str>,
) -> Result<GoalShowReport, OpsError> {
    let enabled = here.config.goals.enabled;
    let missing = |id: &str| OpsError::NoSuch { what: "goal", name: id.to_owned() };
    let Some(goals) = crate::databases::read::<Goals>(world)? else {
        return match id {
            Some(id) => Err(missing(id)),
            None => Ok(GoalShowReport { goal: None, history: Vec::new(), enabled }),
        };
    };
    let goal = match id {
        Some(id) => Some(goals.find(id)?.filter(is_of(here)).ok_or_else(|| missing(id))?),
        None => current(world, here, &goals, of)?,
    };
    let history = goal.as_ref().map(|goal| goals.history(goal.id.as_str())).transpose()?;
    Ok(GoalShowReport { goal, history: history.unwrap_or_default(), enabled })
}

fn is_of(here: &Here) -> impl Fn(&Goal) -> bool {
    let project = here.project.key();
    move |goal| goal.project == project
}

fn current(
    world: &Surroundings,
    here: &Here,
    goals: &Goals,
    of: &GoalOf,
) -> Result<Option<Goal>, OpsError> {
    let project = here.project.key();
    let session = session_of(world, here, of)?;
    let own = goals.current(Owner { project: &project, session: session.as_deref() })?;
    match (own, of) {
        (None, GoalOf::Asker) => Ok(goals.current(Owner { project: &project, session: None })?),
        (own, GoalOf::Project | GoalOf::Session(_) | GoalOf::Asker | GoalOf::Conversation(_)) => {
            Ok(own)
        }
    }
}

/// Does something with a goal.
///
/// # Errors
/// [`OpsError`]: there is none, it is another one by now, or its state does not let it.
pub fn change(
    world: &Surroundings,
    here: &Here,
    options: &ChangeOptions,
) -> Result<GoalReport, OpsError> {
    let mut goals = crate::databases::open::<Goals>(world)?;
    let named = options.expected.as_deref().map(|id| goals.find(id)).transpose()?.flatten();
    let found = match named.filter(is_of(here)) {
        Some(goal) => Some(goal),
        None => current(world, here, &goals, &options.of)?,
    };
    let found = found.ok_or_else(|| failed(GoalError::None))?;
    let owner = Owner { project: &found.project, session: found.session.as_deref() };
    let expected = options.expected.as_deref().unwrap_or(found.id.as_str());
    let by = (who(world), world.clock.now());
    let (goal, done) = match &options.deed {
        Deed::Act(act) => (goals.act(owner, expected, act, by), act.as_str()),
        Deed::Budget { tokens, seconds } => {
            let budget = budget(found.budget, *tokens, *seconds);
            (goals.act(owner, expected, &Act::Allow(budget), by), "budget")
        }
        Deed::Clear => (goals.clear(owner, expected, by), "clear"),
    };
    let goal = goal.map_err(failed)?;
    note(world, done);
    Ok(GoalReport { goal, done })
}

fn budget(old: Budget, tokens: Option<u64>, seconds: Option<u64>) -> Budget {
    let bound = |old: Option<u64>, new: Option<u64>| match new {
        None => old,
        Some(0) => None,
        Some(new) => Some(new),
    };
    Budget { tokens: bound(old.tokens, tokens), seconds: bound(old.seconds, seconds) }
}

fn session_of(world: &Surroundings, here: &Here, of: &GoalOf) -> Result<Option<String>, OpsError> {
    match (of, &world.actor) {
        (GoalOf::Session(name), _) => {
            Ok(Some(crate::sessions::show(world, here, name)?.session.id))
        }
        (GoalOf::Conversation(id), _) => Ok(Some(id.clone())),
        (GoalOf::Asker, Actor::Agent { session, .. }) => Ok(session.clone()),
        (GoalOf::Project, _) | (GoalOf::Asker, Actor::Person | Actor::Fold) => Ok(None),
    }
}

fn who(world: &Surroundings) -> &'static str {
    match &world.actor {
        Actor::Agent { .. } => "agent",
        Actor::Person => "person",
        Actor::Fold => "fold",
    }
}

fn note(world: &Surroundings, word: &str) {
    logs::note_word(world, Level::Info, Kind::Goal, word);
}

fn refused(refused: throughline_model::goal::Refused) -> OpsError {
    OpsError::Refused { reason: refused.to_string() }
}

fn failed(error: GoalError) -> OpsError {
    match error {
        GoalError::Runtime(error) => error.into(),
        GoalError::Refused(_) | GoalError::Taken { .. } | GoalError::None => {
            OpsError::Refused { reason: error.to_string() }
        }
    }
}

/// After a fold: what turns cost is booked on the goals that they were worked for. Where nobody ever set one,
/// this is one look at the disk.
pub(crate) fn settle(
    world: &Surroundings,
    here: &Here,
    absorbed: &[Absorbed],
) -> Result<(), OpsError> {
    use throughline_runtime::Truth as _;
    if absorbed.is_empty() || !Goals::DATABASE.path(&world.home).exists() {
        return Ok(());
    }
    let mut goals = crate::databases::open::<Goals>(world)?;
    let project = here.project.key();
    for one in absorbed {
        let owner = Owner { project: &project, session: Some(&one.session) };
        let booked = goals.book(owner, &costs(one), world.clock.now()).map_err(failed)?;
        booked.iter().for_each(|(before, after)| note_spent(world, before, after));
    }
    Ok(())
}

fn costs(one: &Absorbed) -> Vec<TurnCost> {
    let turns = one.turns.iter().filter_map(|(turn, shown)| {
        let (turn, began, ended) = (turn.clone(), shown.began, shown.ended);
        Some(TurnCost { turn, began, ended, usage: shown.usage? })
    });
    turns.collect()
}

fn note_spent(world: &Surroundings, before: &Goal, after: &Goal) {
    let spent = after.spent.tokens - before.spent.tokens.min(after.spent.tokens);
    let event = logs::event(world, Level::Info, Kind::Goal).word("tokens");
    logs::note(world, &event.text(&spent.to_string()));
    if after.status != before.status && after.status == GoalStatus::BudgetLimited {
        note(world, after.status.as_str());
    }
}
