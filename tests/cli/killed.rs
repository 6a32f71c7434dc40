//! `kill -9` of the daemon at any moment: nothing of others is lost, nothing is there twice, and its successor is right.
//!
//! A daemon has a new address to publish, at BIND (a set in which a stranger's value stands beside ours) and at the
//! fake Cloudflare (likewise), with delays in front of both, and is killed after a random while: just started, or after
//! some rounds of its own. Its successor is killed too, or may finish; then everything is looked at, and the survivor
//! is the next victim. One in five victims is a single run beside. `DYNFLARE_TEST_KILLS` says how many daemons (60),
//! `DYNFLARE_TEST_SEED` how the dice fall.

use crate::lab::{Lab, TOKEN};
use dynflare_testkit::cloudflare::{FakeRecord, FakeZone, Reply};
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, ZONE};
use dynflare_testkit::serve::{Server, handler};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::UdpSocket;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

/// How long a round may take on a busy machine; a generous limit, never a measure.
const PATIENCE: Duration = Duration::from_secs(60);

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
    relay: SocketAddr,
    /// Where the path is short enough for a socket.
    state: PathBuf,
    _api: Server,
}

impl Drop for World {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.state);
    }
}

/// The program, running.
struct Victim {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// When it began with what it is at.
    before: Instant,
}

impl Victim {
    /// Tells the daemon that it is time to look.
    fn kick(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), Signal::USR1).expect("it is ours");
        self.before = Instant::now();
    }
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
        let more = format!(
            "records = [\"rfc2136:{ZONE}:A:home\", \"cloudflare:example.org:A:home\"]\nmax_changes_per_hour = 3600\n\
             confirm = false\nrouter_events = \"off\"\nsentinel = \"off\""
        );
        lab.folder.file("dynflare.toml", &lab.config_at(&more, api.base()));
        let state = std::env::temp_dir().join(format!("dfl-killed-{}", std::process::id()));
        Self { lab, bind, dice, under_way, relay, state, _api: api }
    }

    /// Lets the sources say this address.
    fn say(&self, address: &str) {
        (0..5).for_each(|source| self.lab.say(source, address));
    }

    /// The program about to do something.
    fn program(&self, what: &str) -> Command {
        let key = &KEYS[0];
        let errors =
            fs::File::options().create(true).append(true).open(self.lab.folder.path().join("errors"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_dynflare"));
        command
            .args([what, "-v", "--config"])
            .arg(self.lab.folder.path().join("dynflare.toml"))
            .env_clear()
            .env("CLOUDFLARE_API_TOKEN", TOKEN)
            .env("RFC2136_SERVER", self.relay.to_string())
            .env("RFC2136_KEY", format!("{}:{}:{}", key.algorithm, key.name, key.secret))
            .env("STATE_DIRECTORY", &self.state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors.expect("our folder"))
            .kill_on_drop(true);
        command
    }

    /// Starts it.
    fn start(&self, what: &str) -> Victim {
        let mut child = self.program(what).spawn().expect("the program can be started");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Victim { child, lines, before: Instant::now() }
    }

    /// Kills it after a while; whether it was still running.
    async fn kill(&self, victim: &mut Victim, after: Duration) -> bool {
        sleep(after).await;
        let running = victim.child.try_wait().expect("it is our child").is_none();
        victim.child.kill().await.expect("it is our child");
        self.quiet().await;
        running
    }

    /// Waits until both records are told to hold this address; how long it took.
    async fn until_right(&self, victim: &mut Victim, address: &str) -> Duration {
        let mut waiting = vec!["home.example.org A at cloudflare: ", "home.example.org A at rfc2136: "];
        let told = async {
            while !waiting.is_empty() {
                let line = victim.lines.next_line().await.expect("text").expect("it goes on");
                if line.split(|c: char| c != '.' && !c.is_ascii_digit()).any(|word| word == address) {
                    waiting.retain(|record| !line.contains(record));
                }
            }
        };
        if timeout(PATIENCE, told).await.is_err() {
            let errors = fs::read_to_string(self.lab.folder.path().join("errors")).unwrap_or_default();
            panic!("{address} is not told of {waiting:?}: {errors}");
        }
        victim.before.elapsed()
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
        assert!(!self.state.join("memory.json.bad").exists(), "a file was not understood");
        let Ok(text) = fs::read_to_string(self.state.join("memory.json")) else {
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

/// Which moments were hit: killed before memory was touched, between intention and note, after the note; and with the
/// set at BIND changed or not.
#[derive(Default)]
struct Hits([[u32; 2]; 3]);

impl Hits {
    /// Looks at what a killed program has left.
    fn look(&mut self, world: &World, address: &str, before: &[String]) {
        let ((published, intended), there) = (world.remembered(), world.there());
        for values in &there {
            assert!(values.contains(&FOREIGN.to_owned()), "a stranger's value is gone: {there:?}");
            assert_eq!(values.len(), 2, "{there:?}");
        }
        let holds = |values: &[String]| values.iter().any(|value| value == address);
        let stage = if holds(&published) { 2 } else { usize::from(holds(&intended)) };
        self.0[stage][usize::from(there[0] != before)] += 1;
        assert_eq!(self.0[0][1], 0, "nothing is written before it is kept in mind");
    }

    fn stage(&self, stage: usize) -> String {
        let [same, changed] = self.0[stage];
        format!("{} ({changed} changed)", same + changed)
    }
}

/// What is killed.
#[derive(Clone, Copy, Debug)]
enum Prey {
    /// A daemon that was just started.
    Started,
    /// A daemon that has done some rounds.
    Kicked,
    /// A single run.
    Single,
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "what was hit is worth knowing")]
async fn killed_at_any_moment_the_daemon_loses_nothing_and_leaves_nothing_twice() {
    let Some(bind) = NameServer::start(Kind::Bind) else { return };
    let world = World::new(bind, number("DYNFLARE_TEST_SEED", 2136)).await;
    let mut addresses = (1..250_u32).map(|last| format!("203.0.113.{last}")).cycle();
    let mut next = || {
        let address = addresses.next().expect("they go round");
        world.say(&address);
        address
    };
    let first = next();
    let mut daemon = world.start("run");
    // How long a daemon takes from its start, and from a kick.
    let mut usual = [world.until_right(&mut daemon, &first).await; 2];
    world.bind.change(&format!("update add home.{ZONE} 300 A {FOREIGN}\nsend\n"));
    world.lab.cloudflare.record("example.org", FakeRecord::new("A", "home.example.org", FOREIGN));
    let mut living = Some(daemon);
    let (mut counts, mut over, mut looks, mut hits) = ([0_u64; 3], 0, 0, Hits::default());
    while counts[0] + counts[1] < number("DYNFLARE_TEST_KILLS", 60) {
        let (address, before) = (next(), world.there()[0].clone());
        let (prey, mut victim) = match living.take() {
            Some(mut daemon) => {
                daemon.kick();
                (Prey::Kicked, daemon)
            }
            None if world.dice.below(5) == 0 => (Prey::Single, world.start("update")),
            None => (Prey::Started, world.start("run")),
        };
        let span = usual[usize::from(matches!(prey, Prey::Kicked))];
        let after = world.dice.below(u64::try_from(span.as_micros()).expect("short"));
        if world.kill(&mut victim, Duration::from_micros(after)).await {
            counts[prey as usize] += 1;
            hits.look(&world, &address, &before);
        } else {
            assert!(matches!(prey, Prey::Single), "only a single run ends by itself: {prey:?}");
            over += 1;
        }
        if world.dice.below(3) == 0 {
            continue;
        }
        let mut successor = world.start("run");
        let mut rounds = 0;
        while rounds == 0 || (rounds == 1 && world.dice.below(2) == 0) {
            let address = next();
            if rounds > 0 {
                successor.kick();
            }
            let took = world.until_right(&mut successor, &address).await;
            // The machine may have become busier since.
            usual[rounds] = usual[rounds].mul_f64(0.7) + took.mul_f64(0.3);
            assert_eq!(world.there(), both(&address), "after {counts:?}");
            assert_eq!(world.remembered(), (vec![address], Vec::new()), "after {counts:?}");
            (rounds, looks) = (rounds + 1, looks + 1);
        }
        if rounds > 1 {
            living = Some(successor);
        } else {
            world.kill(&mut successor, Duration::ZERO).await;
        }
    }
    let [started, kicked, single] = counts;
    eprintln!(
        "daemons killed within {} ms of their start: {started}, within {} ms of a kick: {kicked}; single runs: {single} \
         ({over} were over); {looks} looks between; of the set at BIND: before the intention {}, with the intention {}, \
         with the note {}",
        usual[0].as_millis(),
        usual[1].as_millis(),
        hits.stage(0),
        hits.stage(1),
        hits.stage(2)
    );
}
