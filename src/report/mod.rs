//! The only place with sentences: the closed list of what can be said ([`event`]), and its renderers.
//!
//! [`human`] writes lines for people (changes to standard output, troubles to standard error), [`json`] the same events
//! as values. Remote text passes [`clean`] on its way out: cut, without control characters, without known secrets.

pub mod cause;
pub mod clean;
pub mod event;
pub mod heard;
pub mod human;
pub mod journal;
pub mod json;
pub mod nat;
pub mod news;
pub mod status;
pub mod tracks;
pub mod when;
pub mod words;
