//! `thru recall` over 10,000 memories: by words alone, and with vectors of 384 numbers.
//!
//! The vectors come from a stand-in server in this process, which makes them of the words' letters: how long a
//! model takes is another matter (decision 0004).

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use throughline_testkit::{Provider, Script, World};

use super::Report;
use super::ground::Ground;
use super::samples::{Budget, Row, Samples};
use crate::XtaskError;

const MEMORIES: usize = 10_000;

/// As all-MiniLM-L6-v2.
const DIMENSION: usize = 384;

/// Comparing a question with all vectors, in milliseconds in the median.
const COMPARING: f64 = 10.0;

/// How many words there are, and how many each memory has.
const VOCABULARY: usize = 2_000;
const LENGTH: usize = 24;

pub(crate) fn measure(
    binary: &Path,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let ground = Ground::without_files(binary);
    ground.thru(&["init", "--local"]);
    ground.run(binary, &["memory", "import", "-"], &memories());
    let mut words = Samples::default();
    (0..rounds).for_each(|round| ask(&ground, round, &mut words));
    let provider = Provider::start(Script::new().dimension(DIMENSION));
    use_server(&ground.world, &provider, "s");
    let made = ground.thru(&["memory", "update"]);
    let (mut vectors, mut server) = (Samples::default(), Samples::default());
    for round in 0..rounds {
        use_server(&ground.world, &provider, "s");
        ask(&ground, round, &mut vectors);
        // All the same, but of that model there are no vectors to be compared.
        use_server(&ground.world, &provider, "another");
        ask(&ground, round, &mut server);
    }
    report.say(&format!("\n{MEMORIES} vectors made and written in {made:.1?}"))?;
    let compared = vectors.median() - server.median();
    let rows = [
        Row::new("by words alone", words, Budget::Both(20.0, 40.0)),
        Row::new("with a server that has no vectors", server, Budget::Free),
        Row::new("with vectors", vectors, Budget::Both(30.0, 50.0)),
    ];
    report.table("thru recall, 10,000 memories", &rows, &[])?;
    if compared > COMPARING {
        report.missed("comparing vectors");
    }
    report.say(&format!("comparing all vectors, in the median: {compared:.1} (budget {COMPARING})"))
}

fn use_server(world: &World, provider: &Provider, model: &str) {
    let settings = format!(
        "[recall]\nembeddings = true\n[memory.budget]\ntokens_per_day = 100000000\n\
         tokens_per_run = 100000000\n[memory.endpoint]\nbase_url = {:?}\nembedding_model = {model:?}\n",
        provider.base_url()
    );
    world.write(world.state().join("config.toml"), settings);
}

fn ask(ground: &Ground, round: usize, samples: &mut Samples) {
    let (one, other, third) = (word(round), word(round * 7), word(round * 31));
    let question = format!("which {one} and {other} does {third} have?");
    samples.push(ground.thru(&["recall", &question]));
}

/// As many words as there are numbers; those with a small one are common.
fn word(number: usize) -> String {
    const SOUNDS: [&str; 12] =
        ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "pla", "gri"];
    let number = number % VOCABULARY;
    let sound = |by: usize| SOUNDS[number / by % SOUNDS.len()];
    format!("{}{}{}n", sound(1), sound(12), sound(144))
}

fn memories() -> String {
    let (mut lines, mut state) = (String::new(), 1_u64);
    for number in 0..MEMORIES {
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 40).expect("24 bits")
        };
        // The product of two makes some words common and most rare, as in what people write.
        let words: Vec<String> = (0..LENGTH)
            .map(|_| word(random() % VOCABULARY * (random() % VOCABULARY) / VOCABULARY))
            .collect();
        let text = words.join(" ");
        let line = json!({"title": format!("{} {number}", words[..3].join(" ")), "text": text, "kind": "fact"});
        writeln!(lines, "{line}").expect("a string takes it");
    }
    lines
}
