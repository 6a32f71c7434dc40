//! A provider that the user describes: which request writes an address, and, if there is one, which reads it.
//!
//! With a way to read it is of the RRset shape with one value, without one of the push shape. Nothing is known about it
//! but what the user said; every other answer is judged by its status (RFC 9110 §15).

mod adapter;
pub mod settings;
pub mod template;

use self::adapter::Http;
use self::settings::Settings;
use super::Adapter;
use super::registry::{ADDRESSES_AND_TEXT, Attribute, Can, Info, Shape, Verified};
use crate::net::Network;

/// Its row in the registry.
pub const INFO: Info = Info {
    id: "http",
    name: "an API of yours",
    shape: Shape::Push,
    types: ADDRESSES_AND_TEXT,
    attributes: &[Attribute::Ttl],
    min_ttl: 0,
    can: Can { several: false, ..Can::NAMED_ZONES },
    docs: "https://github.com/dynflare/dynflare/blob/main/docs/providers-own.md",
    fields: &[],
    env: &[],
    verified: Verified::Servers("servers that the tests run"),
};

/// An account that such settings describe, of whichever shape.
pub fn open(settings: &Settings, network: &Network) -> Adapter {
    let http = Http::new(settings.clone(), network);
    if settings.read.is_some() { Adapter::RrSets(Box::new(http)) } else { Adapter::Push(Box::new(http)) }
}
