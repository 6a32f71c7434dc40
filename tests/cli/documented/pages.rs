//! The pages and what is in them: fenced blocks, and the commands in blocks and in the text.

use super::root;
use std::fs;

/// A fenced block.
pub(crate) struct Block {
    pub(crate) page: String,
    pub(crate) language: String,
    pub(crate) text: String,
}

/// Every page that people read, sorted: (path from the checkout, text).
pub(crate) fn pages() -> Vec<(String, String)> {
    let mut found: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
            .map(str::to_owned)
            .to_vec();
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("it is part of the checkout") {
            let entry = entry.expect("a readable entry");
            let path = format!("{folder}/{}", entry.file_name().into_string().expect("UTF-8"));
            if entry.path().is_dir() {
                folders.push(path);
            } else if std::path::Path::new(&path).extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() >= 35, "{found:?}");
    let text = |path: &String| fs::read_to_string(root().join(path)).expect("a page");
    found.iter().map(|path| (path.clone(), text(path))).collect()
}

/// The fenced blocks of a page, in their order.
pub(crate) fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let inside: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
        let text = inside.join("\n") + "\n";
        blocks.push(Block { page: page.to_owned(), language: language.trim().to_owned(), text });
    }
    blocks
}

/// The command lines of a block.
pub(crate) fn commands(block: &Block) -> Vec<String> {
    match block.language.as_str() {
        "sh" => {
            let text = block.text.replace("\\\n", " ");
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            lines.map(str::to_owned).collect()
        }
        "cron" => block.text.lines().map(of_crontab).collect(),
        _ => listed(&block.text),
    }
}

/// What a crontab's line runs.
fn of_crontab(line: &str) -> String {
    line.splitn(6, ' ').nth(5).expect("five fields and a command").to_owned()
}

/// Commands as lists of words: `["dynflare", "status"]`.
fn listed(text: &str) -> Vec<String> {
    let found = text.match_indices("[\"dynflare\"").filter_map(|(at, _)| {
        let list = text[at..].split_inclusive(']').next()?;
        let words: Vec<String> = serde_json::from_str(list).expect("a list of words");
        Some(words.join(" "))
    });
    found.collect()
}

/// The command lines in the running text of a page: everything in backticks that calls the program with something.
pub(crate) fn spans(text: &str) -> Vec<String> {
    let mut outside = String::new();
    let mut is_inside = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_inside = !is_inside;
        } else if !is_inside {
            outside.push_str(line);
            outside.push(' ');
        }
    }
    let spans = outside.split('`').skip(1).step_by(2).map(str::to_owned);
    let spans = spans.map(|span| if span.starts_with("0 * * * * ") { of_crontab(&span) } else { span });
    spans.filter(|span| super::words(span).is_some_and(|words| !words.is_empty())).collect()
}
