//! `kill -9` at any moment: nothing of others is lost, nothing is there twice, and the next run is right.
//!
//! Each run has a new address to publish, at BIND (a set in which a stranger's value stands beside ours) and at the
//! fake Cloudflare (likewise), with delays in front of both, and is killed after a random while. Some are followed by
//! others that are killed too, be it one run or the daemon; then one runs to its end and everything is looked at. `DYNFLARE_TEST_KILLS` says how
//! often (60), `DYNFLARE_TEST_SEED` how the dice fall.

use crate::lab::{Lab, TOKEN};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone, Reply};
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, ZONE};
use dynflare_testkit::serve::{Server, handler};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::time::sleep;

/// What somebody else has put there.
const FOREIGN: &str = "198.51.100.200";

/// Dice that fall the same way at every run: splitmix64 (Steele, Lea, Flood 2014).
struct Dice(AtomicU64);

impl Dice {
    fn below(&self, bound: u64) -> u64 {
        let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % bound
    }

    /// Up to 12 ms, mostly less.
    fn pause(&self) -> Duration {
        Duration::from_micros(self.below(12_000).min(self.below(12_000)))
    }
}

#[expect(clippy::disallowed_methods, reason = "how thorough a test is depends on the surroundings")]
fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().map_or(usual, |text| text.parse().expect("a number"))
}

/// Servers that take their time, and finish what they were told although nobody waits any more.
struct World {
    lab: Lab,
    bind: NameServer,
    dice: Arc<Dice>,
    under_way: Arc<AtomicUsize>,
    api: Server,
    relay: SocketAddr,
}

/// Counts what is under way.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Datagrams to BIND and back, each after a while.
async fn relay(bind: SocketAddr, dice: Arc<Dice>, under_way: Arc<AtomicUsize>) -> SocketAddr {
    let front = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports"));
    let address = front.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = front.recv_from(&mut buffer).await {
            let (front, dice) = (Arc::clone(&front), Arc::clone(&dice));
            let (message, counted) = (buffer[..length].to_vec(), UnderWay::new(&under_way));
            tokio::spawn(async move {
                let _counted = counted;
                sleep(dice.pause()).await;
                let back = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has free ports");
                back.connect(bind).await.expect("loopback connects");
                back.send(&message).await.expect("loopback delivers");
                let mut answer = [0; 4096];
                let length = back.recv(&mut answer).await.expect("BIND answers");
                sleep(dice.pause()).await;
                let _gone = front.send_to(&answer[..length], from).await;
            });
        }
    });
    address
}

impl World {
    async fn new(bind: NameServer, seed: u64) -> Self {
        let lab = Lab::new().await;
        lab.cloudflare.zone(FakeZone::new("example.org"));
        let (dice, under_way) = (Arc::new(Dice(AtomicU64::new(seed))), Arc::new(AtomicUsize::new(0)));
        let (fake, dice_of_fake, count) = (lab.cloudflare.clone(), Arc::clone(&dice), Arc::clone(&under_way));
        let api = Server::http(handler(move |request| {
            let (fake, dice, counted) = (fake.clone(), Arc::clone(&dice_of_fake), UnderWay::new(&count));
            // In a task of its own: that the client is gone does not undo what it has sent.
            let work = tokio::spawn(async move {
                let _counted = counted;
                sleep(dice.pause()).await;
                let Reply::Answer(response) = fake.reply(&request) else {
                    unreachable!("nothing is scripted")
                };
                sleep(dice.pause()).await;
                response
            });
            async move { work.await.expect("the fake answers") }
        }))
        .await;
        let relay = relay(bind.v4(), Arc::clone(&dice), Arc::clone(&under_way)).await;
        Self { lab, bind, dice, under_way, api, relay }
    }

    fn state(&self) -> PathBuf {
        self.lab.folder.path().join("state")
    }

    /// The program about to publish `address`: once, or as the daemon.
    fn program(&self, address: &str, what: &str) -> Command {
        (0..5).for_each(|source| self.lab.say(source, address));
        let more = format!(
            "records = [\"rfc2136:{ZONE}:A:home\", \"cloudflare:example.org:A:home\"]\nmax_changes_per_hour = 3600\n\
             confirm = false\nrouter_events = \"off\"\nsentinel = \"off\""
        );
        let config = self.lab.config_at(&more, self.api.base());
        let config = self.lab.folder.file("dynflare.toml", &config);
        let key = &KEYS[0];
        let mut command = Command::new(env!("CARGO_BIN_EXE_dynflare"));
        command
            .args([what, "--config"])
            .arg(config)
            .env_clear()
            .env("CLOUDFLARE_API_TOKEN", TOKEN)
            .env("RFC2136_SERVER", self.relay.to_string())
            .env("RFC2136_KEY", format!("{}:{}:{}", key.algorithm, key.name, key.secret))
            .env("STATE_DIRECTORY", self.state())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Lets it run to its end; how long it took.
    async fn run(&self, address: &str) -> Duration {
        let (mut command, began) = (self.program(address, "update"), Instant::now());
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it was waited for");
        let output = output.expect("the program can be started");
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{address}: {}", String::from_utf8_lossy(&text));
        began.elapsed()
    }

    /// Kills it after a while; whether it was still running.
    async fn kill(&self, address: &str, after: Duration) -> bool {
        let what = if self.dice.below(2) == 0 { "run" } else { "update" };
        let mut child = self.program(address, what).spawn().expect("the program can be started");
        sleep(after).await;
        let running = child.try_wait().expect("it is our child").is_none();
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        self.quiet().await;
        running
    }

    /// Waits until all that was sent has been worked on: what lies in a socket is read at one of the next turns of the
    /// runtime, and counts from then on.
    async fn quiet(&self) {
        let mut turns = 0;
        while turns < 4 {
            sleep(Duration::from_millis(2)).await;
            turns = if self.under_way.load(Ordering::SeqCst) > 0 { 0 } else { turns + 1 };
        }
    }

    /// What is there at BIND and at the fake.
    fn there(&self) -> [Vec<String>; 2] {
        let fake = self.lab.cloudflare.contents("example.org", "home.example.org", "A");
        [self.bind.read(&format!("home.{ZONE}"), "A"), fake]
    }

    /// The values that memory takes for ours at BIND; it must be readable at any time.
    fn remembered(&self) -> (Vec<String>, Vec<String>) {
        assert!(!self.state().join("memory.json.bad").exists(), "a file was not understood");
        let Ok(text) = fs::read_to_string(self.state().join("memory.json")) else {
            return Default::default();
        };
        let memory: serde_json::Value = serde_json::from_str(&text).expect("memory is JSON at any time");
        let place = memory["places"]
            .as_array()
            .and_then(|places| places.iter().find(|place| place["account"] == "rfc2136").cloned());
        let values = |key: &str| {
            let values = place.as_ref().and_then(|place| place[key].as_array().cloned()).unwrap_or_default();
            values.iter().filter_map(|value| value.as_str().map(ToOwned::to_owned)).collect()
        };
        (values("published"), values("intended"))
    }
}

fn both(address: &str) -> [Vec<String>; 2] {
    let mut values = vec![address.to_owned(), FOREIGN.to_owned()];
    values.sort();
    [values.clone(), values]
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "what was hit is worth knowing")]
async fn killed_at_any_moment_it_loses_nothing_and_leaves_nothing_twice() {
    let Some(bind) = NameServer::start(Kind::Bind) else { return };
    let world = World::new(bind, number("DYNFLARE_TEST_SEED", 2136)).await;
    let mut addresses = (1..250_u32).map(|last| format!("203.0.113.{last}")).cycle();
    let mut next = || addresses.next().expect("they go round");
    let first = next();
    world.run(&first).await;
    world.bind.change(&format!("update add home.{ZONE} 300 A {FOREIGN}\nsend\n"));
    world.lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", FOREIGN));
    let mut usual = Duration::ZERO;
    for _ in 0..3 {
        let address = next();
        usual = usual.max(world.run(&address).await);
        assert_eq!(world.there(), both(&address));
    }
    let (mut kills, mut over, mut looks) = (0, 0, 0);
    // Killed before memory was touched, between intention and note, after the note; and with the set changed or not.
    let mut hit = [[0_u32; 2]; 3];
    let wanted = number("DYNFLARE_TEST_KILLS", 60);
    while kills < wanted {
        let (address, before) = (next(), world.there()[0].clone());
        let after = Duration::from_micros(world.dice.below(u64::try_from(usual.as_micros()).expect("short")));
        if !world.kill(&address, after).await {
            over += 1;
            continue;
        }
        kills += 1;
        let (published, intended) = world.remembered();
        let there = world.there();
        for values in &there {
            assert!(
                values.contains(&FOREIGN.to_owned()),
                "kill {kills}: a stranger's value is gone: {there:?}"
            );
            assert_eq!(values.len(), 2, "kill {kills}: {there:?}");
        }
        let stage = if published.contains(&address) { 2 } else { usize::from(intended.contains(&address)) };
        hit[stage][usize::from(there[0] != before)] += 1;
        if world.dice.below(3) > 0 {
            let address = next();
            // The machine may have become busier since.
            usual = usual.mul_f64(0.7) + world.run(&address).await.mul_f64(0.3);
            looks += 1;
            assert_eq!(world.there(), both(&address), "after kill {kills}");
            assert_eq!(world.remembered(), (vec![address], Vec::new()), "after kill {kills}");
        }
    }
    let last = next();
    world.run(&last).await;
    assert_eq!(world.there(), both(&last));
    let [before, between, after] = hit;
    eprintln!(
        "{kills} kills within {} ms or so ({over} came too late), {looks} looks between; of the set at BIND: before the \
         intention {} ({} changed), with the intention {} ({} changed), with the note {} ({} changed)",
        usual.as_millis(),
        before.iter().sum::<u32>(),
        before[1],
        between.iter().sum::<u32>(),
        between[1],
        after.iter().sum::<u32>(),
        after[1],
    );
    assert_eq!(before[1], 0, "nothing is written before it is kept in mind");
}
