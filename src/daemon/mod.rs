//! `dynflare run`: rounds when they are due, for years.
//!
//! [`trigger`] is what wakes it beside the clock.

pub mod trigger;
