//! A small file that something else on this machine keeps: addresses separated by white space, `#` begins a comment.
//!
//! Read anew each time. The first address of the family counts; a file without one says that there is none. Anything
//! that is not an address is a fault, and so is a file that is not there: a broken writer must not look like "none".

use super::{Answering, Engine, LIMIT, Question, beginning};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Where it is.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
}

impl Engine for File {
    fn kind(&self) -> &'static str {
        "file"
    }

    fn serves(&self, _family: Family) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let path = self.path.clone();
            // A file may lie on a network file system, and everything else goes on meanwhile.
            let text = tokio::task::spawn_blocking(move || read(&path)).await;
            let text = text.map_err(|_| Fault::new(Class::Unexpected, "reading the file was broken off"))?;
            let text = text.map_err(|error| {
                let what = format!("cannot read {}: {}", self.path.display(), words(&error));
                Fault::new(Class::Unavailable, what)
            })?;
            Ok(first(&text, question.family)?)
        })
    }
}

fn read(path: &Path) -> io::Result<String> {
    // A pipe or a device could keep its reader for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    let most = LIMIT as u64 + 1;
    std::fs::File::open(path)?.take(most).read_to_string(&mut text)?;
    if text.len() > LIMIT {
        return Err(io::Error::other(format!("it is larger than {LIMIT} bytes")));
    }
    Ok(text)
}

fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

fn first(text: &str, family: Family) -> Result<Opinion, Fault> {
    let mut found = None;
    // A byte order mark is what some editors leave.
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split_once('#').map_or(line, |(before, _)| before);
        for word in line.split_ascii_whitespace() {
            let address: IpAddr = word.parse().map_err(|_| {
                Fault::new(Class::Invalid, "the file holds something that is not an address")
                    .said(beginning(word))
            })?;
            if found.is_none() && Family::of(address) == family {
                found = Some(address);
            }
        }
    }
    Ok(found.map_or(Opinion::NoAddress, Opinion::Address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Opinion {
        Opinion::Address(text.parse().expect("an address"))
    }

    #[test]
    fn the_first_address_of_the_family_counts() {
        let text = "# from the modem\n2001:db8::7  192.0.2.7\r\n192.0.2.8 # the old one\n";
        assert_eq!(first(text, Family::V4), Ok(address("192.0.2.7")));
        assert_eq!(first(text, Family::V6), Ok(address("2001:db8::7")));
    }

    #[test]
    fn an_empty_file_says_that_there_is_none() {
        for text in ["", "\n", "# nothing\n", "\u{feff}\n"] {
            assert_eq!(first(text, Family::V4), Ok(Opinion::NoAddress), "{text:?}");
        }
        assert_eq!(first("192.0.2.7", Family::V6), Ok(Opinion::NoAddress));
    }

    #[test]
    fn garbage_is_a_fault_wherever_it_stands() {
        for text in ["down", "192.0.2.7 down", "192.0.2.7/24", "192.0.2.7,192.0.2.8", "192.0.2.07"] {
            assert!(first(text, Family::V4).is_err(), "{text}");
        }
    }
}
