//! See `dynflare::fuzzing::dns`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::dns(octets));
