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

/// Runs the program with these words and without any setting of ours.
fn dynflare(words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dynflare"));
    program.args(words).env_clear().output().expect("the program was built")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
