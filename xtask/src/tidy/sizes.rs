//! How long modules and functions may get. Test code is measured by nobody.

use super::{Finding, WHOLE_FILE};
use crate::rust::Source;
use crate::tree::Tree;

/// Lines of one module without its test code. Usual is below 400.
const MODULE_LINES: usize = 800;

/// Lines of one function, from `fn` to the closing brace. Usual is around 10.
const FUNCTION_LINES: usize = 100;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources().flat_map(|(file, source)| check_source(file.path(), source)).collect()
}

fn check_source(path: &str, source: &Source) -> Vec<Finding> {
    let lines = source.product_lines();
    let module = (lines > MODULE_LINES).then(|| {
        let sentence = format!("this module has {lines} lines, {MODULE_LINES} are the end.");
        Finding::new(path, WHOLE_FILE, sentence)
    });
    let functions = source.functions();
    let long = functions.iter().filter(|one| !one.is_test && one.lines > FUNCTION_LINES);
    let long = long.map(|one| {
        let sentence =
            format!("'{}' has {} lines, {FUNCTION_LINES} are the end.", one.name, one.lines);
        Finding::new(path, one.line, sentence)
    });
    module.into_iter().chain(long).collect()
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    fn module_of(lines: usize) -> String {
        format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "//\n".repeat(lines), "//\n".repeat(900))
    }

    fn function_of(lines: usize) -> String {
        format!("//! A.\nfn long() {{\n{}}}\n", "    let _ = ();\n".repeat(lines - 2))
    }

    #[test]
    fn a_long_module_is_found_and_its_tests_do_not_count() {
        assert_eq!(said(check, &[("src/a.rs", &module_of(800))]), [""; 0]);
        assert_eq!(
            said(check, &[("src/a.rs", &module_of(801))]),
            ["src/a.rs:1: this module has 801 lines, 800 are the end."]
        );
        assert_eq!(said(check, &[("src/a/tests.rs", &module_of(801))]), [""; 0]);
    }

    #[test]
    fn a_long_function_is_found() {
        assert_eq!(said(check, &[("src/a.rs", &function_of(100))]), [""; 0]);
        assert_eq!(
            said(check, &[("src/a.rs", &function_of(101))]),
            ["src/a.rs:2: 'long' has 101 lines, 100 are the end."]
        );
        assert_eq!(said(check, &[("tests/it/a.rs", &function_of(101))]), [""; 0]);
    }
}
