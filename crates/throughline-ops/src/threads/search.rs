//! `thru threads search`

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use throughline_agents::transcript::{Offset, read_from};
use throughline_store::index::{
    Direction, Hit, Index, ListFilter, Page, Sort, ThreadRow, Told, without_copies,
};

use super::desk::ThreadHit;
use super::here::ready_here;
use super::lineage::Lineage;
use super::words::{agent_of, snippet, text_at, text_of};
use super::{Scope, Standing, query};
use crate::cores;
use crate::error::OpsError;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// What is searched for, and where.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// Words, phrases, `key:value`; or a regular expression.
    pub text: String,
    /// How the text is meant.
    pub language: Language,
    /// In whose conversations.
    pub scope: Scope,
    /// How many hits at most.
    pub limit: usize,
}

/// How a search's text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Words, found by the index.
    Words,
    /// A regular expression, looked for in every transcript.
    Regex,
}

/// One hit.
#[derive(Debug, Clone)]
pub struct SearchHit {
    /// In which conversation.
    pub thread: ThreadRow,
    /// The number of the turn in it, as far as it is known.
    pub number: Option<u64>,
    /// The agent's name for the turn.
    pub turn: Option<String>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What kind of text it is, in a word.
    pub kind: &'static str,
    /// The text around it, redacted.
    pub snippet: String,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct SearchReport {
    /// Best first.
    pub hits: Vec<SearchHit>,
    /// How the index stands.
    pub standing: Standing,
}

/// Searches.
///
/// # Errors
/// [`OpsError`]: the text is no right query, or there is no index at all.
pub fn search(
    world: &Surroundings,
    homes: &[AgentHome],
    options: &SearchOptions,
) -> Result<SearchReport, OpsError> {
    let (ready, here) = ready_here(world, homes)?;
    let hits = match options.language {
        Language::Words => by_words(world, &ready.index, options, here)?,
        Language::Regex => by_regex(&ready.index, options, here)?,
    };
    Ok(SearchReport { hits, standing: Standing::of(&ready) })
}

fn by_words(
    world: &Surroundings,
    index: &Index,
    options: &SearchOptions,
    here: Option<Vec<i64>>,
) -> Result<Vec<SearchHit>, OpsError> {
    let mut parsed = query::parse(&options.text)?;
    parsed.query.here = here.clone().unwrap_or_default();
    if options.scope == Scope::Here {
        parsed.query.threads.places = here;
    }
    parsed.query.now = world.clock.now().as_millisecond();
    parsed.query.limit = options.limit;
    let hits = index.search(&parsed.query)?;
    let snippets = snippets(&hits, &parsed.words);
    let shown = hits.into_iter().zip(snippets).map(|(hit, snippet)| {
        let number = hit.number + shared_turns(index, &hit.thread)?;
        Ok(SearchHit {
            snippet,
            thread: hit.thread,
            number: Some(number),
            turn: hit.turn,
            at: hit.at,
            kind: hit.kind.as_str(),
        })
    });
    shown.collect()
}

/// The text around each hit; each is a read of another transcript.
fn snippets(hits: &[Hit], words: &[String]) -> Vec<String> {
    cores::each(
        hits,
        || false,
        |hit| {
            let text = text_at(&hit.thread.source, hit.offset);
            text.map_or_else(String::new, |text| snippet(&text, words))
        },
    )
}

/// Conversations that this leaves and in which these words stand, the best first, each once.
pub(super) fn of_threads(
    world: &Surroundings,
    index: &Index,
    text: &str,
    filter: &ListFilter,
    limit: usize,
) -> Result<Vec<ThreadHit>, OpsError> {
    let mut parsed = query::parse(text)?;
    let (branch, agent) = (parsed.query.threads.branch.take(), parsed.query.threads.agent.take());
    parsed.query.threads = filter.clone();
    parsed.query.threads.branch = branch.or(parsed.query.threads.branch);
    parsed.query.threads.agent = agent.or(parsed.query.threads.agent);
    parsed.query.now = world.clock.now().as_millisecond();
    // Of a conversation only its best turn counts.
    parsed.query.limit = limit.saturating_mul(TURNS_OF_ONE);
    let mut seen = HashSet::new();
    let hits = index.search(&parsed.query)?.into_iter();
    let mut hits: Vec<_> = hits.filter(|hit| seen.insert(hit.thread.meta.key.clone())).collect();
    hits.truncate(limit);
    let snippets = snippets(&hits, &parsed.words);
    let hits = hits.into_iter().zip(snippets);
    Ok(hits.map(|(hit, snippet)| ThreadHit { thread: hit.thread, snippet }).collect())
}

/// So many times as many turns are looked at as conversations are wanted.
const TURNS_OF_ONE: usize = 4;

/// How many turns a fork shows before its own.
fn shared_turns(index: &Index, thread: &ThreadRow) -> Result<u64, OpsError> {
    match thread.meta.base_end {
        None => Ok(0),
        Some(_) => Ok(Lineage::of(index, thread)?.before()),
    }
}

/// Every transcript, the latest first, on all cores.
fn by_regex(
    index: &Index,
    options: &SearchOptions,
    here: Option<Vec<i64>>,
) -> Result<Vec<SearchHit>, OpsError> {
    let pattern = regex::Regex::new(&options.text).map_err(|error| OpsError::Refused {
        reason: format!("`{}` is no regular expression: {error}", options.text),
    })?;
    let places = here.filter(|_| options.scope == Scope::Here);
    let filter = ListFilter { places, ..ListFilter::default() };
    let page = Page {
        sort: Sort::Updated,
        direction: Direction::Descending,
        after: None,
        limit: usize::MAX,
    };
    let threads = index.threads(&filter, &page)?;
    let found = AtomicUsize::new(0);
    let enough = || found.load(Ordering::Relaxed) >= options.limit;
    let hits = cores::each(&threads, enough, |thread| {
        let hits = hits_in(thread, &pattern, options.limit);
        found.fetch_add(hits.len(), Ordering::Relaxed);
        hits
    });
    let mut hits: Vec<SearchHit> = hits.into_iter().flatten().collect();
    without_copies(&mut hits, |hit| Told {
        thread: &hit.thread.meta.key,
        turn: hit.turn.as_deref(),
        forked_from: hit.thread.meta.forked_from.as_deref(),
    });
    hits.truncate(options.limit);
    Ok(hits)
}

fn hits_in(thread: &ThreadRow, pattern: &regex::Regex, limit: usize) -> Vec<SearchHit> {
    let Some(agent) = agent_of(&thread.source) else { return Vec::new() };
    let (path, from) = (&thread.source.found.path, Offset::default());
    let limits = crate::index::LIMITS;
    // One that can't be read has no hits; `thru index status` says which.
    let Ok(reader) = read_from(path, from, &limits, &agent.transcript) else { return Vec::new() };
    let items = reader.map_while(Result::ok).filter_map(|item| {
        let text = text_of(&item)?;
        let found = pattern.find(&text)?.as_str().to_lowercase();
        Some(SearchHit {
            thread: thread.clone(),
            number: None,
            turn: item.turn.clone(),
            at: item.at.map_or(thread.updated, |at| at.as_millisecond()),
            kind: crate::index::kind_of(&item.kind).map_or("other", |kind| kind.as_str()),
            snippet: snippet(&text, &[found]),
        })
    });
    items.take(limit).collect()
}
