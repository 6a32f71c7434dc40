//! The threads: waiting, receiving, answering.

use crate::wake::{Wake, Woken, pipe};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Room for a datagram, or for many that the kernel has put together (`UDP_GRO`); pages never written cost nothing.
const ROOM: usize = 1 << 16;
/// A pause after the system could not receive (it has no memory, or the network is gone).
const BREATH: Duration = Duration::from_millis(50);

/// What answers, one value per thread.
pub trait Answer: Send + 'static {
    /// Appends the answer to `out`, which is empty; nothing there means silence. A panic loses this datagram alone.
    fn answer(&mut self, asked: &Asked<'_>, out: &mut Vec<u8>);
}

impl<F: FnMut(&Asked<'_>, &mut Vec<u8>) + Send + 'static> Answer for F {
    fn answer(&mut self, asked: &Asked<'_>, out: &mut Vec<u8>) {
        self(asked, out);
    }
}

/// A datagram that came in.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What it holds.
    pub octets: &'a [u8],
    /// Who sent it; IPv4 is always IPv4, whatever the socket is.
    pub from: SocketAddr,
    way: Way,
    socket: &'a Arc<Socket>,
}

impl Asked<'_> {
    /// The address it was sent to, where the system says so.
    pub fn to(&self) -> Option<IpAddr> {
        self.way.local.map(|address| address.to_canonical())
    }

    /// For an answer that is not there yet.
    pub fn later(&self) -> Later {
        Later { socket: Arc::clone(self.socket), way: self.way }
    }
}

/// The way back to somebody who asked.
#[derive(Clone, Debug)]
pub struct Later {
    socket: Arc<Socket>,
    way: Way,
}

impl Later {
    /// Sends the answer; it is lost where the system has no room for it.
    pub fn send(&self, octets: &[u8]) {
        self.socket.send(self.way, octets);
    }
}

#[derive(Clone, Copy, Debug)]
struct Way {
    /// As the kernel knows them.
    peer: SocketAddr,
    local: Option<IpAddr>,
}

#[derive(Debug)]
struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
}

impl Socket {
    fn send(&self, way: Way, contents: &[u8]) {
        let transmit =
            Transmit { destination: way.peer, ecn: None, contents, segment_size: None, src_ip: way.local };
        // Datagrams get lost; who asked asks again.
        let _lost = self.state.try_send((&self.socket).into(), &transmit);
    }
}

/// Sockets that are being served, a thread each. The threads end when this is dropped.
#[derive(Debug)]
pub struct Datagrams {
    /// Wakes those that wait, when it goes.
    wake: Option<Wake>,
    /// Ends those that never wait.
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Datagrams {
    /// Serves every socket on a thread of this name with an answerer of its own.
    pub fn serve<A: Answer>(
        name: &str,
        sockets: Vec<UdpSocket>,
        mut answerer: impl FnMut() -> A,
    ) -> io::Result<Self> {
        let (woken, wake) = pipe()?;
        let mut serving = Self { wake: Some(wake), stop: Arc::default(), threads: Vec::new() };
        for socket in sockets {
            let state = UdpSocketState::new((&socket).into())?;
            let socket = Arc::new(Socket { socket, state });
            let (stop, woken, answer) = (Arc::clone(&serving.stop), woken.try_clone()?, answerer());
            let thread = std::thread::Builder::new().name(name.to_owned());
            serving.threads.push(thread.spawn(move || serve(&socket, &stop, &woken, answer))?);
        }
        Ok(serving)
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.wake.take());
        for thread in self.threads.drain(..) {
            // Its panics are caught, so it can only have ended.
            let _ended = thread.join();
        }
    }
}

fn serve<A: Answer>(socket: &Arc<Socket>, stop: &AtomicBool, woken: &Woken, mut answer: A) {
    let mut room = vec![0; ROOM * BATCH_SIZE];
    let mut out = Vec::with_capacity(4096);
    let mut meta = [RecvMeta::default(); BATCH_SIZE];
    while !stop.load(Ordering::Relaxed) {
        let mut rooms = room.chunks_exact_mut(ROOM);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(rooms.next().unwrap_or_default()));
        match socket.state.recv((&socket.socket).into(), &mut slices, &mut meta) {
            Ok(count) => {
                for (buffer, meta) in slices.iter().zip(&meta).take(count) {
                    let whole = buffer.get(..meta.len).unwrap_or_default();
                    // Nobody can be answered at port 0.
                    if meta.addr.port() == 0 {
                        continue;
                    }
                    for octets in whole.chunks(meta.stride.max(1)) {
                        one(socket, octets, meta, &mut answer, &mut out);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait(socket, woken),
            Err(_) => std::thread::sleep(BREATH),
        }
    }
}

fn one<A: Answer>(socket: &Arc<Socket>, octets: &[u8], meta: &RecvMeta, answer: &mut A, out: &mut Vec<u8>) {
    let way = Way { peer: meta.addr, local: meta.dst_ip };
    let from = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
    let asked = Asked { octets, from, way, socket };
    out.clear();
    // Half an answer of somebody who panicked is none.
    if catch_unwind(AssertUnwindSafe(|| answer.answer(&asked, out))).is_ok() && !out.is_empty() {
        socket.send(way, out);
    }
}

/// Waits for a datagram or the end.
fn wait(socket: &Socket, woken: &Woken) {
    let mut both = [PollFd::new(&socket.socket, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
    // An interruption looks like a datagram, and the next look says that there is none.
    let _woken = poll(&mut both, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind;

    fn served(address: &str, count: usize) -> (Datagrams, u16) {
        let sockets = bind(address.parse().expect("an address"), count).expect("there are free ports");
        let port = sockets[0].local_addr().expect("a bound socket has an address").port();
        let answer = || {
            |asked: &Asked<'_>, out: &mut Vec<u8>| match asked.octets {
                b"panic" => panic!("as the test has it"),
                b"later" => asked.later().send(b"now"),
                b"silence" => {}
                _ => out.extend(asked.from.to_string().into_bytes()),
            }
        };
        (Datagrams::serve("test", sockets, answer).expect("threads start"), port)
    }

    /// A socket that hears nobody but this peer.
    fn client(own: &str, peer: (&str, u16)) -> UdpSocket {
        let socket = UdpSocket::bind((own, 0)).expect("there are free ports");
        socket.connect(peer).expect("loopback is reached");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        socket
    }

    fn ask(socket: &UdpSocket, octets: &[u8]) -> String {
        socket.send(octets).expect("loopback takes it");
        let mut answer = [0; 100];
        let length = socket.recv(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    #[test]
    fn the_answer_comes_from_the_address_that_was_asked() {
        for (address, peers) in [
            ("0.0.0.0:0", &["127.0.0.1", "127.0.0.2", "127.1.2.3"][..]),
            ("[::]:0", &["127.0.0.2", "::1"]),
            ("127.0.0.2:0", &["127.0.0.2"]),
        ] {
            let (_serving, port) = served(address, 2);
            for peer in peers {
                let own = if peer.contains(':') { "::1" } else { "127.0.0.9" };
                let socket = client(own, (peer, port));
                let me = socket.local_addr().expect("a bound socket has an address");
                assert_eq!(ask(&socket, b"who"), me.to_string(), "{address} asked at {peer}");
                assert_eq!(ask(&socket, b"later"), "now");
            }
        }
    }

    #[test]
    fn a_panic_and_an_empty_datagram_do_not_stop_it() {
        let (_serving, port) = served("127.0.0.1:0", 1);
        let socket = client("127.0.0.1", ("127.0.0.1", port));
        for octets in [&b"panic"[..], b"", b"silence"] {
            socket.send(octets).expect("loopback takes it");
        }
        // One thread answers in turn, so this is the first answer.
        assert_eq!(ask(&socket, b"later"), "now");
    }

    #[test]
    fn many_sockets_answer_everybody() {
        let (serving, port) = served("127.0.0.1:0", 4);
        for _ in 0..64 {
            let socket = client("127.0.0.1", ("127.0.0.1", port));
            assert_eq!(ask(&socket, b"who"), socket.local_addr().expect("bound").to_string());
        }
        drop(serving);
        let again = bind(("127.0.0.1".parse::<IpAddr>().expect("an address"), port).into(), 1);
        assert!(again.is_ok(), "the threads have ended, and their sockets with them");
    }
}
