//! Sessions and turns: begin, end, and what they are told.

use throughline_agents::hook::{HookAnswer, HookCall, HookEvent, StartSource, event_key};
use throughline_model::brief::drift_line;
use throughline_model::config::PublishAt;
use throughline_model::drift::{Drift, Place};
use throughline_model::event::{Kind, Level};
use throughline_model::reconcile::{asks, decide};
use throughline_model::record::{Body, Process};
use throughline_model::sanitise;
use throughline_store::process;
use throughline_store::session::Heard;

use super::briefing::Briefing;
use super::memories::Remembered;
use super::{Hook, LONGEST_PROBLEM, PUBLISH_PATIENCE};
use crate::brief::Brief;
use crate::drift::Seen;
use crate::error::OpsError;
use crate::logs;
use crate::spawn::start_fold;

impl Hook<'_> {
    fn transcript(&self) -> Option<String> {
        self.call.transcript.as_ref().map(|path| path.to_string_lossy().into_owned())
    }

    /// A session begins or goes on: the full brief. A session that is resumed and compacted before
    /// its prompt starts twice, and gets it once.
    pub(super) fn session_start(&self, source: StartSource) -> Result<HookAnswer, OpsError> {
        let heard = self.here.project.heard(&self.call.session);
        let again = source == StartSource::Compact && heard.as_ref().is_some_and(|h| h.fresh);
        let drift = self.drift(heard.as_ref())?;
        self.expect(HookEvent::SessionEnded { reason: String::new() });
        crate::lines::begin(self.world, self.here)?;
        self.observe(Body::SessionStart {
            session: self.session(),
            source: source.as_str().to_owned(),
            transcript: self.transcript(),
            agent_kind: self.agent.id.to_owned(),
            process: self.process(),
        })?;
        if again {
            Ok(HookAnswer::default())
        } else {
            self.tell_all(&drift, self.remembered(&Heard::default()))
        }
    }

    /// A prompt: the drift if there is a new one, the brief if it is owed or its steps changed.
    pub(super) fn prompt(&self, prompt: &str) -> Result<HookAnswer, OpsError> {
        if self.call.agent.is_some() {
            // A subagent's task: its parent's turn goes on.
            return Ok(HookAnswer::default());
        }
        // The hooks of the start have all ended: the next start is another one.
        self.expect_starts();
        let heard = self.here.project.heard(&self.call.session);
        let drift = self.drift(heard.as_ref())?;
        crate::lines::begin(self.world, self.here)?;
        self.observe(Body::TurnBegin {
            session: self.session(),
            turn: self.turn(),
            prompt: self.kept_prompt(prompt),
            transcript: self.transcript(),
            process: self.process(),
            git: self.here.site.git_point(),
        })?;
        self.tell_due(heard, &drift)
    }

    /// What a prompt that is about to be given would be told. Once it is told, the prompt itself is not
    /// told it again; nothing else is noted.
    pub(super) fn before_prompt(&self) -> Result<HookAnswer, OpsError> {
        let heard = self.here.project.heard(&self.call.session);
        let drift = self.drift(heard.as_ref())?;
        crate::lines::begin(self.world, self.here)?;
        self.tell_due(heard, &drift)
    }

    fn tell_due(&self, heard: Option<Heard>, drift: &Drift) -> Result<HookAnswer, OpsError> {
        let known = heard.clone().unwrap_or_default();
        let remembered = self.remembered(&known);
        match heard {
            None => self.tell_all(drift, remembered),
            Some(heard) => self.tell_news(drift, &heard, remembered),
        }
    }

    /// The agent's process.
    fn process(&self) -> Option<Process> {
        self.call.process.clone().or_else(process::caller)
    }

    /// As configured, redacted before it is shortened: half a secret is no longer recognised.
    fn kept_prompt(&self, prompt: &str) -> Option<String> {
        let clean = throughline_model::redact::redact(prompt);
        crate::transcript::kept(self.here.config.keep_text, &clean)
    }

    /// Against what the session heard last, else against where memory stood.
    fn drift(&self, heard: Option<&Heard>) -> Result<Drift, OpsError> {
        let told = heard.and_then(|heard| heard.place.clone());
        let last = match told {
            Some(place) => Some(place),
            None => crate::drift::last_seen(self.here)?,
        };
        crate::drift::look(self.world, self.here, last.as_ref(), self.seen()?)
    }

    /// What a hook can afford to find out besides: where git changed the state file, and that is
    /// small, whether acknowledged changes went missing.
    fn seen(&self) -> Result<Seen, OpsError> {
        if !self.is_parsed()? {
            return Ok(Seen::default());
        }
        let lost = crate::reconcile::lost(self.here, &self.here.read()?)?.len();
        Ok(Seen { lost, dirty: false })
    }

    fn tell_all(&self, drift: &Drift, remembered: Remembered) -> Result<HookAnswer, OpsError> {
        let briefing = self.briefing()?;
        let (text, next, owes_brief) = self.text_of(briefing);
        let mut lines = Vec::new();
        lines.extend(drift.is_some().then(|| drift_line(drift)));
        lines.extend(self.unreadable_line());
        lines.extend(text);
        lines.extend(remembered.lines);
        self.speak(drift, &lines, Told { next, owes_brief, memories: remembered.ids })
    }

    fn tell_news(
        &self,
        drift: &Drift,
        heard: &Heard,
        remembered: Remembered,
    ) -> Result<HookAnswer, OpsError> {
        let moved = drift.is_some() && drift_key(drift) != heard.drift;
        let briefing = self.briefing()?;
        let (text, next, owes_brief) = self.text_of(briefing);
        let unreadable = self.unreadable();
        let broke = unreadable.as_ref().is_some_and(|said| *said != heard.complaint);
        let news = heard.owes_brief && !owes_brief || next != heard.next || moved || broke;
        if !news && remembered.ids.is_empty() {
            self.not_fresh(heard)?;
            return Ok(HookAnswer::default());
        }
        let mut lines = Vec::new();
        if news {
            lines.extend(moved.then(|| drift_line(drift)));
            lines.extend(self.unreadable_line());
            lines.extend(text);
        }
        lines.extend(remembered.lines);
        let drift = if moved { drift.clone() } else { Drift::none(drift.to.clone()) };
        let memories = [heard.memories.clone(), remembered.ids].concat();
        // What was not told is still owed.
        let (next, owes_brief) =
            if news { (next, owes_brief) } else { (heard.next.clone(), heard.owes_brief) };
        self.speak(&drift, &lines, Told { next, owes_brief, memories })
    }

    /// After a prompt a compaction takes away what was told before it.
    fn not_fresh(&self, heard: &Heard) -> Result<(), OpsError> {
        if heard.fresh {
            let heard = Heard { fresh: false, ..heard.clone() };
            self.here.project.note_heard(&self.call.session, &heard)?;
        }
        Ok(())
    }

    /// The text of a briefing, what identifies its steps, and whether the current one is owed.
    fn text_of(&self, briefing: Briefing) -> (Option<String>, String, bool) {
        match briefing {
            Briefing::Current(Brief { text, next }) => (Some(text), next, false),
            Briefing::Old(Brief { text, next }, at) => {
                self.fold_soon();
                (Some(format!("As of {at}:\n{text}")), next, true)
            }
            Briefing::None => {
                self.fold_soon();
                (None, String::new(), true)
            }
        }
    }

    fn speak(&self, drift: &Drift, lines: &[String], told: Told) -> Result<HookAnswer, OpsError> {
        if drift.is_some() {
            let asks = asks(&decide(drift, &self.here.config.drift));
            let session = Some(self.session());
            self.observe(Body::Drift { session, drift: drift.clone(), asks })?;
            logs::note_word(self.world, Level::Info, Kind::Drift, drift.kind.as_str());
        }
        let heard = Heard {
            place: Some(Place { ..drift.to.clone() }),
            drift: drift_key(drift),
            next: told.next,
            owes_brief: told.owes_brief,
            memories: told.memories,
            fresh: matches!(self.call.event, HookEvent::SessionStart { .. }),
            complaint: self.unreadable().unwrap_or_default(),
        };
        let text = lines.join("\n");
        let context = if text.is_empty() { None } else { Some(self.fenced(&text)?) };
        let sentence = || sanitise::for_terminal(&drift.sentence()).into_owned();
        let mut said: Vec<String> = drift.is_some().then(sentence).into_iter().collect();
        if !heard.complaint.is_empty() {
            said.push(heard.complaint.clone());
        }
        self.here.project.note_heard(&self.call.session, &heard)?;
        let message = (!said.is_empty()).then(|| said.join("; "));
        Ok(HookAnswer { context, message, go_on: None })
    }

    /// For the human: that the brief is of an earlier generation, where the state file was read and
    /// could not be.
    fn unreadable(&self) -> Option<String> {
        let unreadable = self.here.own_unreadable()?;
        Some(sanitise::for_model(&unreadable.to_string(), LONGEST_PROBLEM))
    }

    /// The same for the agent.
    fn unreadable_line(&self) -> Option<String> {
        self.here.own_unreadable().map(|unreadable| format!("Note: {}.", unreadable.unquoted()))
    }

    /// A turn ends: a checkpoint, and a fold that nobody waits for.
    pub(super) fn turn_end(&self, interrupted: bool) -> Result<HookAnswer, OpsError> {
        // The agent may have made a branch; where that can't be recorded the fold does.
        let _ = crate::lines::begin(self.world, self.here);
        self.observe(Body::TurnEnd {
            session: self.session(),
            turn: self.turn(),
            interrupted,
            git: self.here.site.git_point(),
        })?;
        self.remember_place()?;
        if self.here.config.publish == PublishAt::Turn {
            // What can't be published now stays pending.
            let _ = crate::publish::publish(self.world, self.here, PUBLISH_PATIENCE);
        }
        self.fold_soon();
        Ok(HookAnswer::default())
    }

    /// What the agent itself did to git in the turn is no drift for its session.
    fn remember_place(&self) -> Result<(), OpsError> {
        let heard = self.here.project.heard(&self.call.session).unwrap_or_default();
        let heard = Heard { place: Some(self.here.site.place()), drift: String::new(), ..heard };
        Ok(self.here.project.note_heard(&self.call.session, &heard)?)
    }

    pub(super) fn compacting(&self) -> Result<HookAnswer, OpsError> {
        if self.call.agent.is_some() {
            // A subagent's context: the session keeps its own.
            return Ok(HookAnswer::default());
        }
        self.expect(HookEvent::SessionStart { source: StartSource::Compact });
        self.note(Body::Compacting { session: self.session() })
    }

    /// Starts and ends have no id of their own: what comes next, however soon, must not be taken
    /// for the double of what came before.
    fn expect(&self, event: HookEvent) {
        let next = HookCall { event, turn: None, agent: None, ..self.call.clone() };
        self.here.project.release_event(&event_key(&next));
    }

    fn expect_starts(&self) {
        for source in StartSource::ALL {
            self.expect(HookEvent::SessionStart { source });
        }
    }

    pub(super) fn session_end(&self, reason: &str) -> Result<HookAnswer, OpsError> {
        self.expect_starts();
        let (session, reason) = (self.session(), reason.to_owned());
        self.observe(Body::SessionEnd { session, reason })?;
        self.fold_soon();
        Ok(HookAnswer::default())
    }

    /// Starts a fold; if that fails, the next turn's does it.
    fn fold_soon(&self) {
        let _ = start_fold(&self.world.program, &self.here.site.worktree);
    }
}

/// What a session heard besides the drift.
struct Told {
    /// Identifies the next steps.
    next: String,
    /// Whether it still has to get the full brief.
    owes_brief: bool,
    /// All memories that it was told since its context began.
    memories: Vec<String>,
}

/// Identifies a drift, so that nothing is said twice.
fn drift_key(drift: &Drift) -> String {
    let head = drift.to.head.as_deref().unwrap_or("");
    if drift.is_some() {
        format!("{:?} {} {head}", drift.kind, drift.to.line)
    } else {
        String::new()
    }
}
