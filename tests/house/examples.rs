//! What the documents show is true: configurations load, record strings parse, commands and pages exist.

use crate::root;
use dynflare::cli::args;
use dynflare::config::{self, Arguments, Environment, Secrets};
use std::ffi::OsString;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const DOCUMENTS: &[&str] =
    &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

pub(crate) fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a document of the project")
}

/// The code blocks of a language in a document.
pub(crate) fn blocks<'d>(document: &'d str, language: &str) -> Vec<&'d str> {
    let opening = format!("```{language}\n");
    document.split(opening.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Loads a configuration that a document shows. It has to have records, or something to serve.
#[track_caller]
pub(crate) fn configuration_loads(name: &str, text: &str) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("example-{number}.toml"));
    fs::write(&file, text).expect("a file in the target folder");
    let mut arguments = Arguments::default();
    arguments.set_config(Some(file));
    let loaded = config::load(&Environment::from_os([]), &arguments, Secrets::Leave);
    let (settings, _) = loaded.unwrap_or_else(|mistakes| panic!("{name}:\n{text}\n{mistakes:?}"));
    let of_use = !settings.records.is_empty() || settings.serve.is_some();
    assert!(of_use, "{name} shows a configuration without records");
}

#[test]
fn every_configuration_in_the_documents_loads() {
    let mut seen = 0;
    for name in DOCUMENTS {
        for text in blocks(&document(name), "toml") {
            configuration_loads(name, text);
            seen += 1;
        }
    }
    assert!(seen >= 2, "the README shows configurations");
}

#[test]
fn the_example_of_every_provider_loads() {
    for info in dynflare::provider::registry::all() {
        let Some(text) = info.example_configuration() else { continue };
        let file =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("provider-{}.toml", info.id));
        fs::write(&file, &text).expect("a file in the target folder");
        let mut arguments = Arguments::default();
        arguments.set_config(Some(file));
        let loaded = config::load(&Environment::from_os([]), &arguments, Secrets::Leave);
        let (settings, _) = loaded.unwrap_or_else(|mistakes| panic!("{}:\n{text}\n{mistakes:?}", info.id));
        assert!(!settings.records.is_empty(), "{}", info.id);
    }
}

#[test]
fn the_crontab_lines_in_the_readme_are_understood() {
    let readme = document("README.md");
    let lines: Vec<&str> = readme.lines().filter(|line| line.starts_with("0 * * * * ")).collect();
    assert!(!lines.is_empty());
    for line in lines {
        let words = line.split("dynflare ").nth(1).expect("the program").split_whitespace();
        let words = std::iter::once("dynflare").chain(words).map(OsString::from);
        let invocation = args::parse(words).expect("arguments that exist");
        let world = Environment::from_os([]);
        let (settings, _) =
            config::load(&world, &invocation.arguments, Secrets::Leave).expect("a record that parses");
        assert_eq!(settings.records.len(), 1);
    }
}

#[test]
fn every_command_in_the_readme_exists_and_every_command_is_in_the_readme() {
    let readme = document("README.md");
    for command in args::table().get_subcommands() {
        let name = command.get_name();
        assert!(readme.contains(&format!("`{name}`")), "the README does not name {name}");
    }
}

#[test]
fn every_link_to_a_file_of_the_project_leads_somewhere() {
    for name in DOCUMENTS {
        for target in
            document(name).split("](").skip(1).filter_map(|rest| rest.split(')').next().map(str::to_owned))
        {
            if !target.contains("://") {
                assert!(root().join(&target).exists(), "{name} links to {target}");
            }
        }
    }
}
