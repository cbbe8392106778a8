//! The few operations that a BERT is made of, over tables with a row for each piece of the text.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::LocalModelError;
use crate::weights::Weights;

/// Every number times a weight, and a number added.
#[derive(Debug)]
pub(crate) struct Linear {
    /// A row for each number that comes out.
    weight: Array2<f32>,
    bias: Array1<f32>,
}

impl Linear {
    pub(crate) fn read(
        weights: &Weights,
        name: &str,
        into: usize,
        from: usize,
    ) -> Result<Self, LocalModelError> {
        let weight = weights.table(&format!("{name}.weight"), into, from)?;
        Ok(Self { weight, bias: weights.row(&format!("{name}.bias"), into)? })
    }

    pub(crate) fn of(&self, rows: &ArrayView2<'_, f32>) -> Array2<f32> {
        let mut out = rows.dot(&self.weight.t());
        out += &self.bias;
        out
    }

    pub(crate) fn bias(&self) -> &Array1<f32> {
        &self.bias
    }
}

/// Each row is moved and stretched so that its mean is 0 and its variance 1, and then as was learnt.
#[derive(Debug)]
pub(crate) struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
    epsilon: f32,
}

impl Norm {
    pub(crate) fn read(
        weights: &Weights,
        name: &str,
        length: usize,
        epsilon: f32,
    ) -> Result<Self, LocalModelError> {
        let weight = weights.row(&format!("{name}.weight"), length)?;
        Ok(Self { weight, bias: weights.row(&format!("{name}.bias"), length)?, epsilon })
    }

    pub(crate) fn apply(&self, rows: &mut Array2<f32>) {
        for mut row in rows.rows_mut() {
            let mean = row.mean().unwrap_or(0.0);
            row -= mean;
            let variance = row.fold(0.0, |sum, number| sum + number * number) / length(row.len());
            row /= (variance + self.epsilon).sqrt();
            row *= &self.weight;
            row += &self.bias;
        }
    }

    pub(crate) fn bias(&self) -> &Array1<f32> {
        &self.bias
    }
}

/// Each row as shares that make 1 together, growing with the exponential of its numbers.
pub(crate) fn softmax(rows: &mut Array2<f32>) {
    for mut row in rows.rows_mut() {
        let most = row.fold(f32::NEG_INFINITY, |most, number| most.max(*number));
        row.mapv_inplace(|number| (number - most).exp());
        let sum = row.sum();
        row /= sum;
    }
}

/// The mean of all rows.
pub(crate) fn mean(rows: &Array2<f32>) -> Array1<f32> {
    rows.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(rows.ncols()))
}

/// x · Φ(x), where Φ is the normal distribution's share below x.
pub(crate) fn gelu(number: f32) -> f32 {
    0.5 * number * (1.0 + erf(number * std::f32::consts::FRAC_1_SQRT_2))
}

/// Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7: less than a 32-bit float's near 1.
fn erf(number: f32) -> f32 {
    const FACTORS: [f32; 5] = [1.061_405_4, -1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6];
    let size = number.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let sum = FACTORS.iter().fold(0.0, |sum, factor| (sum * t) + factor) * t;
    (1.0 - sum * (-size * size).exp()).copysign(number)
}

/// Sizes of models are far below what a float tells apart.
pub(crate) fn length(count: usize) -> f32 {
    count as f32
}
