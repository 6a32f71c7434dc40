//! See `dynflare::fuzzing::upnp`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::upnp(octets));
