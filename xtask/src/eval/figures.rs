//! What the answers came to: by kind of question, and of all.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::questions::{Asked, Hit, Memory};

/// The figures of one engine over one set of questions.
pub(super) struct Figures {
    kinds: BTreeMap<String, Sum>,
    all: Sum,
    misses: String,
}

/// Sums over questions.
#[derive(Default)]
struct Sum {
    answerable: f64,
    recall: f64,
    rank: f64,
    gain: f64,
    unanswerable: f64,
    abstained: f64,
    /// Answerable, and answered with nothing.
    silent: usize,
    /// Stale memories served as current.
    stale: usize,
    /// Memories of other projects or lines.
    bleed: usize,
}

impl Figures {
    pub(super) fn of(questions: &[Asked], answers: &[Vec<Hit>], memories: &[Memory]) -> Self {
        let mut figures =
            Self { kinds: BTreeMap::new(), all: Sum::default(), misses: String::new() };
        for (asked, hits) in questions.iter().zip(answers) {
            let foreign = |hit: &&Hit| {
                let memory = memories.iter().find(|memory| memory.key == hit.key);
                memory.is_none_or(|memory| !memory.is_visible_to(asked))
            };
            let bleed = hits.iter().filter(foreign).count();
            figures.kinds.entry(asked.kind.clone()).or_default().add(asked, hits, bleed);
            if !figures.all.add(asked, hits, bleed) {
                let keys: Vec<&str> = hits.iter().map(|hit| hit.key.as_str()).collect();
                let (kind, ask, want) = (&asked.kind, &asked.ask, &asked.want);
                let _ = writeln!(figures.misses, "  {kind}: {ask} {want:?}, found {keys:?}");
            }
        }
        figures
    }

    /// How often something was served that must not be.
    pub(super) fn served_wrong(&self) -> usize {
        self.all.stale + self.all.bleed
    }

    /// Questions that were not answered at the first place, a line each.
    pub(super) fn misses(&self) -> &str {
        &self.misses
    }

    pub(super) fn table(&self) -> String {
        let mut table = format!(
            "{:<14}{:>5}{:>8}{:>8}{:>9}{:>8}{:>11}{:>7}{:>7}\n",
            "kind", "n", "R@5", "MRR@10", "nDCG@10", "silent", "abstained", "stale", "bleed"
        );
        for (kind, sum) in &self.kinds {
            table.push_str(&sum.line(kind));
        }
        table + &self.all.line("all")
    }
}

impl Sum {
    /// Adds a question; whether all of its answer was found, and at the first place.
    fn add(&mut self, asked: &Asked, hits: &[Hit], bleed: usize) -> bool {
        let is_stale = |hit: &&Hit| hit.is_current && asked.stale.contains(&hit.key);
        self.stale += hits.iter().filter(is_stale).count();
        self.bleed += bleed;
        if asked.want.is_empty() {
            self.unanswerable += 1.0;
            self.abstained += if hits.is_empty() { 1.0 } else { 0.0 };
            return hits.is_empty();
        }
        let places: Vec<usize> =
            (0..hits.len()).filter(|at| asked.want.contains(&hits[*at].key)).collect();
        let found = places.iter().filter(|place| **place < 5).count();
        self.answerable += 1.0;
        self.silent += usize::from(hits.is_empty());
        self.recall += number(found) / number(asked.want.len());
        self.rank += places.first().map_or(0.0, |place| 1.0 / number(place + 1));
        let ideal: f64 = (0..asked.want.len()).map(gain).sum();
        self.gain += places.iter().map(|place| gain(*place)).sum::<f64>() / ideal;
        found == asked.want.len() && places.first() == Some(&0)
    }

    fn line(&self, name: &str) -> String {
        let n = self.answerable + self.unanswerable;
        let mean = |sum: f64| {
            let none = self.answerable == 0.0;
            if none { "-".to_owned() } else { format!("{:.3}", sum / self.answerable) }
        };
        let abstained = if self.unanswerable == 0.0 {
            "-".to_owned()
        } else {
            format!("{} of {}", self.abstained, self.unanswerable)
        };
        let (recall, rank, gain) = (mean(self.recall), mean(self.rank), mean(self.gain));
        let Self { silent, stale, bleed, .. } = self;
        format!(
            "{name:<14}{n:>5}{recall:>8}{rank:>8}{gain:>9}{silent:>8}{abstained:>11}{stale:>7}{bleed:>7}\n"
        )
    }
}

/// What a hit at a place is worth in nDCG.
fn gain(place: usize) -> f64 {
    1.0 / number(place + 2).log2()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a few hundred"))
}

#[cfg(test)]
mod tests {
    use super::super::questions::{Asked, Hit, Memory, read};
    use super::Figures;

    #[test]
    fn figures_are_those_of_the_books() {
        let memories: Vec<Memory> = read(
            r#"{"key":"a","project":"p","at":"","title":"","text":""}
{"key":"b","project":"p","at":"","title":"","text":""}
{"key":"x","project":"q","at":"","title":"","text":""}"#,
        );
        let questions: Vec<Asked> = read(
            r#"{"kind":"one","project":"p","ask":"","want":["a","b"],"stale":["x"]}
{"kind":"none","project":"p","ask":"","want":[]}"#,
        );
        let hit = |key: &str| Hit { key: key.to_owned(), is_current: true };
        let figures = Figures::of(&questions, &[vec![hit("x"), hit("a")], vec![]], &memories);
        let table = figures.table();
        let all: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
        let expected = ["all", "2", "0.500", "0.500", "0.387", "0", "1", "of", "1", "1", "1"];
        assert_eq!((all.as_slice(), figures.served_wrong()), (&expected[..], 2));
    }
}
