//! What a model's directory says about the model, checked.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::LocalModelError;

/// `config.json`, as far as it decides what is computed.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Shape {
    pub(crate) model_type: String,
    pub(crate) hidden_act: String,
    pub(crate) hidden_size: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) layer_norm_eps: f32,
    pub(crate) max_position_embeddings: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) num_hidden_layers: usize,
    #[serde(default = "absolute")]
    pub(crate) position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// Which vector stands for the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The mean of all words' vectors.
    Mean,
    /// The first one's, which stands for no word.
    First,
}

/// All that is to be known beside weights and words.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) shape: Shape,
    pub(crate) pooling: Pooling,
    /// The most pieces of a text, with the two that frame it; what comes after is not read.
    pub(crate) longest: usize,
    pub(crate) is_lower_case: bool,
    pub(crate) strips_accents: bool,
}

#[derive(Deserialize)]
#[serde(default)]
struct PoolingFile {
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
}

impl Default for PoolingFile {
    fn default() -> Self {
        Self {
            pooling_mode_cls_token: false,
            pooling_mode_mean_tokens: true,
            pooling_mode_max_tokens: false,
            pooling_mode_mean_sqrt_len_tokens: false,
        }
    }
}

#[derive(Deserialize, Default)]
struct SentenceFile {
    max_seq_length: Option<usize>,
}

#[derive(Deserialize)]
struct WordsFile {
    #[serde(default = "yes")]
    do_lower_case: bool,
    strip_accents: Option<bool>,
}

impl Default for WordsFile {
    fn default() -> Self {
        Self { do_lower_case: true, strip_accents: None }
    }
}

fn yes() -> bool {
    true
}

impl Settings {
    /// Reads them; files other than `config.json` may be missing, and then mean what a plain BERT has.
    pub(crate) fn read(directory: &Path) -> Result<Self, LocalModelError> {
        let path = directory.join("config.json");
        let shape: Shape = json(&path)?
            .ok_or_else(|| LocalModelError::unfit(&path, "is missing: no model lies here"))?;
        shape.check().map_err(|problem| LocalModelError::unfit(&path, problem))?;
        let sentence: SentenceFile =
            json(&directory.join("sentence_bert_config.json"))?.unwrap_or_default();
        let words: WordsFile = json(&directory.join("tokenizer_config.json"))?.unwrap_or_default();
        let most = shape.max_position_embeddings;
        Ok(Self {
            pooling: pooling(&directory.join("1_Pooling").join("config.json"))?,
            longest: sentence.max_seq_length.unwrap_or(most).clamp(2, most),
            is_lower_case: words.do_lower_case,
            strips_accents: words.strip_accents.unwrap_or(words.do_lower_case),
            shape,
        })
    }
}

impl Shape {
    fn check(&self) -> Result<(), String> {
        let kinds = [
            ("model_type", &self.model_type, "bert"),
            ("hidden_act", &self.hidden_act, "gelu"),
            ("position_embedding_type", &self.position_embedding_type, "absolute"),
        ];
        if let Some((name, found, known)) = kinds.into_iter().find(|(_, a, b)| a.as_str() != *b) {
            return Err(format!("{name} is '{found}', and only '{known}' is understood"));
        }
        let is_divided = self.num_attention_heads > 0
            && self.hidden_size > 0
            && self.hidden_size.is_multiple_of(self.num_attention_heads);
        if !is_divided || self.max_position_embeddings < 2 || !self.layer_norm_eps.is_finite() {
            return Err("its sizes don't fit each other".to_owned());
        }
        Ok(())
    }
}

fn pooling(path: &Path) -> Result<Pooling, LocalModelError> {
    let file: PoolingFile = json(path)?.unwrap_or_default();
    let is_other = file.pooling_mode_max_tokens || file.pooling_mode_mean_sqrt_len_tokens;
    match (file.pooling_mode_mean_tokens, file.pooling_mode_cls_token) {
        (true, false) if !is_other => Ok(Pooling::Mean),
        (false, true) if !is_other => Ok(Pooling::First),
        (true | false, true | false) => {
            Err(LocalModelError::unfit(path, "mean or first token alone is understood"))
        }
    }
}

/// None, if there is no such file.
fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, LocalModelError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LocalModelError::unreadable(path)(error)),
    };
    let read = serde_json::from_slice(&text);
    read.map(Some).map_err(|error| LocalModelError::unfit(path, error.to_string()))
}
