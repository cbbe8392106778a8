//! `vectors DIRECTORY`: reads texts, a JSON string a line, and prints the vector of each as a JSON list.
//!
//! For `cargo xtask eval memory` and whoever wants to see what a model makes of a text.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program of its own")]
#![expect(clippy::disallowed_macros, reason = "it prints")]

use std::error::Error;
use std::path::Path;

use throughline_embed::LocalModel;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: vectors DIRECTORY")?;
    let model = LocalModel::open(Path::new(&directory))?;
    let texts: Result<Vec<String>, Box<dyn Error>> =
        std::io::stdin().lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect();
    for vector in model.embed(&texts?)? {
        println!("{}", serde_json::to_string(&vector)?);
    }
    Ok(())
}
