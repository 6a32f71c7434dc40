//! See `dynflare::fuzzing::pcp`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::pcp(octets));
