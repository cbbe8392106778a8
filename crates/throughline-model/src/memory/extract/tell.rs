//! The session in prose: a summary, the findings as Markdown, and a name.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::draft::{about, presentable};
use crate::memory::words::stems;
use crate::memory::{Finding, MemoryKind, Narrative, Told};
use crate::session::first_sentence;

/// The longest summary, in characters.
const LONGEST_SUMMARY: usize = 1_500;

/// The longest slug, in bytes.
const LONGEST_SLUG: usize = 60;

/// Files and commits that are named; the others are counted.
const NAMED: usize = 8;

/// What the session did, in a paragraph, and the first sentences of its turns.
pub(super) fn summary(narrative: &Narrative, findings: &[Finding]) -> String {
    let mut paragraph = Vec::new();
    paragraph.extend(asked(narrative));
    paragraph.extend(changed(narrative));
    paragraph.extend(committed(narrative));
    paragraph.extend(ended(narrative));
    paragraph.extend(open(findings));
    let mut summary = paragraph.join(" ");
    for line in narrative.turns.iter().filter_map(turn_line) {
        if summary.chars().count() + line.chars().count() > LONGEST_SUMMARY {
            break;
        }
        summary.push_str(&line);
    }
    summary
}

fn asked(narrative: &Narrative) -> Option<String> {
    let first = narrative.turns.iter().find_map(about)?;
    let line = presentable(&narrative.line, 80);
    let on = if line.is_empty() { String::new() } else { format!(" on {line}") };
    let turns = narrative.turns.len();
    let turns = if turns == 1 { "one turn".to_owned() } else { format!("{turns} turns") };
    Some(format!("Asked first: “{first}” ({turns}{on})."))
}

fn changed(narrative: &Narrative) -> Option<String> {
    let files = distinct(narrative.turns.iter().flat_map(|told| &told.files));
    (!files.is_empty()).then(|| format!("Changed {}.", listed(&files)))
}

fn committed(narrative: &Narrative) -> Option<String> {
    let commits = distinct(narrative.turns.iter().flat_map(|told| &told.commits));
    (!commits.is_empty()).then(|| format!("Committed {}.", listed(&commits)))
}

/// How the session ended: broken off, or with what the agent said last.
fn ended(narrative: &Narrative) -> Option<String> {
    let last = narrative.turns.last()?;
    if last.is_interrupted {
        return Some("The user broke the last turn off.".to_owned());
    }
    let said = super::prose::sentences(last.answers.last()?);
    let said = presentable(&first_sentence(&said.first()?.text, 240), 240);
    (!said.is_empty()).then(|| format!("It ended with: “{said}”"))
}

fn open(findings: &[Finding]) -> Option<String> {
    let questions = findings.iter().filter(|finding| finding.kind == MemoryKind::Question);
    let titles: Vec<_> = questions.map(|finding| finding.title.as_str()).take(3).collect();
    (!titles.is_empty()).then(|| format!("Left open: {}", titles.join("; ")))
}

fn turn_line(told: &Told) -> Option<String> {
    Some(format!("\n- {}", about(told)?))
}

/// Each once, in order, presentable.
fn distinct<'t>(texts: impl Iterator<Item = &'t String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.filter(|text| seen.insert(text.as_str())).map(|text| presentable(text, 120)).collect()
}

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The findings as Markdown: a heading for each kind, an item for each finding, and where it is from.
pub(super) fn markdown(findings: &[Finding]) -> String {
    let mut text = String::new();
    for kind in MemoryKind::NAMED {
        let of_kind: Vec<_> = findings.iter().filter(|finding| finding.kind == kind).collect();
        if !of_kind.is_empty() {
            let separator = if text.is_empty() { "" } else { "\n" };
            let _infallible =
                writeln!(text, "{separator}## {}\n", crate::memory::sheet::heading(&kind));
            of_kind.into_iter().for_each(|finding| item(&mut text, finding));
        }
    }
    text
}

fn item(text: &mut String, finding: &Finding) {
    let reach = match finding.reach {
        crate::memory::Reach::User => "user",
        crate::memory::Reach::Project => "project",
        crate::memory::Reach::Line => "line",
    };
    let mut from = vec![
        finding.confidence.as_str().to_owned(),
        reach.to_owned(),
        finding.source.at.to_string(),
    ];
    let source = &finding.source;
    from.extend(source.turn.as_ref().map(|turn| format!("turn {}", presentable(turn, 64))));
    from.extend(source.commit.as_ref().map(|commit| format!("commit {}", presentable(commit, 40))));
    if !finding.files.is_empty() {
        from.push(format!("files {}", finding.files.join(", ")));
    }
    let _infallible = writeln!(text, "- {}\n  ({})", finding.text, from.join(" · "));
}

/// The session in a few words: those of the first prompt that say what it is about.
pub(super) fn slug(narrative: &Narrative) -> Option<String> {
    let first = narrative.turns.iter().find_map(about)?;
    let words = crate::memory::words::words(&first);
    let words = words.iter().filter(|word| !stems(&word.lower).is_empty());
    let mut slug = String::new();
    for word in words.map(|word| kebab(&word.lower)).filter(|word| !word.is_empty()) {
        if slug.len() + word.len() + 1 > LONGEST_SLUG {
            break;
        }
        let hyphen = if slug.is_empty() { "" } else { "-" };
        slug = slug + hyphen + &word;
    }
    (!slug.is_empty()).then_some(slug)
}

/// Letters and digits of ASCII, all else a hyphen, none at the ends.
fn kebab(word: &str) -> String {
    let parts = word.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
