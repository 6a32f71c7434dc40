//! Which servers a zone has: its NS records and their addresses, by the system's resolvers.

use super::resolvers::Resolvers;
use crate::net::dns::exchange::{Patience, ask};
use crate::net::dns::{Asked, Asking, Case, PAYLOAD, Recursion, Wire, wire};
use crate::net::{Route, Way};
use domain::base::iana::{Class, Rcode};
use domain::base::name::{FlattenInto, ToName};
use domain::base::{Message, Rtype};
use domain::rdata::{A, Aaaa, Ns};
use dynflare_core::name::Name;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A resolver may have to ask many others first.
const PATIENCE: Patience =
    Patience { first: Duration::from_secs(1), udp: Duration::from_secs(3), tcp: Duration::from_secs(3) };

/// How many servers are asked: nobody has more, unless to make others ask.
const MOST: usize = 32;

/// Looks for the servers of one zone.
pub(super) struct Finder {
    pub(super) zone: Name,
    pub(super) resolvers: Resolvers,
    pub(super) port: u16,
    pub(super) way: Way,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// These, each with its name; not empty.
    Found(Vec<(SocketAddr, String)>),
    /// There are none, for this reason: asking again would not help soon.
    Nothing(String),
    /// It could not be found out, for this reason.
    Failed(String),
}

impl Finder {
    /// Looks once.
    pub(super) async fn search(&self) -> Search {
        let zone = wire(&self.zone);
        let message = match self.resolve(&zone, Rtype::NS).await {
            Ok(message) => message,
            Err(why) => return Search::Failed(why),
        };
        let names = names(&message, &zone);
        if names.is_empty() {
            return Search::Nothing(format!("the resolver knows no name servers of {}", self.zone));
        }
        let mut servers = Vec::new();
        let mut failed = None;
        for name in &names {
            let (v4, v6) = tokio::join!(self.resolve(name, Rtype::A), self.resolve(name, Rtype::AAAA));
            for message in [v4, v6] {
                match message {
                    Ok(message) => servers.extend(
                        addresses(&message)
                            .into_iter()
                            .map(|address| (SocketAddr::new(address, self.port), name.to_string())),
                    ),
                    Err(why) => failed = Some(why),
                }
            }
        }
        servers.truncate(MOST);
        match failed {
            // Fewer than there are would be too easily all of them.
            Some(why) => Search::Failed(why),
            None if servers.is_empty() => {
                Search::Nothing(format!("the name servers of {} have no addresses", self.zone))
            }
            None => Search::Found(servers),
        }
    }

    /// Asks the resolvers in turn.
    async fn resolve(&self, name: &Wire, rtype: Rtype) -> Result<Message<Vec<u8>>, String> {
        let asking = Asking {
            name,
            rtype,
            class: Class::IN,
            recursion: Recursion::Desired,
            // Resolvers of small routers are known to answer in small letters.
            case: Case::Any,
            payload: Some(PAYLOAD),
        };
        let route = Route { way: self.way, ..Route::default() };
        let mut failure = "there is no resolver".to_owned();
        for resolver in self.resolvers.addresses().await? {
            match ask(resolver, route, &Asked::new(&asking), PATIENCE).await {
                Ok(message) => match message.header().rcode() {
                    Rcode::NOERROR | Rcode::NXDOMAIN => return Ok(message),
                    rcode => failure = format!("the resolver {} answered {rcode}", resolver.ip()),
                },
                Err(error) => failure = format!("cannot ask the resolver: {error}"),
            }
        }
        Err(failure)
    }
}

/// The names of a zone's servers, each once.
fn names(message: &Message<Vec<u8>>, zone: &Wire) -> Vec<Wire> {
    let mut names: Vec<Wire> = Vec::new();
    for record in message.answer().into_iter().flatten().filter_map(Result::ok) {
        if !record.owner().name_eq(zone) || record.class() != Class::IN {
            continue;
        }
        let Ok(Some(record)) = record.into_record::<Ns<_>>() else { continue };
        let name: Wire = record.data().nsdname().flatten_into();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The addresses in an answer. By whatever name: the resolver has followed aliases, and nobody else is believed here.
fn addresses(message: &Message<Vec<u8>>) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for record in message.answer().into_iter().flatten().filter_map(Result::ok) {
        if let Ok(Some(a)) = record.to_record::<A>() {
            addresses.push(a.data().addr().into());
        } else if let Ok(Some(aaaa)) = record.to_record::<Aaaa>() {
            addresses.push(aaaa.data().addr().into());
        }
    }
    addresses
}
