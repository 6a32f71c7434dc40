//! The guides are true: their links lead somewhere, and the messages they quote are those of the program. Their commands
//! and configurations are tried by `tests/cli/documented`.

use crate::examples::document;
use crate::{files, root};
use std::collections::BTreeSet;
use std::path::Path;

/// All pages of the book that people write, with their text.
fn pages() -> Vec<(String, String)> {
    let mut pages = files("docs", "md");
    pages.retain(|(path, _)| !path.starts_with("docs/reference/"));
    pages
}

#[test]
fn the_book_holds_every_page() {
    let summary = document("docs/SUMMARY.md");
    let linked: BTreeSet<String> = links(&summary).into_iter().map(|link| format!("docs/{link}")).collect();
    for (page, _) in pages().iter().filter(|(page, _)| page != "docs/SUMMARY.md") {
        assert!(linked.contains(page), "the book has no {page}");
    }
}

fn links(text: &str) -> Vec<String> {
    let found = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    found.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

#[test]
fn every_link_of_the_guides_leads_somewhere() {
    for (page, text) in pages() {
        let folder = Path::new(&page).parent().expect("a page is in a folder");
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            assert!(file.is_empty() || root().join(folder).join(file).exists(), "{page} links to {link}");
        }
    }
}

#[test]
fn every_message_that_is_explained_is_one_of_the_programs() {
    let sources = [files("src", "rs"), files("crates/core/src", "rs")].concat();
    let page = document("docs/guide/troubleshooting.md");
    let rows = page.lines().filter(|line| line.starts_with("| `")).collect::<Vec<_>>();
    assert!(rows.len() >= 8, "{page}");
    for row in rows {
        let told = row.split('|').nth(1).expect("a row has cells");
        for message in told.split('`').skip(1).step_by(2) {
            let is_said = sources.iter().any(|(_, text)| text.contains(message));
            assert!(is_said, "the program never says {message:?}");
        }
    }
}
