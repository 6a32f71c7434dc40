//! See `dynflare::fuzzing::netlink`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dynflare::fuzzing::netlink(octets));
