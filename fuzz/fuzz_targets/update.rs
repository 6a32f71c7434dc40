//! See `dynflare::fuzzing::update`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::update(octets));
