//! Scripted scenarios of the daemon: what happens when, and what it does then. One file each, played twice: on the
//! machine alone ([`script`]), and on the real loop with a clock that stands still ([`played`]).
//!
//! A step says when (`at`, or as soon as the machine is `due`), what happens (`event`), and all that follows (`then`, in
//! the words of [`script`]); `due` bounds when it comes back at the latest. The round's own tests are in `tests/round`.

mod played;
mod script;

use script::Scenario;

/// All of them, with their names.
fn scenarios() -> Vec<(String, Scenario)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenario");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 12, "there are scenarios: {names:?}");
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let scenario = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), scenario)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn every_scenario_goes_as_written_on_the_machine() {
    for (name, scenario) in scenarios() {
        scenario.play(&name);
    }
}

#[test]
fn every_scenario_goes_as_written_on_the_loop() {
    for (name, scenario) in scenarios() {
        played::play(&scenario, &name);
    }
}
