//! Servers that tests and benchmarks run against; one module each.

pub mod nameserver;
