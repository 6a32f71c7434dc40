//! How a file looks: short, opened by its own words, nothing left open, no dependency without a reason.

use crate::{files, root};

const LONGEST_FILE: usize = 500;
const LONGEST_MOD: usize = 250;

fn sources() -> Vec<(String, String)> {
    ["src", "crates", "tests"].iter().flat_map(|folder| files(folder, "rs")).collect()
}

#[test]
fn no_file_is_too_long_to_be_one_idea() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter_map(|(path, text)| {
            let limit = if path.ends_with("/mod.rs") { LONGEST_MOD } else { LONGEST_FILE };
            let lines = text.lines().count();
            (lines > limit).then(|| format!("{path}: {lines} lines, {limit} at most"))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_module_opens_with_what_it_owns() {
    let silent: Vec<String> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "no module documentation: {silent:?}");
}

#[test]
fn nothing_is_left_open_in_the_tree() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat()];
    let open: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| words.iter().any(|word| text.contains(word.as_str())))
        .map(|(path, _)| path)
        .collect();
    assert!(open.is_empty(), "an open point is an issue, not a comment: {open:?}");
}

#[test]
fn every_dependency_says_why() {
    for manifest in [
        "Cargo.toml",
        "crates/core/Cargo.toml",
        "crates/datagram/Cargo.toml",
        "crates/nameserver/Cargo.toml",
        "crates/presentation/Cargo.toml",
        "crates/testkit/Cargo.toml",
        "crates/xtask/Cargo.toml",
    ] {
        let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest");
        let mut in_dependencies = false;
        let mut before = "";
        for line in text.lines() {
            if line.starts_with('[') {
                in_dependencies = line.ends_with("dependencies]");
            } else if in_dependencies && line.contains(" = ") && !line.starts_with([' ', '#']) {
                assert!(before.starts_with("# "), "{manifest}: no reason above `{line}`");
            }
            before = line;
        }
    }
}
