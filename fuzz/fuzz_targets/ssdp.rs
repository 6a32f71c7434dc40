//! See `dynflare::fuzzing::ssdp`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::ssdp(octets));
