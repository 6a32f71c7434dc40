//! See `dynflare::fuzzing::stun`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::stun(octets));
