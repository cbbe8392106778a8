//! An audit of conversations, for people.

use throughline_ops::index::audit::{AuditReport, Side};

use super::super::{Screen, Tone};
use super::{Human, count};

impl Human for AuditReport {
    fn show(&self, screen: &mut Screen) {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let all = count(number(self.transcripts), "transcript");
        screen.plain(&format!("{all}, {} read", self.read));
        for ((side, kind), (many, named)) in &self.differences {
            let whose = match side {
                Side::Index => "our index",
                Side::Agent => "the agent's list",
            };
            let what = format!("{many}  {} in {whose}", kind.as_str().replace('_', " "));
            screen.line(&[(Tone::Warn, &what)]);
            for found in named {
                let detail = [" ", &found.detail].concat();
                screen.line(&[
                    (Tone::Plain, "    "),
                    (Tone::Plain, &found.path.display().to_string()),
                    (Tone::Faint, &detail),
                ]);
            }
        }
        self.notes.iter().for_each(|note| screen.warn(note));
        match self.repaired {
            Some(read) => {
                screen.status(&format!("{} read into the index", count(number(read), "transcript")))
            }
            None if self.differences.keys().any(|(side, _)| *side == Side::Index) => {
                screen.hint("`thru threads audit --repair` puts our index right");
            }
            None if self.differences.is_empty() => screen.status("No difference."),
            None => {}
        }
    }
}
