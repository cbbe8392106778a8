//! `cargo xtask tidy --numbers`: sizes per crate, to steer by and not to fail on.
//!
//! Budget: functions of 10 lines in the median and 40 at the 90th percentile, modules of 400 lines.
//! Test code is left out of both and shown as a share of all lines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::tree::Tree;

#[derive(Default)]
struct CrateNumbers {
    modules: Vec<usize>,
    functions: Vec<usize>,
    test_lines: usize,
}

/// Writes the table, one row per crate and one for all of them.
///
/// # Errors
/// When `output` does not take it.
pub fn write(tree: &Tree, output: &mut dyn Write) -> io::Result<()> {
    writeln!(
        output,
        "{:<24}{:>7}{:>7}   {:<20}function med/p90/max",
        "crate", "lines", "test%", "module med/p90/max"
    )?;
    for (name, numbers) in per_crate(tree) {
        write_row(name, numbers, output)?;
    }
    Ok(())
}

fn per_crate(tree: &Tree) -> BTreeMap<&str, CrateNumbers> {
    let mut crates: BTreeMap<&str, CrateNumbers> = BTreeMap::new();
    for (file, source) in tree.sources() {
        for name in [crate_name(file.path()), "(all)"] {
            let numbers = crates.entry(name).or_default();
            numbers.test_lines += source.test_lines();
            numbers.modules.extend(Some(source.product_lines()).filter(|lines| *lines > 0));
            let functions = source.functions();
            let product = functions.iter().filter(|function| !function.is_test);
            numbers.functions.extend(product.map(|function| function.lines));
        }
    }
    crates
}

fn crate_name(path: &str) -> &str {
    let path = path.strip_prefix("crates/").unwrap_or(path);
    path.split_once('/').map_or(path, |(name, _)| name)
}

fn write_row(name: &str, mut numbers: CrateNumbers, output: &mut dyn Write) -> io::Result<()> {
    let lines: usize = numbers.modules.iter().sum();
    let share = 100 * numbers.test_lines / (lines + numbers.test_lines).max(1);
    let (modules, functions) = (spread(&mut numbers.modules), spread(&mut numbers.functions));
    writeln!(output, "{name:<24}{lines:>7}{share:>6}%   {modules:<20}{functions}")
}

/// Median, 90th percentile and largest of `sizes`.
fn spread(sizes: &mut [usize]) -> String {
    sizes.sort_unstable();
    let at = |percent: usize| {
        let rank = sizes.len().saturating_sub(1) * percent / 100;
        sizes.get(rank).copied().unwrap_or_default()
    };
    format!("{} / {} / {}", at(50), at(90), at(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_product_and_test_code_apart() {
        let tree = Tree::of_texts(&[
            ("crates/a/src/lib.rs", "//! A.\nfn one() {}\nfn two() {\n}\nfn three() {\n\n}\n"),
            ("crates/a/tests/it.rs", "//! T.\nfn long() {\n\n\n\n\n}\n"),
        ]);
        let mut output = Vec::new();
        write(&tree, &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        let row: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(row.join(" "), "a 7 50% 7 / 7 / 7 2 / 2 / 3");
    }
}
