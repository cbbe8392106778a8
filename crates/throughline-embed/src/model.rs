//! A model as who calls sees it: texts in, vectors out.

use std::path::Path;

use zerocopy::IntoBytes;

use crate::LocalModelError;
use crate::network::Network;
use crate::settings::Settings;
use crate::weights::Weights;
use crate::words::Words;

/// More threads are no use to the few texts that are asked at a time.
const MOST_THREADS: usize = 4;

/// A model in memory.
#[derive(Debug)]
pub struct LocalModel {
    words: Words,
    network: Network,
    id: String,
}

impl LocalModel {
    /// Reads the model that lies in a directory.
    ///
    /// # Errors
    /// [`LocalModelError`]: a file is missing, damaged, or of a model that is not understood.
    pub fn open(directory: &Path) -> Result<Self, LocalModelError> {
        let settings = Settings::read(directory)?;
        let weights = Weights::open(&directory.join("model.safetensors"))?;
        let pieces = Network::pieces(&weights, &settings.shape)?;
        let (words, vocabulary) = Words::read(&directory.join("vocab.txt"), &settings, pieces)?;
        let network = Network::read(weights, &settings)?;
        let id = id(&settings, &vocabulary, &network);
        Ok(Self { words, network, id })
    }

    /// What tells this model from any other, wherever it lies: vectors of two models can't be compared.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many numbers a vector has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.network.dimension()
    }

    /// A vector of length 1 for each text, in the same order. Of a long text the beginning counts.
    ///
    /// # Errors
    /// [`LocalModelError`]: the file of weights can't be read any more.
    pub fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, LocalModelError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(MOST_THREADS).min(texts.len());
        if threads < 2 {
            return self.vectors(texts);
        }
        let shares = texts.chunks(texts.len().div_ceil(threads));
        std::thread::scope(|scope| {
            let running: Vec<_> = shares.map(|share| scope.spawn(|| self.vectors(share))).collect();
            let mut all = Vec::with_capacity(texts.len());
            for thread in running {
                let made = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                all.append(&mut made?);
            }
            Ok(all)
        })
    }

    fn vectors(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, LocalModelError> {
        texts.iter().map(|text| self.network.vector(&self.words.pieces(text))).collect()
    }

    #[cfg(test)]
    pub(crate) fn pieces(&self, text: &str) -> Vec<u32> {
        self.words.pieces(text)
    }
}

/// Of what decides a vector: the settings, the words, and of the weights what differs in every training.
/// Hashing all of them would take longer than the vector of a question.
fn id(settings: &Settings, vocabulary: &str, network: &Network) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{settings:?}").as_bytes()).update(vocabulary.as_bytes());
    network.imprint().filter_map(|numbers| numbers.as_slice()).for_each(|numbers| {
        hasher.update(numbers.as_bytes());
    });
    format!("local:{}", &hasher.finalize().to_hex()[..16])
}
