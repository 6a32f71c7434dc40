//! The dyndns2 endpoint: what routers and clients send becomes wishes, and what became of them is told in their words.
//!
//! [`setter`] is the way to whoever writes records; nothing here knows of zones or providers.

pub mod setter;
