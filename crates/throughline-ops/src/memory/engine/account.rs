//! What a model cost, and what it may still cost.
//!
//! A question is paid for when its answer is there; until then the most that it can cost is set aside, so that
//! questions that are asked at once do not exceed together what each alone would not.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use throughline_model::config::memory::MemorySettings;
use throughline_model::memory::engine::budget::{TokenBudget, TokenUse, Verdict};
use throughline_runtime::memories::{Memories, Spent};

use super::NoAnswer;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// What was asked of a model in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The engine's name in the settings.
    pub engine: &'static str,
    /// In this run.
    pub spent: Spent,
}

/// What a model may cost, and what it cost today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The engine's name in the settings.
    pub engine: &'static str,
    /// In tokens.
    pub budget: TokenBudget,
    /// Today (UTC), of this engine.
    pub spent_today: Spent,
}

impl Allowance {
    /// What the settings allow.
    ///
    /// # Errors
    /// [`OpsError`]: the database can't be read.
    pub(crate) fn of(world: &Surroundings, settings: &MemorySettings) -> Result<Self, OpsError> {
        let engine = settings.engine.as_str();
        let spent_today = match crate::databases::read::<Memories>(world)? {
            Some(memories) => memories.spent(&today(world), engine)?,
            None => Spent::default(),
        };
        Ok(Self { engine, budget: settings.budget, spent_today })
    }

    /// The most that an update may cost now, in tokens: both phases, within the day.
    pub fn at_most(&self) -> u64 {
        let left = self.budget.per_day.saturating_sub(total(&self.spent_today));
        left.min(self.budget.per_run.saturating_mul(2))
    }
}

fn total(spent: &Spent) -> u64 {
    spent.input.saturating_add(spent.output)
}

/// The day as the books name it.
pub(in crate::memory) fn today(world: &Surroundings) -> String {
    world.clock.now().strftime("%Y-%m-%d").to_string()
}

/// The books of one run.
#[derive(Debug)]
pub(super) struct Account<'a> {
    world: &'a Surroundings,
    engine: &'static str,
    budget: TokenBudget,
    open: Mutex<Open>,
    /// Told whenever a question was paid for.
    settled: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    run: Spent,
    /// Of this phase, in tokens.
    phase: u64,
    /// Set aside for questions that are being answered, in tokens.
    set_aside: u64,
    /// Why nothing more is asked.
    stopped: Option<String>,
}

impl<'a> Account<'a> {
    pub(super) fn new(world: &'a Surroundings, settings: &MemorySettings) -> Self {
        let (engine, budget) = (settings.engine.as_str(), settings.budget);
        Self { world, engine, budget, open: Mutex::default(), settled: Condvar::new() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin_phase(&self) {
        let mut open = self.open();
        (open.phase, open.stopped) = (0, None);
    }

    pub(super) fn stopped(&self) -> Option<String> {
        self.open().stopped.clone()
    }

    pub(super) fn cost(&self) -> Cost {
        Cost { engine: self.engine, spent: self.open().run }
    }

    /// Sets aside what a question may cost.
    pub(super) fn reserve(&self, at_most: u64) -> Result<(), NoAnswer> {
        let mut open = self.open();
        loop {
            if let Some(why) = &open.stopped {
                return Err(NoAnswer::Later(why.clone()));
            }
            let Some(why) = self.refusal(&open, at_most)? else {
                open.set_aside += at_most;
                return Ok(());
            };
            if open.set_aside == 0 {
                open.stopped = Some(why);
            } else {
                // What waits for its answer may give some of it back.
                open = self.settled.wait(open).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Why a question that may cost so much does not fit, if so.
    fn refusal(&self, open: &Open, at_most: u64) -> Result<Option<String>, OpsError> {
        let memories = crate::databases::open::<Memories>(self.world)?;
        let today = memories.spent(&today(self.world), self.engine)?;
        let spent_today = total(&today).saturating_add(open.set_aside);
        let spent_run = open.phase.saturating_add(open.set_aside);
        let (of, per) = match self.budget.may_spend(spent_today, spent_run, at_most) {
            Verdict::Within => return Ok(None),
            Verdict::RunSpent { .. } => ("a run", self.budget.per_run),
            Verdict::DaySpent { .. } => ("a day", self.budget.per_day),
        };
        Ok(Some(format!("the budget of {per} tokens for {of} has no room for another question")))
    }

    /// Writes down what a question did cost.
    pub(super) fn settle(
        &self,
        at_most: u64,
        cost: TokenUse,
        stopped: Option<String>,
    ) -> Result<(), OpsError> {
        let TokenUse { input, cached, output, reasoning: _ } = cost;
        let spent = Spent { requests: 1, input, cached, output };
        let mut open = self.open();
        open.set_aside = open.set_aside.saturating_sub(at_most);
        open.phase = open.phase.saturating_add(cost.total());
        open.run.requests += 1;
        open.run.input += input;
        open.run.cached += cached;
        open.run.output += output;
        open.stopped = open.stopped.take().or(stopped);
        self.settled.notify_all();
        let mut memories = crate::databases::open::<Memories>(self.world)?;
        memories.change(|change| Ok(change.spend(&today(self.world), self.engine, spent)?))
    }
}
