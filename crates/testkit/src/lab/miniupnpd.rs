//! The real miniupnpd as a lab's router: UPnP IGD, NAT-PMP and PCP.

use super::{Lab, Place, Spawned, installed};
use crate::nameserver::process::Directory;

/// The chains it wants to find.
const CHAINS: &str = "table inet upnp {
    chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
    chain miniupnpd { }
    chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
    chain postrouting { type nat hook postrouting priority 90; policy accept; jump postrouting_miniupnpd; }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
}";

/// A running router daemon.
pub struct Miniupnpd {
    /// Its process, and what it says.
    pub process: Spawned,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl Miniupnpd {
    /// Starts it at the router; `None` where it is not installed, which is said.
    ///
    /// It takes documentation addresses for "not connected", as it does those of carriers, and tells an address only
    /// where `wan0` has another one.
    pub fn start(lab: &Lab) -> Option<Self> {
        if !installed(&["miniupnpd"], "miniupnpd-nftables") {
            return None;
        }
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let path = |file: &str| directory.0.join(file).display().to_string();
        let leases = path("leases");
        std::fs::write(&leases, "").expect("a file in our directory");
        let settings = format!(
            "ext_ifname=wan0\nlistening_ip=lan0\nhttp_port=5000\nenable_natpmp=yes\nenable_upnp=yes\n\
             secure_mode=yes\nnotify_interval=30\nmin_lifetime=120\nmax_lifetime=86400\n\
             uuid=254f73b3-e3cf-43a2-96b7-48e09f947bff\nserial=1\nmodel_number=1\nlease_file={leases}\n\
             upnp_table_name=upnp\nupnp_nat_table_name=upnp\nupnp_forward_chain=miniupnpd\n\
             upnp_nat_chain=prerouting_miniupnpd\nupnp_nat_postrouting_chain=postrouting_miniupnpd\n\
             allow 1024-65535 192.168.77.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"
        );
        let file = path("miniupnpd.conf");
        std::fs::write(&file, settings).expect("a file in our directory");
        lab.nft(Place::ROUTER, CHAINS);
        let process = lab.spawn_in(Place::ROUTER, &["miniupnpd", "-d", "-f", &file, "-P", &path("pid")]);
        process.wait_for("HTTP listening on port");
        Some(Self { process, _directory: directory })
    }
}
