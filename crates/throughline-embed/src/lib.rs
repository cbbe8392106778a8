//! A sentence model that lies in a directory, run in this process: vectors without a network.
//!
//! It reads what `sentence-transformers` writes: `config.json` and `model.safetensors` of a BERT, the words in
//! `vocab.txt`, and beside them what is to be done around it (`1_Pooling/config.json`, `sentence_bert_config.json`,
//! `tokenizer_config.json`). Why it is our own code and which others were measured: decision 0004.
//!
//! Nothing is written, nothing fetched, and no file outside of the directory is read. The product has it
//! behind the feature `local-model`.
//!
//! Invariants:
//! - The files are outside data: a size, an offset or a shape that does not fit is a [`LocalModelError`], never a
//!   panic, and no more is allocated than the files are long.
//! - The same text has the same vector, in whatever company it is asked.
//! - Vectors have the length 1.

mod error;
mod layers;
mod model;
mod network;
mod settings;
mod weights;
mod words;

#[cfg(test)]
mod tests;

pub use error::LocalModelError;
pub use model::LocalModel;
