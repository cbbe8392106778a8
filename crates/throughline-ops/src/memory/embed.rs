//! Vectors of memories and of questions: `[recall] embeddings`.
//!
//! A memory's vector is made anew when its words or the model changed. All are compared with a question's, which
//! is quicker than any index as long as there are some ten thousand (`docs/memory.md` has the figures).

use std::collections::BTreeMap;
use std::time::Duration;

use throughline_model::config::memory::MemorySettings;
use throughline_model::ids::MemoryId;
use throughline_model::memory::engine::budget::{TokenUse, Verdict, estimate};
use throughline_model::memory::{Memory, MemoryStatus};
use throughline_model::redact::redact;
use throughline_provider::{EMBED_BATCH, Endpoint, Retries, Timeouts, embed as ask};
use throughline_runtime::memories::{Memories, MemoryFilter, Spent, Vector, Visible};
use throughline_store::view::hash;

use super::engine::{endpoint, today};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Under this name its costs are on the books.
const ENGINE: &str = "embeddings";

/// How long who asks waits for the vector of a question.
const PATIENCE: Duration = Duration::from_secs(5);

/// A cosine from which on two texts are near in meaning.
const NEAR: f32 = 0.35;

/// What is nearest counts only with what is nearly as near.
const LEAST_SHARE: f32 = 0.75;

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

/// Makes the vectors that are missing. That the server can't be reached is a note.
///
/// # Errors
/// [`OpsError`]: the key can't be had, or the database can't be changed.
pub(super) fn embed(
    world: &Surroundings,
    settings: &MemorySettings,
) -> Result<EmbedReport, OpsError> {
    let mut report = EmbedReport::default();
    let Some((server, model)) = server(world, settings)? else { return Ok(report) };
    let mut memories = Memories::open(&world.home)?;
    let missing = missing(&memories, model)?;
    let mut spent_run = 0;
    for batch in missing.chunks(EMBED_BATCH) {
        let texts: Vec<String> = batch.iter().map(|(_, text)| text.clone()).collect();
        let spent = memories.spent(&today(world), ENGINE)?;
        let spent_today = spent.input.saturating_add(spent.output);
        let at_most = texts.iter().map(|text| estimate(text)).sum();
        if settings.budget.may_spend(spent_today, spent_run, at_most) != Verdict::Within {
            report.notes.push("the budget of tokens has no room for more vectors".to_owned());
            break;
        }
        match ask(&server, &texts) {
            Ok(embedded) => {
                spent_run += embedded.usage.total();
                put(&mut memories, model, batch, embedded.vectors)?;
                report.made += batch.len();
                spend(world, &mut memories, embedded.usage)?;
            }
            Err(error) => {
                spend(world, &mut memories, error.spent())?;
                report.notes.push(format!("vectors are missing: {error}"));
                break;
            }
        }
    }
    Ok(report)
}

fn server<'s>(
    world: &Surroundings,
    settings: &'s MemorySettings,
) -> Result<Option<(Endpoint, &'s str)>, OpsError> {
    let known = settings.endpoint.as_ref().filter(|_| settings.embeddings);
    let named = known.and_then(|known| Some((known, known.embedding_model.as_deref()?)));
    named.map(|(known, model)| Ok((endpoint(world, known, model)?, model))).transpose()
}

/// Memories whose vector is missing or of other words, with these words.
fn missing(memories: &Memories, model: &str) -> Result<Vec<(MemoryId, String)>, OpsError> {
    let made = memories.vectors(model, &Visible::Everything)?;
    let made: BTreeMap<MemoryId, String> =
        made.into_iter().map(|vector| (vector.memory, vector.words)).collect();
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

fn spend(world: &Surroundings, memories: &mut Memories, cost: TokenUse) -> Result<(), OpsError> {
    let TokenUse { input, cached, output, reasoning: _ } = cost;
    let spent = Spent { requests: 1, input, cached, output };
    memories.change(|change| Ok(change.spend(&today(world), ENGINE, spent)?))
}

fn of_length_one(mut numbers: Vec<f32>) -> Vec<f32> {
    let length = dot(&numbers, &numbers).sqrt();
    if length > 0.0 {
        numbers.iter_mut().for_each(|number| *number /= length);
    }
    numbers
}

/// In several sums, which a processor adds at once.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let (ones, others) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let mut sums = [0.0_f32; 8];
    for (a, b) in ones.0.iter().zip(others.0) {
        for (sum, (x, y)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += x * y;
        }
    }
    let rest: f32 = ones.1.iter().zip(others.1).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

/// What is near a question in meaning, the nearest first; nothing, if vectors are switched off.
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
    let server = server(world, settings).map_err(|error| failed(&error))?;
    let Some((mut server, model)) = server else { return Ok(Vec::new()) };
    let vectors = memories.vectors(model, visible).map_err(|error| failed(&error))?;
    let question = redact(question.trim()).into_owned();
    if vectors.is_empty() || question.is_empty() {
        return Ok(Vec::new());
    }
    server.timeouts = Timeouts::answering_within(PATIENCE);
    server.retries = Retries { times: 0, ..server.retries };
    let embedded = ask(&server, &[question]).map_err(|error| failed(&error))?;
    // That it can't be written down is no reason to have no answer.
    let books = Memories::open(&world.home).map_err(OpsError::from);
    let _ = books.and_then(|mut books| spend(world, &mut books, embedded.usage));
    let asked = of_length_one(embedded.vectors.into_iter().next().unwrap_or_default());
    Ok(nearest(&asked, &vectors))
}

fn nearest(asked: &[f32], vectors: &[Vector]) -> Vec<(MemoryId, f32)> {
    let of_model = vectors.iter().filter(|vector| vector.numbers.len() == asked.len());
    let mut near: Vec<(&MemoryId, f32)> =
        of_model.map(|vector| (&vector.memory, dot(asked, &vector.numbers))).collect();
    near.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    let best = near.first().map_or(0.0, |(_, nearness)| *nearness);
    let least = NEAR.max(best * LEAST_SHARE);
    let near = near.into_iter().take(MOST_NEAR).take_while(|(_, nearness)| *nearness >= least);
    near.map(|(memory, nearness)| (memory.clone(), nearness)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(name: &str, numbers: &[f32]) -> Vector {
        let memory = MemoryId::parse(name).expect("an id");
        Vector { memory, words: String::new(), numbers: of_length_one(numbers.to_vec()) }
    }

    #[test]
    fn the_nearest_come_first_and_the_far_not_at_all() {
        let vectors = [
            vector("mem-a", &[1.0, 0.0, 0.0]),
            vector("mem-b", &[1.0, 0.1, 0.0]),
            vector("mem-c", &[0.0, 1.0, 0.0]),
            vector("mem-d", &[1.0, 1.0]),
            vector("mem-e", &[0.0, 0.0, 0.0]),
        ];
        let near = nearest(&of_length_one(vec![2.0, 0.2, 0.0]), &vectors);
        let names: Vec<&str> = near.iter().map(|(memory, _)| memory.as_str()).collect();
        assert_eq!(names, ["mem-b", "mem-a"]);
        assert_eq!(nearest(&[0.0, 0.0, 1.0], &vectors), []);
    }

    #[test]
    fn sums_are_the_same_in_any_number_of_parts() {
        for length in [0_u8, 1, 7, 8, 9, 64, 100] {
            let numbers: Vec<f32> = (0..length).map(f32::from).collect();
            let plain: f32 = numbers.iter().map(|number| number * number).sum();
            assert!((dot(&numbers, &numbers) - plain).abs() <= plain * 1e-5);
        }
    }
}
