//! Certificates by ACME, against a real certificate authority: pebble.

mod attempts;
mod handshakes;
mod site;
mod suggestion;
mod ways;
