//! How the program gets onto a machine: the files that `generate` gives, manifests and the image.

mod generate;
#[cfg(target_os = "linux")]
mod image;
mod kubernetes;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _gone = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// Cargo for this repository, without what it tells its tests: with that it would build ring, and all that needs it, anew.
#[expect(clippy::disallowed_methods, reason = "cargo tells its tests by the environment")]
fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        cargo.env_remove(name);
    }
    cargo.current_dir(root());
    cargo
}

/// Runs the program with these words and without any setting of ours.
fn dynflare(words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dynflare"));
    program.args(words).env_clear().output().expect("the program was built")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
