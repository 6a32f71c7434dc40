//! What Dynflare decides, and nothing that does anything.
//!
//! The modules follow a round in the order in which it thinks:
//!
//! * [`name`], [`address`], [`record`]: the values everything is made of. Parsed once, at the edge, into types that
//!   cannot be wrong.
//! * [`quorum`]: who is asked, who is believed. A state machine without I/O, and the pure count behind it.
//! * [`breaker`]: whose seat is offered last, by what earlier rounds saw.
//! * [`uplink`]: which way out is followed, where there are several.
//! * [`desired`]: what a name should hold, derived from the agreed addresses.
//! * [`condition`]: what a user may ask for beside right values.
//! * [`plan`]: the steps from what is there to what should be there, for each of the three shapes of provider.
//! * [`guard`]: the last look before a step is taken.
//! * [`fault`]: everything that can go wrong outside, in nine classes, and the one policy table.
//! * [`schedule`]: when: back-off, jitter, pace, debounce, request budgets; [`random`] is their dice.
//! * [`machine`]: what the daemon does next, whatever happens.
//! * [`memory`]: what a later round needs to know of an earlier one.
//!
//! No I/O, no clock, no randomness, no allocation beyond `alloc`, no dependencies. Time is a number that comes in, a
//! seed too, so every decision can be repeated.
#![no_std]

extern crate alloc;

pub mod address;
pub mod breaker;
pub mod condition;
pub mod desired;
pub mod fault;
pub mod guard;
pub mod machine;
pub mod memory;
pub mod name;
pub mod plan;
pub mod quorum;
pub mod random;
pub mod record;
pub mod schedule;
pub mod stop;
pub mod uplink;
