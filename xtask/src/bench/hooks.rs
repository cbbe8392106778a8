//! Hooks of ordinary turns, each with fresh ids, and of the first prompt after a branch switch.

use throughline_testkit::HookEvent;

use super::Report;
use super::ground::Ground;
use super::samples::{Budget, Reference, Row, Samples};
use crate::XtaskError;

/// DESIGN's budget for any hook: milliseconds in the median, and in 99 of 100 runs.
pub(crate) const HOOK: Budget = Budget::Both(8.0, 20.0);

/// The times of the four hooks of a turn.
#[derive(Default)]
pub(crate) struct Turns {
    start: Samples,
    prompt: Samples,
    plan: Samples,
    stop: Samples,
}

impl Turns {
    /// One session of one turn, with an id that never was before.
    pub(crate) fn play(&mut self, ground: &Ground, session: &str, round: usize) {
        let turn = format!("{session}-turn");
        let step = format!("Step of round {round}");
        let steps = [("Read the code", "completed"), (step.as_str(), "in_progress")];
        let hook = |event| ground.hook(event, round);
        self.start.push(hook(HookEvent::session_start(session, "startup")));
        self.prompt.push(hook(HookEvent::user_prompt_submit(session, &turn, "Go on, please.")));
        self.plan.push(hook(HookEvent::post_tool_use_plan(session, &turn, &steps)));
        self.stop.push(hook(HookEvent::stop(session, &turn, "Done with that.")));
        hook(HookEvent::session_end(session));
    }

    /// As rows of a table.
    pub(crate) fn rows(self, budget: Budget) -> Vec<Row> {
        vec![
            Row::new("SessionStart", self.start, budget),
            Row::new("UserPromptSubmit", self.prompt, budget),
            Row::new("PostToolUse(update_plan)", self.plan, budget),
            Row::new("Stop", self.stop, budget),
        ]
    }
}

/// Nobody else at work but the folds that the hooks start.
pub(crate) fn quiet(
    ground: &Ground,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    ground.import(/*first*/ 0, super::SIZES[0]);
    ground.world.git("branch other");
    let (mut turns, mut switched) = (Turns::default(), Samples::default());
    let (mut rev_parse, mut status) = (Samples::default(), Samples::default());
    for round in 0..rounds {
        turns.play(ground, &format!("quiet-{round}"), round);
        rev_parse.push(ground.git(&["rev-parse", "HEAD"]));
        status.push(ground.git(&["status", "--porcelain"]));
        switched.push(after_a_switch(ground, round));
    }
    let references = [
        Reference { short: "rev-parse", median: rev_parse.median() },
        Reference { short: "status", median: status.median() },
    ];
    let mut rows = turns.rows(HOOK);
    rows.push(Row::new("UserPromptSubmit after a switch", switched, HOOK));
    rows.push(Row::new("git rev-parse HEAD", rev_parse, Budget::Free));
    rows.push(Row::new("git status --porcelain", status, Budget::Free));
    report.table("Hooks: 5,000 files, 1,000 tasks", &rows, &references)
}

/// A session that began on one branch prompts on the other.
fn after_a_switch(ground: &Ground, round: usize) -> std::time::Duration {
    let (session, turn) = (format!("switched-{round}"), format!("switched-{round}-turn"));
    ground.hook(HookEvent::session_start(&session, "startup"), round);
    ground.git(&["switch", "--quiet", if round.is_multiple_of(2) { "other" } else { "main" }]);
    let prompt = HookEvent::user_prompt_submit(&session, &turn, "And on this branch?");
    let time = ground.hook(prompt, round);
    ground.hook(HookEvent::session_end(&session), round);
    time
}
