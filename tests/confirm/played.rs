//! Servers that misbehave in every known way, on a clock that stands still.

use dynflare::confirm::{Confirming, Options, Question, Resolvers};
use dynflare::net::{Network, NetworkSettings};
use dynflare::report::status::Confirmation;
use dynflare_core::name::Name;
use dynflare_core::record::{Key, RecordType};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::Instant;

pub(crate) const NEW: &str = "203.0.113.7";
pub(crate) const OLD: &str = "203.0.113.6";
const ZONE: &str = "example.org";
const HOME: &str = "home.example.org";

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn question(values: &[&str], extra_servers: &[SocketAddr]) -> Question {
    Question {
        zone: name(ZONE),
        key: Key { name: name(HOME), rtype: RecordType::A },
        values: values.iter().map(ToString::to_string).collect(),
        gone: Vec::new(),
        extra_servers: extra_servers.to_vec(),
    }
}

pub(crate) fn confirming(resolver: SocketAddr, port: u16) -> Confirming {
    let options = Options { resolvers: Resolvers::At(vec![resolver]), port, ..Options::default() };
    Confirming::new(Network::new(NetworkSettings::default()), options)
}

/// Where the question of a message ends.
fn question_end(message: &[u8]) -> usize {
    let mut at = 12;
    while message[at] != 0 {
        at += usize::from(message[at]) + 1;
    }
    at + 5
}

/// The name that a message asks for in small letters, and the type.
pub(crate) fn asked(message: &[u8]) -> (String, u16) {
    let (mut at, mut labels) = (12, Vec::new());
    while message[at] != 0 {
        let length = usize::from(message[at]);
        labels.push(String::from_utf8_lossy(&message[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    (labels.join("."), u16::from_be_bytes([message[at + 1], message[at + 2]]))
}

/// An answer with these records of (type, data), all owned by the name asked for.
pub(crate) fn answer(message: &[u8], records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut octets = message[..question_end(message)].to_vec();
    octets[2] |= 0x84;
    octets[7] = u8::try_from(records.len()).expect("few");
    octets[8..12].fill(0);
    for (rtype, data) in records {
        octets.extend([0xc0, 12]);
        octets.extend(rtype.to_be_bytes());
        octets.extend([0, 1, 0, 0, 0, 60]);
        octets.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        octets.extend(data);
    }
    octets
}

fn a(address: &str) -> (u16, Vec<u8>) {
    (1, address.parse::<Ipv4Addr>().expect("an address").octets().to_vec())
}

fn wire_name(text: &str) -> Vec<u8> {
    let labels = text
        .split('.')
        .map(|label| [&[u8::try_from(label.len()).expect("short")], label.as_bytes()].concat());
    labels.chain([vec![0]]).collect::<Vec<_>>().concat()
}

/// What a played server does with a message: answers over UDP, or over TCP.
type Play = dyn Fn(&[u8], bool) -> Vec<Vec<u8>> + Send + Sync;

/// A port at which several servers can be played, each at an address of its own.
pub(crate) struct Place {
    port: u16,
    next: u8,
    names: Arc<Mutex<Vec<(String, Ipv4Addr)>>>,
    /// Keeps others from being given the same port.
    _held: Option<(UdpSocket, TcpListener)>,
}

impl Place {
    pub(crate) fn at(port: u16) -> Self {
        Self { port, next: 2, names: Arc::default(), _held: None }
    }

    async fn anywhere() -> Self {
        let held = bound("127.0.0.1:0".parse().expect("an address")).await;
        let port = held.0.local_addr().expect("a bound socket has an address").port();
        Self { _held: Some(held), ..Self::at(port) }
    }

    /// Lists a server without playing it.
    pub(crate) fn list(&mut self, address: Ipv4Addr) {
        let mut names = self.names.lock().expect("nobody panics");
        let name = format!("ns{}.example.net", names.len() + 1);
        names.push((name, address));
    }

    /// Plays one more server of the zone.
    async fn play(
        &mut self,
        play: impl Fn(&[u8], bool) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> SocketAddr {
        let address = Ipv4Addr::new(127, 0, 53, self.next);
        self.next += 1;
        self.list(address);
        serve((address, self.port).into(), Arc::new(play)).await
    }

    /// Plays the resolver.
    pub(crate) async fn resolver(&self) -> SocketAddr {
        let names = Arc::clone(&self.names);
        let play = move |message: &[u8], _| {
            let names = names.lock().expect("nobody panics");
            let records = match asked(message) {
                (zone, 2) if zone == ZONE => names.iter().map(|(name, _)| (2, wire_name(name))).collect(),
                (host, 1) => {
                    let of = names.iter().filter(|(name, _)| *name == host);
                    of.map(|(_, address)| (1, address.octets().to_vec())).collect()
                }
                _ => Vec::new(),
            };
            vec![answer(message, &records)]
        };
        serve("127.0.0.1:0".parse().expect("an address"), Arc::new(play)).await
    }

    pub(crate) async fn confirming(&self) -> Confirming {
        confirming(self.resolver().await, self.port)
    }
}

/// Sockets of both kinds on one port.
async fn bound(at: SocketAddr) -> (UdpSocket, TcpListener) {
    for _ in 0..20 {
        let socket = UdpSocket::bind(at).await.expect("the address is free");
        let at = socket.local_addr().expect("a bound socket has an address");
        // Somebody may be speaking from that port over TCP; then another.
        if let Ok(listener) = TcpListener::bind(at).await {
            return (socket, listener);
        }
    }
    panic!("no port is free at {at}");
}

async fn serve(at: SocketAddr, play: Arc<Play>) -> SocketAddr {
    let (socket, listener) = bound(at).await;
    let at = socket.local_addr().expect("a bound socket has an address");
    let over_tcp = Arc::clone(&play);
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            for answer in play(&buffer[..length], false) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Ok(length) = stream.read_u16().await else { continue };
            let mut message = vec![0; usize::from(length)];
            if stream.read_exact(&mut message).await.is_ok() {
                for answer in over_tcp(&message, true) {
                    let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
                    let _ = stream.write_all(&[&length, answer.as_slice()].concat()).await;
                }
            }
        }
    });
    at
}

fn right(message: &[u8], _: bool) -> Vec<Vec<u8>> {
    vec![answer(message, &[a(NEW)])]
}

fn told(confirmation: &Confirmation) -> (String, String) {
    (confirmation.state.clone(), confirmation.clause())
}

#[tokio::test(start_paused = true)]
async fn all_servers_give_the_new_values() {
    let mut place = Place::anywhere().await;
    for _ in 0..4 {
        place.play(right).await;
    }
    let mut seen = Vec::new();
    let confirmation =
        place.confirming().await.confirm(question(&[NEW], &[]), |so_far| seen.push(so_far.clone())).await;
    assert_eq!((confirmation.servers, confirmation.right), (4, 4));
    assert_eq!(told(&confirmation), ("confirmed".to_owned(), "confirmed by 4 of 4 in 0.1 s".to_owned()));
    assert!(seen.iter().all(|so_far| so_far.state == "waiting"), "{seen:?}");
    assert_eq!(
        seen.first().map(Confirmation::clause).as_deref(),
        Some("not confirmed yet: the zone's servers are not known yet")
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lags_is_asked_again_at_growing_intervals() {
    let mut place = Place::anywhere().await;
    place.play(right).await;
    let began = Instant::now();
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&times);
    place
        .play(move |message, _| {
            noted.lock().expect("nobody panics").push(began.elapsed().as_millis());
            let value = if began.elapsed() < Duration::from_secs(20) { OLD } else { NEW };
            vec![answer(message, &[a(value)])]
        })
        .await;
    let confirmation = place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    let times = times.lock().expect("nobody panics").clone();
    let pauses: Vec<u128> = times.windows(2).map(|pair| (pair[1] - pair[0]) / 100).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 50, 50, 50], "tenths of seconds");
    assert_eq!((confirmation.servers, confirmation.right), (2, 2));
    assert!(confirmation.took_ms.is_some_and(|took| (20_000..26_000).contains(&took)), "{confirmation:?}");
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_it_is_said_who_is_not_right() {
    let mut place = Place::anywhere().await;
    place.play(right).await;
    place.play(|message, _| vec![answer(message, &[a(OLD)])]).await;
    let began = Instant::now();
    let confirmation = place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!(began.elapsed().as_secs(), 60);
    assert_eq!(
        told(&confirmation),
        (
            "partly".to_owned(),
            "confirmed by 1 of 2: ns2.example.net (127.0.53.3) does not give the new values".to_owned()
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_counts_as_not_right() {
    let mut place = Place::anywhere().await;
    place.play(right).await;
    place.list(Ipv4Addr::new(127, 0, 53, 99));
    place.play(|_, _| Vec::new()).await;
    let confirmation = place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!((confirmation.servers, confirmation.right, confirmation.took_ms), (3, 1, None));
    let why = confirmation.why.expect("it is said why");
    assert!(
        why.starts_with("ns2.example.net (127.0.53.99) cannot be asked:") && why.ends_with(", and 1 more"),
        "{why}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_recursor_remembers_confirms_nothing() {
    let mut place = Place::anywhere().await;
    place.play(right).await;
    place
        .play(|message, _| {
            let mut octets = answer(message, &[a(NEW)]);
            octets[2] &= !0x04;
            octets[3] |= 0x80;
            vec![octets]
        })
        .await;
    let confirmation = place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!(
        confirmation.clause(),
        "confirmed by 1 of 2: ns2.example.net (127.0.53.3) answers without authority over the zone"
    );
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_asked_for_over_tcp() {
    let mut place = Place::anywhere().await;
    place
        .play(|message, tcp| {
            if tcp {
                return vec![answer(message, &[a(NEW)])];
            }
            let mut octets = answer(message, &[]);
            octets[2] |= 0x02;
            vec![octets]
        })
        .await;
    let confirmation = place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!((confirmation.servers, confirmation.right), (1, 1), "{confirmation:?}");
}

#[tokio::test(start_paused = true)]
async fn forged_answers_with_another_id_or_case_are_passed_over() {
    let forged = |message: &[u8]| {
        let mut id = answer(message, &[a(NEW)]);
        id[0] ^= 1;
        let mut case = answer(message, &[a(NEW)]);
        case[13] ^= 0x20;
        let mut count = answer(message, &[a(NEW)]);
        count[5] = 2;
        vec![id, case, count]
    };
    // Alone they are no answer at all.
    let mut place = Place::anywhere().await;
    place.play(move |message, _| forged(message)).await;
    let confirmation = place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!((confirmation.servers, confirmation.right), (1, 0), "{confirmation:?}");
    // Before the true answer they change nothing, in either direction.
    let mut place = Place::anywhere().await;
    place.play(move |message, _| [forged(message), vec![answer(message, &[a(OLD)])]].concat()).await;
    let confirmation = place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    assert!(confirmation.clause().ends_with("does not give the new values"), "{confirmation:?}");
}

#[tokio::test(start_paused = true)]
async fn questions_have_no_recursion_and_never_the_same_id() {
    let mut place = Place::anywhere().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    place
        .play(move |message, _| {
            noted.lock().expect("nobody panics").push(message.to_vec());
            vec![answer(message, &[a(OLD)])]
        })
        .await;
    place.confirming().await.confirm(question(&[NEW], &[]), |_| {}).await;
    let seen = seen.lock().expect("nobody panics");
    let mut heads: Vec<[u8; 2]> = seen.iter().map(|message| [message[0], message[1]]).collect();
    heads.sort_unstable();
    heads.dedup();
    assert!(heads.len() > seen.len() - 2, "ids hardly repeat");
    for message in seen.iter() {
        assert_eq!(message[2] & 1, 0, "no recursion");
        let end = question_end(message);
        assert_eq!(message[end..end + 5], [0, 0, 41, 0x04, 0xd0], "EDNS with 1232 octets");
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_else_s_values_may_stand_beside_ours_and_old_ones_may_not() {
    let mut place = Place::anywhere().await;
    place.play(|message, _| vec![answer(message, &[a(NEW), a("203.0.113.99")])]).await;
    let confirming = place.confirming().await;
    let confirmation = confirming.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!(confirmation.state, "confirmed");
    let gone = Question { gone: vec!["203.0.113.99".to_owned()], ..question(&[NEW], &[]) };
    assert_eq!(confirming.confirm(gone, |_| {}).await.state, "partly");
    let nothing = question(&[], &[]);
    assert_eq!(confirming.confirm(nothing, |_| {}).await.state, "partly");
}

#[tokio::test(start_paused = true)]
async fn a_set_that_was_deleted_is_confirmed_by_its_absence() {
    let mut place = Place::anywhere().await;
    place
        .play(|message, _| {
            let mut octets = answer(message, &[]);
            octets[3] |= 3;
            vec![octets]
        })
        .await;
    let gone = Question { gone: vec![OLD.to_owned()], ..question(&[], &[]) };
    assert_eq!(place.confirming().await.confirm(gone, |_| {}).await.state, "confirmed");
}

#[tokio::test(start_paused = true)]
async fn texts_services_and_names_are_compared_as_data() {
    let strings = |strings: &[&str]| -> Vec<u8> {
        strings
            .iter()
            .flat_map(|string| [&[u8::try_from(string.len()).expect("short")], string.as_bytes()].concat())
            .collect()
    };
    let long = "x".repeat(300);
    let https =
        [&[0, 1], wire_name("WWW.example.org").as_slice(), &[0, 1, 0, 3, 2], b"h2", &[0, 3, 0, 2, 1, 187]]
            .concat();
    let table: [(RecordType, &str, Vec<u8>, bool); 9] = [
        (RecordType::Txt, "v=spf1 -all", strings(&["v=spf1 -all"]), true),
        (RecordType::Txt, "\"two\" \"strings\"", strings(&["two", "strings"]), true),
        (RecordType::Txt, "\"two\" \"strings\"", strings(&["twostrings"]), false),
        (RecordType::Txt, &long, strings(&[&long[..255], &long[255..]]), true),
        (RecordType::Https, "1 www.example.org. port=443 alpn=h2", https.clone(), true),
        (RecordType::Https, "1 www.example.org. alpn=h3", https, false),
        (
            RecordType::Mx,
            "10 mail.example.org",
            [&[0, 10], wire_name("Mail.Example.org").as_slice()].concat(),
            true,
        ),
        (
            RecordType::Srv,
            "0 5 5060 sip.example.org",
            [&[0, 0, 0, 5, 0x13, 0xc4], wire_name("sip.example.org").as_slice()].concat(),
            true,
        ),
        (
            RecordType::Caa,
            "0 issue ca.example.org",
            [&[0, 5], b"issue".as_slice(), b"ca.example.org"].concat(),
            true,
        ),
    ];
    for (rtype, value, data, same) in table {
        let mut place = Place::anywhere().await;
        place.play(move |message, _| vec![answer(message, &[(rtype.code(), data.clone())])]).await;
        let question = Question { key: Key { name: name(HOME), rtype }, ..question(&[value], &[]) };
        let confirmation = place.confirming().await.confirm(question, |_| {}).await;
        assert_eq!(confirmation.state == "confirmed", same, "{rtype} {value}: {confirmation:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_s_own_server_is_asked_too_and_left_out_where_it_wants_a_key() {
    let mut place = Place::anywhere().await;
    let public = place.play(right).await;
    let refused = |message: &[u8], _: bool| {
        let mut octets = answer(message, &[]);
        octets[3] |= 5;
        vec![octets]
    };
    let hidden = serve("127.0.0.1:0".parse().expect("an address"), Arc::new(right)).await;
    let closed = serve("127.0.0.1:0".parse().expect("an address"), Arc::new(refused)).await;
    let confirming = place.confirming().await;
    let confirmation = confirming.confirm(question(&[NEW], &[hidden, closed, public]), |_| {}).await;
    assert_eq!((confirmation.state.as_str(), confirmation.servers, confirmation.right), ("confirmed", 2, 2));
    // One that the zone names has no such excuse.
    place.play(refused).await;
    let confirmation = confirming.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!(
        confirmation.clause(),
        "confirmed by 1 of 2: ns2.example.net (127.0.53.3) does not answer (REFUSED)"
    );
}

#[tokio::test(start_paused = true)]
async fn without_servers_nothing_can_be_confirmed() {
    let place = Place::anywhere().await;
    let confirming = place.confirming().await;
    let began = Instant::now();
    let confirmation = confirming.confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!(
        confirmation.clause(),
        "could not be confirmed: the resolver knows no name servers of example.org"
    );
    assert_eq!(began.elapsed(), Duration::ZERO);
    // A zone that only its own server knows is confirmed by that.
    let own = serve("127.0.0.1:0".parse().expect("an address"), Arc::new(right)).await;
    assert_eq!(
        confirming.confirm(question(&[NEW], &[own]), |_| {}).await.clause(),
        "confirmed by 1 of 1 in 0.1 s"
    );
    let wrong = question(&["home"], &[]);
    assert_eq!(
        confirming.confirm(wrong, |_| {}).await.clause(),
        "could not be confirmed: \"home\" is no A record: \"home\" is not an IPv4 address"
    );
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_is_gone_for_a_while_is_waited_for() {
    let mut place = Place::anywhere().await;
    place.play(right).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let true_one = place.resolver().await;
    let count = Arc::clone(&asked);
    let flaky = serve(
        "127.0.0.1:0".parse().expect("an address"),
        Arc::new(move |message: &[u8], _| {
            count.fetch_add(1, Ordering::Relaxed);
            let mut octets = answer(message, &[]);
            octets[3] |= 2;
            vec![octets]
        }),
    )
    .await;
    let confirmation = confirming(flaky, place.port).confirm(question(&[NEW], &[]), |_| {}).await;
    assert_eq!(confirmation.clause(), "could not be confirmed: the resolver 127.0.0.1 answered SERVFAIL");
    assert!(asked.load(Ordering::Relaxed) > 10);
    let both =
        Options { resolvers: Resolvers::At(vec![flaky, true_one]), port: place.port, ..Options::default() };
    let confirming = Confirming::new(Network::new(NetworkSettings::default()), both);
    assert_eq!(confirming.confirm(question(&[NEW], &[]), |_| {}).await.state, "confirmed");
}
