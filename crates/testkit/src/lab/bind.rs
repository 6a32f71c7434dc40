//! The real BIND 9 on a lab's internet: authoritative for the zones of [`crate::nameserver`], and read by `dig`.

use super::{Lab, Place, Spawned, installed};
use crate::nameserver::process::Directory;
use crate::nameserver::{KEYS, ZONE, bind, client};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A running name server at [`Bind::V4`] and [`Bind::V6`], port 53 of UDP and TCP. Its zones and keys are those of
/// [`NameServer`](crate::nameserver::NameServer).
pub struct Bind {
    process: Spawned,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl Bind {
    /// Its IPv4 address, which every place reaches.
    pub const V4: &str = "198.51.100.60";

    /// Its IPv6 address, which every place reaches.
    pub const V6: &str = "2001:db8:cafe::60";

    /// Starts it on the internet and waits until it answers; `None` where BIND is not installed, which is said.
    pub fn start(lab: &Lab) -> Option<Self> {
        if !client::installed() || !installed(bind::PROGRAMS, "bind9") {
            return None;
        }
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let launch = bind::prepare_at(&directory.0, [Self::V4, Self::V6]).expect("files in our directory");
        let mut command = lab.command_in(Place::INTERNET, "named");
        command.args(launch.command.get_args()).current_dir(&directory.0);
        let process = Spawned::start(&mut command);
        process.wait_for(launch.ready);
        Some(Self { process, _directory: directory })
    }

    /// The data of the records of a name and type, sorted, as somebody at `place` reads them with `dig`.
    pub fn read(&self, lab: &Lab, place: Place, (name, rtype): (&str, &str)) -> Vec<String> {
        let dig = lab.command_in(place, "dig");
        client::read_by(dig, address(), name, rtype).into_iter().map(|(_, data)| data).collect()
    }

    /// Changes the zone as somebody else would: `commands` are lines for `nsupdate`, without `server` and `send`.
    #[track_caller]
    pub fn change(&self, lab: &Lab, commands: &str) {
        let nsupdate = lab.command_in(Place::INTERNET, "nsupdate");
        let commands = format!("zone {ZONE}\n{commands}");
        let said = client::nsupdate_by(nsupdate, address(), Some(KEYS[0]), &commands);
        assert!(said.is_empty(), "nsupdate: {said}{}", self.process.log());
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

impl Lab {
    /// Runs `dig` without recursion at a place against port 53 of a server and returns what it printed.
    #[track_caller]
    pub fn dig(&self, place: Place, server: &str, arguments: &[&str]) -> String {
        let server: IpAddr = server.parse().expect("an address");
        client::dig_by(self.command_in(place, "dig"), SocketAddr::new(server, 53), arguments)
    }
}

fn address() -> SocketAddr {
    let v4: Ipv4Addr = Bind::V4.parse().expect("an address");
    SocketAddr::new(v4.into(), 53)
}
