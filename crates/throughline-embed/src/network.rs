//! BERT: pieces become vectors, and in each layer every vector takes from the others what it attends to.
//!
//! One text at a time, so that there is no padding: a text's vector does not depend on what it is asked with.

use ndarray::{Array1, Array2, s};

use crate::LocalModelError;
use crate::layers::{Linear, Norm, gelu, length, mean, softmax};
use crate::settings::{Pooling, Settings, Shape};
use crate::weights::Weights;

/// Of 23 million numbers, 12 million are vectors of pieces: those are read when a text has the piece.
const PIECES: &str = "embeddings.word_embeddings.weight";

/// The weights in memory, and the open file for the rest.
#[derive(Debug)]
pub(crate) struct Network {
    weights: Weights,
    /// A row for each place in a text, with what each piece of a first sentence has added.
    places: Array2<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    pooling: Pooling,
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    norm: Norm,
}

impl Network {
    /// Reads the weights.
    pub(crate) fn read(weights: Weights, settings: &Settings) -> Result<Self, LocalModelError> {
        let shape = &settings.shape;
        let size = shape.hidden_size;
        let all = shape.max_position_embeddings;
        let mut places = weights.table("embeddings.position_embeddings.weight", all, size)?;
        let sentences = "embeddings.token_type_embeddings.weight";
        if weights.rows(sentences, size)? > 0 {
            places += &weights.picked(sentences, size, &[0])?;
        }
        let norm = Norm::read(&weights, "embeddings.LayerNorm", size, shape.layer_norm_eps)?;
        let layers = (0..shape.num_hidden_layers).map(|at| Layer::read(&weights, at, shape));
        let layers = layers.collect::<Result<_, _>>()?;
        let (heads, pooling) = (shape.num_attention_heads, settings.pooling);
        Ok(Self { weights, places, norm, layers, heads, pooling })
    }

    /// How many pieces have a vector.
    pub(crate) fn pieces(weights: &Weights, shape: &Shape) -> Result<usize, LocalModelError> {
        weights.rows(PIECES, shape.hidden_size)
    }

    /// How long a vector is.
    pub(crate) fn dimension(&self) -> usize {
        self.places.ncols()
    }

    /// The vector of a text, of length 1.
    pub(crate) fn vector(&self, pieces: &[u32]) -> Result<Vec<f32>, LocalModelError> {
        let mut rows = self.weights.picked(PIECES, self.dimension(), pieces)?;
        rows += &self.places.slice(s![..pieces.len(), ..]);
        self.norm.apply(&mut rows);
        for layer in &self.layers {
            rows = layer.of(&rows, self.heads);
        }
        let pooled = match self.pooling {
            Pooling::Mean => mean(&rows),
            Pooling::First => rows.row(0).to_owned(),
        };
        let vector = of_length_one(pooled);
        if vector.iter().any(|number| !number.is_finite()) {
            return Err(self.weights.unfit(PIECES, "a text has no finite vector"));
        }
        Ok(vector)
    }

    /// What no two trainings have in common, and is short: what each layer adds.
    pub(crate) fn imprint(&self) -> impl Iterator<Item = &Array1<f32>> {
        std::iter::once(self.norm.bias()).chain(self.layers.iter().flat_map(Layer::biases))
    }
}

impl Layer {
    fn read(weights: &Weights, at: usize, shape: &Shape) -> Result<Self, LocalModelError> {
        let (size, wide, epsilon) =
            (shape.hidden_size, shape.intermediate_size, shape.layer_norm_eps);
        let name = |part: &str| format!("encoder.layer.{at}.{part}");
        let linear = |part: &str, into, from| Linear::read(weights, &name(part), into, from);
        let norm = |part: &str| Norm::read(weights, &name(part), size, epsilon);
        Ok(Self {
            query: linear("attention.self.query", size, size)?,
            key: linear("attention.self.key", size, size)?,
            value: linear("attention.self.value", size, size)?,
            attended: linear("attention.output.dense", size, size)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            wide: linear("intermediate.dense", wide, size)?,
            narrow: linear("output.dense", size, wide)?,
            norm: norm("output.LayerNorm")?,
        })
    }

    fn of(&self, rows: &Array2<f32>, heads: usize) -> Array2<f32> {
        let mut attended = self.attended.of(&self.attend(rows, heads).view());
        attended += rows;
        self.attended_norm.apply(&mut attended);
        let mut wide = self.wide.of(&attended.view());
        wide.mapv_inplace(gelu);
        let mut out = self.narrow.of(&wide.view());
        out += &attended;
        self.norm.apply(&mut out);
        out
    }

    /// What each row takes of all rows, head by head.
    fn attend(&self, rows: &Array2<f32>, heads: usize) -> Array2<f32> {
        let rows = rows.view();
        let (query, key, value) = (self.query.of(&rows), self.key.of(&rows), self.value.of(&rows));
        let width = rows.ncols() / heads;
        let mut taken = Array2::zeros(rows.dim());
        for head in 0..heads {
            let part = s![.., head * width..(head + 1) * width];
            let mut shares = query.slice(part).dot(&key.slice(part).t());
            shares /= length(width).sqrt();
            softmax(&mut shares);
            taken.slice_mut(part).assign(&shares.dot(&value.slice(part)));
        }
        taken
    }

    fn biases(&self) -> [&Array1<f32>; 8] {
        [
            self.query.bias(),
            self.key.bias(),
            self.value.bias(),
            self.attended.bias(),
            self.attended_norm.bias(),
            self.wide.bias(),
            self.narrow.bias(),
            self.norm.bias(),
        ]
    }
}

fn of_length_one(numbers: Array1<f32>) -> Vec<f32> {
    let length = numbers.dot(&numbers).sqrt();
    let by = if length > 0.0 { length } else { 1.0 };
    numbers.iter().map(|number| number / by).collect()
}
