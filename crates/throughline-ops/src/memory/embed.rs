//! Vectors of memories and of questions: `[recall] embeddings`.
//!
//! A memory's vector is made anew when its words or the model changed.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use throughline_model::config::memory::MemorySettings;
use throughline_model::ids::MemoryId;
use throughline_model::memory::engine::budget::{TokenUse, Verdict, estimate};
use throughline_model::memory::{Memory, MemoryStatus};
use throughline_model::redact::redact;
use throughline_provider::EMBED_BATCH;
use throughline_runtime::Truth as _;
use throughline_runtime::memories::{Memories, MemoryFilter, Spent, Vector, Visible};
use throughline_store::view::hash;

use super::embedder::{Embedder, NoVector};
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
    write_down(memories, &today(world), cost)
}

fn write_down(books: &mut Memories, day: &str, cost: TokenUse) -> Result<(), OpsError> {
    let TokenUse { input, cached, output, reasoning: _ } = cost;
    let spent = Spent { requests: 1, input, cached, output };
    books.change(|change| Ok(change.spend(day, ENGINE, spent)?))
}

fn of_length_one(mut numbers: Vec<f32>) -> Vec<f32> {
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        numbers.iter_mut().for_each(|number| *number /= length);
    }
    numbers
}

/// A question of which a vector is made, in a thread of its own: words are looked up meanwhile. When this is dropped
/// it is on the books what that cost.
pub(crate) struct Asking {
    model: String,
    vector: Receiver<Result<Vec<f32>, NoVector>>,
    thread: Option<JoinHandle<()>>,
}

/// Has the vector of a question made; nothing, if vectors are switched off.
///
/// # Errors
/// Why recall goes on by words alone, in a sentence.
pub(crate) fn ask(
    world: &Surroundings,
    settings: &MemorySettings,
    question: &str,
) -> Result<Option<Asking>, String> {
    let embedder = Embedder::of(world, settings).map_err(|error| by_words(&error))?;
    let Some(embedder) = embedder.map(Embedder::in_a_hurry) else { return Ok(None) };
    let question = redact(question.trim()).into_owned();
    if question.is_empty() {
        return Ok(None);
    }
    let (home, day, model) = (world.home.clone(), today(world), embedder.model().to_owned());
    let (tell, vector) = mpsc::channel();
    let work = move || match embedder.vectors(&[question]) {
        Ok((vectors, cost)) => {
            let made = of_length_one(vectors.into_iter().next().unwrap_or_default());
            let _ = tell.send(Ok(made));
            if embedder.is_metered() {
                // That it can't be written down is no reason to have no answer.
                let books = Memories::open(&home).map_err(OpsError::from);
                let _ = books.and_then(|mut books| write_down(&mut books, &day, cost));
            }
        }
        Err(error) => drop(tell.send(Err(error))),
    };
    Ok(Some(Asking { model, vector, thread: Some(thread::spawn(work)) }))
}

impl Asking {
    /// What is nearest to the question in meaning, near or far, the nearest first.
    ///
    /// # Errors
    /// As [`ask`].
    pub(crate) fn near(
        &self,
        memories: &Memories,
        visible: &Visible,
    ) -> Result<Vec<(MemoryId, f32)>, String> {
        let asked = self.vector.recv().map_err(|error| by_words(&error))?;
        let asked = asked.map_err(|error| by_words(&error))?;
        let near = memories.nearest(&self.model, visible, &asked, MOST_NEAR);
        let near = near.map_err(|error| by_words(&error))?;
        Ok(near.into_iter().map(|near| (near.memory, near.cosine)).collect())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        // A panic there was told here as a vector that never came.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn by_words(error: &dyn std::fmt::Display) -> String {
    format!("recalled by words alone: {error}")
}
