//! See `dynflare::fuzzing::stun_server`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::stun_server(octets));
