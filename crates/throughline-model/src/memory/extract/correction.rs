//! The user corrects what the agent did: what to do instead, and what it was about.

use super::cue::{Clauses, Cue};
use super::draft::{Draft, presentable};
use super::prose::Sentence;
use super::stated::statement;
use crate::memory::words::stems;
use crate::memory::{Confidence, MemoryKind, Reach, Told};

/// What a prompt begins with that takes something back; words behind it say what.
const TAKES_BACK: &[&str] = &[
    "no",
    "nope",
    "nah",
    "wrong",
    "that's wrong",
    "that is wrong",
    "thats wrong",
    "this is wrong",
    "that's not",
    "that is not",
    "not like that",
    "i told you",
    "i said",
    "i already said",
    "i already told you",
    "as i said",
    "like i said",
    "undo",
    "revert that",
    "revert this",
    "revert it",
    "revert the",
    "stop",
    "don't do that",
    "you should have",
    "you shouldn't have",
    "you should not have",
    "you forgot",
    "i meant",
    "actually",
    "please stop",
    "again",
    "please undo",
    "please revert",
    "you must not",
    "you mustn't",
    "why did you",
    "you were supposed to",
    "nein",
    "not",
];

/// What a "no" is not meant by.
const HARMLESS: &[&str] = &[
    "no problem",
    "no worries",
    "no need",
    "no idea",
    "no rush",
    "no thanks",
    "no hurry",
    "no changes",
    "not sure",
    "not yet",
    "not now",
    "not bad",
    "no matter",
    "again please",
    "stop here",
    "stop now",
    "stop there",
    "stop the",
    "not necessary",
];

/// What says by itself that a rule was broken.
const BLAMES: &[&str] = &[
    "i told you",
    "i already",
    "i said",
    "as i said",
    "like i said",
    "you should have",
    "you shouldn't have",
    "you should not have",
    "you forgot",
    "you were supposed to",
    "stop",
    "please stop",
    "you must not",
    "you mustn't",
];

/// Whether a prompt takes back what the agent did.
pub(super) fn takes_back(first: &str) -> bool {
    let said = worded(first);
    let begins = |phrases: &[&str]| phrases.iter().any(|phrase| begins_with(&said, phrase));
    begins(TAKES_BACK) && !begins(HARMLESS)
}

fn worded(text: &str) -> String {
    let words = crate::memory::words::words(text);
    words.iter().take(6).map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ")
}

fn begins_with(said: &str, phrase: &str) -> bool {
    said.strip_prefix(phrase).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// What a prompt that takes something back teaches, and the sentence of it that says so; `before` is
/// the turn that it is about.
pub(super) fn correction(
    prompt: &[Sentence],
    before: &Told,
    turn: usize,
) -> Option<(usize, Draft)> {
    let first = prompt.first().filter(|first| takes_back(&first.text))?;
    let mut lessons =
        prompt.iter().take(3).map(|sentence| lesson(&sentence.text, first)).enumerate();
    let (at, lesson) = lessons.find_map(|(at, lesson)| Some((at, lesson?)))?;
    let what = corrected(&lesson.text, before);
    let text = what.map_or(lesson.text.clone(), |what| format!("{} ({what}.)", lesson.text));
    let mut draft = Draft::new(lesson.kind, Confidence::Stated, turn, text);
    draft.reach = lesson.reach;
    draft.subject = super::subject(&draft.kind, &lesson.text);
    draft.title = Some(lesson.text);
    draft.files = before.files.iter().take(4).cloned().collect();
    draft.corrects = true;
    Some((at, draft))
}

struct Lesson {
    kind: MemoryKind,
    reach: Reach,
    text: String,
}

/// What one sentence of it teaches, if it can be understood alone.
fn lesson(sentence: &str, first: &Sentence) -> Option<Lesson> {
    let text = without_no(sentence);
    let clauses = Clauses::of(text);
    if clauses.has(Cue::Hostile) || text.ends_with('?') || stems(text).len() < 2 {
        return None;
    }
    if let Some(found) = statement(&clauses) {
        return Some(Lesson { kind: found.kind, reach: found.reach, text: text.to_owned() });
    }
    let said = worded(text);
    let blames = BLAMES.iter().any(|phrase| begins_with(&said, phrase));
    let swaps = clauses.has(Cue::Use) && !clauses.has(Cue::Passing) && is_swap(text);
    let explains = sentence == first.text && explains(sentence);
    let kind =
        if swaps || blames && !explains { MemoryKind::Convention } else { MemoryKind::Pitfall };
    (blames || swaps || explains).then(|| Lesson {
        kind,
        reach: Reach::Project,
        text: text.to_owned(),
    })
}

/// "That's wrong, …", "no, that breaks … because …": says what goes wrong and why.
fn explains(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let reason = ["wrong, ", "wrong: ", "wrong because ", " because "]
        .iter()
        .find_map(|mark| lower.split_once(mark));
    reason.is_some_and(|(_, reason)| stems(reason).len() >= 3)
}

/// "Not npm, use pnpm", "use pnpm, not npm", "use pnpm instead".
fn is_swap(text: &str) -> bool {
    let lower = format!(" {} ", text.to_lowercase());
    [" not ", " instead", " rather than "].iter().any(|mark| lower.contains(mark))
}

/// Without the "no," in front.
fn without_no(sentence: &str) -> &str {
    let rest =
        ["no", "nope", "nah", "wrong", "actually", "nein", "again"].iter().find_map(|word| {
            let head = sentence.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
            let rest = &sentence[head.len()..];
            rest.starts_with([',', '.', '!', ':', ' ', '-'])
                .then(|| rest.trim_start_matches([',', '.', '!', ':', ' ', '-', '—']))
        });
    rest.filter(|rest| !rest.is_empty()).unwrap_or(sentence)
}

/// What the agent had done: the command that the words are about. What it was asked is no part of the
/// lesson: its words would be found in its place.
fn corrected(lesson: &str, before: &Told) -> Option<String> {
    let lesson = stems(lesson);
    let is_meant = |command: &&str| stems(command).iter().take(2).any(|stem| lesson.contains(stem));
    let commands = before.commands.iter().rev().map(|ran| ran.command.as_str());
    let mut short = commands.filter(|command| command.len() <= 120 && !command.contains('\n'));
    let command = short.find(is_meant).map(|command| presentable(command, 120));
    let command =
        command.filter(|command| !command.contains("[REDACTED:") && !command.contains('`'));
    command.map(|command| format!("Said after the agent had run `{command}`"))
}

#[cfg(test)]
mod tests {
    use super::super::prose::sentences;
    use super::*;

    fn before() -> Told {
        let ran =
            |command: &str| crate::memory::Ran { command: command.to_owned(), exit_code: Some(0) };
        Told {
            id: "turn-1".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            prompts: vec!["Install the dependencies.".to_owned()],
            answers: Vec::new(),
            commands: vec![ran("npm install")],
            files: vec!["package.json".to_owned()],
            commits: Vec::new(),
            plan: Vec::new(),
            is_interrupted: false,
        }
    }

    fn learnt(prompt: &str) -> Option<String> {
        correction(&sentences(prompt), &before(), 1)
            .map(|(_, draft)| format!("{}: {}", draft.kind.as_str(), draft.text))
    }

    #[test]
    fn a_correction_says_what_to_do_and_what_was_done() {
        let npm = "(Said after the agent had run `npm install`.)";
        let cases = [
            ("No, use pnpm, not npm.", format!("convention: use pnpm, not npm. {npm}")),
            ("Not npm, use pnpm here.", format!("convention: Not npm, use pnpm here. {npm}")),
            (
                "I told you to keep the lock file out of it.",
                "convention: I told you to keep the lock file out of it.".to_owned(),
            ),
            (
                "Stop adding comments to every line.",
                "convention: Stop adding comments to every line.".to_owned(),
            ),
            (
                "That's wrong because the API returns cents, and you treat them as euros.",
                "pitfall: That's wrong because the API returns cents, and you treat them as euros."
                    .to_owned(),
            ),
            (
                "No. We never vendor dependencies.",
                "convention: We never vendor dependencies.".to_owned(),
            ),
        ];
        for (prompt, expected) in cases {
            assert_eq!(learnt(prompt).as_deref(), Some(expected.as_str()), "{prompt}");
        }
    }

    #[test]
    fn what_teaches_nothing_is_no_correction() {
        for prompt in [
            "No.",
            "No problem, go on.",
            "Undo that.",
            "No, the other one.",
            "Stop.",
            "Now add tests.",
            "Not sure, what do you think?",
        ] {
            assert_eq!(learnt(prompt), None, "{prompt}");
        }
    }
}
