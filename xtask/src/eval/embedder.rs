//! Who makes vectors for the evaluation: a model in a directory, or a server.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bench::ground::program;

/// What `--embed` names.
#[derive(Debug)]
pub(super) enum Embedder {
    /// `local:DIR`
    Local(PathBuf),
    /// `URL#MODEL`, an OpenAI-compatible endpoint.
    Server { url: String, model: String },
}

impl Embedder {
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        if let Some(directory) = word.strip_prefix("local:") {
            let directory = std::fs::canonicalize(directory);
            return directory.map(Self::Local).map_err(|error| format!("{word}: {error}"));
        }
        let named = word.split_once('#').filter(|(url, _)| url.starts_with("http"));
        let (url, model) =
            named.ok_or_else(|| format!("--embed '{word}': local:DIR or URL#MODEL is expected"))?;
        Ok(Self::Server { url: url.to_owned(), model: model.to_owned() })
    }

    /// `config.toml` of a user who has it.
    pub(super) fn settings(&self) -> String {
        match self {
            Self::Local(directory) => {
                format!("[recall]\nembeddings = true\nlocal_model = {directory:?}\n")
            }
            Self::Server { url, model } => format!(
                "[recall]\nembeddings = true\n[memory.endpoint]\nbase_url = {url:?}\n\
                 embedding_model = {model:?}\n"
            ),
        }
    }

    /// What the program must be built with.
    pub(super) fn features(&self) -> &'static [&'static str] {
        match self {
            Self::Local(_) => &["--features", "local-model"],
            Self::Server { .. } => &[],
        }
    }

    /// A vector for each text.
    ///
    /// # Panics
    /// If there are none to be had.
    pub(super) fn vectors(&self, texts: &[String]) -> Vec<Vec<f32>> {
        match self {
            Self::Local(directory) => {
                let mut cargo = program(env!("CARGO"));
                cargo.args(["run", "--locked", "--quiet", "--package", "throughline-embed"]);
                cargo.args(["--example", "vectors"]);
                cargo.current_dir(crate::workspace_root());
                let words =
                    std::iter::once(json!(directory)).chain(texts.iter().map(|text| json!(text)));
                let lines: String = words.map(|word| word.to_string() + "\n").collect();
                let said = answer(&mut cargo, lines);
                let vector = |line: &str| serde_json::from_str(line).expect("a vector a line");
                said.lines().map(vector).collect()
            }
            Self::Server { url, model } => {
                texts.chunks(64).flat_map(|texts| from_server(url, model, texts)).collect()
            }
        }
    }
}

fn from_server(url: &str, model: &str, texts: &[String]) -> Vec<Vec<f32>> {
    let mut curl = program("curl");
    curl.args(["--silent", "--fail", "--header", "content-type: application/json"]);
    curl.args(["--data", "@-", &format!("{url}/embeddings")]);
    let body = json!({"model": model, "input": texts, "encoding_format": "float"});
    let said: Value = serde_json::from_str(&answer(&mut curl, body.to_string())).expect("JSON");
    let mut data = said["data"].as_array().expect("a list of vectors").clone();
    data.sort_by_key(|datum| datum["index"].as_u64());
    let vector = |datum: Value| serde_json::from_value(datum["embedding"].clone());
    data.into_iter().map(|datum| of_length_one(vector(datum).expect("numbers"))).collect()
}

fn of_length_one(mut numbers: Vec<f32>) -> Vec<f32> {
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.iter_mut().for_each(|number| *number /= length.max(f32::MIN_POSITIVE));
    numbers
}

fn answer(command: &mut Command, input: String) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let done = child.wait_with_output().expect("it ends");
    let _ = writer.join();
    assert!(done.status.success(), "no vectors came: {}", done.status);
    String::from_utf8_lossy(&done.stdout).into_owned()
}
