//! Names to addresses, by the system's own resolver, so that `/etc/hosts`, `resolv.conf` and everything else the
//! machine's owner has set up count, as they are at that moment. Nothing is cached and no server is built in.

use super::NetError;
use dynflare_core::address::Family;
use std::net::SocketAddr;

/// The addresses of `host` (a name or an address without brackets), in the system's order of preference.
///
/// With a family, only those of it; a name that has none of them is [`NetError::NoAddress`].
pub async fn resolve(host: &str, port: u16, family: Option<Family>) -> Result<Vec<SocketAddr>, NetError> {
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| NetError::Resolve { name: host.to_owned(), reason: reason(&error) })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        let wanted = family.is_none_or(|family| Family::of(address.ip()) == family);
        if wanted && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(NetError::NoAddress { name: host.to_owned(), family });
    }
    Ok(addresses)
}

/// The resolver's words without the prefix that std puts before them.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_lowercase()
}
