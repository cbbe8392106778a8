//! What a statement sets, not to what: so that a later one of the same subject takes its place.
//!
//! Words, read off the shape of the sentence. A subject with a backtick in it is a literal one (a
//! command, a set of files): it is compared as a whole and never by likeness.

use super::words::{Word, is_content, stem, stems, words};

/// Things of which one is used at a time, by what they are.
const CHOICES: &[(&str, &[&str])] = &[
    ("package manager", &["npm", "pnpm", "yarn", "bun", "pip", "poetry", "uv", "pipenv", "conda"]),
    (
        "test runner",
        &["jest", "vitest", "mocha", "pytest", "unittest", "nextest", "playwright", "cypress"],
    ),
    ("indentation", &["tabs", "tab", "spaces", "two-space", "four-space"]),
    ("formatter", &["prettier", "biome", "black", "rustfmt", "gofmt", "dprint"]),
    ("linter", &["eslint", "oxlint", "flake8", "pylint", "golangci-lint"]),
    (
        "database",
        &[
            "postgres",
            "postgresql",
            "mysql",
            "mariadb",
            "sqlite",
            "mongodb",
            "duckdb",
            "dynamodb",
            "redis",
            "memcached",
            "valkey",
            "clickhouse",
            "cassandra",
            "cockroachdb",
        ],
    ),
    ("queue", &["kafka", "rabbitmq", "sqs", "nats", "celery", "sidekiq"]),
    (
        "web framework",
        &["axum", "actix", "rocket", "express", "fastify", "flask", "django", "fastapi", "hono"],
    ),
    ("bundler", &["webpack", "vite", "esbuild", "rollup", "parcel", "turbopack"]),
    ("container engine", &["docker", "podman"]),
    ("quotes", &["single-quotes", "double-quotes"]),
    ("line endings", &["lf", "crlf"]),
];

/// What is said of how the agent talks, by a word of it.
const MANNERS: &[(&str, &[&str])] = &[
    ("emojis", &["emoji", "emojis"]),
    (
        "language of answers",
        &[
            "german",
            "english",
            "french",
            "spanish",
            "italian",
            "portuguese",
            "dutch",
            "polish",
            "swedish",
            "japanese",
            "chinese",
            "korean",
            "deutsch",
            "englisch",
        ],
    ),
    (
        "length of answers",
        &[
            "brief",
            "concise",
            "terse",
            "short",
            "shorter",
            "longer",
            "verbose",
            "succinct",
            "long-winded",
            "detailed",
        ],
    ),
    ("spelling", &["spelling"]),
    ("metric units", &["metric"]),
];

/// What a fact tells of a thing, by the words that tell it.
const ASPECTS: &[(&str, &[&str])] = &[
    ("language", &["written"]),
    (
        "place",
        &[
            "lives", "live", "sits", "sit", "at", "hosted", "deployed", "located", "stored",
            "kept", "moved", "points", "url", "address", "endpoint", "hostname", "port", "in",
            "on", "under", "behind", "to",
        ],
    ),
    ("owner", &["owned", "maintained", "managed", "responsible", "owner", "belongs", "charge"]),
    (
        "time",
        &[
            "rotates", "rotate", "expires", "expire", "due", "deadline", "daily", "weekly",
            "nightly", "every", "until",
        ],
    ),
    ("name", &["called", "named"]),
    ("origin", &["generated", "served", "backed", "built", "comes", "from"]),
];

/// Words behind which a value stands.
const VALUE_OF: &[&str] =
    &["with", "in", "to", "as", "at", "from", "via", "using", "by", "under", "on"];

/// Words with which a reason begins.
const REASONS: &[&str] = &["because", "since", "so", "otherwise", "as", "until", "unless"];

/// The most words of a subject.
const LONGEST: usize = 8;

/// Whether it is compared as a whole.
pub(crate) fn is_literal(subject: &str) -> bool {
    subject.contains('`')
}

/// What makes two subjects one: a literal as it stands, else its stems in any order.
pub(crate) fn key(subject: &str) -> String {
    if is_literal(subject) {
        return subject.to_owned();
    }
    let mut stems: Vec<_> = words(subject).iter().map(|word| stem(&word.lower)).collect();
    stems.sort();
    stems.dedup();
    stems.join(" ")
}

/// The subject of how the agent is to talk.
pub(crate) fn of_manner(text: &str) -> Option<String> {
    let words = words(text);
    let says = |known: &&(&str, &[&str])| words.iter().any(|w| known.1.contains(&w.lower.as_str()));
    MANNERS.iter().find(says).map(|(subject, _)| (*subject).to_owned()).or_else(|| of_rule(text))
}

/// The subject of a choice: what the things are of which one was chosen, and for what.
pub(crate) fn of_choice(text: &str) -> Option<String> {
    const CHOOSES: &[&str] = &[
        "use", "using", "prefer", "with", "to", "adopt", "adopting", "chose", "chosen", "picked",
        "on", "keep", "want",
    ];
    let words = words(text);
    let is_chosen = |at: usize| {
        (1..=2).any(|back| at >= back && CHOOSES.contains(&words[at - back].lower.as_str()))
    };
    let mut chosen = words.iter().enumerate().filter(|(at, _)| is_chosen(*at));
    let family = chosen.find_map(|(_, word)| family(&word.lower));
    let purpose = purpose(text, &words);
    match (family, purpose) {
        (Some(family), Some(purpose)) if stems(&purpose) != stems(family) => {
            Some(format!("{family} for {purpose}"))
        }
        (Some(family), _) => Some(family.to_owned()),
        (None, purpose) => purpose.or_else(|| of_rejected(text, &words)),
    }
}

fn family(word: &str) -> Option<&'static str> {
    CHOICES.iter().find(|(_, members)| members.contains(&word)).map(|(family, _)| *family)
}

/// "… for the job queue": for what it was chosen.
fn purpose(text: &str, words: &[Word]) -> Option<String> {
    let at = words.iter().position(|word| word.lower == "for")?;
    let phrase = phrase(text, &words[at + 1..], 4);
    (!phrase.is_empty()).then_some(phrase)
}

/// "… instead of anyhow": what it takes the place of.
fn of_rejected(text: &str, words: &[Word]) -> Option<String> {
    let at = words.windows(2).position(|pair| {
        matches!(
            (pair[0].lower.as_str(), pair[1].lower.as_str()),
            ("instead", "of") | ("rather", "than")
        )
    })?;
    let phrase = phrase(text, &words[at + 2..], 3);
    (!phrase.is_empty()).then_some(phrase)
}

/// The words up to the end of a phrase.
fn phrase(text: &str, words: &[Word], most: usize) -> String {
    const ENDS: &[&str] = &["and", "not", "instead", "but", "if", "when", "rather", "over", "for"];
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate().take(most + 2) {
        let lower = word.lower.as_str();
        let broken =
            at > 0 && text[words[at - 1].end..word.start].contains([',', '.', ';', '(', ':', '—']);
        if broken || ENDS.contains(&lower) || REASONS.contains(&lower) || VALUE_OF.contains(&lower)
        {
            break;
        }
        if is_content(lower) && kept.len() < most {
            kept.push(lower);
        }
    }
    kept.join(" ")
}

/// The subject of a fact that `verb..` tells: the thing, and what is told of it.
pub(crate) fn of_fact(text: &str, verb: std::ops::Range<usize>) -> Option<String> {
    let words = words(text);
    let aspect_of =
        |word: &Word| ASPECTS.iter().find(|(_, known)| known.contains(&word.lower.as_str()));
    let telling = words.iter().filter(|word| word.end > verb.start && word.start < verb.end);
    let aspect = telling.clone().find_map(aspect_of);
    let behind = || words.iter().find(|word| word.start >= verb.end).and_then(aspect_of);
    let aspect = aspect.or_else(behind).map_or("", |(name, _)| *name);
    let before = words.iter().filter(|word| word.start < verb.end && is_content(&word.lower));
    let is_telling = |word: &&Word| aspect_of(word).is_some() && word.start >= verb.start;
    let thing: Vec<_> =
        before.filter(|word| !is_telling(word)).map(|word| word.lower.as_str()).collect();
    let thing = thing[thing.len().saturating_sub(LONGEST - 1)..].join(" ");
    (!thing.is_empty()).then(|| format!("{thing} {aspect}").trim().to_owned())
}

/// The subject of a rule: what is done to what, up to the word behind which the value stands.
pub(crate) fn of_rule(text: &str) -> Option<String> {
    let words = words(text);
    let is_negative = super::likeness::is_negative(text);
    let mut kept: Vec<&str> = Vec::new();
    for word in &words {
        let lower = word.lower.as_str();
        let has_thing = kept.len() >= 2 || kept.len() == 1 && lower != "in";
        if has_thing && REASONS.contains(&lower) && lower != "as" || kept.len() == LONGEST {
            break;
        }
        let names = lower == "after"
            && kept.first().is_some_and(|verb| stem(verb) == "nam" || *verb == "name");
        if has_thing && !is_negative && (VALUE_OF.contains(&lower) || names) {
            kept.push(lower);
            break;
        }
        if is_content(lower) {
            kept.push(lower);
        }
    }
    let says = kept.iter().any(|word| is_content(word));
    says.then(|| kept.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_set_anew_is_the_same_subject() {
        let choices = [
            ("Use pnpm, not npm.", "We switched to yarn."),
            (
                "Let's use Postgres for the job queue.",
                "We'll use SQLite for the job queue because it's simple.",
            ),
            ("Use tabs for indentation.", "Use spaces, always."),
            ("Use thiserror instead of anyhow.", "Use snafu instead of anyhow."),
        ];
        for (one, other) in choices {
            let keys = [one, other].map(|text| of_choice(text).map(|subject| key(&subject)));
            assert!(keys[0].is_some() && keys[0] == keys[1], "{one} {keys:?}");
        }
        let rules = [
            ("Name branches after the ticket.", "Always name branches after the author."),
            ("Limit lines to 100 characters", "Limit lines to 80 characters"),
        ];
        for (one, other) in rules {
            let keys = [one, other].map(|text| of_rule(text).map(|subject| key(&subject)));
            assert!(keys[0].is_some() && keys[0] == keys[1], "{one} {keys:?}");
        }
    }

    #[test]
    fn other_things_are_other_subjects() {
        let pairs = [
            ("Use sqlite for tests.", "Use postgres for production."),
            ("Never push to main.", "Never push to production."),
            ("Run the tests before committing.", "Run clippy before committing."),
        ];
        for (one, other) in pairs {
            let keys =
                [one, other].map(|text| of_choice(text).or_else(|| of_rule(text)).map(|s| key(&s)));
            assert_ne!(keys[0], keys[1], "{one}");
        }
    }

    #[test]
    fn a_fact_is_about_a_thing_and_an_aspect() {
        let cases = [
            ("The staging DB is at db1.example.", "is at", "staging db place"),
            ("The staging DB has moved to db2.example.", "has moved to", "staging db place"),
            ("The API key rotates weekly.", "rotates", "api key time"),
            ("The rate limit is 100 per minute.", "limit is", "rate limit"),
            ("The billing service is owned by Ada.", "is owned by", "billing service owner"),
        ];
        for (text, verb, subject) in cases {
            let at = text.find(verb).unwrap();
            assert_eq!(of_fact(text, at..at + verb.len()).as_deref(), Some(subject), "{text}");
        }
    }
}
