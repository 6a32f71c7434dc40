//! The resolvers of the system, as `/etc/resolv.conf` says at that moment (resolv.conf(5)).

use crate::net::resolve::resolve;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where the system keeps its settings.
const FILE: &str = "/etc/resolv.conf";

/// How many name servers are used: more than these the system does not use either (`MAXNS`).
const MOST: usize = 3;

/// Who is asked which servers a zone has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolvers {
    /// Those of `/etc/resolv.conf`, read anew each time.
    System,
    /// These, in this order.
    At(Vec<SocketAddr>),
}

impl Resolvers {
    /// Their addresses; not empty. Or why there are none, as a clause.
    pub(super) async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        match self {
            Self::At(addresses) => Ok(addresses.clone()),
            Self::System => match std::fs::read_to_string(FILE) {
                Ok(text) => Ok(listed(&text).await),
                Err(error) if error.kind() == ErrorKind::NotFound && cfg!(unix) => Ok(vec![fallback()]),
                Err(error) => Err(format!("cannot read {FILE}: {error}")),
            },
        }
    }
}

/// The resolver of a system that names none (resolv.conf(5)).
fn fallback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 53).into()
}

async fn listed(text: &str) -> Vec<SocketAddr> {
    let mut addresses = Vec::new();
    for text in name_servers(text).take(MOST) {
        match text.parse::<IpAddr>() {
            Ok(address) => addresses.push((address, 53).into()),
            // A link-local one with its interface (`fe80::1%eth0`), whose number only the system knows.
            Err(_) if text.contains('%') => {
                addresses.extend(resolve(text, 53, None).await.unwrap_or_default());
            }
            Err(_) => {}
        }
    }
    if addresses.is_empty() {
        addresses.push(fallback());
    }
    addresses
}

fn name_servers(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn name_servers_are_read_as_the_system_reads_them() {
        let text = "# a comment\nsearch example.org\nnameserver 192.0.2.53\n nameserver\t2001:db8::53 # more\n\
                    options edns0\nnameserver nonsense\nnameserver 192.0.2.99\n#nameserver 192.0.2.7\n";
        let addresses: Vec<String> = listed(text).await.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["192.0.2.53:53", "[2001:db8::53]:53"]);
    }

    #[tokio::test]
    async fn without_any_the_machine_itself_is_asked() {
        assert_eq!(listed("options timeout:1\n").await, [fallback()]);
    }

    #[tokio::test]
    async fn a_link_local_one_is_asked_over_its_interface() {
        let addresses = listed("nameserver fe80::1%lo\n").await;
        let [SocketAddr::V6(address)] = addresses.as_slice() else { panic!("{addresses:?}") };
        assert_ne!(address.scope_id(), 0);
    }
}
