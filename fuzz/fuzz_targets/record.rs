//! See `dynflare::fuzzing::record`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::record(octets));
