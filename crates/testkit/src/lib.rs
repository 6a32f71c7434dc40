//! Servers that tests and benchmarks run against; one module each. They listen on loopback, on ports the kernel
//! gives or [`port`] holds, and stop when they are dropped.

pub mod broker;
pub mod browser;
pub mod cargo;
pub mod cloudflare;
pub mod container;
pub mod dyndns2;
pub mod echo;
pub mod front;
pub mod json_schema;
pub mod kubernetes;
pub mod lab;
pub mod machine;
pub mod mailbox;
pub mod moto;
pub mod nameserver;
mod npm;
pub mod nsupdate_info;
pub mod pebble;
pub mod port;
pub mod prism;
mod pypi;
pub mod serve;
pub mod slow;
pub mod stun;
pub mod tls;
