//! Makes vectors: reads JSON strings, a line each, the model's directory first and then texts, and writes the vector
//! of each text as a JSON list.
//!
//! For `cargo xtask eval memory`, and whoever wants to see what a model makes of a text.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use throughline_embed::LocalModel;

fn main() -> Result<(), Box<dyn Error>> {
    let mut lines = std::io::stdin().lines();
    let mut next = || -> Result<Option<String>, Box<dyn Error>> {
        let Some(line) = lines.next().transpose()? else { return Ok(None) };
        Ok(Some(serde_json::from_str(&line)?))
    };
    let directory = next()?.ok_or("the first line is to name the model's directory")?;
    let model = LocalModel::open(Path::new(&directory))?;
    let mut texts = Vec::new();
    while let Some(text) = next()? {
        texts.push(text);
    }
    let mut output = std::io::stdout().lock();
    for vector in model.embed(&texts)? {
        writeln!(output, "{}", serde_json::to_string(&vector)?)?;
    }
    Ok(())
}
