//! The real program, and its parts, inside a small internet of network namespaces with real servers.
//!
//! One file per kind of source. Needs root, `ip` and `nft`; elsewhere the tests say that they are skipped.

mod every;
mod ground;
mod hostile;
mod interface;
mod panel;
mod router;
mod running;
mod triggers;
mod uplinks;
mod whoami;

use dynflare_testkit::lab::{Lab, Place};
use std::process::Output;

/// Runs the program at a place with an empty environment.
fn dynflare(lab: &Lab, place: Place, arguments: &[&str]) -> Output {
    let mut command = lab.command_in(place, "env");
    command.arg("-i").arg(env!("CARGO_BIN_EXE_dynflare")).args(arguments);
    command.output().expect("the program can be started")
}

/// What it printed, complaints last.
fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}
