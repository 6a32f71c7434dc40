//! Name servers that say who asks: real ones, and ones that misbehave in every known way.

use crate::TRUE;
use dynflare::net::{Network, NetworkSettings, Route};
use dynflare::source::interception::{Finding, Probes, Said, judge, observe};
use dynflare::source::{Aside, Failure, Filters, Question, Source};
use dynflare_core::address::Family;
use dynflare_core::fault::Class;
use dynflare_core::quorum::Opinion;
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::nameserver::{Kind, NameServer, WHOAMI};
use dynflare_testkit::serve::{Server, handler, loopback, reply};
use dynflare_testkit::tls::{Authority, Validity};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio_rustls::TlsAcceptor;

fn question<'a>(
    family: Family,
    network: &'a Network,
    (filters, aside): (&'a Filters, &'a Mutex<Aside>),
) -> Question<'a> {
    Question { family, network, route: Route::only(family), timeout: Duration::from_secs(5), filters, aside }
}

pub(crate) async fn ask_over(spec: &str, family: Family, network: &Network) -> Result<String, Failure> {
    let source = Source::parse_spec(spec).expect(spec);
    assert!(source.serves(family), "{spec}");
    let (filters, aside) = (Filters::default(), Mutex::default());
    let question = question(family, network, (&filters, &aside));
    match source.ask(question).await? {
        Opinion::Address(address) => Ok(address.to_string()),
        Opinion::NoAddress => panic!("no network source says so"),
    }
}

/// What a source comes to over IPv4: the address, or what is wrong.
pub(crate) async fn ask(spec: &str) -> String {
    let network = Network::new(NetworkSettings::default());
    ask_over(spec, Family::V4, &network).await.unwrap_or_else(|failure| failure.fault.to_string())
}

fn trusting(authority: &Authority) -> Network {
    let ca_files = vec![authority.file().to_owned()];
    Network::new(NetworkSettings { ca_files, ..NetworkSettings::default() })
}

/// A server over UDP that answers each question with these datagrams.
pub(crate) async fn datagrams<F>(answers: F) -> SocketAddr
where
    F: Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static,
{
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let address = socket.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            for answer in answers(&buffer[..length]) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    address
}

/// The answer with one A record to a question without anything behind it.
fn answer(question: &[u8], address: [u8; 4]) -> Vec<u8> {
    let mut octets = question.to_vec();
    octets[2] |= 0x80;
    octets[7] = 1;
    octets.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
    octets.extend(address);
    octets
}

const GOOD: [u8; 4] = [203, 0, 113, 7];
const BAD: [u8; 4] = [198, 51, 100, 66];

#[tokio::test]
async fn knot_and_powerdns_say_who_asks_over_udp_and_tcp_and_both_families() {
    let network = Network::new(NetworkSettings::default());
    for (kind, wanted) in [(Kind::Knot, ""), (Kind::PowerDns, "/TXT")] {
        let Some(server) = NameServer::start(kind) else { continue };
        for (family, at, me) in [(Family::V4, server.v4(), "127.0.0.1"), (Family::V6, server.v6(), "::1")] {
            for transport in ["udp", "tcp"] {
                let spec = format!("dns:{transport}://{at}/{WHOAMI}{wanted}");
                assert_eq!(ask_over(&spec, family, &network).await.as_deref(), Ok(me), "{kind:?} {spec}");
            }
        }
    }
}

#[tokio::test]
async fn bind_refuses_what_is_not_its_own_and_that_is_told() {
    let Some(server) = NameServer::start(Kind::Bind) else { return };
    for transport in ["udp", "tcp"] {
        let spec = |name: &str| format!("dns:{transport}://{}/{name}", server.v4());
        assert_eq!(ask(&spec("myip.example.com")).await, "refuses to answer this question (REFUSED)");
        assert_eq!(ask(&spec("nothing.example.org")).await, "says that the name does not exist (NXDOMAIN)");
        assert_eq!(ask(&spec("example.org/TXT")).await, "has no such record");
        assert_eq!(ask(&spec("ns1.example.org")).await, "127.0.0.1");
    }
}

#[tokio::test]
async fn bind_answers_over_tls_and_https_and_in_the_class_ch() {
    let authority = Authority::new();
    let Some((server, secured)) = NameServer::start_secured(&authority.loopback()) else { return };
    let network = trusting(&authority);
    let (tls, https) = (secured.tls, secured.https);
    for (spec, expected) in [
        (format!("dns:tls://127.0.0.1:{tls}/ns1.example.org"), "127.0.0.1"),
        (format!("dns:tls://127.0.0.1:{tls}#localhost/ns1.example.org/A"), "127.0.0.1"),
        (format!("dns:tls://127.0.0.1:{tls}/version.bind/TXT/CH"), secured.version),
        (format!("dns:https://127.0.0.1:{https}/dns-query?name=ns1.example.org"), "127.0.0.1"),
        (
            format!("dns:https://127.0.0.1:{https}/dns-query?name=version.bind&type=TXT&class=CH"),
            secured.version,
        ),
        (format!("dns:udp://{}/version.bind/TXT/CH", server.v4()), secured.version),
    ] {
        let said = ask_over(&spec, Family::V4, &network).await;
        assert_eq!(said.as_deref(), Ok(expected), "{spec}: {}", server.log());
    }
    // Nobody vouches for the server elsewhere, and a certificate for another name is none.
    let spec = format!("dns:tls://127.0.0.1:{tls}/ns1.example.org");
    let strange = Network::new(NetworkSettings::default());
    let failure = ask_over(&spec, Family::V4, &strange).await.expect_err("refused");
    assert_eq!(failure.fault.class, Class::Unavailable);
    let spec = format!("dns:tls://127.0.0.1:{tls}#dns.example.net/ns1.example.org");
    let failure = ask_over(&spec, Family::V4, &network).await.expect_err("refused");
    assert!(failure.fault.what.contains("certificate"), "{}", failure.fault);
}

#[tokio::test]
async fn a_forged_datagram_before_the_true_one_is_passed_over() {
    let server = datagrams(|question| {
        let other_id = |octets: &mut Vec<u8>| octets[0] ^= 1;
        let other_case = |octets: &mut Vec<u8>| octets[13] ^= 0x20;
        let other_name = |octets: &mut Vec<u8>| octets[13] = b'x';
        let other_class = |octets: &mut Vec<u8>| {
            let place = question.len() - 1;
            octets[place] = 3;
        };
        let mut sent = Vec::new();
        for forge in [&other_id as &dyn Fn(&mut Vec<u8>), &other_case, &other_name, &other_class] {
            let mut forged = answer(question, BAD);
            forge(&mut forged);
            sent.push(forged);
        }
        sent.push(question.to_vec());
        sent.push(vec![0; 3]);
        sent.push(answer(question, GOOD));
        sent
    })
    .await;
    assert_eq!(ask(&format!("dns:udp://{server}/myip.example.net")).await, TRUE);
}

#[tokio::test]
async fn a_sender_elsewhere_is_not_heard() {
    let server = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let spoofer = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let address = server.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        let (length, from) = server.recv_from(&mut buffer).await.expect("a question");
        let _ = spoofer.send_to(&answer(&buffer[..length], BAD), from).await;
        let _ = server.send_to(&answer(&buffer[..length], GOOD), from).await;
        // Kept open, so that nothing but its silence is heard.
        std::future::pending::<()>().await;
    });
    assert_eq!(ask(&format!("dns:udp://{address}/myip.example.net")).await, TRUE);
}

#[tokio::test(start_paused = true)]
async fn a_lost_question_is_asked_again_and_silence_ends_in_time() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let lossy = datagrams(move |question| {
        let lost = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2;
        if lost { Vec::new() } else { vec![answer(question, GOOD)] }
    })
    .await;
    assert_eq!(ask(&format!("dns:udp://{lossy}/myip.example.net")).await, TRUE);
    let silent = datagrams(|_| Vec::new()).await;
    let began = tokio::time::Instant::now();
    assert_eq!(
        ask(&format!("dns:udp://{silent}/myip.example.net")).await,
        format!("{silent} did not answer within 5 s")
    );
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_over_tcp() {
    let tcp = loopback().await;
    let address = tcp.local_addr().expect("a bound listener has an address");
    let udp = UdpSocket::bind(address).await.expect("the port is free for UDP");
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        let (length, from) = udp.recv_from(&mut buffer).await.expect("a question");
        let mut part = answer(&buffer[..length], BAD);
        part[2] |= 0x02;
        let _ = udp.send_to(&part, from).await;
    });
    let _server = Server::each("tcp", tcp, |mut stream| async move {
        let length = stream.read_u16().await.expect("a length");
        let mut question = vec![0; usize::from(length)];
        stream.read_exact(&mut question).await.expect("a question");
        let octets = answer(&question, GOOD);
        let _ = stream.write_u16(u16::try_from(octets.len()).expect("short")).await;
        let _ = stream.write_all(&octets).await;
    });
    assert_eq!(ask(&format!("dns:udp://{address}/myip.example.net")).await, TRUE);
}

#[tokio::test]
async fn a_stream_that_breaks_off_or_never_ends_is_no_answer() {
    for (sent, expected) in [
        (vec![], "cut the connection"),
        (vec![0, 40, 1, 2, 3], "cut the connection"),
        (vec![0, 4, 1, 2, 3, 4], "the answer is to another question"),
        (vec![0xff; 70_000], "is larger than 4096 bytes"),
    ] {
        let server = Server::each("tcp", loopback().await, move |mut stream| {
            let sent = sent.clone();
            async move {
                let _ = stream.read(&mut [0; 512]).await;
                let _ = stream.write_all(&sent).await;
                let _ = stream.shutdown().await;
            }
        });
        let said = ask(&format!("dns:tcp://{}/myip.example.net", server.address())).await;
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn over_https_only_a_success_with_a_message_counts() {
    let authority = Authority::new();
    let network = trusting(&authority);
    let identity = authority.issue(&["127.0.0.1"], Validity::Current);
    for (status, media, expected) in [
        (200, "application/dns-message", TRUE),
        (200, "text/html", "answered with something other than a DNS message"),
        (302, "application/dns-message", "redirects, which is not followed (HTTP 302)"),
        (500, "application/dns-message", "is broken for now (HTTP 500)"),
    ] {
        let server = Server::https(
            &identity,
            handler(move |request: hyper::Request<hyper::body::Bytes>| async move {
                assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/who"));
                assert_eq!(request.headers()["content-type"], "application/dns-message");
                assert_eq!(request.uri().query(), None);
                let mut response = reply(status, answer(request.body(), GOOD));
                response.headers_mut().insert("content-type", media.parse().expect("a header value"));
                response
            }),
        )
        .await;
        let spec = format!("dns:{}/who?name=myip.example.net", server.base());
        let said = ask_over(&spec, Family::V4, &network).await;
        assert_eq!(said.unwrap_or_else(|failure| failure.fault.to_string()), expected);
    }
    // A portal's page, and a server that answers another question.
    let page = Echo::https(&identity, Say::Text("<html>log in</html>".to_owned())).await;
    let spec = format!("dns:{}/dns-query?name=myip.example.net", page.base());
    assert!(ask_over(&spec, Family::V4, &network).await.is_err());
}

#[tokio::test]
async fn over_tls_the_answer_may_have_another_case_but_not_another_id() {
    let authority = Authority::new();
    let network = trusting(&authority);
    let acceptor = TlsAcceptor::from(authority.loopback().without_alpn().server_config());
    for (place, expected) in [(None, Some(TRUE)), (Some(2), None)] {
        let acceptor = acceptor.clone();
        let server = Server::each("tls", loopback().await, move |tcp| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(tcp).await else { return };
                let length = usize::from(stream.read_u16().await.expect("a length"));
                let mut question = vec![0; length];
                stream.read_exact(&mut question).await.expect("a question");
                question[12..].make_ascii_lowercase();
                let octets = answer(&question, GOOD);
                let mut framed = u16::try_from(octets.len()).expect("short").to_be_bytes().to_vec();
                framed.extend(octets);
                if let Some(place) = place {
                    framed[place] ^= 1;
                }
                let _ = stream.write_all(&framed).await;
                let _ = stream.shutdown().await;
            }
        });
        let spec = format!("dns:tls://{}/myip.example.net", server.address());
        assert_eq!(ask_over(&spec, Family::V4, &network).await.ok().as_deref(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_interceptor_is_found_out() {
    let truth = datagrams(|question| vec![answer(question, GOOD)]).await;
    let lie = datagrams(|question| vec![answer(question, BAD)]).await;
    let silence = datagrams(|_| Vec::new()).await;
    let network = Network::new(NetworkSettings::default());
    let family = Family::V4;
    let (filters, aside) = (Filters::default(), Mutex::default());
    let question = question(family, &network, (&filters, &aside));
    let found = async |servers: [SocketAddr; 3]| {
        let specs = servers.map(|server| format!("udp://{server}/myip.example.net"));
        let specs = specs.each_ref().map(String::as_str);
        let probes = Probes::new(specs, specs).expect("questions");
        judge(&observe(&probes, Some(TRUE.parse().expect("an address")), question).await)
    };
    let bad = "198.51.100.66".parse().expect("an address");
    assert_eq!(found([truth, truth, silence]).await, Finding::Clear);
    assert_eq!(found([lie, lie, silence]).await, Finding::SameWrongAddress(bad));
    assert_eq!(found([truth, truth, lie]).await, Finding::FromNowhere(Said::Address(bad)));
    assert_eq!(found([silence, silence, silence]).await, Finding::Closed);
    assert!(!found([truth, lie, silence]).await.is_interception());
}
