//! See `dynflare::fuzzing::config`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::config(octets));
