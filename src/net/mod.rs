//! The network, for everything that asks sources or talks to providers over TCP, TLS and HTTP.
//!
//! Owns name resolution, dialling with a route, the trust store and one small HTTP client. Leaves meaning to its
//! callers: an HTTP status is theirs to judge, and a [`NetError`] becomes a fault only when they say whether they
//! were reading or writing. Nothing here looks at the environment, follows a redirect, uses a proxy or retries,
//! except that a kept connection which has died is dialled again where that cannot do anything twice.

pub mod base;
pub mod datagram;
pub mod date;
#[cfg(feature = "doctor")]
pub mod dates;
#[cfg(target_os = "linux")]
pub mod descriptor;
pub mod dial;
pub mod dns;
pub mod endpoint;
pub mod error;
pub mod forwarded;
pub mod http;
mod lines;
pub mod netlink;
#[cfg(all(unix, not(target_os = "macos")))]
mod pem;
pub mod proxy;
pub mod proxy_protocol;
pub mod reception;
pub mod resolve;
pub mod sender;
pub mod stun;
mod tally;
pub mod tls;
pub mod way;
pub mod xml;

pub use base::Base;
pub use endpoint::{Endpoint, EndpointError, Security};
pub use error::{Effect, NetError, Phase};
pub use tally::Tally;
pub use way::{Device, Way};

use dynflare_core::address::Family;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// What connections have in common: the trust store, the name this program gives itself, and the way out.
///
/// Cheap to clone. The trust store is read at the first TLS connection, once.
#[derive(Clone, Debug)]
pub struct Network {
    inner: Arc<Inner>,
    way: Way,
    tally: Tally,
    #[cfg(feature = "doctor")]
    dates: dates::Dates,
}

#[derive(Debug)]
struct Inner {
    trust: tls::Trust,
    user_agent: String,
}

/// What a [`Network`] is made from.
#[derive(Clone, Debug, Default)]
pub struct NetworkSettings {
    /// PEM files whose certificates are trusted besides the system's (`SSL_CERT_FILE`, `ca_file`).
    pub ca_files: Vec<PathBuf>,
    /// The `User-Agent` of every request; not sent where it is empty or no header value.
    pub user_agent: String,
}

impl Network {
    /// A network with these settings; reads nothing yet.
    pub fn new(settings: NetworkSettings) -> Self {
        let NetworkSettings { ca_files, user_agent } = settings;
        let inner = Inner { trust: tls::Trust::new(ca_files), user_agent };
        Self {
            inner: Arc::new(inner),
            way: Way::default(),
            tally: Tally::default(),
            #[cfg(feature = "doctor")]
            dates: dates::Dates::default(),
        }
    }

    /// The same network by another way out, for everybody who is given it.
    #[must_use]
    pub fn via(&self, way: Way) -> Self {
        Self { way, ..self.clone() }
    }

    /// The same network for somebody whose requests are counted here.
    #[must_use]
    pub fn counting(&self, tally: Tally) -> Self {
        Self { tally, ..self.clone() }
    }

    /// The same network, where what servers say what time it is goes there.
    #[cfg(feature = "doctor")]
    #[must_use]
    pub fn dating(&self, dates: dates::Dates) -> Self {
        Self { dates, ..self.clone() }
    }

    /// Where requests are counted. [`http::Client`] does; who dials without it counts its own.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The same network that trusts a file of certificates (PEM) as well.
    #[must_use]
    pub fn trusting(&self, file: PathBuf) -> Self {
        let mut files = self.inner.trust.files().to_vec();
        files.push(file);
        let inner = Inner { trust: tls::Trust::new(files), user_agent: self.inner.user_agent.clone() };
        Self { inner: Arc::new(inner), ..self.clone() }
    }

    /// The way out. Who dials without [`http::Client`] puts it into the [`Route`].
    pub fn way(&self) -> Way {
        self.way
    }

    /// The trust store.
    pub fn trust(&self) -> &tls::Trust {
        &self.inner.trust
    }

    fn user_agent(&self) -> &str {
        &self.inner.user_agent
    }
}

/// Which way out a connection takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Only this family; both, raced, where it is `None`.
    pub family: Option<Family>,
    /// The address to speak from, where it is still this machine's and leads there; else the kernel chooses.
    pub from: Option<IpAddr>,
    /// How its sockets are bound; where they cannot be, nothing is sent. A client whose route binds nothing takes its
    /// network's way.
    pub way: Way,
}

impl Route {
    /// A route that is forced to one family.
    pub fn only(family: Family) -> Self {
        Self { family: Some(family), ..Self::default() }
    }
}
