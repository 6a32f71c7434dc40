//! See `dynflare_import::fuzzing::read`.

#![no_main]

use dynflare_import::{Tool, fuzzing};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| fuzzing::read(octets, &[Tool::Dness]));
