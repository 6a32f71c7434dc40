//! Dynflare's embedded authoritative name server.
//!
//! [`NameServer`] takes a request in wire form and gives the answer in wire form. It owns zones, keys and their store,
//! and no socket: listening, rate limits and NOTIFY are `net`'s.

mod answer;
mod change;
mod commit;
mod draft;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod journal;
mod message;
mod name;
pub mod net;
mod open;
mod rdata;
mod server;
mod sets;
mod settings;
mod state;
mod store;
mod transfer;
mod tsig;
mod update;
mod zone;

pub use change::{Change, ChangeError};
pub use commit::Ticket;
pub use message::Rcode;
pub use server::{Answered, NameServer, Serials, Transport, ZoneInfo};
pub use settings::{Grant, KeySettings, Names, OpenError, Permit, Settings, Soa, Store, ZoneSettings};
pub use transfer::Transfer;
pub use tsig::{Algorithm, FUDGE, Key};
