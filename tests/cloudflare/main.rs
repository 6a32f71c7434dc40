//! The Cloudflare adapter against a stateful fake of its API, over real sockets.
//!
//! Tests that carry a number are the acceptance tests of that number in the demand research.

mod budget;
mod failures;
mod reading;
mod setting;
mod writing;
mod zones;
