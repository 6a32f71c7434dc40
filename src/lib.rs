//! Dynflare keeps DNS records pointing at this machine's current public address, and believes only a quorum.
//!
//! One run is one round. [`cli`] reads the command line, [`config`] makes [`config::Settings`] of file, environment and
//! arguments, and [`round`] does the rest: it has [`source`] ask a panel of independent operators, has [`provider`]
//! adapters list the records at the same time, lets `dynflare_core` decide what follows from both, and hands the steps
//! back to the adapters. What became of each record goes to [`report`], which is the only place with sentences.
//!
//! Below all of that are [`net`], the one way out, [`memory`], what one run leaves for the next, [`history`], what happened, and [`secret`], the
//! type of everything that must not be seen. `demo` is the rest of the Internet on loopback.
//!
//! What may depend on what is in ARCHITECTURE.md, and a test (`tests/house/imports.rs`).

pub mod cli;
pub mod config;
pub mod confirm;
pub mod daemon;
#[cfg(feature = "demo")]
pub mod demo;
#[cfg(feature = "doctor")]
pub mod doctor;
mod durable;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod history;
mod idn;
mod keeper;
pub mod memory;
pub mod net;
#[cfg(feature = "notify")]
pub mod notify;
#[cfg(feature = "page")]
pub mod page;
mod program;
pub mod provider;
pub mod report;
mod rotated;
pub mod round;
pub mod secret;
#[cfg(feature = "serve")]
pub mod serve;
pub mod server;
mod setup;
pub mod signed;
pub mod source;
