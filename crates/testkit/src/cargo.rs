//! Cargo, asked by a test for what it builds.

use std::path::Path;
use std::process::Command;

/// Cargo in this repository, without what it tells its tests of their package: with that it would build ring, and all
/// that needs it, anew.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "cargo tells its tests by the environment")]
pub fn cargo(repository: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        cargo.env_remove(name);
    }
    cargo.current_dir(repository);
    cargo
}
