//! Which router is ours: the gateway of the default route, from the kernel's own table and never from what somebody
//! on the network says about itself.

use crate::net::Way;
use dynflare_core::fault::{Class, Fault};
use std::net::Ipv4Addr;

/// The gateway of the IPv4 default route with the lowest metric; by the interface of the way out where it names one
/// or names an address that one holds. `None` without such a route.
pub(super) fn default(way: Way) -> Result<Option<Ipv4Addr>, Fault> {
    let known = crate::net::netlink::snapshot().map_err(|error| {
        Fault::new(Class::Unavailable, format!("cannot read the routing table: {}", error.kind()))
    })?;
    let routes = known.routes.iter().filter_map(|route| {
        let gateway = route.gateway?;
        let std::net::IpAddr::V4(gateway) = gateway else { return None };
        let link = known.links.iter().find(|link| link.index == route.index)?;
        let holds = |address: Ipv4Addr| {
            known.addresses.iter().any(|held| held.index == route.index && held.address == address)
        };
        let named = way.device.is_none_or(|device| device.name() == link.name);
        (named && way.v4.is_none_or(holds)).then_some((route.metric, link.name.as_str(), gateway))
    });
    Ok(routes.min().map(|(_, _, gateway)| gateway))
}

/// The gateways of all default routes of both families.
pub fn all() -> Result<Vec<std::net::IpAddr>, Fault> {
    let known = crate::net::netlink::snapshot().map_err(|error| {
        Fault::new(Class::Unavailable, format!("cannot read the routing table: {}", error.kind()))
    })?;
    Ok(known.routes.iter().filter_map(|route| route.gateway).collect())
}
