//! Scripted scenarios of the daemon's machine: what happens when, and what it does then. One file each.
//!
//! A step says when (`at`, or as soon as the machine is `due`), what happens (`event`), and all that follows (`then`, in
//! the words of [`script`]); `due` bounds when it comes back at the latest. The round's own tests are in `tests/round`.

mod script;

use script::Scenario;

#[test]
fn every_scenario_goes_as_written() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenario");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 12, "there are scenarios: {names:?}");
    for path in names {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let scenario: Scenario =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        scenario.play(&path.file_stem().unwrap_or_default().to_string_lossy());
    }
}
