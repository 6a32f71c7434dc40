//! `dynflare completions SHELL`: made from the definition of the command line.

use super::args;
use clap_complete::{Shell, generate};

/// The completion script for a shell.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    generate(shell, &mut args::table(), "dynflare", &mut script);
    String::from_utf8(script).expect("the script is made from UTF-8 texts")
}
