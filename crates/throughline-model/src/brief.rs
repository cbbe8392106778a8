//! The brief: the short text that an agent gets at the beginning of a session, after compaction,
//! and when git moved. It has a token budget and says what it left out.
//!
//! Free text (titles, prompts) arrives here as it is stored; every line passes
//! [`sanitise::for_model`], and the whole stands in a fence with a nonce.

use crate::drift::Drift;
use crate::next::NextStep;
use crate::sanitise;

/// How many characters count as a token. A rule of thumb for English and code; the budget is a
/// bound on what we add to a prompt, not an account.
const CHARACTERS_PER_TOKEN: usize = 4;

/// The longest that one title is shown, in characters.
const LONGEST_TITLE: usize = 120;

/// What a brief is made of.
#[derive(Debug, Default)]
pub struct BriefParts {
    /// What git did.
    pub drift: Option<String>,
    /// Branch and counts.
    pub line: String,
    /// What the interrupted turn was about.
    pub interrupted: Option<String>,
    /// What the last session did, in a sentence.
    pub last_session: Option<String>,
    /// The plan, step by step.
    pub plan: Vec<String>,
    /// What to do next.
    pub next: Vec<String>,
    /// What the last answer left open.
    pub follow_ups: Vec<String>,
}

/// A step as one line: id, title if its text may be shown, why.
pub fn next_line(step: &NextStep<'_>, show_title: bool) -> String {
    let title = if show_title {
        sanitise::for_model(&step.task.title, LONGEST_TITLE)
    } else {
        "(title not accepted yet: thru trust --diff)".to_owned()
    };
    let why = step.why.iter().take(2).map(crate::next::Why::text).collect::<Vec<_>>().join(", ");
    format!("{} {title} ({why})", step.id)
}

/// A step of the plan as one line.
pub fn plan_line(text: &str, status: crate::state::Status) -> String {
    let mark = match status {
        crate::state::Status::Pending => "[ ]",
        crate::state::Status::InProgress => "[>]",
        crate::state::Status::Completed => "[x]",
        crate::state::Status::Cancelled => "[-]",
    };
    format!("{mark} {}", sanitise::for_model(text, LONGEST_TITLE))
}

/// The drift in a line for the model.
pub fn drift_line(drift: &Drift) -> String {
    format!(
        "Git moved: {}. Check that the plan still fits before you go on.",
        sanitise::for_model(&drift.sentence(), LONGEST_TITLE * 3)
    )
}

/// Joins the parts within a budget of tokens; what does not fit is counted, never cut in silence.
pub fn compose(parts: &BriefParts, budget_tokens: usize) -> String {
    let mut text = Budgeted { text: String::new(), left: budget_tokens * CHARACTERS_PER_TOKEN };
    for line in [&parts.drift, &parts.interrupted, &parts.last_session].into_iter().flatten() {
        text.push(line);
    }
    text.push(&parts.line);
    text.section("Next", &parts.next, "thru next");
    text.section("Plan", &parts.plan, "thru plan");
    text.section("Left open by the last answer", &parts.follow_ups, "thru sessions show");
    text.text
}

struct Budgeted {
    text: String,
    left: usize,
}

/// Room for "5 more: thru sessions show".
const ROOM_FOR_MORE: usize = 40;

impl Budgeted {
    fn push(&mut self, line: &str) -> bool {
        let line = sanitise::for_model(line, self.left);
        let fits = !line.is_empty() && line.chars().count() < self.left;
        if fits {
            self.left -= line.chars().count() + 1;
            self.text.push_str(&line);
            self.text.push('\n');
        }
        fits
    }

    fn section(&mut self, heading: &str, lines: &[String], more: &str) {
        if lines.is_empty() || self.left < heading.len() + ROOM_FOR_MORE {
            return;
        }
        self.push(&format!("{heading}:"));
        for (shown, line) in lines.iter().enumerate() {
            let room = line.chars().count() + 3 + ROOM_FOR_MORE;
            if room > self.left {
                self.push(&format!("- {} more: {more}", lines.len() - shown));
                return;
            }
            self.push(&format!("- {line}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let next =
            (0..50).map(|n| format!("t-{n:05} A step of some length (in the plan)")).collect();
        let parts = BriefParts { line: "Line main: 50 open.".into(), next, ..Default::default() };
        let text = compose(&parts, /*budget_tokens*/ 100);
        assert!(text.chars().count() <= 400, "{}", text.len());
        let shown = text.lines().filter(|l| l.starts_with("- t-")).count();
        assert!(text.contains(&format!("- {} more: thru next", 50 - shown)), "{text}");
    }
}
