//! What the user states: rules, likings, decisions, facts and open questions that hold longer than
//! the task at hand.
//!
//! Precision comes first. What could as well be a wish for this one task is left out.

mod vocabulary;

use self::vocabulary::{
    LASTING, LASTING_OBJECTS, MOODS, OF_TALK, POINTING, POLITE, RULES, TASKS, WORK,
};
use super::cue::{Clauses, Cue, Hit};
use crate::memory::words::{is_turning, stems};
use crate::memory::{MemoryKind, Reach};

/// What a sentence states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) kind: MemoryKind,
    pub(super) reach: Reach,
    /// The bytes of the sentence that it takes: what stands before and behind was about the task.
    pub(super) words: std::ops::Range<usize>,
}

/// Whether a sentence asks for something to be done.
pub(super) fn asks_for_work(text: &str) -> bool {
    let words = crate::memory::words::words(text);
    words.first().is_some_and(|word| TASKS.contains(&word.lower.as_str()))
}

/// What an item of a list states: with what introduces it, a bare phrase can be a rule, and a rule a task.
pub(super) fn item(clauses: &Clauses<'_>, lead: &str) -> Option<Statement> {
    let words = crate::memory::words::words(lead);
    let names = |known: &[&str]| words.iter().any(|word| known.contains(&word.lower.as_str()));
    let is_work = names(WORK) || asks_for_work(lead);
    match (names(RULES), is_work) {
        (true, _) => statement(clauses).or_else(|| rule(clauses)),
        (false, true) => statement(clauses).filter(|_| clauses.has(Cue::Standing)),
        (false, false) => statement(clauses),
    }
}

/// A bare phrase under "Rules:".
fn rule(clauses: &Clauses<'_>) -> Option<Statement> {
    let is_asked =
        clauses.text.ends_with('?') || clauses.has(Cue::Hostile) || clauses.has(Cue::Passing);
    let named = stems(clauses.text).len();
    (!is_asked && named >= 2).then(|| told(clauses, MemoryKind::Convention, 0))
}

/// What the sentence states, if it states something that lasts.
pub(super) fn statement(clauses: &Clauses<'_>) -> Option<Statement> {
    if clauses.has(Cue::Hostile) {
        return None;
    }
    if let Some(hit) = clauses.first(Cue::Open) {
        return says_enough(clauses, hit).then(|| told(clauses, MemoryKind::Question, 0));
    }
    if clauses.text.trim_end().ends_with('?') && !is_polite_wish(clauses) {
        return None;
    }
    let lasts = clauses.has(Cue::Standing) || clauses.has(Cue::Remember);
    if clauses.has(Cue::Passing) && !lasts && !clauses.has(Cue::ThisLine) {
        return None;
    }
    let (kind, hit) = kind(clauses)?;
    says_enough(clauses, hit).then(|| told(clauses, kind, start(clauses, hit)))
}

/// Tells the kind of a sentence, and by which phrase.
type Test = fn(&Clauses<'_>) -> Option<(MemoryKind, Hit)>;

/// "Could you be brief?" asks for more than an answer.
fn is_polite_wish(clauses: &Clauses<'_>) -> bool {
    let asks =
        matches!(clauses.word(0), "can" | "could" | "would" | "will") && clauses.word(1) == "you";
    asks && (clauses.has(Cue::Standing) || clauses.has(Cue::Talk))
}

/// The tests of each kind, the first that applies counts.
const KINDS: &[Test] = &[
    remembered, talk, decision, habit, liking, standing, ever, forbidden, instead, here, universal,
    fact, figure,
];

fn kind(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    KINDS.iter().find_map(|test| test(clauses))
}

fn remembered(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = clauses.first(Cue::Remember)?;
    let behind = &clauses.text[clauses.words[hit.to - 1].end..];
    let is_note_of = clauses.word(hit.to - 1) == "note" && !behind.starts_with(':');
    let to_do = clauses.word(hit.to) == "to" && clauses.word(hit.from) != "remember";
    if is_note_of || to_do {
        return None;
    }
    let inner = KINDS[1..].iter().find_map(|test| test(clauses)).map(|(kind, _)| kind);
    let asks = clauses.word(hit.to) == "to";
    let kind = inner.unwrap_or(if asks { MemoryKind::Convention } else { MemoryKind::Fact });
    Some((kind, hit))
}

fn talk(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = whole(clauses, clauses.first(Cue::Talk)?);
    // "Translate it and answer in one message": how this one task is to be done.
    let first =
        (0..clauses.words.len()).map(|at| clauses.word(at)).find(|word| !POLITE.contains(word));
    let is_task = first.is_some_and(|first| TASKS.contains(&first) && !OF_TALK.contains(&first));
    (!is_task || hit.from == 0 && clauses.has(Cue::Standing))
        .then_some((MemoryKind::Preference, hit))
}

fn decision(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = clauses
        .hits
        .iter()
        .find(|hit| hit.cue == Cue::Decision && hit.to < clauses.words.len() + 1)?;
    let bare = clauses.word(hit.from) == "decision" && hit.to == hit.from + 1;
    let marked = || clauses.text[clauses.words[hit.from].end..].starts_with([':', ' ']);
    let is_doubted = clauses.has(Cue::Doubt) || is_conditional(clauses, *hit);
    (!is_doubted && (!bare || marked()) && names_something(clauses, *hit))
        .then_some((MemoryKind::Decision, *hit))
}

/// Whether what follows the phrase names something by its own name.
fn names_something(clauses: &Clauses<'_>, hit: Hit) -> bool {
    let rest = &clauses.text[clauses.words[hit.to - 1].end..];
    stems(rest).iter().any(|stem| !POINTING.contains(&stem.as_str()))
}

fn habit(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = clauses.first(Cue::Habit).filter(|hit| clauses.begins_clause(hit.from))?;
    let follows = clauses.word(hit.to);
    let is_mood = MOODS.contains(&follows);
    let tells = clauses.has(Cue::Complaint) || clauses.has(Cue::Doubt) || ends_in(follows, "ed");
    (!is_mood && !tells).then_some((MemoryKind::Preference, hit))
}

fn liking(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = clauses.first(Cue::Liking)?;
    let points =
        matches!(clauses.word(hit.to), "it" | "the" | "this" | "that" | "how" | "your" | "you");
    let asks_for_one = clauses.word(hit.to - 1) == "like"
        && clauses.word(hit.to - 2) != "i"
        && ["to", "a", "an", "some", "another", "one", "more"].contains(&clauses.word(hit.to));
    let prefers = ["prefer", "rather"].contains(&clauses.word(hit.to - 1));
    let wants = clauses.word(hit.to - 1) == "want" && clauses.word(hit.to) == "to";
    let is_no_wish = is_conditional(clauses, hit) || wants || asks_for_one;
    (!is_no_wish && (prefers || !points || asks_of_agent(clauses, hit)))
        .then_some((MemoryKind::Preference, hit))
}

/// "I don't want you to …".
fn asks_of_agent(clauses: &Clauses<'_>, hit: Hit) -> bool {
    clauses.word(hit.to - 1) == "want" && clauses.word(hit.to) == "you"
}

fn standing(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = clauses.first(Cue::Standing)?;
    const CHECKS: &[&str] = &[
        "run", "make", "ensure", "check", "format", "lint", "always", "never", "rebase", "squash",
        "before", "after", "you", "we",
    ];
    let is_bound = ["before", "after"].contains(&clauses.word(hit.from))
        && !["every", "each", "any"].contains(&clauses.word(hit.from + 1));
    let checks = clauses.words.iter().take(2).any(|word| CHECKS.contains(&word.lower.as_str()));
    let marks_a_rule = (clauses.word(hit.from) != "whenever" || clauses.begins_clause(hit.from))
        && (!is_bound || checks);
    let reports =
        clauses.has(Cue::Complaint) && !clauses.has(Cue::Ever) && !clauses.has(Cue::Forbidden);
    // "Whenever I click it nothing happens."
    let of_me =
        clauses.word(hit.to) == "i" && !clauses.words.iter().any(|word| word.lower == "you");
    (marks_a_rule && !reports && !of_me).then_some((MemoryKind::Convention, whole(clauses, hit)))
}

/// "Always run it" asks, "it always runs" tells.
fn ever(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let asked =
        |hit: &Hit| hit.cue == Cue::Ever && (asks(clauses, *hit) || is_of_many(clauses, *hit));
    let hit = clauses.hits.iter().copied().find(asked)?;
    let before = hit.from.checked_sub(1).map_or("", |at| clauses.word(at));
    // "It should always return a list" is what the code is to do.
    let is_of_one = ["it", "this", "that", "the", "he", "they"].contains(&clauses.word(0));
    let is_of_code = is_of_one && ["should", "must", "to"].contains(&before);
    let is_doubted = clauses.first(Cue::Doubt).is_some_and(|doubt| doubt.from < hit.from);
    let is_no_rule = before == "i" || is_of_code || is_doubted || is_report(clauses);
    (!is_no_rule).then(|| (MemoryKind::Convention, whole(clauses, hit)))
}

/// Whether a verb that asks for something follows, and somebody is asked.
fn asks(clauses: &Clauses<'_>, hit: Hit) -> bool {
    const ASKED: &[&str] = &[
        "we", "you", "must", "should", "to", "and", "please", "but", "or", "shall", "so", "also",
        "i",
    ];
    const TOLD: &[&str] =
        &["", "been", "seen", "had", "was", "is", "are", "mind", "before", "again", "works", "got"];
    let verb = clauses.word(hit.to);
    let is_inflected =
        ends_in(verb, "ed") || ends_in(verb, "ing") || ends_in(verb, "s") && !verb.ends_with("ss");
    let before = hit.from.checked_sub(1).map(|at| clauses.word(at));
    let is_asked =
        before.is_none_or(|word| ASKED.contains(&word)) || clauses.begins_clause(hit.from);
    is_asked && !is_inflected && !TOLD.contains(&verb)
}

/// "Secrets are never logged", "errors are enums, never strings".
fn is_of_many(clauses: &Clauses<'_>, hit: Hit) -> bool {
    let are = (1..hit.from).find(|at| clauses.word(*at) == "are");
    are.is_some_and(|at| is_plural(clauses.word(at - 1)) && at + 3 >= hit.from)
}

fn ends_in(word: &str, end: &str) -> bool {
    word.len() > end.len() + 2
        && word.ends_with(end)
        && !["need", "embed", "feed", "seed", "speed", "bring", "process", "access", "pass"]
            .contains(&word)
}

/// A sentence that tells of a fault, not of a rule.
fn is_report(clauses: &Clauses<'_>) -> bool {
    const RULES: &[&str] = &[
        "when", "if", "on", "with", "before", "after", "commit", "log", "handle", "return", "wrap",
    ];
    clauses.has(Cue::Complaint)
        && !clauses.words.iter().any(|word| RULES.contains(&word.lower.as_str()))
}

fn forbidden(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = clauses.hits.iter().copied().find(|hit| hit.cue == Cue::Forbidden)?;
    let verb = clauses.word(hit.to);
    let stays = match clauses.word(hit.from) {
        "no" => bars(clauses, hit),
        "avoid" | "we" | "must" => true,
        _ => LASTING.contains(&verb) || names(clauses, LASTING_OBJECTS),
    };
    let is_about_work =
        ["worry", "bother", "forget", "hesitate", "start", "know", "think", "see", "understand"];
    (stays && !is_about_work.contains(&verb))
        .then_some((MemoryKind::Convention, whole(clauses, hit)))
}

/// "No abbreviations in names", "no more than 80 characters".
fn bars(clauses: &Clauses<'_>, hit: Hit) -> bool {
    const REPORTS: &[&str] = &[
        "needed",
        "necessary",
        "required",
        "found",
        "problem",
        "problems",
        "changes",
        "worries",
        "thanks",
    ];
    let is_answer = !clauses.text[clauses.words[hit.from].end..].starts_with(' ');
    let barred = clauses.word(hit.to);
    !is_answer && (barred == "than" || is_plural(barred)) && !names(clauses, REPORTS)
}

/// Whether one of these words is in it.
fn names(clauses: &Clauses<'_>, words: &[&str]) -> bool {
    clauses.words.iter().any(|word| words.contains(&word.lower.as_str()))
}

/// "Use this, not that": a rule, unless it names the one place where.
fn instead(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let hit = clauses.first(Cue::Use)?;
    if clauses.word(hit.to - 1) == "prefer" && !is_one(clauses.word(hit.to)) {
        return Some((MemoryKind::Convention, whole(clauses, hit)));
    }
    let other =
        clauses.hits.iter().find(|other| other.cue == Cue::Instead && other.from >= hit.to)?;
    let is_meant = match clauses.word(other.from) {
        "not" => clauses.begins_clause(other.from),
        "for" => is_for_all(clauses, *other),
        "in" => is_for_all(clauses, *other) && is_plural(clauses.word(clauses.words.len() - 1)),
        _ => !is_one(clauses.word(other.to)),
    };
    let in_one_place = clauses.text.contains("()") || names_a_place(clauses, hit);
    (is_use(clauses, hit) && is_meant && !in_one_place && !clauses.has(Cue::Doubt))
        .then_some((MemoryKind::Convention, whole(clauses, hit)))
}

fn is_use(clauses: &Clauses<'_>, hit: Hit) -> bool {
    matches!(clauses.word(hit.to - 1), "use" | "prefer" | "call" | "import" | "run" | "write")
}

/// "Use snake_case for file names" is a rule, "use the helper for that" isn't.
fn is_for_all(clauses: &Clauses<'_>, hit: Hit) -> bool {
    let used = clauses.words.iter().position(|word| word.lower == "use").map_or(0, |at| at + 1);
    let purpose = clauses.word(hit.from + 1);
    clauses.word(0) == "use"
        && !is_one(clauses.word(used))
        && !is_one(purpose)
        && !purpose.is_empty()
}

/// Whether what follows is one thing that is at hand, or a number.
fn is_one(word: &str) -> bool {
    const ONE: &[&str] = &[
        "the", "this", "that", "it", "a", "an", "my", "your", "these", "those", "them", "me", "now",
    ];
    ONE.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit())
}

/// "… in src/lexer.rs": one place, and so about the task.
fn names_a_place(clauses: &Clauses<'_>, hit: Hit) -> bool {
    let rest = &clauses.text[clauses.words[hit.to - 1].end..];
    let mut words = rest.split_whitespace().skip_while(|word| *word != "in" && *word != "at");
    words
        .nth(1)
        .is_some_and(|place| place.contains('/') || place.contains('.') && !place.ends_with('.'))
}

fn here(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    const TOLD: &[&str] = &[
        "we", "must", "should", "always", "never", "are", "is", "use", "no", "all", "our", "goes",
        "go", "need", "needs",
    ];
    let hit = clauses.first(Cue::Here)?;
    let first = clauses.word(0);
    let by_place = matches!(clauses.word(hit.from), "in" | "around");
    let tells = !by_place || clauses.words.iter().any(|word| TOLD.contains(&word.lower.as_str()));
    let is_task = by_place && TASKS.contains(&first) || is_conditional(clauses, hit);
    let before = hit.from.checked_sub(1).map_or("", |at| clauses.word(at));
    let is_reason =
        ["that", "since", "because", "as", "where", "what", "which", "how", "when", "once"]
            .contains(&before);
    let explains = clauses.words.iter().any(|word| word.lower == "because");
    let has_to = !explains
        && clauses.word(hit.to - 1) == "have"
        && ["to", "been", "seen", "some", "not", "no"].contains(&clauses.word(hit.to));
    let fits = tells
        && !is_task
        && !has_to
        && !is_reason
        && !clauses.has(Cue::Doubt)
        && !clauses.has(Cue::Complaint);
    let states = clauses.has(Cue::Fact) && !clauses.words.iter().any(|word| word.lower == "we");
    let kind = if states { MemoryKind::Fact } else { MemoryKind::Convention };
    fits.then(|| (kind, whole(clauses, hit)))
}

/// "All timestamps must be UTC": a rule for each of a kind.
fn universal(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    const ASKS: &[&str] = &[
        "must", "should", "needs", "need", "has", "have", "goes", "go", "are", "is", "gets", "get",
    ];
    let of_each = ["all", "every", "each"].contains(&clauses.word(0));
    let at = (1..clauses.words.len().min(8)).find(|at| ASKS.contains(&clauses.word(*at)))?;
    // "Commit messages must …" is no task, "implement a rule: functions must …" is one.
    let before = &clauses.text[..clauses.words[at].start];
    let is_task = TASKS.contains(&clauses.word(0)) && (at > 3 || before.contains(':'));
    let must = clauses.word(at) == "must"
        && is_plural(clauses.word(at - 1))
        && !POINTING.contains(&clauses.word(0));
    let article =
        ["the", "these", "those", "they", "you", "we", "i", "my"].contains(&clauses.word(0));
    let is_wish = ["able", "pass", "green", "work"]
        .iter()
        .any(|wish| clauses.words.iter().any(|word| word.lower == *wish));
    let unsure = clauses.has(Cue::Doubt) || clauses.has(Cue::Complaint);
    let hit = Hit { cue: Cue::Standing, from: 0, to: at + 1 };
    ((of_each || must && !article && !is_task) && !is_wish && !unsure)
        .then_some((MemoryKind::Convention, hit))
}

fn is_plural(word: &str) -> bool {
    word.len() > 3 && word.ends_with('s') && !word.ends_with("ss")
}

/// "The upload size is 25 MB", "our first customer is Acme".
fn figure(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    let at =
        (2..clauses.words.len().min(8)).find(|at| matches!(clauses.word(*at), "is" | "are"))?;
    let is_figure = clauses.word(at + 1).starts_with(|c: char| c.is_ascii_digit());
    let of_thing = clauses.word(0) == "the" && is_figure || clauses.word(0) == "our";
    let unsure =
        clauses.has(Cue::Doubt) || clauses.has(Cue::Complaint) || clauses.has(Cue::Passing);
    let hit = Hit { cue: Cue::Fact, from: at, to: at + 1 };
    (of_thing && !unsure && !asks_for_it(clauses)).then(|| (MemoryKind::Fact, whole(clauses, hit)))
}

fn fact(clauses: &Clauses<'_>) -> Option<(MemoryKind, Hit)> {
    const TOLD_OF: &[&str] = &[
        "failing", "working", "gone", "red", "green", "done", "fine", "ready", "good", "better",
        "ok", "running", "up", "down", "live", "clean", "empty", "visible", "correct", "passing",
        "missing", "open", "merged", "there", "here",
    ];
    const PLACES: &[&str] =
        &["top", "bottom", "end", "left", "right", "beginning", "line", "middle", "start", "same"];
    let hit = clauses.first(Cue::Fact).filter(|hit| hit.from > 0)?;
    let first = clauses.word(0);
    let is_task = first == "use"
        || TASKS.contains(&first)
        || [
            "it", "this", "that", "there", "they", "these", "when", "once", "while", "after",
            "before", "as", "let",
        ]
        .contains(&first);
    let at_hand =
        clauses.words.iter().skip(hit.to).take(3).any(|word| PLACES.contains(&word.lower.as_str()));
    let passes = TOLD_OF.contains(&clauses.word(hit.to)) || at_hand || asks_for_it(clauses);
    let unsure =
        clauses.has(Cue::Doubt) || clauses.has(Cue::Complaint) || is_conditional(clauses, hit);
    let subject = &clauses.text[..clauses.words[hit.to - 1].start];
    (!is_task && !passes && !unsure && !stems(subject).is_empty())
        .then(|| (MemoryKind::Fact, whole(clauses, hit)))
}

/// "…, rename it": what is told was only said for the task.
fn asks_for_it(clauses: &Clauses<'_>) -> bool {
    let pairs = clauses.words.windows(2).enumerate();
    let asks = |(at, pair): (usize, &[crate::memory::words::Word])| {
        let of_it = matches!(pair[1].lower.as_str(), "it" | "that" | "them" | "at" | "this");
        let is_wish = pair[0].lower == "please" && TASKS.contains(&pair[1].lower.as_str());
        let of_it = of_it && TASKS.contains(&pair[0].lower.as_str()) && clauses.begins_clause(at);
        at > 0 && (of_it || is_wish)
    };
    pairs.into_iter().any(asks)
}

/// Whether an "if" stands before the phrase.
fn is_conditional(clauses: &Clauses<'_>, hit: Hit) -> bool {
    let asks =
        |word: &str| matches!(word, "if" | "unless" | "suppose" | "whether" | "could" | "should");
    (0..hit.from).any(|at| asks(clauses.word(at)))
}

/// The phrase, from the start of its clause on.
fn whole(clauses: &Clauses<'_>, hit: Hit) -> Hit {
    let breaks = |at: &usize| {
        let before = at.checked_sub(1).map(|before| &clauses.words[before]);
        let between = before.map_or("", |word| &clauses.text[word.end..clauses.words[*at].start]);
        between.contains([';', '—', '–']) || is_joint(clauses, *at)
    };
    let start = (1..=hit.from).rev().find(breaks).unwrap_or(0);
    Hit { from: start, ..hit }
}

/// ", and always …": what follows stands for itself if what stands before is a task.
fn is_joint(clauses: &Clauses<'_>, at: usize) -> bool {
    let joins = matches!(clauses.word(at), "and" | "but" | "also" | "then");
    joins && TASKS.contains(&clauses.word(0)) && clauses.word(0) != "i"
}

/// Where what is kept begins: behind the words that only join it to the task before.
fn start(clauses: &Clauses<'_>, hit: Hit) -> usize {
    let joint =
        |at: &usize| matches!(clauses.word(*at), "and" | "but" | "also" | "then" | "please");
    let from = (hit.from..clauses.words.len()).find(|at| !joint(at)).unwrap_or(hit.from);
    if from == 0 { 0 } else { first_byte(clauses, from) }
}

/// The first byte of a word, or of the quote or backtick that stands before it.
fn first_byte(clauses: &Clauses<'_>, index: usize) -> usize {
    let before = index.checked_sub(1).map_or(0, |at| clauses.words[at].end);
    let at = clauses.words[index].start;
    clauses.text[before..at].find(['`', '"', '“']).map_or(at, |quote| before + quote)
}

/// Whether it can be understood alone: it names at least two things, or one of note.
fn says_enough(clauses: &Clauses<'_>, hit: Hit) -> bool {
    let from = clauses.words[hit.from].start;
    let stems = stems(&clauses.text[from..]);
    let named = stems.iter().filter(|stem| !POINTING.contains(&stem.as_str())).count();
    named >= 2
        || named == 1
            && (clauses.has(Cue::Talk)
                || clauses.text.contains('`')
                || clauses.has(Cue::Decision)
                || clauses.words.iter().any(|word| is_turning(&word.lower))
                    && clauses.words.len() >= 3)
}

fn told(clauses: &Clauses<'_>, kind: MemoryKind, from: usize) -> Statement {
    let reach = reach(clauses, &kind);
    let end = if kind == MemoryKind::Preference { end(clauses) } else { clauses.text.len() };
    let end = if end > from { end } else { clauses.text.len() };
    Statement { kind, reach, words: from..end }
}

/// "Answer in German, and fix the importer": where the task begins again.
fn end(clauses: &Clauses<'_>) -> usize {
    let all = clauses.text.len();
    let Some(hit) = clauses.first(Cue::Talk) else { return all };
    let begins_task = |at: &usize| {
        let comma = clauses.text[clauses.words[at - 1].end..clauses.words[*at].start].contains(',');
        comma
            && matches!(clauses.word(*at), "and" | "then")
            && TASKS.contains(&clauses.word(at + 1))
    };
    let at = (hit.to..clauses.words.len()).find(begins_task);
    at.map_or(all, |at| clauses.words[at - 1].end)
}

fn reach(clauses: &Clauses<'_>, kind: &MemoryKind) -> Reach {
    let of_person = clauses.has(Cue::Talk) || clauses.has(Cue::Habit);
    if clauses.has(Cue::ThisLine) {
        Reach::Line
    } else if clauses.has(Cue::Here) && !clauses.has(Cue::Everywhere) {
        Reach::Project
    } else if clauses.has(Cue::Everywhere) || of_person && *kind == MemoryKind::Preference {
        Reach::User
    } else {
        Reach::Project
    }
}

#[cfg(test)]
mod tests;
