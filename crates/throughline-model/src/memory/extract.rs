//! What a session taught, found without a model: from what the user stated and corrected, what ran,
//! what changed and what the agent answered.
//!
//! Pure and deterministic. What can't be told from the structure is left out; a session that taught
//! nothing comes to an empty [`Extraction`]. All text that leaves is on one line, sanitised, redacted
//! and cut. Words that are somebody else's (code, quotes, logs, mails) are nobody's statement.

mod answer;
mod command;
mod correction;
mod cue;
mod draft;
mod prose;
mod stated;
mod tell;
mod together;

use std::collections::{BTreeMap, BTreeSet};

use self::cue::{Clauses, Cue};
use self::draft::Draft;
use self::prose::{Sentence, sentences};
use super::{Confidence, Extraction, Finding, MemoryKind, Narrative, Told, subject as subjects};

/// Ends the subject of a pitfall about a command: "`x` fails".
pub(super) const FAILS: &str = " fails";

/// The most findings of one session; the surest stay.
pub const MOST_FINDINGS: usize = 40;

/// The most statements that are taken from one turn: more are a pasted document.
const MOST_STATED: usize = 12;

/// Extracts what one session taught.
pub fn extract(narrative: &Narrative) -> Extraction {
    let findings = findings(narrative);
    let did_something =
        narrative.turns.iter().any(|told| !told.files.is_empty() || !told.commits.is_empty());
    if findings.is_empty() && !did_something {
        return Extraction::default();
    }
    Extraction {
        raw_memory: tell::markdown(&findings),
        rollout_summary: tell::summary(narrative, &findings),
        rollout_slug: tell::slug(narrative),
        findings,
    }
}

/// All findings, the surest kept, in the order in which they came up.
fn findings(narrative: &Narrative) -> Vec<Finding> {
    let mut drafts = distinct(drafts(narrative));
    drafts.sort_by_key(|draft| std::cmp::Reverse((draft.corrects, draft.confidence)));
    drafts.truncate(MOST_FINDINGS);
    drafts.sort_by_key(|draft| draft.turn);
    drafts.into_iter().filter_map(|draft| draft.finding(narrative)).collect()
}

fn drafts(narrative: &Narrative) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (turn, told) in narrative.turns.iter().enumerate() {
        let before = turn.checked_sub(1).map(|before| &narrative.turns[before]);
        drafts.extend(said(told, before, turn));
        drafts.extend(answer::told(told, turn));
    }
    drafts.extend(command::findings(narrative));
    drafts.extend(together::findings(narrative));
    drafts.extend(answer::records(narrative));
    drafts.extend(answer::unanswered(narrative));
    drafts
}

/// What the user said in one turn. What was said while the agent worked may correct this very turn.
fn said(told: &Told, before: Option<&Told>, turn: usize) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (index, prompt) in told.prompts.iter().enumerate() {
        let said = sentences(prompt);
        let about = if index == 0 { before } else { Some(told) };
        let correction = about.and_then(|about| correction::correction(&said, about, turn));
        // The same words would be found once more.
        let skipped = correction.as_ref().map_or(0, |(at, _)| at + 1);
        drafts.extend(correction.map(|(_, draft)| draft));
        drafts.extend(stated(&said, skipped, turn));
    }
    drafts.truncate(MOST_STATED);
    drafts
}

fn stated(said: &[Sentence], skipped: usize, turn: usize) -> Vec<Draft> {
    // A role for the agent: what follows was written for a program, or for this prompt.
    if said.first().is_some_and(|first| first.text.to_lowercase().starts_with("you are ")) {
        return Vec::new();
    }
    let in_list = said.iter().filter(|one| one.lead.is_some());
    let is_work = in_list.filter(|one| stated::asks_for_work(&one.text)).count() > 0;
    let rest = said.iter().enumerate().skip(skipped);
    let found = rest.filter_map(|(index, sentence)| {
        let clauses = Clauses::of(&sentence.text);
        let found = match sentence.lead.as_deref() {
            Some("") if is_work => stated::item(&clauses, "tasks")?,
            Some("") | None => stated::statement(&clauses)?,
            Some(lead) => stated::item(&clauses, lead)?,
        };
        let own = &sentence.text[found.words];
        let mut draft =
            Draft::new(found.kind, Confidence::Stated, turn, with_reason(own, said.get(index + 1)));
        draft.reach = found.reach;
        draft.subject = subject(&draft.kind, own);
        draft.title = Some(own.to_owned());
        Some(draft)
    });
    found.collect()
}

/// A sentence and the next, if that gives the reason.
fn with_reason(own: &str, next: Option<&Sentence>) -> String {
    const REASONS: &[&str] = &[
        "because ",
        "otherwise ",
        "that way ",
        "the reason ",
        "this way ",
        "reason:",
        "since ",
        "else ",
    ];
    let lower = next.map(|next| next.text.to_lowercase()).unwrap_or_default();
    match next {
        Some(next) if REASONS.iter().any(|reason| lower.starts_with(reason)) => {
            format!("{own} {}", next.text)
        }
        Some(_) | None => own.to_owned(),
    }
}

/// What a statement sets.
pub(super) fn subject(kind: &MemoryKind, text: &str) -> Option<String> {
    match kind {
        MemoryKind::Preference if Clauses::of(text).has(Cue::Talk) => subjects::of_manner(text),
        MemoryKind::Fact => {
            let clauses = Clauses::of(text);
            let verb = clauses.first(Cue::Fact)?;
            subjects::of_fact(text, clauses.words[verb.from].start..clauses.words[verb.to - 1].end)
        }
        MemoryKind::Decision | MemoryKind::Convention | MemoryKind::Preference => {
            subjects::of_choice(text).or_else(|| subjects::of_rule(text))
        }
        MemoryKind::Pitfall | MemoryKind::Command | MemoryKind::Question | MemoryKind::Other(_) => {
            None
        }
    }
}

/// Each thing once: what was said the same way, and of one subject what was said last.
fn distinct(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut latest: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Option<Draft>> = Vec::new();
    for draft in drafts {
        let keys = keys(&draft);
        let same = keys.iter().find_map(|key| latest.get(key)).copied();
        let at = same.unwrap_or(kept.len());
        latest.extend(keys.into_iter().map(|key| (key, at)));
        match same {
            None => kept.push(Some(draft)),
            Some(at) if supersedes(&draft, kept[at].as_ref()) => kept[at] = Some(draft),
            Some(_) => {}
        }
    }
    kept.into_iter().flatten().collect()
}

/// What makes two drafts of one session one.
fn keys(draft: &Draft) -> Vec<String> {
    let said = draft.title.as_deref().unwrap_or(&draft.text);
    let stems: BTreeSet<_> = super::words::stems(said).into_iter().collect();
    let by_words = format!("words {} {stems:?}", super::likeness::is_negative(said));
    let is_settable = !matches!(draft.kind, MemoryKind::Question | MemoryKind::Other(_));
    let by_subject = draft.subject.as_deref().filter(|_| is_settable).map(|subject| {
        format!("subject {} {}", draft.kind.as_str() == "command", subjects::key(subject))
    });
    let literal = draft.subject.as_deref().is_some_and(subjects::is_literal);
    by_subject.into_iter().chain((!literal).then_some(by_words)).collect()
}

/// Whether a later one takes an earlier one's place.
fn supersedes(later: &Draft, earlier: Option<&Draft>) -> bool {
    earlier.is_none_or(|earlier| {
        later.confidence >= earlier.confidence
            && (!earlier.corrects || later.corrects || later.turn > earlier.turn)
    })
}

#[cfg(test)]
mod tests;
