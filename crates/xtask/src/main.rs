//! The project's own jobs. `cargo xtask` lists them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool for the project's own people"
)]

mod bench;
mod docs;
mod fuzz;
mod package;
mod reproducible;
mod test;

use fuzz::Extent;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  bench           build the program, measure it and write docs/performance.md
  bench PROGRAM   measure a program that is built already, and only print
  dns             measure the embedded name server beside BIND and Knot, and write it down
  docs [--check]  write the generated pages, or say which are stale
  fuzz [SECONDS]  run every fuzz target for a minute, or for so long
  fuzz same       run every fuzz target with the same inputs each time
  package KIND PROGRAM DIRECTORY
                  pack a program that is built already: deb, rpm, or image (a static one)
  reaction PROGRAM
                  measure in a lab how soon DNS follows a changed address, and write it down
  reproducible [static]
                  build the program of a release twice, in two places, and compare
  soak PROGRAM [ROUNDS]
                  measure memory, processor time and wake-ups over 10,000 rounds, a day, and a minute of nothing
  test            set up everything the tests need, then run every one of them
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["bench"] => bench::run(),
        ["bench", program] => bench::run_on(program),
        [bench::child::WORD, program, arguments @ ..] => bench::child::main(program, arguments),
        ["dns"] => bench::dns(),
        ["docs"] => docs::run(docs::Mode::Write),
        ["docs", "--check"] => docs::run(docs::Mode::Check),
        ["fuzz"] => fuzz::run(Extent::Seconds(60)),
        ["fuzz", "same"] => fuzz::run(Extent::Same),
        ["fuzz", seconds] => {
            seconds.parse().map_err(|_| USAGE.to_owned()).map(Extent::Seconds).and_then(fuzz::run)
        }
        ["package", kind, program, output] => package::run(kind, program, output),
        ["reaction", program] => bench::react(program),
        ["reproducible"] => reproducible::run(reproducible::Linking::Dynamic),
        ["reproducible", "static"] => reproducible::run(reproducible::Linking::Static),
        ["soak", program] => bench::soak(program, bench::soak::ROUNDS),
        ["soak", program, rounds] => {
            rounds.parse().map_err(|_| USAGE.to_owned()).and_then(|rounds| bench::soak(program, rounds))
        }
        ["test"] => test::run(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
