//! A small internet of network namespaces: home behind a router, a carrier between where the shape has one, and
//! servers anywhere.
//!
//! The namespaces have no link to that of the machine, so nothing in them can leave. Programs run inside by
//! [`Lab::run_in`] and [`Lab::spawn_in`], and parts of the test itself by [`Lab::enter`]. Everything goes when the lab
//! is dropped. It takes root, `ip` and `nft`: elsewhere a test is skipped in plain words, except under `CI=true`.
//!
//! At `lan0`, home is `192.168.77.50` and `2001:db8:1:100::50`, the router `192.168.77.1` and `2001:db8:1:100::1`. Its
//! `wan0` and the address that the world sees depend on the [`Shape`]. Servers at [`Place::INTERNET`] may use
//! `198.51.100.10`, 20 and so on to 90, and `2001:db8:cafe::10`, 20 and so on to 90; [`Bind`] takes 60, [`Tree`] 60 and
//! 70.
//! [`Lab::set_wan`] changes what the world sees, in either family.

mod bind;
mod daemon;
mod miniupnpd;
mod namespace;
mod process;
mod shape;
mod tree;
mod tunnel;
mod wan;
mod web;

pub use bind::Bind;
pub use daemon::{Daemon, Pem};
pub use miniupnpd::Miniupnpd;
pub use process::Spawned;
pub use tree::Tree;
pub use tunnel::{Localtunnel, Sshd};
pub use web::{echo, echo_tls};

use crate::nameserver::process::skip;
use namespace::Namespace;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// What stands between home and the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A router with a public address, 203.0.113.5 to begin with.
    Plain,
    /// A router that has 100.64.9.2 itself, and a carrier that translates once more, to 203.0.113.5.
    CarrierGrade,
    /// The same, where the carrier takes 203.0.113.200 and .201 in turn, one flow each.
    PoolNat,
    /// No router: home itself is on the internet, and has its addresses on `wan0` (it has no `lan0`).
    Direct,
}

/// A namespace of a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub &'static str);

impl Place {
    /// Where the program runs; device `lan0`, or `wan0` where it is [`Shape::Direct`].
    pub const HOME: Self = Self("home");
    /// The home's gateway; devices `lan0` and `wan0`.
    pub const ROUTER: Self = Self("router");
    /// The carrier's translator; devices `sub0` towards the router and `pub0`.
    pub const CARRIER: Self = Self("carrier");
    /// Where the servers are; device `isp0`.
    pub const INTERNET: Self = Self("internet");
}

/// What becomes of packets that a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They vanish.
    Drop,
    /// They are refused, by an ICMP message or a reset.
    Reject,
}

/// A lab.
pub struct Lab {
    number: u32,
    namespaces: Vec<(Place, Namespace)>,
    edge: (Place, &'static str),
    wan: Mutex<wan::Seen>,
}

impl Lab {
    /// Builds one; `None` where that is not possible here, which is said, and under `CI=true` is a failed test.
    pub fn new(shape: Shape) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !possible() {
            return None;
        }
        namespace::sweep();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let plan = shape::plan(shape);
        let mut lab = Self { number, namespaces: Vec::new(), edge: plan.edge, wan: Mutex::new(plan.seen) };
        for place in &plan.places {
            lab.add(*place);
        }
        for [one, other] in &plan.cables {
            lab.cable(*one, *other);
        }
        for (place, lines) in &plan.lines {
            lab.ip(*place, lines);
        }
        for (place, device, to) in &plan.nat {
            lab.nft(*place, &shape::translating(device, to));
            lab.forward(*place);
        }
        if shape != Shape::PoolNat {
            lab.set_wan(lab.wan());
        }
        Some(lab)
    }

    /// Adds a namespace of a test's own, without any link.
    pub fn add(&mut self, place: Place) {
        let namespace = Namespace::new(self.number, place.0).expect("root may make a namespace");
        namespace.nft(&shape::hindering()).expect("nft takes the lab's table");
        self.namespaces.push((place, namespace));
    }

    /// Lays a cable between two devices, which come to be by that; both are down at first.
    #[track_caller]
    pub fn cable(&self, one: (Place, &str), other: (Place, &str)) {
        let far = self.namespace(other.0).name();
        let line = format!("link add {} type veth peer name {} netns {far}", one.1, other.1);
        self.ip(one.0, &line);
    }

    /// Lets a place pass on packets of both families.
    pub fn forward(&self, place: Place) {
        for file in ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"] {
            self.namespace(place).proc(file, "1").expect("a namespace's own settings can be changed");
        }
    }

    /// What the namespace of a place is called, for tools such as `ip -n`.
    pub fn name(&self, place: Place) -> &str {
        self.namespace(place).name()
    }

    /// Lines for `ip`, without the word itself: `addr add …`.
    #[track_caller]
    pub fn ip(&self, place: Place, lines: &str) {
        self.namespace(place).batch(lines).unwrap_or_else(|error| panic!("ip at {}: {error}", place.0));
    }

    /// A script for `nft`.
    #[track_caller]
    pub fn nft(&self, place: Place, script: &str) {
        self.namespace(place).nft(script).unwrap_or_else(|error| panic!("nft at {}: {error}", place.0));
    }

    /// A program that will run at a place, with our environment and no input.
    pub fn command_in(&self, place: Place, program: &str) -> Command {
        let mut command = self.namespace(place).command(program);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a program to its end.
    #[track_caller]
    pub fn run_in(&self, place: Place, argv: &[&str]) -> Output {
        let (program, arguments) = argv.split_first().expect("a program");
        self.command_in(place, program).args(arguments).output().expect("the program can be started")
    }

    /// Starts a program that is killed on drop; its output can be waited for.
    #[track_caller]
    pub fn spawn_in(&self, place: Place, argv: &[&str]) -> Spawned {
        let (program, arguments) = argv.split_first().expect("a program");
        Spawned::start(self.command_in(place, program).args(arguments))
    }

    /// Does something on a thread at a place and waits for it. Sockets made there belong to the place for ever, so
    /// that servers and clients of the test's own runtime can use them; a runtime that runs there is inside.
    pub fn enter<T: Send>(&self, place: Place, inside: impl FnOnce() -> T + Send) -> T {
        self.namespace(place).enter(inside)
    }

    /// A listener at a place, for the servers of this crate; called inside a tokio runtime.
    #[track_caller]
    pub fn listen(&self, place: Place, address: &str) -> tokio::net::TcpListener {
        let address: SocketAddr = address.parse().expect("a socket address");
        let listener = self.enter(place, || TcpListener::bind(address)).expect("the address is the place's");
        listener.set_nonblocking(true).expect("a socket can be set up");
        tokio::net::TcpListener::from_std(listener).expect("a runtime")
    }

    /// A UDP socket at a place, which blocks.
    #[track_caller]
    pub fn udp(&self, place: Place, address: &str) -> UdpSocket {
        let address: SocketAddr = address.parse().expect("a socket address");
        self.enter(place, || UdpSocket::bind(address)).expect("the address is the place's")
    }

    /// Takes a device down or up again. Routes over it go with it and do not come back by themselves.
    #[track_caller]
    pub fn link(&self, place: Place, device: &str, state: &str) {
        self.ip(place, &format!("link set {device} {state}"));
    }

    /// Hinders what a place sends, takes or passes on: `ip daddr 198.51.100.10 tcp dport 443`.
    #[track_caller]
    pub fn hinder(&self, place: Place, packets: &str, fate: Fate) {
        let word = match fate {
            Fate::Drop => "drop",
            Fate::Reject => "reject",
        };
        let rules: Vec<String> = ["coming", "passing", "leaving"]
            .iter()
            .map(|chain| format!("add rule inet lab {chain} {packets} {word}"))
            .collect();
        self.nft(place, &rules.join("\n"));
    }

    /// Takes back everything that hinders at a place.
    #[track_caller]
    pub fn unhinder(&self, place: Place) {
        self.nft(place, "flush table inet lab");
    }

    /// What names mean to programs at a place: lines of `/etc/hosts`. Programs that run already do not see it.
    #[track_caller]
    pub fn hosts(&self, place: Place, names: &[(&str, &str)]) {
        let lines = names.iter().map(|(name, address)| format!("{address} {name}\n"));
        self.etc(place, "hosts", &format!("127.0.0.1 localhost\n{}", lines.collect::<String>()));
    }

    /// Which resolver programs at a place ask. Programs that run already see it where there was one when they began.
    #[track_caller]
    pub fn resolver(&self, place: Place, address: &str) {
        self.etc(place, "resolv.conf", &format!("nameserver {address}\noptions timeout:1 attempts:2\n"));
    }

    #[track_caller]
    fn etc(&self, place: Place, file: &str, text: &str) {
        self.namespace(place).etc(file, text).unwrap_or_else(|error| panic!("{error}"));
    }

    #[track_caller]
    fn namespace(&self, place: Place) -> &Namespace {
        let found = self.namespaces.iter().find(|(other, _)| *other == place);
        &found.unwrap_or_else(|| panic!("this lab has no {}", place.0)).1
    }
}

/// Whether these programs are there as well, else says which is missing and what to install.
pub fn installed(programs: &[&str], packages: &str) -> bool {
    crate::nameserver::process::installed(programs, packages)
}

fn possible() -> bool {
    // Once: tests run side by side, and the probe has one name.
    static MADE: OnceLock<bool> = OnceLock::new();
    if !rustix::process::geteuid().is_root() {
        skip("network namespaces need root");
        return false;
    }
    if !installed(&["ip", "nft"], "iproute2 nftables") {
        return false;
    }
    let made = *MADE.get_or_init(namespace::can_be_made);
    if !made {
        skip("this machine lets nobody make network namespaces");
    }
    made
}
