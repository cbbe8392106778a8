//! Turns of phrase that tell what kind of thing a sentence says.
//!
//! A phrase is words with a blank between; `a|b` is one of both. It counts anywhere in a sentence,
//! or only where a clause begins ([`Place::Start`]). Words in quotes are somebody else's and never
//! part of a phrase.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::memory::words::{Word, words};

/// What a phrase tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// It is asked to be remembered.
    Remember,
    /// It holds from now on.
    Standing,
    /// Always or never: holds if something is asked for, not if something is told.
    Ever,
    /// Something is forbidden.
    Forbidden,
    /// How it is done here.
    Here,
    /// One thing is to be used, if the sentence says instead of which.
    Use,
    /// Instead of another.
    Instead,
    /// The user likes it so.
    Liking,
    /// The user is or does so.
    Habit,
    /// How the agent is to talk.
    Talk,
    /// Something was decided.
    Decision,
    /// Something is so.
    Fact,
    /// Nobody knows yet.
    Open,
    /// In all projects.
    Everywhere,
    /// On this line alone.
    ThisLine,
    /// For now only.
    Passing,
    /// Something is broken: a report, no rule.
    Complaint,
    /// Said with a maybe or an if.
    Doubt,
    /// Words that try to take over whoever reads them.
    Hostile,
}

/// Where a phrase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Start,
    Anywhere,
}

use Cue as C;
use Place::{Anywhere, Start};

const PHRASES: &[(Cue, Place, &[&str])] = &[
    (
        C::Remember,
        Start,
        &[
            "remember that",
            "remember",
            "remember this",
            "keep in mind that",
            "keep in mind",
            "note that",
            "note",
            "take note that",
            "for the record",
            "fyi",
            "for your information",
            "for future reference",
            "don't forget that",
            "do not forget that",
            "be aware that",
            "just so you know",
            "good to know",
            "bear in mind that",
            "bear in mind",
            "merk dir",
            "remember for later",
        ],
    ),
    (
        C::Standing,
        Anywhere,
        &[
            "from now on",
            "going forward",
            "from here on",
            "from this point on",
            "in future",
            "every time",
            "before pushing|committing|merging|releasing|deploying",
            "before you commit|push|merge|release|deploy",
            "after you commit|push|merge",
            "each time",
            "whenever",
            "before every|each|any",
            "after every|each|any",
            "on every|each",
            "as a rule",
            "by convention",
            "the|our|a convention|rule|policy is",
            "house rule",
            "as a matter of principle",
            "at all times",
            "under no circumstances",
            "without exception",
            "ab jetzt",
            "ab sofort",
            "in zukunft",
        ],
    ),
    (
        C::Ever,
        Anywhere,
        &["always", "never", "don't ever", "do not ever", "immer", "nie", "niemals"],
    ),
    (
        C::Forbidden,
        Start,
        &[
            "don't",
            "dont",
            "do not",
            "avoid",
            "stop",
            "no more",
            "no",
            "you must not",
            "you mustn't",
            "you shouldn't",
            "we don't",
            "we do not",
            "we avoid",
            "must not",
        ],
    ),
    (
        C::Here,
        Anywhere,
        &[
            "in this repo|repository|project|codebase|workspace|package|crate|monorepo|module|service|app",
            "in our repo|repository|project|codebase|workspace|monorepo|team|company|organisation|organization",
            "around here",
            "comments|messages|docs|documentation|names|identifiers|commits in the|english|german|french|spanish|italian|dutch|british|american",
            "we must",
            "we have",
            "we need to support|stay|keep",
            "wir nutzen|verwenden|benutzen|schreiben",
            "here we",
            "we use|keep|put|name|follow|write|run|deploy|target|support|prefer|require|commit|squash|rebase|format|pin|store|document|test|tag|ship|release|only|stick|mock|version|build|host|generate|lint|compile|manage|track|review|publish|serve|validate|return|don't|do",
            "we always|never",
            "our team|tests|code|commits|branches|releases|convention|conventions|style",
        ],
    ),
    (
        C::Use,
        Start,
        &[
            "use",
            "prefer",
            "we use",
            "please use",
            "always use",
            "you should use",
            "should use",
            "switch to",
            "run",
            "call",
            "put",
            "write",
            "import",
        ],
    ),
    (
        C::Instead,
        Anywhere,
        &[
            "instead of",
            "rather than",
            "not",
            "over",
            "instead",
            "for",
            "in",
            "everywhere",
            "throughout",
        ],
    ),
    (
        C::Liking,
        Anywhere,
        &[
            "i prefer",
            "i'd like",
            "i would like",
            "i don't want",
            "i do not want",
            "i'd prefer",
            "i would prefer",
            "i'd rather",
            "i would rather",
            "i like",
            "i don't like",
            "i do not like",
            "i dislike",
            "i hate",
            "my preference is",
            "i can't stand",
            "i want you to always|never",
            "i want all|every",
            "i mag",
            "ich mag|bevorzuge",
        ],
    ),
    (
        C::Habit,
        Anywhere,
        &[
            "i always",
            "i never",
            "i usually",
            "i generally",
            "i normally",
            "i tend to",
            "call me",
            "my name is",
            "my timezone|editor|shell|terminal|keyboard|role|os is",
            "i'm a|an",
            "i am a|an",
            "i use",
            "i work with|in|at|from|on",
            "my pronouns are",
            "i'm new to",
            "i am new to",
            "i'm on macos|linux|windows|wsl|ubuntu|nixos|arch|debian|fedora",
        ],
    ),
    (
        C::Talk,
        Anywhere,
        &[
            "be brief|concise|terse|short|succinct|direct|blunt|honest|precise",
            "be more brief|concise|terse|direct|careful",
            "be less verbose|chatty",
            "keep it|them short|brief|concise|terse",
            "keep answers|replies|responses|explanations|messages|summaries",
            "keep your answers|replies|responses|explanations|messages|summaries",
            "no emoji|emojis",
            "without emoji|emojis",
            "use emoji|emojis",
            "short|shorter|longer|brief answers|replies|responses|summaries",
            "answer|reply|respond|speak|talk|write|antworte|schreib in|auf english|german|french|spanish|italian|portuguese|dutch|polish|swedish|japanese|chinese|korean|deutsch|englisch",
            "answer|reply|respond|write|talk to me|us in",
            "british|american english|spelling",
            "antworte auf",
            "answer|reply me|us in",
            "auf deutsch|englisch antworten",
            "keine emojis",
            "bitte auf deutsch",
            "speak|talk english|german|french|spanish|italian|dutch|deutsch",
            "no summary|summaries|preamble|apologies|fluff|filler|flattery|lectures|disclaimers|small",
            "don't apologise|apologize|explain|summarise|summarize|flatter|lecture",
            "do not apologise|apologize|explain|summarise|summarize",
            "stop apologising|apologizing|explaining|summarising|summarizing|asking",
            "skip the summary|explanation|explanations|preamble|pleasantries",
            "ask me before|first",
            "ask before",
            "ask first",
            "tell me before",
            "check with me before",
            "show me the diff|plan before|first",
            "explain your reasoning|steps|choices",
            "answer in bullet|one|two|full|short",
            "bullet points",
            "metric units",
            "too verbose|long-winded|chatty",
            "get to the point",
        ],
    ),
    (
        C::Decision,
        Start,
        &[
            "let's|lets go with",
            "let's|lets keep",
            "let's|lets use",
            "let's|lets stick with|to",
            "let's|lets not use",
            "let's|lets adopt|drop|avoid|standardise|standardize",
            "let's|lets switch|move|migrate to",
            "we'll|i'll use|stick|adopt|drop|support|switch|migrate|keep|move",
            "we'll|i'll go with",
            "we will use|adopt|drop|support|switch|migrate|keep|move",
            "we will go with",
            "we're|i'm going with",
            "we are going with",
            "we're using|adopting|dropping|switching|moving|migrating",
            "we are using|adopting|dropping|switching|moving|migrating",
            "we|i|i've|we've decided|chose|agreed|settled|opted",
            "we|i have decided|chosen|agreed|settled",
            "we|i went with",
            "we picked",
            "go with",
            "going with",
            "we switched|migrated",
            "we moved to|from",
            "we've switched|migrated",
            "we've moved to|from",
            "the decision is|was",
            "decision",
            "final decision",
            "it's decided|settled|agreed",
            "it is decided|settled|agreed",
            "decided",
            "stick with",
        ],
    ),
    (
        C::Decision,
        Anywhere,
        &["i've|we've decided|agreed|settled|chosen", "i|we have decided|agreed|settled|chosen"],
    ),
    (
        C::Fact,
        Anywhere,
        &[
            "lives|live|sits|sit in|at|on|under|behind",
            "is|are at",
            "is|are hosted|deployed|located|stored|generated|mirrored|read-only|frozen|deprecated|called|named|due|kept",
            "is|are written|managed|maintained|owned|generated|served|backed|built|rotated|limited|synced|reviewed|scheduled by|from|with|at|to|in|on|every|for",
            "is|are now",
            "is|are no longer",
            "is|are on port",
            "is|are allowed|permitted|forbidden|mandatory|protected|signed|encrypted|append-only|immutable|squash-merged|versioned|cached|required|pinned|taken",
            "go|goes in|into|under|to",
            "is|are only available",
            "runs|run on|in|at|every|nightly|weekly|daily|behind|with",
            "listens|listen on",
            "starts|start at|every",
            "owns|maintains|maintain|manages",
            "tests|build|ci|suite|setup|script|deployment need|needs|require|requires",
            "expects|expect",
            "rotates|rotate",
            "expires|expire",
            "belongs|belong to",
            "moved to",
            "has|have moved to",
            "deadline|size|timeout|version|default|name|threshold|budget|quota|retention is",
            "is|are responsible for",
            "is|are in charge of",
            "owner of|is",
            "requires|require at least",
            "needs|need at least",
            "can only be",
            "only works|supports|runs|accepts",
            "defaults to",
            "points to|at",
            "port is",
            "limit is",
            "the url|address|endpoint|hostname|port|region|bucket is|for",
            "supports|support up",
            "goes through|via",
            "must be signed|run|approved|reviewed",
            "happens|happen on|at|every",
            "is|are forbidden|required|mandatory",
            "comes|come from",
        ],
    ),
    (
        C::Open,
        Anywhere,
        &[
            "open question",
            "open questions",
            "to be decided",
            "tbd",
            "still undecided",
            "we still|haven't|need need|decided|to decide",
            "need to decide",
            "not sure yet",
            "not sure whether|which",
            "not sure if we",
            "unclear whether|which",
            "haven't decided",
            "have not decided",
            "don't know yet",
            "do not know yet",
            "remains to be seen|decided",
            "yet to decide",
            "yet to be decided",
            "we'll decide later",
            "i'll decide later",
            "decide later",
            "nobody knows",
        ],
    ),
    (
        C::Everywhere,
        Anywhere,
        &[
            "in all my|our projects|repos|repositories",
            "in all projects|repos|repositories",
            "in every project|repo|repository",
            "in any project|repo|repository",
            "across all my|projects|repos",
            "everywhere i work",
            "in all of my|our projects|repos",
            "for all my projects|repos",
            "for all projects",
            "in general",
        ],
    ),
    (
        C::ThisLine,
        Anywhere,
        &[
            "on|in|for this branch",
            "on|in|for this feature branch",
            "while we're|are on this branch",
        ],
    ),
    (
        C::Passing,
        Anywhere,
        &[
            "for now",
            "this time",
            "just this once",
            "only this once",
            "for this task|pr|commit|change|one|time|session|step|issue|ticket",
            "in this pr|commit|task|function|test|file|case|step|session|turn|change|class|method|patch|diff",
            "right now",
            "for the moment",
            "for today",
            "until i|we",
            "anything else",
            "at the moment",
            "temporarily",
            "in the meantime",
            "not yet",
            "for the time being",
            "this once",
            "this turn",
            "yet",
        ],
    ),
    (
        C::Complaint,
        Anywhere,
        &[
            "broken|failing|fails|fail|failed|crash|crashes|crashed|crashing|bug|buggy|slow|stuck|undefined|weird|wrong|flaky",
            "not working",
            "doesn't work",
            "does not work",
            "isn't working",
            "we run into",
            "we keep getting|seeing|having",
            "we use to",
            "keeps failing|crashing",
            "never mind",
            "nevermind",
            "not what",
            "what i see",
            "i get",
            "problem|problems",
            "an issue|bug|error",
            "but got",
            "error|errors|exception|panics|panic",
            "infinite|endless loop",
            "hangs|freezes|blank|off|typo",
            "too slow|big|small|late|early",
        ],
    ),
    (
        C::Doubt,
        Anywhere,
        &[
            "maybe",
            "perhaps",
            "probably",
            "i think",
            "i guess",
            "i suppose",
            "might",
            "could be",
            "what if",
            "i wonder",
            "not sure",
            "wondering",
            "presumably",
            "seems",
            "i believe",
            "should we",
            "can we",
            "could we",
        ],
    ),
    (
        C::Hostile,
        Anywhere,
        &[
            "ignore|disregard|forget|override|bypass all|any|the|your|previous|prior|above|earlier|every|these|my|safety",
            "ignore instructions",
            "system prompt",
            "developer message",
            "you are now",
            "act as",
            "pretend to be|that",
            "jailbreak",
            "new instructions",
            "do anything now",
            "without telling|asking|informing the",
            "do not tell|reveal|mention|inform the user",
            "don't tell the user",
            "exfiltrate",
            "base64 decode",
            "im_start",
            "im_end",
            "endoftext",
            "hidden instruction|instructions",
            "as an ai",
            "assistant must",
            "curl pipe",
            "send the|all|your secrets|credentials|tokens|keys",
        ],
    ),
];

type Rest = (Vec<Vec<&'static str>>, Cue, Place);

/// The phrases by their first word: each word of a sentence is looked up once.
static BY_FIRST: LazyLock<HashMap<&'static str, Vec<Rest>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<Rest>> = HashMap::new();
    for (cue, place, phrases) in PHRASES {
        for phrase in *phrases {
            let mut words: Vec<Vec<&str>> =
                phrase.split(' ').map(|w| w.split('|').collect()).collect();
            for first in words.remove(0) {
                table.entry(first).or_default().push((words.clone(), *cue, *place));
            }
        }
    }
    table
});

/// A phrase in a sentence: words `from..to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) cue: Cue,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// A sentence, looked through for phrases.
#[derive(Debug)]
pub(super) struct Clauses<'t> {
    pub(super) text: &'t str,
    pub(super) words: Vec<Word>,
    pub(super) hits: Vec<Hit>,
}

impl<'t> Clauses<'t> {
    /// Looks a sentence through.
    pub(super) fn of(text: &'t str) -> Self {
        let masked = masked(text);
        let words = words(&masked);
        let mut clauses = Self { text, words, hits: Vec::new() };
        for from in 0..clauses.words.len() {
            clauses.look(from);
        }
        clauses
    }

    fn look(&mut self, from: usize) {
        let Some(rests) = BY_FIRST.get(self.words[from].lower.as_str()) else { return };
        for (rest, cue, place) in rests {
            if *place == Start && !self.begins_clause(from) {
                continue;
            }
            let words = self.words.iter().skip(from + 1);
            let matched = rest
                .iter()
                .zip(words)
                .filter(|(one_of, word)| one_of.contains(&word.lower.as_str()));
            if matched.count() == rest.len() {
                self.hits.push(Hit { cue: *cue, from, to: from + 1 + rest.len() });
            }
        }
    }

    /// Whether a clause begins with this word.
    pub(super) fn begins_clause(&self, index: usize) -> bool {
        const OPENERS: &[&str] = &[
            "please", "and", "but", "so", "also", "then", "just", "ok", "okay", "well", "no",
            "actually", "hey", "btw", "yes", "you", "we", "instead", "bitte", "that", "should",
            "simply",
        ];
        let Some(before) = index.checked_sub(1).map(|at| &self.words[at]) else { return true };
        let between = &self.text[before.end..self.words[index].start];
        OPENERS.contains(&before.lower.as_str())
            || between.contains([',', ';', ':', '—', '–', '(', '-'])
    }

    /// The first phrase that tells this.
    pub(super) fn first(&self, cue: Cue) -> Option<Hit> {
        self.hits.iter().copied().find(|hit| hit.cue == cue)
    }

    /// Whether a phrase tells this.
    pub(super) fn has(&self, cue: Cue) -> bool {
        self.first(cue).is_some()
    }

    /// The word at an index.
    pub(super) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| word.lower.as_str())
    }
}

/// The text with what stands in quotes or backticks blotted out, byte for byte.
fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut open = None;
    for (at, c) in text.char_indices() {
        let closes = open == Some(c);
        if open.is_none() {
            open = closing(c).filter(|end| text[at + c.len_utf8()..].contains(*end));
        } else if closes {
            open = None;
        }
        let blot = open.is_some() || closes;
        if blot { masked.extend(std::iter::repeat_n(' ', c.len_utf8())) } else { masked.push(c) }
    }
    masked
}

fn closing(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '`' => Some('`'),
        '“' | '„' => Some('”'),
        '«' => Some('»'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cues(text: &str) -> Vec<Cue> {
        Clauses::of(text).hits.into_iter().map(|hit| hit.cue).collect()
    }

    #[test]
    fn phrases_are_found_where_they_count() {
        assert_eq!(cues("Please don't push."), [Cue::Forbidden]);
        assert_eq!(cues("I don't push."), []);
        assert_eq!(cues("Let's use SQLite"), [Cue::Decision]);
        assert_eq!(cues("He said \"always push\" and `never`."), []);
        assert_eq!(cues("From now on, run it"), [Cue::Standing, Cue::Use]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "(always|[\"`“” ]|\\PC){0,60}") {
            let clauses = Clauses::of(&text);
            proptest::prop_assert!(clauses.hits.iter().all(|hit| hit.to <= clauses.words.len()));
        }
    }
}
