//! See `dynflare::fuzzing::nat_pmp`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::nat_pmp(octets));
