//! Getting the brief within the budget of a hook.

use throughline_model::event::{Kind, Level};
use throughline_model::sanitise;
use throughline_store::durable;
use throughline_store::view::hash;

use super::Hook;
use crate::brief::{Brief, brief};
use crate::error::OpsError;
use crate::glance::{SMALL, is_current, is_small};
use crate::logs;
use crate::next::steps;

/// A brief, as far as the budget allowed.
pub(super) enum Briefing {
    /// It holds for the line as it stands.
    Current(Brief),
    /// The line's last one, made at that time; a fold will make the current one.
    Old(Brief, jiff::Timestamp),
    /// There is none yet.
    None,
}

impl Hook<'_> {
    /// The ready-made brief if it is current; parsed anew if the state is small; else the last one.
    pub(super) fn briefing(&self) -> Result<Briefing, OpsError> {
        let here = self.here;
        let key = here.line();
        let file = here.project.state_path(&key, &here.site.worktree);
        let ready = here.project.line(&key).ok().flatten().and_then(|line| line.brief);
        if let Some(ready) = &ready
            && is_current(here, &file, ready)?
        {
            let (text, next) = (ready.text.clone(), ready.next.clone());
            logs::note_word(self.world, Level::Info, Kind::Brief, "hit");
            return Ok(Briefing::Current(Brief { text, next }));
        }
        logs::note_word(self.world, Level::Info, Kind::Brief, "miss");
        if is_small(&file) {
            let view = here.read()?.view;
            return Ok(Briefing::Current(brief(
                self.world,
                here,
                &view,
                &steps(self.world, &view),
            )?));
        }
        logs::note_word(self.world, Level::Info, Kind::Fallback, "old_brief");
        Ok(match ready {
            Some(ready) => Briefing::Old(Brief { text: ready.text, next: ready.next }, ready.at),
            None => Briefing::None,
        })
    }

    /// Whether the state file is not the one that was published or folded last, and small enough
    /// to be parsed within a hook's budget.
    pub(super) fn is_parsed(&self) -> Result<bool, OpsError> {
        let key = self.here.line();
        let file = self.here.project.state_path(&key, &self.here.site.worktree);
        if !is_small(&file) {
            return Ok(false);
        }
        let Some(line) = self.here.project.line(&key)? else { return Ok(false) };
        let bytes = durable::read_if_there(&file, SMALL)?;
        let known = bytes.as_deref().map(hash).and_then(|hash| line.contained(&hash));
        let newest = line.contained.iter().map(|contained| contained.through).max();
        Ok(newest.is_some() && known != newest)
    }

    /// Puts lines for the model into the fence.
    pub(super) fn fenced(&self, text: &str) -> Result<String, OpsError> {
        Ok(sanitise::Fence::new(self.world.entropy.bytes()?).wrap(text))
    }
}
