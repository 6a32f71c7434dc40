//! See `dynflare_nameserver::fuzzing::answer`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare_nameserver::fuzzing::answer(octets));
