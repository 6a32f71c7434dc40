//! The parsers of sources, for the fuzz targets alone.

pub(crate) use super::router::fuzzing::{nat_pmp, pcp, ssdp, upnp};
pub(crate) use super::{dns::fuzz as dns, stun::fuzz as stun};
