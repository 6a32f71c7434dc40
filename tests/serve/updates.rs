//! Updates through the real program, to a provider, to a server that takes DNS UPDATE, and to a zone of its own.

use super::standing::{Folder, Serving, ask, get};
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeZone};
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, Primary, clients_installed, dig, read};
use dynflare_testkit::port;
use dynflare_testkit::serve::Server;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// The table of a fresh account, and what its client shows.
fn account(folder: &Folder, hosts: &[&str]) -> (String, String) {
    let mut arguments = vec!["serve", "account", "add", "box", "--json"];
    for host in hosts {
        arguments.extend(["--host", host]);
    }
    let ran = folder.command(&arguments).output().expect("it runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let made: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let text = |key: &str| made[key].as_str().expect("a text").to_owned();
    let shown = base64(&format!("box:{}", text("password")));
    (text("lines"), format!("Authorization: Basic {shown}\r\nUser-Agent: test\r\n"))
}

/// RFC 4648 §4.
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for piece in text.as_bytes().chunks(3) {
        let octet = |place: usize| u32::from(piece.get(place).copied().unwrap_or(0));
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4 {
            let letter = char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]);
            encoded.push(if place > piece.len() { '=' } else { letter });
        }
    }
    encoded
}

/// The name server's own way in, which the kernel chooses; with the words around it.
fn local(account: &str) -> String {
    format!(
        "version = 1\nallow = [\"203.0.113.0/24\"]\nmax_changes_per_hour = 3600\n\
         [serve]\nname = \"dyn.example.org\"\naddresses = [\"192.0.2.53\", \"2001:db8::53\"]\nflap_window = \"0s\"\n\
         listen = [\"127.0.0.1:0\"]\ndns = [\"127.0.0.1:0\"]\n\
         [serve.limits]\nupdates_per_minute = 1000000\nrequests_per_minute = 1000000\n\
         [serve.zones.\"dyn.example.org\"]\nprovider = \"local\"\n{account}"
    )
}

fn update(host: &str, address: &str) -> String {
    format!("/nic/update?hostname={host}&myip={address}")
}

fn word(answer: &str) -> &str {
    answer.split_once('\n').map_or("", |(_, body)| body.trim())
}

#[test]
fn a_zone_of_its_own_shows_what_an_update_says_and_its_own_records() {
    if !clients_installed() {
        return;
    }
    let folder = Folder::new("local");
    let (table, head) = account(&folder, &["home.dyn.example.org", "*.lab.dyn.example.org"]);
    let serving = Serving::start(&folder, &local(&table), &["web", "names"]);
    let (web, names) = (serving.at("web"), serving.at("names").parse::<SocketAddr>().expect("an address"));
    let set = |host, address| word(&get(&web, &update(host, address), &head)).to_owned();
    assert_eq!(set("home.dyn.example.org", "203.0.113.7"), "good 203.0.113.7");
    assert_eq!(read(names, "home.dyn.example.org", "A"), [(60, "203.0.113.7".to_owned())]);
    assert_eq!(set("home.dyn.example.org", "203.0.113.7"), "nochg 203.0.113.7");
    assert_eq!(set("home.dyn.example.org", "203.0.113.8"), "good 203.0.113.8");
    assert_eq!(read(names, "home.dyn.example.org", "A"), [(60, "203.0.113.8".to_owned())]);
    assert_eq!(set("a.b.lab.dyn.example.org", "203.0.113.9"), "good 203.0.113.9");
    assert_eq!(set("other.dyn.example.org", "203.0.113.9"), "nohost");
    assert!(set("home.dyn.example.org", "10.0.0.1").starts_with("dnserr"));
    assert_eq!(read(names, "ns.dyn.example.org", "AAAA"), [(3600, "2001:db8::53".to_owned())]);
    assert_eq!(read(names, "dyn.example.org", "A"), [(3600, "192.0.2.53".to_owned())]);
    let answer = dig(names, &["dyn.example.org", "NS", "+norec"]);
    assert!(answer.contains("ns.dyn.example.org."), "{answer}");
    let offline = get(&web, "/nic/update?hostname=home.dyn.example.org&offline=YES", &head);
    assert!(word(&offline).starts_with("good"), "{offline}");
    assert_eq!(read(names, "home.dyn.example.org", "A"), []);
    let audit = std::fs::read_to_string(folder.0.join("state/serve/audit.jsonl")).expect("a log");
    assert!(audit.contains("203.0.113.8") && !audit.contains(&head), "{audit}");
}

#[test]
fn a_secondary_shows_a_change_within_a_second() {
    let folder = Folder::new("secondary");
    let (table, head) = account(&folder, &["home.dyn.example.org"]);
    let key = KEYS[0];
    // Which port the secondary has is known only once it has started, and it starts when it can transfer.
    let free = SocketAddr::from(([127, 0, 0, 1], port::free().expect("loopback has free ports")));
    let with = |at: SocketAddr, dns: SocketAddr| {
        local(&table).replace("dns = [\"127.0.0.1:0\"]", &format!("dns = [\"{dns}\"]"))
            + &format!(
                "[serve.keys.copy]\nkey = \"{}:{}:{}\"\ntransfer = true\n\
                 [serve.secondaries.ns2]\naddress = \"{at}\"\nsigned_by = \"copy\"\n",
                key.algorithm, key.name, key.secret
            )
    };
    let mut serving =
        Serving::start(&folder, &with("127.0.0.1:9".parse().expect("an address"), free), &["web", "names"]);
    let zone = "dyn.example.org";
    let primary = Primary { address: free, zone, key: Some(key) };
    let Some(secondary) = NameServer::start_secondary_of(Kind::Bind, primary) else { return };
    folder.write(&with(secondary.v4(), free));
    serving.says("the configuration has changed and is in use");
    let web = serving.at("web");
    for last in 1..=5 {
        let address = format!("203.0.113.{last}");
        let answer = get(&web, &update("home.dyn.example.org", &address), &head);
        assert_eq!(word(&answer), format!("good {address}"));
        let asked = Instant::now();
        while secondary.read("home.dyn.example.org", "A") != [address.clone()] {
            assert!(asked.elapsed() < Duration::from_secs(30), "{}", secondary.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_server_that_takes_dns_update_is_written_through_an_account() {
    let Some(bind) = NameServer::start(Kind::Bind) else { return };
    let folder = Folder::new("bind");
    let (table, head) = account(&folder, &["box.example.org"]);
    let key = KEYS[0];
    let config = format!(
        "version = 1\nallow = [\"203.0.113.0/24\"]\n[providers.rfc2136]\nserver = \"{}\"\nkey = \"{}:{}:{}\"\n\
         [serve]\nlisten = [\"127.0.0.1:0\"]\n[serve.zones.\"example.org\"]\nprovider = \"rfc2136\"\n{table}",
        bind.v4(),
        key.algorithm,
        key.name,
        key.secret
    );
    let serving = Serving::start(&folder, &config, &["web"]);
    let web = serving.at("web");
    let answer = get(&web, &update("box.example.org", "203.0.113.7"), &head);
    assert_eq!(word(&answer), "good 203.0.113.7");
    assert_eq!(bind.read("box.example.org", "A"), ["203.0.113.7"]);
    let answer = get(&web, &update("box.example.org", "203.0.113.7"), &head);
    assert_eq!(word(&answer), "nochg 203.0.113.7");
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_that_come_together_are_written_together_and_nochg_calls_nobody() {
    let cloudflare = FakeCloudflare::new();
    cloudflare.zone(FakeZone::new("example.org"));
    let api = Server::http(cloudflare.handler()).await;
    let folder = Folder::new("cloudflare");
    let (table, head) = account(&folder, &["*.example.org"]);
    let config = format!(
        "version = 1\nallow = [\"203.0.113.0/24\"]\n[providers.cloudflare]\ntoken = \"{TOKEN}\"\nbase_url = \"{}/client/v4\"\n\
         [serve]\nlisten = [\"127.0.0.1:0\"]\n[serve.limits]\nrequests_per_minute = 100000\nupdates_per_minute = 100000\n\
         [serve.zones.\"example.org\"]\nprovider = \"cloudflare\"\n{table}",
        api.base()
    );
    cloudflare.token(TOKEN, dynflare_testkit::cloudflare::Grant::all());
    let mut serving = Serving::start(&folder, &config, &["web"]);
    let web = serving.at("web");
    let first = get(&web, &update("h0.example.org", "203.0.113.1"), &head);
    assert_eq!(word(&first), "good 203.0.113.1", "{}", serving.says("cause"));
    let alone = cloudflare.log().len();
    cloudflare.clear_log();
    let all: Vec<_> = (1..=20)
        .map(|number| {
            let (web, head) = (web.clone(), head.clone());
            std::thread::spawn(move || {
                get(&web, &update(&format!("h{number}.example.org"), "203.0.113.2"), &head)
            })
        })
        .collect();
    for one in all {
        assert_eq!(word(&one.join().expect("no panic")), "good 203.0.113.2");
    }
    let together = cloudflare.log().len();
    assert!(together < alone * 10, "{together} requests for twenty updates, {alone} for one");
    assert_eq!(cloudflare.contents("example.org", "h20.example.org", "A"), ["203.0.113.2"]);
    cloudflare.clear_log();
    let mut kept = TcpStream::connect(&web).expect("it listens");
    for _ in 0..50 {
        let answer = ask(&mut kept, &update("h7.example.org", "203.0.113.2"), &head);
        assert_eq!(word(&answer), "nochg 203.0.113.2");
    }
    assert_eq!(cloudflare.log().len(), 0);
}

#[test]
fn what_was_acknowledged_is_there_after_kill_9_under_load() {
    if !clients_installed() {
        return;
    }
    let folder = Folder::new("kill");
    let (table, head) = account(&folder, &["*.dyn.example.org"]);
    let config = local(&table);
    let mut acknowledged: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    let mut serial = 0;
    for round in 1..=3_u8 {
        let mut serving = Serving::start(&folder, &config, &["web", "names"]);
        let (web, names) =
            (serving.at("web"), serving.at("names").parse::<SocketAddr>().expect("an address"));
        let seen = soa(names);
        assert!(seen >= serial, "{seen} after {serial}");
        for (host, address) in &acknowledged {
            let shown = read(names, host, "A");
            assert!(
                matches!(shown.as_slice(), [(60, there)] if at_least(there, address)),
                "{host} {address} {shown:?}"
            );
        }
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients: Vec<_> = (0..4_u8)
            .map(|client| {
                let (web, head, stop, done) =
                    (web.clone(), head.clone(), Arc::clone(&stop), Arc::clone(&done));
                std::thread::spawn(move || load((&web, &head), (round, client), &stop, &done))
            })
            .collect();
        // In the middle of it: all four were known, which takes a slow hash each, and some changes were made.
        while done.load(Ordering::SeqCst) < 400 {
            std::thread::yield_now();
        }
        serial = soa(names);
        let pid = serving.child.id().to_string();
        assert!(Command::new("kill").args(["-KILL", &pid]).status().expect("kill runs").success());
        let _ended = serving.child.wait();
        stop.store(true, Ordering::SeqCst);
        for client in clients {
            acknowledged.extend(client.join().expect("no panic"));
        }
    }
    assert!(acknowledged.len() > 30, "only {} updates were acknowledged", acknowledged.len());
}

/// Sets names until the server is gone; what was acknowledged, each with the last address.
fn load(
    (web, head): (&str, &str),
    (round, client): (u8, u8),
    stop: &AtomicBool,
    done: &AtomicUsize,
) -> Vec<(String, String)> {
    let mut acknowledged = Vec::new();
    let Ok(mut connection) = TcpStream::connect(web) else { return acknowledged };
    connection.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let (host, address) =
            (format!("h{client}-{}.dyn.example.org", number % 200), format!("203.0.113.{round}"));
        let path = update(&host, &address);
        let asked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ask(&mut connection, &path, head)));
        match asked {
            Ok(answer) if word(&answer).starts_with("good") || word(&answer).starts_with("nochg") => {
                acknowledged.push((host, address));
                done.fetch_add(1, Ordering::SeqCst);
            }
            Ok(answer) => panic!("{answer}"),
            Err(_) => break,
        }
    }
    acknowledged
}

/// Whether an address is that of this round or of a later one.
fn at_least(there: &str, address: &str) -> bool {
    let last = |text: &str| text.rsplit('.').next().and_then(|last| last.parse::<u8>().ok());
    last(there) >= last(address)
}

fn soa(names: SocketAddr) -> u32 {
    let soa = read(names, "dyn.example.org", "SOA");
    soa[0].1.split(' ').nth(2).and_then(|serial| serial.parse().ok()).expect("a serial number")
}
