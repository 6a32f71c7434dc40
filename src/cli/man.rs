//! `dynflare man`: the manual page, made from the definition of the command line.

use super::args;
use clap_mangen::Man;

/// The page in roff.
pub fn page() -> String {
    let mut roff = Vec::new();
    let command = args::table();
    Man::new(command.clone()).render(&mut roff).expect("writing to memory cannot fail");
    String::from_utf8(roff).expect("the page is made from UTF-8 texts")
}
