//! The program: hands arguments and environment to the library, and ends with its exit code.

use dynflare::cli;
use dynflare::config::Environment;
use std::process::ExitCode;

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment; it goes to `config` as a value"
)]
fn main() -> ExitCode {
    let world = Environment::from_os(std::env::vars_os());
    cli::run(std::env::args_os(), &world).into()
}
