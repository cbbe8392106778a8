//! The tree is tidy: the same checks as `cargo xtask tidy`, so that `cargo test` holds them too.

use xtask::tidy;
use xtask::tree::Tree;

#[test]
fn the_tree_is_tidy() {
    let tree = Tree::of_checkout(&xtask::workspace_root()).expect("the checkout can be read");
    assert!(tree.sources().count() > 10, "the listing of the checkout lost its sources");
    let findings: Vec<String> = tidy::findings(&tree).iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
