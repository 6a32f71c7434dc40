//! What the pages show is done: every command line in them is found and run, or stands in a table that says why it cannot be run here
//! and who runs it then; every block is what its language says.
//!
//! A new page, block or command is tried without anybody adding it here.

mod home;
mod pages;
mod tables;

use dynflare::cli::args;
use dynflare_testkit::nameserver::skip;
use home::Home;
use pages::{Block, commands, pages, spans};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tables::{BEHIND, ELSEWHERE, EXITS, FILLED, FOREIGN, How, OF_DAEMON};

/// The checkout.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command with what the reader has to fill in.
fn filled(line: &str) -> String {
    FILLED.iter().fold(line.to_owned(), |line, (blank, value)| line.replace(blank, value))
}

/// The words that the program gets of a line, where the line calls it.
fn words(line: &str) -> Option<Vec<&str>> {
    let line = line.strip_prefix("cargo run --release -- ").map_or(line, |words| words);
    let is_called = line.starts_with("demo ") || line.split_whitespace().any(|word| word == "dynflare");
    let before: Vec<&str> = line.split_whitespace().take_while(|word| *word != "dynflare").collect();
    if !is_called || (!line.starts_with("demo ") && !before.iter().all(|word| word.contains('='))) {
        return None;
    }
    let skipped = if line.starts_with("demo ") { 0 } else { before.len() + 1 };
    let words = line.split_whitespace().skip(skipped).take_while(|word| !word.starts_with('#'));
    Some(words.collect())
}

/// The real command line takes it: no flag, command or value that is not there.
#[track_caller]
fn is_taken(page: &str, line: &str, words: &[&str]) {
    let words = std::iter::once("dynflare").chain(words.iter().copied()).map(OsString::from);
    if let Err(stop) = args::parse(words) {
        panic!("{page}: `{line}`: {}", stop.sentence());
    }
}

/// Whether a line begins with a text; a text that ends with `$` is the whole line.
fn begins(line: &str, text: &str) -> bool {
    text.strip_suffix('$').map_or_else(|| line.starts_with(text), |whole| line == whole)
}

/// Why a command is not run here; the test that runs it holds what the table says.
fn elsewhere(page: &str, line: &str) -> bool {
    let row = ELSEWHERE.iter().find(|(of, text, ..)| page.starts_with(of) && begins(line, text));
    let Some((.., file, needle)) = row else { return false };
    let test = fs::read_to_string(root().join(file)).unwrap_or_else(|_| panic!("{line}: there is no {file}"));
    assert!(test.contains(needle), "{page}: {file} no longer runs `{line}`");
    true
}

/// What another tool is told, which is looked at as far as it can be here.
fn is_known(page: &str, line: &str) {
    // What stands before the program is its environment.
    let mut words = line.split_whitespace().skip_while(|word| word.contains('='));
    let word = words.next().unwrap_or_default();
    if word == "cargo" {
        return is_a_job(page, line);
    }
    let known = FOREIGN.iter().any(|(program, _)| *program == word);
    assert!(known, "{page}: nobody runs `{line}`: run it, or say why not in the table");
}

/// A line for cargo names jobs, packages and tests that are there.
fn is_a_job(page: &str, line: &str) {
    let words: Vec<&str> = line
        .split_whitespace()
        .skip_while(|word| word.contains('='))
        .take_while(|word| !word.starts_with('#'))
        .collect();
    let after =
        |flag: &str| words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1)).copied();
    if let Some(job) = after("xtask") {
        let usage = fs::read_to_string(root().join("crates/xtask/src/main.rs")).expect("it is there");
        assert!(usage.contains(&format!("\n  {job} ")), "{page}: `{line}`: there is no such job");
    }
    if let Some(test) = after("--test") {
        let there = [format!("tests/{test}/main.rs"), format!("tests/{test}.rs")];
        assert!(there.iter().any(|file| root().join(file).is_file()), "{page}: `{line}`");
    }
    if let Some(package) = after("-p") {
        let folder = root().join("crates").join(package.trim_start_matches("dynflare-"));
        assert!(folder.join("Cargo.toml").is_file(), "{page}: `{line}`");
    }
    assert!(["build", "check", "run", "test", "xtask"].contains(&words[1]), "{page}: `{line}`");
}

/// A shell understands the block.
fn is_shell(block: &Block) {
    let mut shell = Command::new("/bin/sh")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    std::io::Write::write_all(&mut shell.stdin.take().expect("a pipe"), block.text.as_bytes())
        .expect("it reads");
    let output = shell.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}:\n{}", block.page, String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_every_page_is_run() {
    let (mut run, mut left, mut wrong) = (0, 0, Vec::new());
    for (page, text) in pages() {
        let blocks = pages::blocks(&page, &text);
        let shown = blocks.iter().flat_map(commands).chain(spans(&text));
        let mut lines: Vec<String> = Vec::new();
        for line in shown {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let lines: Vec<(String, String)> = lines.into_iter().map(|line| (filled(&line), line)).collect();
        let mut here = Vec::new();
        for (line, shown) in &lines {
            let of_program = words(line);
            if let Some(words) = &of_program {
                is_taken(&page, line, words);
            }
            if elsewhere(&page, shown) {
                left += 1;
            } else if of_program.is_some() || BEHIND.contains(&shown.as_str()) {
                here.push(line.as_str());
            } else {
                is_known(&page, line);
                left += 1;
            }
        }
        if here.is_empty() {
            continue;
        }
        let home = Home::new(&blocks).await;
        for line in here {
            let how = if OF_DAEMON.iter().any(|command| line.starts_with(command)) {
                How::BesideDaemon
            } else {
                let row = EXITS.iter().find(|(text, _)| line.starts_with(text));
                How::Exits(row.map_or(&[0], |(_, codes)| *codes))
            };
            if let Err(why) = home.does(line, how).await {
                wrong.push(format!("{page}: {why}"));
            }
            run += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(run >= 40, "only {run} commands were run; {left} were not");
}

#[test]
fn no_row_of_the_tables_is_left_over() {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (page, text) in pages() {
        let shown =
            pages::blocks(&page, &text).iter().flat_map(commands).chain(spans(&text)).collect::<Vec<_>>();
        lines.extend(shown.into_iter().map(|line| (page.clone(), line)));
    }
    for (of, text, ..) in ELSEWHERE {
        let is_shown = lines.iter().any(|(page, line)| page.starts_with(of) && begins(line, text));
        assert!(is_shown, "{of} shows no `{text}`");
    }
    let some = |text: &str| lines.iter().any(|(_, line)| filled(line).contains(text));
    for text in
        EXITS.iter().map(|(text, _)| *text).chain(OF_DAEMON.iter().copied()).chain(BEHIND.iter().copied())
    {
        assert!(some(text), "no page shows `{text}`");
    }
    for (program, _) in FOREIGN {
        assert!(lines.iter().any(|(_, line)| line.split_whitespace().next() == Some(program)), "{program}");
    }
}

#[tokio::test]
async fn every_block_is_what_its_language_says() {
    let (mut configurations, mut wrong) = (0, Vec::new());
    for (page, text) in pages() {
        let blocks = pages::blocks(&page, &text);
        let mut home = None;
        for block in &blocks {
            match block.language.as_str() {
                "sh" => is_shell(block),
                "json" => {
                    let read = serde_json::from_str::<serde_json::Value>(&block.text);
                    assert!(read.is_ok(), "{page}: {read:?}\n{}", block.text);
                }
                // Made from the table of providers, with blanks; tests/house/examples.rs loads them as they are there.
                "toml" if page == "docs/reference/providers.md" => {}
                "toml" if block.text.contains("\nverified = ") => {
                    let read = dynflare::provider::get::Definition::parse(&block.text);
                    assert!(read.is_ok(), "{page}: {read:?}\n{}", block.text);
                }
                "toml" => {
                    if home.is_none() {
                        home = Some(Home::new(&blocks).await);
                    }
                    if let Err(why) = home.as_ref().expect("just made").takes(block).await {
                        wrong.push(format!("{page}:\n{why}"));
                    }
                    configurations += 1;
                }
                "yaml" => is_yaml(block),
                // One of these holds commands, the others are for other programs or for the eye.
                "bat" | "cron" | "dockerfile" | "nginx" | "python" | "text" => {}
                other => panic!("{page}: a block of the language {other:?}:\n{}", block.text),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(configurations >= 15, "only {configurations} configurations");
}

fn is_yaml(block: &Block) {
    let Ok(mut python) = Command::new("/usr/bin/python3")
        .args(["-c", "import sys, yaml; list(yaml.safe_load_all(sys.stdin))"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        return skip("python3 is not installed");
    };
    std::io::Write::write_all(&mut python.stdin.take().expect("a pipe"), block.text.as_bytes())
        .expect("it reads");
    let output = python.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}:\n{}", block.page, String::from_utf8_lossy(&output.stderr));
}
