//! The pages `docs/guide/move-from-….md`: every command in them is run, on the sample of the client.

use super::{folder, samples, text};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The page, the sample, and what the file is called there.
const PAGES: &[(&str, &str, &str)] = &[
    ("ddclient", "ddclient.conf", "ddclient.conf"),
    ("ddns-go", "ddns-go.yaml", "ddns_go_config.yaml"),
    ("ddns-updater", "ddns-updater.json", "config.json"),
    ("dness", "dness.conf", "dness.conf"),
    ("favonia", "favonia.yml", "docker-compose.yml"),
    ("godns", "godns.json", "config.json"),
    ("inadyn", "inadyn.conf", "inadyn.conf"),
    ("newfuture", "newfuture.json", "config.json"),
    ("oznu", "oznu.yml", "docker-compose.yml"),
    ("the-original-dynflare", "crontab", "crontab"),
    ("timothymiller", "timothymiller.json", "config.json"),
];

fn guide() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide")
}

#[test]
fn there_is_a_page_for_every_client() {
    let mut pages: Vec<String> = fs::read_dir(guide())
        .expect("the guides")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter_map(|name| Some(name.strip_prefix("move-from-")?.strip_suffix(".md")?.to_owned()))
        .collect();
    pages.sort();
    let known: Vec<&str> = PAGES.iter().map(|page| page.0).collect();
    assert_eq!(pages, known);
    assert_eq!(known.len(), dynflare_import::Tool::ALL.len());
}

#[cfg(unix)]
#[test]
fn every_command_of_every_page_works() {
    let binary = Path::new(env!("CARGO_BIN_EXE_dynflare")).parent().expect("a folder");
    for (page, sample, name) in PAGES {
        let folder = folder(&format!("guide-{page}"));
        fs::copy(samples().join(sample), folder.join(name)).expect("a copy");
        fs::copy(samples().join("ddns-updater.yml"), folder.join("ddns-updater.yml")).expect("a copy");
        let document = fs::read_to_string(guide().join(format!("move-from-{page}.md"))).expect("the page");
        let blocks: Vec<&str> =
            document.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(!blocks.is_empty(), "{page} shows no command");
        let path = format!("{}:/usr/bin:/bin", binary.display());
        for block in blocks {
            // What is for the system's own manager has no place here; tests/machine starts the unit.
            if block.starts_with("systemctl ") {
                continue;
            }
            assert!(block.contains("dynflare "), "{page}: {block}");
            let mut command = Command::new("/bin/sh");
            command.args(["-euc", block]).current_dir(&folder).env_clear().env("PATH", &path);
            for variable in ["CF_TOKEN", "HETZNER_TOKEN", "MY_CLOUDFLARE_TOKEN"] {
                command.env(variable, "from-the-environment");
            }
            let output = command.output().expect("a shell");
            let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
            assert!(output.status.success(), "{page}:\n{block}\n{said}");
        }
        let checked = folder.join("dynflare.toml");
        assert!(checked.is_file(), "{page} writes dynflare.toml");
    }
}
