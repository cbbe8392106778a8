//! What the agent's answers tell: decisions with their reasons, causes of failures, and questions
//! that nobody answered.

use std::cell::OnceCell;

use super::cue::{Clauses, Cue};
use super::draft::{Draft, about};
use super::prose::{Sentence, sentences};
use crate::memory::words::stems;
use crate::memory::{Confidence, MemoryKind, Narrative, Told};

/// The most findings from the answers of one turn.
const MOST: usize = 4;

/// The most answers of a turn that are read, the last ones: what comes before is chatter at work.
const MOST_ANSWERS: usize = 3;

/// Headings under which decisions stand.
const DECISION_HEADINGS: &[&str] = &[
    "decision",
    "decisions",
    "the decision",
    "decisions made",
    "key decisions",
    "design decisions",
];

/// What a decision begins with.
const DECISION_MARKS: &[&str] = &["decision:", "decision -", "decided:", "decision —"];

/// What tells of a choice; a reason has to follow.
const CHOSE: &[&str] = &[
    "we chose",
    "i chose",
    "we decided",
    "i decided",
    "we opted",
    "i opted",
    "i went with",
    "we went with",
    "we settled",
    "i settled",
    "we picked",
    "i picked",
    "i've chosen",
    "i used",
    "we use",
    "i kept",
    "we kept",
];

/// What tells why.
const REASONS: &[&str] =
    &[" because ", " since ", " instead of ", " rather than ", " over ", " so that ", " to avoid "];

/// What tells the cause of a failure.
const CAUSES: &[&str] = &[
    "root cause",
    "was caused by",
    "were caused by",
    "is caused by",
    "failed because",
    "fails because",
    "the problem was",
    "the issue was",
    "the failure was",
    "the bug was",
    "broke because",
    "breaks because",
    "the cause was",
    "the culprit was",
    "the reason was",
    "turned out that",
    "turns out that",
    "turned out to be",
    "flaky because",
    "which is why",
];

/// What a warning begins with.
const WARNINGS: &[&str] = &[
    "gotcha:",
    "one gotcha",
    "caveat:",
    "one caveat",
    "note that",
    "keep in mind",
    "be aware",
    "pitfall:",
    "beware",
    "watch out",
    "be careful",
    "warning:",
    "note:",
    "important:",
    "heads up",
    "heads-up",
];

/// What behind "note that" makes it a report of what was done.
const REPORTS: &[&str] = &["i", "i've", "i'm", "i'd"];

/// Words that make a statement a guess.
const GUESSES: &[&str] = &[
    "probably", "might", "may", "perhaps", "possibly", "seems", "likely", "suspect", "maybe",
    "could", "appears",
];

/// Words of which each phrase above has one: most sentences have none, and are not looked at twice.
const TELLING: &[&str] = &[
    "decision",
    "decided",
    "chose",
    "chosen",
    "opted",
    "went",
    "settled",
    "picked",
    "used",
    "use",
    "kept",
    "cause",
    "caused",
    "failed",
    "fails",
    "problem",
    "issue",
    "failure",
    "bug",
    "broke",
    "breaks",
    "culprit",
    "reason",
    "turned",
    "turns",
    "flaky",
    "which",
    "keep",
    "be",
    "one",
    "gotcha",
    "caveat",
    "pitfall",
    "beware",
    "watch",
    "careful",
    "warning",
    "note",
    "important",
    "heads",
    "heads-up",
];

/// Whether it could be a finding at all.
fn is_telling(sentence: &Sentence) -> bool {
    let is_headed =
        || sentence.heading.as_deref().is_some_and(|heading| DECISION_HEADINGS.contains(&heading));
    let mut words = sentence.text.split([' ', ':', ',', '.', ';']);
    let first = words.next().map(str::to_lowercase);
    first.is_some_and(|word| TELLING.contains(&word.as_str()))
        || words.any(|word| TELLING.contains(&word))
        || is_headed()
}

/// How a sentence is classified: its kind, and how sure it is.
fn classify(sentence: &Sentence) -> Option<(MemoryKind, Confidence)> {
    if !is_telling(sentence) {
        return None;
    }
    let lower = sentence.text.to_lowercase();
    let clauses = Clauses::of(&sentence.text);
    if clauses.has(Cue::Hostile) || lower.ends_with(['?', ':']) {
        return None;
    }
    let named = stems(&lower).len();
    if named >= 2 && is_decision(sentence, &lower) {
        return Some((MemoryKind::Decision, Confidence::Observed));
    }
    let guesses = clauses.words.iter().any(|word| GUESSES.contains(&word.lower.as_str()));
    let is_cause = CAUSES.iter().any(|cause| lower.contains(cause)) && named >= 4;
    let warns = WARNINGS.iter().any(|mark| lower.starts_with(mark)) && named >= 3;
    // "Note that I also renamed it" reports what was done.
    let reports =
        clauses.words.iter().skip(1).take(2).any(|word| REPORTS.contains(&word.lower.as_str()));
    let warns = warns && !reports;
    match (is_cause, warns) {
        (true, _) if !guesses => Some((MemoryKind::Pitfall, Confidence::Observed)),
        (_, true) => Some((MemoryKind::Pitfall, Confidence::Inferred)),
        (true | false, false) => None,
    }
}

fn is_decision(sentence: &Sentence, lower: &str) -> bool {
    let headed =
        sentence.heading.as_deref().is_some_and(|heading| DECISION_HEADINGS.contains(&heading));
    let marked = DECISION_MARKS.iter().any(|mark| lower.starts_with(mark));
    let chose = CHOSE.iter().any(|phrase| begins_clause(lower, phrase));
    headed || marked || chose && REASONS.iter().any(|reason| lower.contains(reason))
}

fn begins_clause(lower: &str, phrase: &str) -> bool {
    let at = lower.find(phrase);
    at.is_some_and(|at| {
        let ends = lower[at + phrase.len()..].starts_with([' ', ':']);
        ends && (at == 0
            || lower[..at].trim_end().ends_with([',', ';', ':', '—'])
            || lower[..at].ends_with(" and "))
    })
}

/// Decisions and pitfalls of the answers of one turn, and decisions of its plan.
pub(super) fn told(told: &Told, turn: usize) -> Vec<Draft> {
    let skipped = told.answers.len().saturating_sub(MOST_ANSWERS);
    let said = told.answers[skipped..].iter().flat_map(|answer| sentences(answer));
    let planned = told.plan.iter().filter(|step| is_marked(step)).flat_map(|step| sentences(step));
    let at = Place { told, turn, about: OnceCell::new() };
    let found = said.chain(planned).filter_map(|sentence| {
        let (kind, confidence) = classify(&sentence)?;
        Some(at.draft(kind, confidence, &sentence.text))
    });
    found.take(MOST).collect()
}

fn is_marked(step: &str) -> bool {
    let lower = step.to_lowercase();
    DECISION_MARKS.iter().any(|mark| lower.starts_with(mark))
}

/// A turn, and what it was about, which is looked for once.
struct Place<'n> {
    told: &'n Told,
    turn: usize,
    about: OnceCell<Option<String>>,
}

impl Place<'_> {
    fn draft(&self, kind: MemoryKind, confidence: Confidence, sentence: &str) -> Draft {
        let how = if kind == MemoryKind::Question { "The agent asked this" } else { "Found" };
        let about = self.about.get_or_init(|| about(self.told)).as_ref();
        let while_at = about.map(|about| format!(" ({how} while working on: “{about}”.)"));
        let text = format!("{sentence}{}", while_at.unwrap_or_default());
        let mut draft = Draft::new(kind, confidence, self.turn, text);
        draft.subject = super::subject(&draft.kind, sentence);
        draft.title = Some(sentence.to_owned());
        draft.files = self.told.files.iter().take(5).cloned().collect();
        draft
    }
}

/// Questions with which the agent ended a turn and that nobody answered.
pub(super) fn unanswered(narrative: &Narrative) -> Vec<Draft> {
    let asked = narrative.turns.iter().enumerate().filter_map(|(turn, told)| {
        let question = question(told.answers.last()?)?;
        let reply = narrative.turns.get(turn + 1).and_then(|next| next.prompts.first());
        let is_open = reply.is_none_or(|reply| !answers(reply, &question));
        let at = Place { told, turn, about: OnceCell::new() };
        is_open.then(|| at.draft(MemoryKind::Question, Confidence::Observed, &question))
    });
    asked.collect()
}

/// The question in the last paragraph of an answer, if it is no offer and no politeness.
fn question(answer: &str) -> Option<String> {
    if !answer.contains('?') {
        return None;
    }
    let said = sentences(answer);
    let last = said.last()?.block;
    let mut asked = said.iter().rev().take_while(|sentence| sentence.block == last);
    let found = asked.find(|sentence| sentence.text.ends_with('?') && !is_offer(&sentence.text))?;
    let hostile = Clauses::of(&found.text).has(Cue::Hostile);
    (!hostile && stems(&found.text).len() >= 3).then(|| found.text.clone())
}

/// "Shall I go on?" asks for leave, not for knowledge.
fn is_offer(question: &str) -> bool {
    const OFFERS: &[&str] = &[
        "want me to",
        "would you like",
        "shall i",
        "should i proceed",
        "should i continue",
        "should i go",
        "do you want me",
        "may i",
        "can i help",
        "anything else",
        "is there anything",
        "does that",
        "does this",
        "ready to",
        "sound good",
        "ok to",
        "let me know",
        "make sense",
        "mind if",
    ];
    let lower = question.to_lowercase();
    OFFERS.iter().any(|offer| lower.contains(offer))
        || lower.starts_with("should i ") && !lower.contains(" or ")
}

/// Whether a prompt answers the question: it begins with a yes or no, is very short, or speaks of the same.
fn answers(reply: &str, question: &str) -> bool {
    const REPLIES: &[&str] = &[
        "yes", "no", "ok", "okay", "sure", "yep", "nope", "yeah", "both", "neither", "option",
        "the", "use", "let's", "go", "a", "b",
    ];
    let words = crate::memory::words::words(&reply[..reply.floor_char_boundary(2_000)]);
    let replies = words.first().is_none_or(|word| REPLIES.contains(&word.lower.as_str()));
    let asked = stems(question);
    replies
        || words.len() <= 4
        || words.iter().any(|word| asked.contains(&crate::memory::words::stem(&word.lower)))
}

/// Decision records that were written or changed.
pub(super) fn records(narrative: &Narrative) -> Vec<Draft> {
    let mut latest: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for (turn, told) in narrative.turns.iter().enumerate() {
        latest.extend(
            told.files
                .iter()
                .filter(|file| record_title(file).is_some())
                .map(|file| (file.as_str(), turn)),
        );
    }
    latest
        .into_iter()
        .filter_map(|(file, turn)| record(file, &narrative.turns[turn], turn))
        .collect()
}

fn record(file: &str, told: &Told, turn: usize) -> Option<Draft> {
    let (number, title) = record_title(file)?;
    let while_at = about(told).map_or(String::new(), |about| {
        format!(" It was written or changed while working on: “{about}”.")
    });
    let text = format!("Decision record {number}: {title}. Its file is {file}.{while_at}");
    let mut draft = Draft::new(MemoryKind::Decision, Confidence::Observed, turn, text);
    draft.title = Some(format!("Decision record {number}: {title}"));
    draft.subject = Some(format!("`{file}`"));
    draft.files = vec![file.to_owned()];
    Some(draft)
}

/// `docs/adr/0007-use-sqlite.md`: its number, and its title in words.
fn record_title(file: &str) -> Option<(&str, String)> {
    let (folder, name) = file.rsplit_once('/')?;
    let folder = folder.rsplit('/').next()?;
    if !["adr", "adrs", "decisions", "decision-records", "architecture-decisions"].contains(&folder)
    {
        return None;
    }
    let stem = name.strip_suffix(".md")?;
    let (number, title) = stem.split_once(['-', '_'])?;
    let numbered =
        !number.is_empty() && number.len() <= 6 && number.bytes().all(|b| b.is_ascii_digit());
    let title = title.replace(['-', '_'], " ");
    (numbered && !title.trim().is_empty()).then_some((number, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(prompt: &str, answer: &str) -> Told {
        Told {
            id: "t".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            prompts: vec![prompt.to_owned()],
            answers: vec![answer.to_owned()],
            commands: Vec::new(),
            files: vec!["docs/adr/0007-use-sqlite.md".to_owned()],
            commits: Vec::new(),
            plan: Vec::new(),
            is_interrupted: false,
        }
    }

    fn found(answer: &str) -> Vec<String> {
        let drafts = told(&turn("Fix the login test.", answer), 0);
        drafts
            .into_iter()
            .map(|draft| {
                format!("{} {}: {}", draft.kind.as_str(), draft.confidence.as_str(), draft.text)
            })
            .collect()
    }

    #[test]
    fn decisions_and_causes_are_read_off_answers() {
        let end = "(Found while working on: “Fix the login test”.)";
        let cases = [
            (
                "Done. I chose a queue over threads because the worker may die.",
                format!(
                    "decision observed: I chose a queue over threads because the worker may die. {end}"
                ),
            ),
            (
                "## Decision\nKeep the cache in memory.\n\n## Next\nMore.",
                format!("decision observed: Keep the cache in memory. {end}"),
            ),
            (
                "The failure was caused by a stale session cookie in the fixture.",
                format!(
                    "pitfall observed: The failure was caused by a stale session cookie in the fixture. {end}"
                ),
            ),
            (
                "The test was flaky because both runs share one temporary folder.",
                format!(
                    "pitfall observed: The test was flaky because both runs share one temporary folder. {end}"
                ),
            ),
            (
                "Note that the tests need `DATABASE_URL` to be set.",
                format!(
                    "pitfall inferred: Note that the tests need `DATABASE_URL` to be set. {end}"
                ),
            ),
            (
                "Note: the fixture server needs port 8080 to be free.",
                format!(
                    "pitfall inferred: Note: the fixture server needs port 8080 to be free. {end}"
                ),
            ),
        ];
        for (answer, expected) in cases {
            assert_eq!(found(answer), [expected], "{answer}");
        }
        for answer in [
            "All tests pass now.",
            "The root cause is probably a race.",
            "I used the tool.",
            "```\nDecision: x y z\n```",
            "Decision: ok.",
            "Note that I also renamed the module.",
            "Which file is it, and why did it fail?",
        ] {
            assert_eq!(found(answer), [""; 0], "{answer}");
        }
    }

    #[test]
    fn a_question_is_open_until_it_is_answered() {
        let open =
            |turns: Vec<Told>| unanswered(&Narrative { turns, ..Narrative::default() }).len();
        let asks = "Done.\n\nShould the timeout apply per request or per connection?";
        assert_eq!(open(vec![turn("Go", asks)]), 1);
        assert_eq!(open(vec![turn("Go", asks), turn("Per request.", "Done.")]), 0);
        assert_eq!(
            open(vec![turn("Go", asks), turn("Now please write the docs of the parser", "Done.")]),
            1
        );
        assert_eq!(open(vec![turn("Go", "Done. Want me to commit these changes now?")]), 0);
    }

    #[test]
    fn a_decision_record_is_a_decision() {
        let narrative =
            Narrative { turns: vec![turn("Write it down.", "")], ..Narrative::default() };
        let titles: Vec<_> =
            records(&narrative).into_iter().filter_map(|draft| draft.title).collect();
        assert_eq!(titles, ["Decision record 0007: use sqlite"]);
    }
}
