//! The real program as a service of a real systemd, in a machine of its own on the network of a lab.
//!
//! Needs root, `systemd-nspawn`, `ip` and `nft`; elsewhere the tests say that they are skipped.

mod life;
mod packages;
mod sandbox;
mod service;
mod unit;
mod vps;
mod walk;
mod world;
