//! Dynflare's embedded authoritative name server.
//!
//! [`NameServer`] takes a request in wire form and gives the answer in wire form. It owns zones, keys and their store,
//! and no socket: listening, rate limits and NOTIFY are `net`'s. No recursion, ever.
//!
//! All zones are in memory, 87 octets for a name with one address. One thread changes them: what waits for it is made
//! together, written with one sync, and then answered; readers see it from that moment on and never wait for the disk.
//!
//! What it does not do: sign zones (DNSSEC; let a secondary do that, such as Knot or BIND with inline signing, and name
//! that one at the parent), DNAME (updates that would add one are refused), and remember signed updates, which can be
//! sent once more by somebody who listens for as long as their time is right, five minutes (RFC 8945 §5.2.3 leaves that
//! to the server; prerequisites prevent it).

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
