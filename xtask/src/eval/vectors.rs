//! Vectors alone: what any vector search gives.

use std::fmt::Write as _;

use serde_json::json;

use super::embedder::Embedder;
use super::questions::{Asked, Hit, Memory};

/// As far from a question nothing is an answer: as in `throughline-model::recall`.
const FLOOR: f32 = 0.45;
/// So many of the nearest the program looks at.
const NEAREST: usize = 20;

/// The vectors of all memories.
pub(super) struct Vectors<'m> {
    memories: &'m [Memory],
    of: Vec<Vec<f32>>,
}

impl<'m> Vectors<'m> {
    pub(super) fn of(memories: &'m [Memory], embedder: &Embedder) -> Self {
        // What the program embeds of a memory.
        let title = |memory: &Memory| match memory.title.as_str() {
            "" => memory.text.clone(),
            title => title.to_owned(),
        };
        let text = |memory: &Memory| format!("{}\n{}", title(memory), memory.text);
        let texts: Vec<String> = memories.iter().map(text).collect();
        Self { memories, of: embedder.vectors(&texts) }
    }

    /// The nearest to each question. What holds is not known to them, but for what `as_of` leaves out.
    pub(super) fn ask(&self, questions: &[Asked], embedder: &Embedder) -> Vec<Vec<Hit>> {
        let hits = |(asked, vector): (&Asked, Vec<f32>)| {
            let held = |memory: &Memory| asked.as_of.as_ref().is_none_or(|of| memory.at <= *of);
            let near = self.near(asked, &vector);
            let near = near.into_iter().filter(|(memory, near)| *near >= FLOOR && held(memory));
            let hit =
                |(memory, _): (&Memory, f32)| Hit { key: memory.key.clone(), is_current: true };
            near.take(super::HITS).map(hit).collect()
        };
        questions.iter().zip(asked(questions, embedder)).map(hits).collect()
    }

    /// What is nearest to each question, a JSON object a line, for the tests of `throughline-model::recall`.
    pub(super) fn nearest(&self, questions: &[Asked], embedder: &Embedder) -> String {
        let mut lines = String::new();
        for (asked, vector) in questions.iter().zip(asked(questions, embedder)) {
            let rounded = |near: f32| (f64::from(near) * 1_000.0).round() / 1_000.0;
            let near = self.near(asked, &vector).into_iter().take(NEAREST);
            let near: Vec<_> = near.map(|(one, near)| json!([one.key, rounded(near)])).collect();
            let Asked { ask, project, line, .. } = asked;
            let line = json!({"ask": ask, "project": project, "line": line, "near": near});
            let _ = writeln!(lines, "{line}");
        }
        lines
    }

    fn near(&self, asked: &Asked, vector: &[f32]) -> Vec<(&'m Memory, f32)> {
        let seen = self.memories.iter().zip(&self.of).filter(|(one, _)| one.is_visible_to(asked));
        let cosine = |of: &[f32]| of.iter().zip(vector).map(|(a, b)| a * b).sum::<f32>();
        let mut near: Vec<_> = seen.map(|(memory, of)| (memory, cosine(of))).collect();
        near.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.key.cmp(&other.0.key)));
        near
    }
}

fn asked(questions: &[Asked], embedder: &Embedder) -> Vec<Vec<f32>> {
    let texts: Vec<String> = questions.iter().map(|asked| asked.ask.clone()).collect();
    embedder.vectors(&texts)
}
