//! The plan mirror at the hook: the agent's new list against what is known, and one record if
//! anything changed.

use throughline_agents::hook::HookAnswer;
use throughline_model::ids::TaskId;
use throughline_model::plan::{Mirror, PlanStep, mirror};
use throughline_model::record::Body;
use throughline_model::session::first_sentence;
use throughline_model::state::{Evidence, Task};
use throughline_model::view::View;
use throughline_store::journal::Durability;

use super::Hook;
use crate::error::OpsError;
use crate::live::is_live;

/// The longest title of a root made from a prompt, in characters.
const ROOT_TITLE: usize = 80;

/// How many steps' ids are drawn at most; the mirror asks for one for each new step and its root.
const ID_BATCH: usize = throughline_model::plan::MOST_STEPS + 1;

impl Hook<'_> {
    pub(super) fn plan(&self, steps: &[PlanStep]) -> Result<HookAnswer, OpsError> {
        let view = self.plan_view()?;
        let steps = redacted(steps);
        let now = self.world.clock.now();
        let prompt = self.root_title(&view);
        let live = |session: &str| is_live(&view.line, session, now);
        let node = |id: &TaskId| -> Option<&Task> { view.task(id) };
        let input = Mirror {
            line: &view.line,
            node: &node,
            session: &self.call.session,
            agent: self.call.agent.as_deref(),
            steps: &steps,
            is_live: &live,
            prompt: &prompt,
            evidence: self.evidence(),
            now,
        };
        let mut ids = self.ids(&view, steps.len() + 1)?;
        let mut new_id = || ids.pop().expect("one id for each step and the root");
        let mirrored = mirror(&input, &mut new_id);
        if mirrored.changes.is_empty() {
            return Ok(HookAnswer::default());
        }
        let body = Body::Plan {
            session: self.session(),
            agent: self.call.agent.clone(),
            turn: self.call.turn.clone(),
            root: mirrored.root,
            steps: mirrored.steps,
            dropped: mirrored.dropped,
            changes: mirrored.changes,
        };
        let mut record = self.world.record(&self.here.line(), body)?;
        record.unit = Some(self.world.unit()?);
        self.here.project.journal().append(&[record], Durability::Observed)?;
        Ok(HookAnswer::default())
    }

    /// Plans and private nodes; the state too, where a plan reaches into it.
    fn plan_view(&self) -> Result<View, OpsError> {
        let alone = self.here.project.load_line_alone(&self.here.line())?;
        let reaches = |plan: &throughline_model::line::Plan| {
            plan.steps.iter().any(|step| !alone.line.private.contains_key(&step.task))
        };
        if alone.line.focus.is_some() || alone.line.plans.iter().any(reaches) {
            return Ok(self.here.read()?.view);
        }
        Ok(alone)
    }

    fn root_title(&self, view: &View) -> String {
        let seen = view.line.sessions.get(&self.call.session);
        let prompt = seen.and_then(|seen| seen.first_prompt.as_deref()).unwrap_or_default();
        let title = first_sentence(prompt, ROOT_TITLE);
        if !title.is_empty() {
            return title;
        }
        let short: String = self.call.session.chars().take(8).collect();
        format!("Session {short}")
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            commit: self.here.site.git_point().head,
            session: Some(self.session()),
            turn: self.call.turn.clone(),
            ..Evidence::default()
        }
    }

    /// Ids that no task has, and no two are alike.
    fn ids(&self, view: &View, count: usize) -> Result<Vec<TaskId>, OpsError> {
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count.min(ID_BATCH) {
            let id = self.world.task_id(view)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }
}

fn redacted(steps: &[PlanStep]) -> Vec<PlanStep> {
    let mut steps = steps.to_vec();
    steps.iter_mut().for_each(PlanStep::redact);
    steps
}
