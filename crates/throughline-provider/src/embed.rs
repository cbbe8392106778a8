//! Vectors of texts.

use serde::Deserialize;
use serde_json::{Value, json};
use throughline_model::memory::engine::budget::TokenUse;

use crate::endpoint::Endpoint;
use crate::error::ProviderError;
use crate::http::{Answer, Http};

/// How many texts go in one request: few enough that the answer stays far below what is read of one.
pub const EMBED_BATCH: usize = 64;

/// What a model made of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One for each text, in the same order; finite numbers, as the server gave them.
    pub vectors: Vec<Vec<f32>>,
    /// The model, as the server calls it.
    pub model: String,
    /// How long each vector is; 0 if there were no texts.
    pub dimension: usize,
    /// What it cost.
    pub usage: TokenUse,
}

#[derive(Debug, Deserialize)]
struct Wire {
    data: Vec<Datum>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    usage: Value,
}

#[derive(Debug, Deserialize)]
struct Datum {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vec<f32>,
}

/// Makes a vector of each text. No text may be empty: servers refuse that.
///
/// # Errors
/// What [`ProviderError`] says. It is all texts or none: who wants to keep what came before a failure, and to
/// know what it cost, asks for [`EMBED_BATCH`] texts at a time.
pub fn embed(endpoint: &Endpoint, texts: &[String]) -> Result<Embedded, ProviderError> {
    let http = Http::new(endpoint)?;
    let mut all = Embedded {
        vectors: Vec::with_capacity(texts.len()),
        model: endpoint.model.clone(),
        dimension: 0,
        usage: TokenUse::default(),
    };
    for batch in texts.chunks(EMBED_BATCH) {
        let body = json!({"model": endpoint.model, "input": batch, "encoding_format": "float"});
        let answer = http.post("/embeddings", &body)?;
        take(&http, &answer, batch.len(), &mut all)?;
    }
    Ok(all)
}

fn take(
    http: &Http<'_>,
    answer: &Answer,
    asked: usize,
    all: &mut Embedded,
) -> Result<(), ProviderError> {
    let wire = read(http, answer)?;
    let count = |name: &str| wire.usage[name].as_u64().unwrap_or(0);
    all.usage += TokenUse { input: count("prompt_tokens"), ..TokenUse::default() };
    if let Some(model) = &wire.model {
        all.model = http.message(model);
    }
    match ordered(wire.data, asked, all.dimension) {
        Ok(vectors) => {
            all.dimension = vectors.first().map_or(all.dimension, Vec::len);
            all.vectors.extend(vectors);
            Ok(())
        }
        Err(problem) => Err(ProviderError::Malformed {
            url: answer.url.clone(),
            problem: problem.to_owned(),
            spent: all.usage,
        }),
    }
}

fn read(http: &Http<'_>, answer: &Answer) -> Result<Wire, ProviderError> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        // Perhaps an error with status 200, which says more than a parser can.
        crate::wire::json(http, answer).err().unwrap_or_else(|| ProviderError::Malformed {
            url: answer.url.clone(),
            problem: http.message(&error.to_string()),
            spent: TokenUse::default(),
        })
    })
}

/// By index where the server gives one, else as they came. A dimension of 0 is not known yet.
fn ordered(
    data: Vec<Datum>,
    asked: usize,
    dimension: usize,
) -> Result<Vec<Vec<f32>>, &'static str> {
    if data.len() != asked {
        return Err("not as many vectors as texts");
    }
    let mut placed: Vec<Option<Vec<f32>>> = vec![None; asked];
    for (came, datum) in data.into_iter().enumerate() {
        match placed.get_mut(datum.index.unwrap_or(came)) {
            Some(place @ None) => *place = Some(datum.embedding),
            Some(Some(_)) | None => return Err("vectors of the same text twice, or of none"),
        }
    }
    let vectors: Vec<Vec<f32>> = placed.into_iter().flatten().collect();
    let dimension = if dimension > 0 { dimension } else { vectors.first().map_or(0, Vec::len) };
    if dimension == 0 || vectors.iter().any(|vector| vector.len() != dimension) {
        return Err("vectors of different lengths");
    }
    if vectors.iter().flatten().any(|number| !number.is_finite()) {
        return Err("a vector has no finite length");
    }
    Ok(vectors)
}
