//! See `dynflare::fuzzing::proxy`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::proxy(octets));
