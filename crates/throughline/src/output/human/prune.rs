//! What was pruned, for people.

use throughline_ops::prune::PruneReport;

use super::super::{Screen, Tone};
use super::{Human, count};

impl Human for PruneReport {
    fn show(&self, screen: &mut Screen) {
        for entry in &self.plan.goes {
            let at = entry.at.map(|at| at.to_string()).unwrap_or_default();
            screen.line(&[
                (Tone::Plain, &format!("{:8}", entry.class.as_str())),
                (Tone::Faint, &format!("  {at}  ")),
                (Tone::Plain, &entry.name),
            ]);
        }
        let (goes, stays) = (self.plan.goes.len(), self.plan.stays);
        let purged = count(self.plan.purged.len(), "earlier prune");
        match (&self.trash, self.done) {
            (Some(trash), _) => {
                screen.status(&format!(
                    "{} went, {stays} stay; {purged} removed for good",
                    count(goes, "file")
                ));
                screen.hint(&format!("for 14 days they lie in {}", trash.display()));
            }
            (None, true) => {
                screen.status(&format!("Nothing went, {stays} stay; {purged} removed for good"));
            }
            (None, false) => {
                screen.status(&format!(
                    "{} would go, {stays} stay; {purged} would be removed for good",
                    count(goes, "file")
                ));
                screen.hint("--yes does it");
            }
        }
    }
}
