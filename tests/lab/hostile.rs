//! Routers and neighbours that lie, in every way that the three protocols leave open: the real program behind them
//! believes nobody but the router, and of the router only answers to its own question.

use crate::router::detect;
use dynflare_testkit::lab::{Lab, Place, Shape};
use dynflare_testkit::serve::Server;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const GOOD: [u8; 4] = [11, 22, 33, 44];
const BAD: [u8; 4] = [66, 66, 66, 66];
const ROUTER: &str = "192.168.77.1";
/// Somebody else on the same link.
const NEIGHBOUR: &str = "192.168.77.9";
/// Somebody behind the router.
const STRANGER: &str = "198.51.100.20";

/// Who sends an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Router,
    Neighbour,
    Stranger,
}

type Answers = Vec<(From, Vec<u8>)>;

/// Something on UDP at the router, and those who answer in its place.
struct Posing {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Posing {
    /// Listens at the router's port and sends what `answers` makes of each request.
    fn new(lab: &Lab, port: u16, answers: impl Fn(&[u8]) -> Answers + Send + 'static) -> Self {
        // SSDP goes to a group as well; whoever is bound to the address alone does not hear that, which is enough.
        let router = lab.udp(Place::ROUTER, &format!("{ROUTER}:{port}"));
        let neighbour = lab.udp(Place::ROUTER, &format!("{NEIGHBOUR}:{port}"));
        let stranger = lab.udp(Place::INTERNET, &format!("{STRANGER}:{port}"));
        router.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket can be set up");
        let end = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&end);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while !ended.load(Ordering::SeqCst) {
                let Ok((length, asker)) = router.recv_from(&mut buffer) else { continue };
                for (from, octets) in answers(&buffer[..length]) {
                    send(from, [&router, &neighbour, &stranger], &octets, asker);
                }
            }
        });
        Self { end, thread: Some(thread) }
    }
}

impl Drop for Posing {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}

fn send(from: From, [router, neighbour, stranger]: [&UdpSocket; 3], octets: &[u8], to: SocketAddr) {
    let socket = match from {
        From::Router => router,
        From::Neighbour => neighbour,
        From::Stranger => stranger,
    };
    // Who was refused is not heard, which is the point.
    let _ = socket.send_to(octets, to);
}

/// A lab where the neighbour is there, and the stranger's packets arrive untranslated.
fn lab() -> Option<Lab> {
    let lab = Lab::new(Shape::Plain)?;
    lab.ip(Place::ROUTER, &format!("addr add {NEIGHBOUR}/32 dev lan0"));
    lab.ip(Place::INTERNET, "route add 192.168.77.0/24 via 203.0.113.5");
    Some(lab)
}

/// How a protocol is attacked.
struct Attack {
    spec: &'static str,
    /// The length of its requests, by which they are told from those of the other protocol.
    request: usize,
    /// A whole answer with this address.
    answer: fn(&[u8], [u8; 4]) -> Vec<u8>,
}

/// Runs all attacks alone, where nothing may be believed, and before the truth, which has to be found behind them.
fn attack(attack: &'static Attack, damages: &'static [Damage]) {
    let Some(lab) = lab() else { return };
    for truth_follows in [false, true] {
        let _posing = Posing::new(&lab, 5351, move |request| {
            if request.len() != attack.request {
                return Vec::new();
            }
            let lie = || (attack.answer)(request, BAD);
            let mut answers: Answers = damages.iter().map(|damage| damaged(damage, request, lie())).collect();
            if truth_follows {
                answers.push((From::Router, (attack.answer)(request, GOOD)));
            }
            answers
        });
        let said = detect(&lab, attack.spec);
        assert!(!said.contains("66.66.66.66"), "{said}");
        assert_eq!(said.contains("ms  11.22.33.44\n"), truth_follows, "{said}");
    }
}

/// What is done to a true answer that holds the wrong address.
enum Damage {
    /// Somebody else sends it.
    Sent(From),
    /// An octet is another.
    Changed(usize),
    /// It ends early.
    Cut(usize),
    /// It is the request.
    Echoed,
}

fn damaged(damage: &Damage, request: &[u8], mut lie: Vec<u8>) -> (From, Vec<u8>) {
    let mut sender = From::Router;
    match damage {
        Damage::Sent(from) => sender = *from,
        Damage::Changed(place) => lie[*place] ^= 0x55,
        Damage::Cut(length) => lie.truncate(*length),
        Damage::Echoed => lie = request.to_vec(),
    }
    (sender, lie)
}

const NAT_PMP: Attack = Attack { spec: "nat-pmp", request: 2, answer: |_, address| nat_pmp(address) };

/// RFC 6886 §3.2.
fn nat_pmp(address: [u8; 4]) -> Vec<u8> {
    [[0, 128, 0, 0], [0, 0, 1, 0], address].concat()
}

#[test]
fn nat_pmp_is_believed_of_the_router_alone_and_only_whole_and_of_its_kind() {
    // Version and operation; then the message cut off at its end, in its middle, in its head.
    let damages = &[
        Damage::Sent(From::Neighbour),
        Damage::Sent(From::Stranger),
        Damage::Changed(0),
        Damage::Changed(1),
        Damage::Cut(11),
        Damage::Cut(8),
        Damage::Cut(3),
        Damage::Cut(0),
        Damage::Echoed,
    ];
    attack(&NAT_PMP, damages);
}

const PCP: Attack = Attack { spec: "pcp", request: 60, answer: pcp };

/// RFC 6887 §7.2, §11.1: the request with another head and the external address.
fn pcp(request: &[u8], address: [u8; 4]) -> Vec<u8> {
    let mut answer = request.to_vec();
    answer[1] |= 0x80;
    answer[3] = 0;
    answer[8..24].fill(0);
    answer.copy_within(40..42, 42);
    answer[44..56].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    answer[56..60].copy_from_slice(&address);
    answer
}

#[test]
fn pcp_is_believed_of_the_router_alone_and_only_with_our_nonce_and_port() {
    // Version, operation, the nonce at both ends, protocol, port; then the message cut off.
    let damages = &[
        Damage::Sent(From::Neighbour),
        Damage::Sent(From::Stranger),
        Damage::Changed(0),
        Damage::Changed(1),
        Damage::Changed(24),
        Damage::Changed(35),
        Damage::Changed(36),
        Damage::Changed(40),
        Damage::Changed(41),
        Damage::Cut(59),
        Damage::Cut(56),
        Damage::Cut(24),
        Damage::Cut(3),
        Damage::Cut(0),
        Damage::Echoed,
    ];
    attack(&PCP, damages);
}

/// An answer to a search (UPnP Device Architecture 2.0 §1.3.3).
fn found(location: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nEXT:\r\nSERVER: lab\r\n\
         ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nUSN: uuid:1\r\nLOCATION: {location}\r\n\r\n"
    )
    .into_bytes()
}

fn description(control: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device><serviceList><service>\
         <serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>\
         <controlURL>{control}</controlURL></service></serviceList></device></root>"
    )
}

fn envelope(address: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
         <u:GetExternalIPAddressResponse xmlns:u=\"urn:schemas-upnp-org:service:WANIPConnection:1\">\
         <NewExternalIPAddress>{address}</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>"
    )
}

/// Entities that would unfold to gigabytes, if anybody unfolded them.
fn bomb(around: &str) -> String {
    let entity = |level: u32| format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10));
    let entities = (1..10).map(entity).collect::<Vec<_>>().concat();
    let (head, body) = around.split_once("?>").expect("a declaration");
    let body = body.replace("66.66.66.66", "&e9;").replace("/ctl", "&e9;");
    format!("{head}?><!DOCTYPE x [<!ENTITY e0 \"66.66.66.66\">{entities}]>{body}")
}

/// What a web server at the router answers for a path; `None` is a body without end.
fn page(path: &str) -> Option<(&'static str, String)> {
    let ok = |text: String| Some(("200 OK", text));
    let lie = || envelope("66.66.66.66");
    match path {
        "/good/d.xml" => ok(description("/good/ctl")),
        "/good/ctl" => ok(envelope("11.22.33.44")),
        "/elsewhere/d.xml" => ok(description("http://192.168.77.9:5000/lie/ctl")),
        "/named/d.xml" => ok(description("http://router.example.org:5000/lie/ctl")),
        "/bomb/d.xml" => ok(bomb(&description("/ctl"))),
        "/deep/d.xml" => ok(format!("<?xml version=\"1.0\"?>{}", "<a>".repeat(20_000))),
        "/large/d.xml" => ok(description("/lie/ctl") + &" ".repeat(70 * 1024)),
        "/moved/d.xml" => Some(("302 Found\r\nLocation: http://192.168.77.9:5000/lie/d.xml", String::new())),
        "/cut/d.xml" => ok(description("/lie/ctl")[..200].to_owned()),
        "/bomb-answer/d.xml" => ok(description("/bomb-answer/ctl")),
        "/bomb-answer/ctl" => ok(bomb(&lie())),
        "/endless-answer/d.xml" => ok(description("/endless-answer/ctl")),
        "/two/d.xml" => ok(description("/two/ctl")),
        "/two/ctl" => {
            ok(lie().replace("</u:", "<NewExternalIPAddress>66.66.66.67</NewExternalIPAddress></u:"))
        }
        "/six/d.xml" => ok(description("/six/ctl")),
        "/six/ctl" => ok(envelope("2001:db8:66::66")),
        "/failed/d.xml" => ok(description("/failed/ctl")),
        "/failed/ctl" => Some(("500 Internal Server Error", lie())),
        "/lie/d.xml" => ok(description("/lie/ctl")),
        "/lie/ctl" => ok(lie()),
        _ => None,
    }
}

/// That web server.
fn web(lab: &Lab, address: &str) -> Server {
    Server::each("http", lab.listen(Place::ROUTER, address), |mut stream| async move {
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap_or_default();
        let head = String::from_utf8_lossy(&head[..length]).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default();
        if let Some((status, body)) = page(path) {
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.shutdown().await;
            return;
        }
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<?xml version=\"1.0\"?><a>").await;
        while stream.write_all(&[b' '; 4096]).await.is_ok() {}
    })
}

/// Answers to a search of those who are not the router, wherever they point to.
const OTHERS: [(From, &str); 3] = [
    (From::Neighbour, "http://192.168.77.9:5000/lie/d.xml"),
    (From::Neighbour, "http://192.168.77.1:5000/lie/d.xml"),
    (From::Stranger, "http://198.51.100.20:5000/lie/d.xml"),
];

/// Answers of the router that point away from it.
const ELSEWHERE: [(From, &str); 3] = [
    (From::Router, "http://192.168.77.9:5000/lie/d.xml"),
    (From::Router, "http://198.51.100.20/lie/d.xml"),
    (From::Router, "http://router.example.org:5000/lie/d.xml"),
];

/// What a router can do wrong in its description and in its answer, and what the program says to it.
const PAGES: [(&str, &str); 13] = [
    ("elsewhere", "points to another host, which is not asked"),
    ("named", "points to another host, which is not asked"),
    ("endless", "is larger than 65536 bytes"),
    ("large", "is larger than 65536 bytes"),
    ("bomb", "is not well-formed XML"),
    ("deep", "is not well-formed XML"),
    ("cut", "is not well-formed XML"),
    ("moved", "does not hand out its UPnP description"),
    ("bomb-answer", "is not well-formed XML"),
    ("endless-answer", "is larger than 65536 bytes"),
    ("two", "the answer names no address"),
    ("six", "the answer is not one IPv4 address"),
    ("failed", "the router does not tell its address by UPnP"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upnp_is_believed_of_the_router_alone_and_no_body_is_too_much() {
    let Some(lab) = lab() else { return };
    lab.hosts(Place::HOME, &[("router.example.org", ROUTER)]);
    let _webs = ["192.168.77.1:5000", "192.168.77.9:5000"].map(|address| web(&lab, address));
    let heard = |answers: &[(From, &str)]| {
        let answers: Answers = answers.iter().map(|(from, location)| (*from, found(location))).collect();
        let _posing = Posing::new(&lab, 1900, move |_| answers.clone());
        let said = detect(&lab, "upnp");
        assert!(!said.contains("66.66.66.66"), "{said}");
        said
    };
    let said = heard(&OTHERS);
    assert!(said.contains("192.168.77.1 does not answer UPnP"), "{said}");
    let said = heard(&ELSEWHERE);
    assert!(said.contains("points to another host for its UPnP description"), "{said}");
    let good = (From::Router, "http://192.168.77.1:5000/good/d.xml");
    let said = heard(&[OTHERS.as_slice(), &ELSEWHERE, &[good]].concat());
    assert!(said.contains("ms  11.22.33.44\n"), "{said}");
    for (page, words) in PAGES {
        let said = heard(&[(From::Router, &format!("http://192.168.77.1:5000/{page}/d.xml"))]);
        assert!(said.contains(words), "{page}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_router_that_lies_in_all_its_protocols_moves_no_record_and_is_contradicted() {
    let Some(lab) = lab() else { return };
    let _web = web(&lab, "192.168.77.1:5000");
    let _ssdp =
        Posing::new(&lab, 1900, |_| vec![(From::Router, found("http://192.168.77.1:5000/lie/d.xml"))]);
    let _maps = Posing::new(&lab, 5351, |request| {
        let lie = if request.len() == 60 { pcp(request, BAD) } else { nat_pmp(BAD) };
        vec![(From::Router, lie)]
    });
    let arguments = ["detect", "--quorum", "1", "-s", "static:11.22.33.44", "-s", "router", "-s", "pcp"];
    let more = ["-s", "nat-pmp", "-s", "upnp"];
    let output = crate::dynflare(&lab, Place::HOME, &[arguments.as_slice(), &more].concat());
    let said = crate::said(&output);
    assert!(said.contains("IPv4: 11.22.33.44, agreed by 1 operator"), "{said}");
    assert_eq!(said.matches(" 66.66.66.66\n").count(), 4, "{said}");
}
