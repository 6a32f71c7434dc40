//! One server, one question: does it give the new values itself?

use crate::net::dns::exchange::{Patience, ask};
use crate::net::dns::presentation::canonical;
use crate::net::dns::{Asked, Asking, Case, PAYLOAD, Recursion, values, wire};
use crate::net::sender::towards_internet;
use crate::net::{NetError, Route, Way};
use domain::base::iana::{Class, Rcode};
use domain::base::{Message, Rtype};
use dynflare_core::address::Family;
use dynflare_core::record::Key;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// An authoritative server answers from memory; what takes longer is the way.
const PATIENCE: Patience = Patience {
    first: Duration::from_millis(500),
    udp: Duration::from_millis(1500),
    tcp: Duration::from_secs(3),
};

/// What the servers have to give. Values are compared as record data: the one text that each has in
/// [`canonical`] is made from its data on the wire.
#[derive(Debug)]
pub(super) struct Expected {
    key: Key,
    values: BTreeSet<String>,
    gone: BTreeSet<String>,
}

impl Expected {
    /// From values as texts; one that is no data of the type is an error, as a clause.
    pub(super) fn new(key: Key, values: &[String], gone: &[String]) -> Result<Self, String> {
        let data = |values: &[String]| -> Result<BTreeSet<String>, String> {
            let one = |value: &String| {
                canonical(key.rtype, value)
                    .map_err(|error| format!("{value:?} is no {} record: {error}", key.rtype))
            };
            values.iter().map(one).collect()
        };
        let (values, gone) = (data(values)?, data(gone)?);
        let gone = gone.difference(&values).cloned().collect();
        Ok(Self { key, values, gone })
    }

    fn fits(&self, there: &BTreeSet<String>) -> bool {
        if self.values.is_empty() && self.gone.is_empty() {
            return there.is_empty();
        }
        self.values.is_subset(there) && self.gone.is_disjoint(there)
    }
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The new values.
    Right,
    /// With authority something else.
    Otherwise,
    /// An answer without authority: it does not serve the zone, or somebody on the way answered in its place.
    NoAuthority,
    /// That it will not answer; the code.
    Refused(String),
    /// Something that cannot be read.
    Garbled,
    /// Nothing, for this reason.
    Nothing(String),
    /// It is not for this machine to ask: there is no way there over its family, or it wants a key.
    NotForUs,
}

/// Asks one server for the expected values.
pub(super) struct Seeker {
    pub(super) server: SocketAddr,
    /// Whether it is one that the zone need not name.
    pub(super) extra: bool,
    pub(super) way: Way,
    pub(super) expected: Arc<Expected>,
}

impl Seeker {
    /// Asks once, with a new id, a new port and new case.
    pub(super) async fn ask(&self) -> Said {
        let name = wire(&self.expected.key.name);
        let asking = Asking {
            name: &name,
            rtype: Rtype::from_int(self.expected.key.rtype.code()),
            class: Class::IN,
            recursion: Recursion::Unwanted,
            case: Case::Kept,
            payload: Some(PAYLOAD),
        };
        let family = Family::of(self.server.ip());
        let route = Route { family: Some(family), way: self.way, ..Route::default() };
        match ask(self.server, route, &Asked::new(&asking), PATIENCE).await {
            Ok(message) => self.read(&message),
            // A server may be down, too, so that nothing leads there; a machine without the family leads nowhere.
            Err(NetError::NoRoute { .. }) if towards_internet(family, self.way).is_none() => Said::NotForUs,
            Err(error) => Said::Nothing(error.to_string()),
        }
    }

    fn read(&self, message: &Message<Vec<u8>>) -> Said {
        let Expected { key, .. } = &*self.expected;
        let header = message.header();
        match header.rcode() {
            Rcode::NOERROR | Rcode::NXDOMAIN if !header.aa() => return Said::NoAuthority,
            Rcode::NOERROR | Rcode::NXDOMAIN => {}
            Rcode::REFUSED if self.extra => return Said::NotForUs,
            rcode => return Said::Refused(rcode.to_string()),
        }
        let Ok(values) = values(message, &wire(&key.name), key.rtype) else { return Said::Garbled };
        let there: Result<BTreeSet<String>, _> =
            values.iter().map(|(_, text)| canonical(key.rtype, text)).collect();
        match there {
            Ok(there) if self.expected.fits(&there) => Said::Right,
            Ok(_) => Said::Otherwise,
            Err(_) => Said::Garbled,
        }
    }
}
