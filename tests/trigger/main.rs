//! Triggers that need nothing but this machine: changed files. Those with networks are in `tests/lab`.
#![cfg(target_os = "linux")]

mod files;
