//! Name servers that answer a "who am I" name with the address they are asked from.
//!
//! Over TLS and HTTPS the server shows who it is, and its answer counts. Over plain UDP and TCP anybody on the way can
//! answer in its place, and routers and providers do: such a source is a witness, unless the user says otherwise.
//! Server and question have to be of the same family, so each family is asked over itself.
//!
//! [`query`] reads what users write, [`message`] knows the wire, [`exchange`] the four ways there.

mod exchange;
mod message;
mod query;

#[cfg(feature = "fuzzing")]
pub(crate) use message::fuzz;

pub use query::DnsError;

use super::{Answering, Engine, Question};
use crate::net::dns::Case;
use crate::net::{Base, Security};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use message::Asked;
use query::{Query, Wanted, Way};
use std::net::IpAddr;
use std::sync::Arc;

/// One service, with a question for each family it answers over.
#[derive(Clone, Debug)]
pub(super) struct Dns {
    v4: Option<(Way, Query)>,
    v6: Option<(Way, Query)>,
}

impl Dns {
    /// A service with a question per family, each as users write it behind `dns:`. A server given by its address
    /// serves the family of that address alone, a type that holds one family that family.
    pub(super) fn new(v4: Option<&str>, v6: Option<&str>) -> Result<Self, DnsError> {
        let read = |family: Family, text: Option<&str>| -> Result<_, DnsError> {
            let asked = text.map(query::parse).transpose()?;
            Ok(asked.filter(|(way, query)| way.leads(family) && holds(query, family)))
        };
        Ok(Self { v4: read(Family::V4, v4)?, v6: read(Family::V6, v6)? })
    }

    /// Whether nobody but the servers can answer.
    pub(super) fn is_authenticated(&self) -> bool {
        self.ways().all(|(way, _)| way.is_authenticated())
    }

    /// The servers' names: those in their certificates, where they are asked at addresses.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.ways().map(|(way, _)| way.host())
    }

    /// Where the questions go.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.ways().map(|(way, _)| way.place())
    }

    /// The question as users write it, in one way; the first where the families differ.
    pub(super) fn written(&self) -> String {
        self.ways().next().map_or_else(String::new, |(way, query)| query::written(way, query))
    }

    fn ways(&self) -> impl Iterator<Item = &(Way, Query)> {
        [&self.v4, &self.v6].into_iter().flatten()
    }

    fn way(&self, family: Family) -> Option<&(Way, Query)> {
        match family {
            Family::V4 => self.v4.as_ref(),
            Family::V6 => self.v6.as_ref(),
        }
    }

    async fn address(&self, question: Question<'_>) -> Result<IpAddr, super::Failure> {
        let family = question.family;
        let Some((way, query)) = self.way(family) else {
            return Err(Fault::new(Class::Invalid, format!("does not answer over {family}")).into());
        };
        let case = if way.is_authenticated() { Case::Any } else { Case::Kept };
        let asked = Asked::new(query, family, case);
        match way {
            Way::Udp(server) => exchange::udp(server, &asked, question).await,
            Way::Tcp(server) => exchange::stream(server, Security::Plain, &asked, question).await,
            Way::Tls(server) => exchange::stream(server, Security::Tls, &asked, question).await,
            Way::Https(base, path) => exchange::https(base, path, &asked, question).await,
        }
    }
}

/// Whether records of the type asked can hold an address of this family.
fn holds(query: &Query, family: Family) -> bool {
    match query.wanted() {
        Wanted::Address | Wanted::Text => true,
        Wanted::V4 => family == Family::V4,
        Wanted::V6 => family == Family::V6,
    }
}

impl Engine for Dns {
    fn kind(&self) -> &'static str {
        match self.ways().next() {
            Some((Way::Udp(_), _)) | None => "dns-udp",
            Some((Way::Tcp(_), _)) => "dns-tcp",
            Some((Way::Tls(_), _)) => "dot",
            Some((Way::Https(..), _)) => "doh",
        }
    }

    fn serves(&self, family: Family) -> bool {
        self.way(family).is_some()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move { Ok(Opinion::Address(self.address(question).await?)) })
    }

    /// Only a question over HTTPS has a base URL.
    fn with_base(&self, families: &[Family], base: &Base) -> Option<Arc<dyn Engine>> {
        let mut other = self.clone();
        for family in families {
            let way = match family {
                Family::V4 => &mut other.v4,
                Family::V6 => &mut other.v6,
            };
            match way {
                Some((Way::Https(held, _), _)) => *held = base.clone(),
                Some((Way::Udp(_) | Way::Tcp(_) | Way::Tls(_), _)) => return None,
                None => {}
            }
        }
        Some(Arc::new(other))
    }
}
