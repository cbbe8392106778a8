//! `[memory]` and `[recall]` from TOML.
//!
//! Of a repository's file, engine, endpoint and embedding models are not looked at, so a wrong one there is no
//! error either: they are the user's.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use throughline_model::config::memory::{
    ANSWER_TIMEOUT, ConsolidateSettings, EndpointSettings, ExtractSettings, KeySource,
    MemoryEngine, MemorySettings, Wire,
};
use toml_edit::{Item, TableLike};

use super::{Whose, boolean, section, word, wrong};

/// Reads both sections over what `settings` says already.
pub(super) fn read(
    text: &str,
    root: &dyn TableLike,
    whose: Whose,
    settings: &mut MemorySettings,
) -> Result<(), String> {
    let memory = section(text, root, "memory")?;
    if let Some(memory) = memory {
        boolean(text, memory, "enabled", &mut settings.enabled)?;
        number(text, memory, "brief_tokens", 0..=100_000, &mut settings.brief_tokens)?;
        boolean(text, memory, "exclude_tainted", &mut settings.exclude_tainted)?;
        extract(text, memory, &mut settings.extract)?;
        consolidate(text, memory, &mut settings.consolidate)?;
        if let Some(budget) = section(text, memory, "budget")? {
            number(text, budget, "tokens_per_day", 0..=i64::MAX, &mut settings.budget.per_day)?;
            number(text, budget, "tokens_per_run", 0..=i64::MAX, &mut settings.budget.per_run)?;
        }
    }
    if let (Some(memory), Whose::User) = (memory, whose) {
        settings.endpoint = endpoint(text, memory)?;
        engine(text, memory, settings)?;
    }
    recall(text, root, whose, settings)
}

fn engine(text: &str, memory: &dyn TableLike, settings: &mut MemorySettings) -> Result<(), String> {
    let engines = MemoryEngine::ALL.map(|engine| (engine.as_str(), engine));
    word(text, memory, "engine", &engines, &mut settings.engine)?;
    let has_model = settings.endpoint.as_ref().is_some_and(|endpoint| endpoint.model.is_some());
    match (memory.get("engine"), settings.engine) {
        (Some(item), MemoryEngine::OpenAiCompatible) if !has_model => {
            let needs = "base_url and model are needed under [memory.endpoint]";
            Err(wrong(text, item, "engine", needs))
        }
        (_, MemoryEngine::Builtin | MemoryEngine::Codex | MemoryEngine::OpenAiCompatible) => Ok(()),
    }
}

fn recall(
    text: &str,
    root: &dyn TableLike,
    whose: Whose,
    settings: &mut MemorySettings,
) -> Result<(), String> {
    let Some(recall) = section(text, root, "recall")? else { return Ok(()) };
    boolean(text, recall, "embeddings", &mut settings.embeddings)?;
    let endpoint = settings.endpoint.as_ref();
    if whose == Whose::User {
        let path = string(text, recall, "local_model", "an absolute path", is_absolute)?;
        settings.local_model = path.map(PathBuf::from);
    }
    let has_model = endpoint.is_some_and(|endpoint| endpoint.embedding_model.is_some())
        || settings.local_model.is_some();
    match recall.get("embeddings") {
        Some(item) if settings.embeddings && !has_model && whose == Whose::User => {
            let needs = "local_model is needed, or embedding_model under [memory.endpoint]";
            Err(wrong(text, item, "embeddings", needs))
        }
        Some(_) | None => Ok(()),
    }
}

fn extract(
    text: &str,
    memory: &dyn TableLike,
    settings: &mut ExtractSettings,
) -> Result<(), String> {
    let Some(table) = section(text, memory, "extract")? else { return Ok(()) };
    duration(text, table, "min_idle_hours", HOURS, 0..=8_760, &mut settings.min_idle)?;
    duration(text, table, "max_age_days", DAYS, 1..=3_650, &mut settings.max_age)?;
    number(text, table, "max_running", 1..=1_024, &mut settings.max_running)?;
    duration(text, table, "lease_seconds", SECONDS, 1..=86_400, &mut settings.lease)?;
    duration(text, table, "retry_delay_seconds", SECONDS, 0..=604_800, &mut settings.retry_delay)?;
    number(text, table, "retries", 0..=100, &mut settings.retries)?;
    number(text, table, "input_tokens", 1_000..=1_000_000, &mut settings.input_tokens)
}

fn consolidate(
    text: &str,
    memory: &dyn TableLike,
    settings: &mut ConsolidateSettings,
) -> Result<(), String> {
    let Some(table) = section(text, memory, "consolidate")? else { return Ok(()) };
    duration(text, table, "lease_seconds", SECONDS, 2..=86_400, &mut settings.lease)?;
    duration(text, table, "heartbeat_seconds", SECONDS, 1..=43_200, &mut settings.heartbeat)?;
    duration(text, table, "cooldown_hours", HOURS, 0..=8_760, &mut settings.cooldown)?;
    number(text, table, "max_extractions", 1..=4_096, &mut settings.max_extractions)?;
    duration(text, table, "max_unused_days", DAYS, 1..=3_650, &mut settings.max_unused)?;
    let retention = &mut settings.extension_retention;
    duration(text, table, "extension_retention_days", DAYS, 1..=3_650, retention)?;
    let beats = table.get("heartbeat_seconds").or_else(|| table.get("lease_seconds"));
    match beats {
        Some(item) if settings.heartbeat * 2 > settings.lease => {
            Err(wrong(text, item, "heartbeat_seconds", "at most half of lease_seconds is expected"))
        }
        Some(_) | None => Ok(()),
    }
}

fn endpoint(text: &str, memory: &dyn TableLike) -> Result<Option<EndpointSettings>, String> {
    let Some(table) = section(text, memory, "endpoint")? else { return Ok(None) };
    let at = memory.get("endpoint").unwrap_or(&Item::None);
    let base_url = string(text, table, "base_url", "an http or https URL, no more", is_base_url)?;
    let base_url = base_url.ok_or_else(|| wrong(text, at, "endpoint", "base_url is needed"))?;
    let mut found = EndpointSettings {
        base_url: base_url.trim_end_matches('/').to_owned(),
        wire: Wire::default(),
        model: string(text, table, "model", "a model's name", is_name)?,
        embedding_model: string(text, table, "embedding_model", "a model's name", is_name)?,
        key: key_source(text, table)?,
        allow_insecure: false,
        timeout: ANSWER_TIMEOUT,
    };
    word(text, table, "wire", &Wire::ALL.map(|wire| (wire.as_str(), wire)), &mut found.wire)?;
    boolean(text, table, "allow_insecure", &mut found.allow_insecure)?;
    duration(text, table, "timeout_seconds", SECONDS, 1..=3_600, &mut found.timeout)?;
    Ok(Some(found))
}

fn key_source(text: &str, table: &dyn TableLike) -> Result<KeySource, String> {
    let variable = string(text, table, "key_env", "the name of a variable", is_variable)?;
    let Some(item) = table.get("key_command") else {
        return Ok(variable.map_or(KeySource::None, KeySource::Environment));
    };
    if variable.is_some() {
        return Err(wrong(text, item, "key_command", "key_env is there already"));
    }
    let words = item.as_array().map(|words| words.iter().map(|word| word.as_str()));
    let words: Option<Vec<String>> =
        words.and_then(|words| words.map(|word| word.map(str::to_owned)).collect());
    let words = words.filter(|words| words.first().is_some_and(|program| !program.is_empty()));
    let expected = || wrong(text, item, "key_command", "a list of words is expected");
    words.map(KeySource::Command).ok_or_else(expected)
}

/// Without a user, query or fragment: keys have other places, and a message shows the URL.
fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_part = |c: char| c.is_ascii_graphic() && !"@?#\\\"<>".contains(c);
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(is_part))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 200 && name.chars().all(|c| c.is_ascii_graphic())
}

fn is_absolute(path: &str) -> bool {
    Path::new(path).is_absolute() && !path.contains('\0')
}

/// Strict, so that a key that is put here by mistake is most likely refused.
fn is_variable(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_part)
}

fn string(
    text: &str,
    table: &dyn TableLike,
    key: &str,
    expected: &str,
    is_fine: impl Fn(&str) -> bool,
) -> Result<Option<String>, String> {
    let Some(item) = table.get(key) else { return Ok(None) };
    let found = item.as_str().filter(|found| is_fine(found)).map(str::to_owned);
    let expected = || wrong(text, item, key, &format!("{expected} is expected"));
    found.ok_or_else(expected).map(Some)
}

fn number<N: TryFrom<i64>>(
    text: &str,
    table: &dyn TableLike,
    key: &str,
    range: RangeInclusive<i64>,
    value: &mut N,
) -> Result<(), String> {
    if let Some(found) = whole(text, table, key, range)? {
        *value = found;
    }
    Ok(())
}

fn whole<N: TryFrom<i64>>(
    text: &str,
    table: &dyn TableLike,
    key: &str,
    range: RangeInclusive<i64>,
) -> Result<Option<N>, String> {
    let Some(item) = table.get(key) else { return Ok(None) };
    let found = item.as_integer().filter(|found| range.contains(found));
    let expected = || {
        let to = range.end();
        let bounds = format!("a whole number from {} to {to} is expected", range.start());
        wrong(text, item, key, &bounds)
    };
    found.and_then(|found| N::try_from(found).ok()).ok_or_else(expected).map(Some)
}

const SECONDS: SignedDuration = SignedDuration::from_secs(1);
const HOURS: SignedDuration = SignedDuration::from_hours(1);
const DAYS: SignedDuration = SignedDuration::from_hours(24);

fn duration(
    text: &str,
    table: &dyn TableLike,
    key: &str,
    unit: SignedDuration,
    range: RangeInclusive<i64>,
    value: &mut SignedDuration,
) -> Result<(), String> {
    let count: Option<i32> = whole(text, table, key, range)?;
    *value = count.map_or(*value, |count| unit * count);
    Ok(())
}

#[cfg(test)]
mod tests;
