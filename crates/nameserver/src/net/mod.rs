//! What stands between the network and the name server: datagrams, connections, word to secondaries.
//!
//! [`bind`] opens sockets where they are not handed over, and [`Server`] serves them until it is dropped: `udp` on plain
//! threads, `tcp` and `notify` on one more thread with a runtime of its own, so that a long transfer holds up nobody else.
//! `house` is what they share, `limit` and `whoami` stand before the name server. What an answer says is its business.

mod house;
mod limit;
mod notify;
mod tcp;
mod udp;
mod whoami;

use self::house::House;
use self::notify::Desk;
use self::tcp::Places;
use crate::server::NameServer;
use dynflare_datagram::Datagrams;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

pub use house::{Manners, Tally};
pub use limit::RateLimit;
pub use notify::{Heard, Secondary, Word};
pub use tcp::Streams;

/// Where a name server listens.
#[derive(Debug, Default)]
pub struct Sockets {
    /// Datagrams, one thread for each.
    pub udp: Vec<UdpSocket>,
    /// Connections.
    pub tcp: Vec<TcpListener>,
}

/// Opens sockets at these addresses, UDP and TCP; for datagrams as many for each as the machine has cores (four at most),
/// where the system shares out what comes in. With port 0 the kernel chooses a port that is free for both.
pub fn bind(addresses: &[SocketAddr]) -> io::Result<Sockets> {
    let count = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let mut sockets = Sockets::default();
    for address in addresses {
        let (tcp, udp) = both(*address, count)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
        sockets.tcp.push(tcp);
        sockets.udp.extend(udp);
    }
    Ok(sockets)
}

fn both(address: SocketAddr, count: usize) -> io::Result<(TcpListener, Vec<UdpSocket>)> {
    let mut tries = 20;
    loop {
        let tcp = TcpListener::bind(address)?;
        match dynflare_datagram::bind(tcp.local_addr()?, count) {
            Ok(udp) => return Ok((tcp, udp)),
            // The kernel chose a port that somebody has for datagrams.
            Err(_) if address.port() == 0 && tries > 0 => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}

/// A name server on the network. Its threads end, and connections with them, when this is dropped.
pub struct Server {
    house: Arc<House>,
    desk: Arc<Desk>,
    addresses: Vec<SocketAddr>,
    datagrams: Option<Datagrams>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves what comes in at the sockets, and tells the secondaries of changes.
    pub fn start(
        engine: NameServer,
        sockets: Sockets,
        streams: Streams,
        (manners, secondaries): (Manners, Vec<Secondary>),
    ) -> io::Result<Self> {
        let addresses = sockets.tcp.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
        let desk = Arc::new(Desk::new(&engine, secondaries));
        let house = Arc::new(House::new(engine, manners));
        // Before there is a runtime: where this fails, none is dropped inside that of whoever calls.
        let datagrams = udp::serve(sockets.udp, &house)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listeners = {
            let _inside = runtime.enter();
            let listener = |listener: TcpListener| {
                listener.set_nonblocking(true)?;
                tokio::net::TcpListener::from_std(listener)
            };
            sockets.tcp.into_iter().map(listener).collect::<io::Result<Vec<_>>>()?
        };
        let (stop, stopped) = oneshot::channel();
        let places = Arc::new(Places::new(streams));
        let (inside, told) = (Arc::clone(&house), Arc::clone(&desk));
        let thread = std::thread::Builder::new().name("dns-tcp".to_owned()).spawn(move || {
            for listener in listeners {
                runtime.spawn(tcp::receive(listener, Arc::clone(&places), Arc::clone(&inside)));
            }
            runtime.spawn(notify::run(told));
            // The other side never speaks; it goes.
            let _gone = runtime.block_on(stopped);
        })?;
        Ok(Self {
            house,
            desk,
            addresses,
            datagrams: Some(datagrams),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens for connections, and for datagrams where [`bind`] opened the sockets.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Puts another name server, or the same with other manners, behind the sockets; connections stay. Secondaries are
    /// told again.
    pub fn exchange(&self, engine: NameServer, manners: Manners, secondaries: Vec<Secondary>) {
        self.desk.exchange(&engine, secondaries);
        self.house.exchange(engine, manners);
    }

    /// What was done so far.
    pub fn tally(&self) -> Tally {
        self.house.tally()
    }

    /// What the secondaries were told last, and what they said to it.
    pub fn words(&self) -> Vec<Word> {
        self.desk.words()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.datagrams.take());
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its tasks' panics are caught, so it can only have ended.
            let _ended = thread.join();
        }
    }
}
