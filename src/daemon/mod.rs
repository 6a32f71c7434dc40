//! `dynflare run`: rounds when they are due, for years.
//!
//! [`calendar`] is when they are due regularly, [`trigger`] is what wakes it beside the clock.

pub mod calendar;
pub mod trigger;
