//! Vectors of memories and of questions: `[recall] embeddings`.
//!
//! A memory's vector is made anew when its words or the model changed.

use std::collections::BTreeMap;

use throughline_model::config::memory::MemorySettings;
use throughline_model::ids::MemoryId;
use throughline_model::memory::engine::budget::{TokenUse, Verdict, estimate};
use throughline_model::memory::{Memory, MemoryStatus};
use throughline_model::redact::redact;
use throughline_provider::EMBED_BATCH;
use throughline_runtime::memories::{Memories, MemoryFilter, Spent, Vector, Visible};
use throughline_store::view::hash;

use super::embedder::Embedder;
use super::engine::today;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Under this name its costs are on the books.
const ENGINE: &str = "embeddings";

/// So many of the nearest take part.
const MOST_NEAR: usize = 20;

/// What was made.
#[derive(Debug, Clone, Default)]
pub struct EmbedReport {
    /// How many vectors are new.
    pub made: usize,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

/// Makes the vectors that are missing. That nobody can make them is a note.
///
/// # Errors
/// [`OpsError`]: the database can't be changed.
pub(super) fn embed(
    world: &Surroundings,
    settings: &MemorySettings,
) -> Result<EmbedReport, OpsError> {
    let mut report = EmbedReport::default();
    let embedder = match Embedder::of(world, settings) {
        Ok(Some(embedder)) => embedder,
        Ok(None) => return Ok(report),
        Err(error) => {
            report.notes.push(format!("vectors are missing: {error}"));
            return Ok(report);
        }
    };
    let mut memories = crate::databases::open::<Memories>(world)?;
    let missing = missing(&memories, embedder.model())?;
    let mut spent_run = 0;
    for batch in missing.chunks(EMBED_BATCH) {
        let texts: Vec<String> = batch.iter().map(|(_, text)| text.clone()).collect();
        if embedder.is_metered() && !has_room(world, settings, &memories, spent_run, &texts)? {
            report.notes.push("the budget of tokens has no room for more vectors".to_owned());
            break;
        }
        match embedder.vectors(&texts) {
            Ok((vectors, usage)) => {
                spent_run += usage.total();
                put(&mut memories, embedder.model(), batch, vectors)?;
                report.made += batch.len();
                spend(world, &mut memories, &embedder, usage)?;
            }
            Err(error) => {
                spend(world, &mut memories, &embedder, error.spent())?;
                report.notes.push(format!("vectors are missing: {error}"));
                break;
            }
        }
    }
    Ok(report)
}

fn has_room(
    world: &Surroundings,
    settings: &MemorySettings,
    memories: &Memories,
    spent_run: u64,
    texts: &[String],
) -> Result<bool, OpsError> {
    let spent = memories.spent(&today(world), ENGINE)?;
    let spent_today = spent.input.saturating_add(spent.output);
    let at_most = texts.iter().map(|text| estimate(text)).sum();
    Ok(settings.budget.may_spend(spent_today, spent_run, at_most) == Verdict::Within)
}

/// Memories whose vector is missing or of other words, with these words.
fn missing(memories: &Memories, model: &str) -> Result<Vec<(MemoryId, String)>, OpsError> {
    let made: BTreeMap<MemoryId, String> = memories.embedded(model)?.into_iter().collect();
    let filter = MemoryFilter { visible: Visible::Everything, ..MemoryFilter::default() };
    let wanted = memories
        .list(&filter)?
        .into_iter()
        .filter(|memory| memory.status != MemoryStatus::Rejected);
    let with_words = wanted.map(|memory| (memory.id.clone(), words(&memory)));
    Ok(with_words.filter(|(id, text)| made.get(id) != Some(&hash(text.as_bytes()))).collect())
}

fn words(memory: &Memory) -> String {
    redact(&format!("{}\n{}", memory.title, memory.text)).into_owned()
}

fn put(
    memories: &mut Memories,
    model: &str,
    batch: &[(MemoryId, String)],
    vectors: Vec<Vec<f32>>,
) -> Result<(), OpsError> {
    memories.change(|change| {
        for ((memory, text), numbers) in batch.iter().zip(vectors) {
            let (words, numbers) = (hash(text.as_bytes()), of_length_one(numbers));
            change.put_vector(model, &Vector { memory: memory.clone(), words, numbers })?;
        }
        Ok(())
    })
}

fn spend(
    world: &Surroundings,
    memories: &mut Memories,
    embedder: &Embedder,
    cost: TokenUse,
) -> Result<(), OpsError> {
    if !embedder.is_metered() {
        return Ok(());
    }
    let TokenUse { input, cached, output, reasoning: _ } = cost;
    let spent = Spent { requests: 1, input, cached, output };
    memories.change(|change| Ok(change.spend(&today(world), ENGINE, spent)?))
}

fn of_length_one(mut numbers: Vec<f32>) -> Vec<f32> {
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        numbers.iter_mut().for_each(|number| *number /= length);
    }
    numbers
}

/// What is nearest to a question in meaning, near or far, the nearest first; nothing, if vectors are switched off.
///
/// # Errors
/// Why recall goes on by words alone, in a sentence.
pub(crate) fn near(
    world: &Surroundings,
    settings: &MemorySettings,
    memories: &Memories,
    visible: &Visible,
    question: &str,
) -> Result<Vec<(MemoryId, f32)>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("recalled by words alone: {error}");
    let embedder = Embedder::of(world, settings).map_err(|error| failed(&error))?;
    let Some(embedder) = embedder.map(Embedder::in_a_hurry) else { return Ok(Vec::new()) };
    let question = redact(question.trim()).into_owned();
    if question.is_empty() {
        return Ok(Vec::new());
    }
    let (vectors, usage) = embedder.vectors(&[question]).map_err(|error| failed(&error))?;
    if embedder.is_metered() {
        // That it can't be written down is no reason to have no answer.
        let books = crate::databases::open::<Memories>(world).map_err(OpsError::from);
        let _ = books.and_then(|mut books| spend(world, &mut books, &embedder, usage));
    }
    let asked = of_length_one(vectors.into_iter().next().unwrap_or_default());
    let model = embedder.model();
    let near = memories.nearest(model, visible, &asked, MOST_NEAR);
    let near = near.map_err(|error| failed(&error))?;
    Ok(near.into_iter().map(|near| (near.memory, near.cosine)).collect())
}
