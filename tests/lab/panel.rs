//! Any two of five operators dead, silent or lying change nothing, whichever two: the real program, real sockets.

use crate::{dynflare, said};
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant};
use dynflare_testkit::lab::{Fate, Lab, Place, Shape, echo};
use dynflare_testkit::serve::{Server, handler, reply};
use std::path::PathBuf;
use std::process::Output;

const OPERATORS: u8 = 5;
const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// What becomes of the operators that are singled out.
#[derive(Clone, Copy, Debug)]
enum Ill {
    /// They refuse every connection.
    Dead,
    /// They take nothing and say nothing.
    Silent,
    /// They all say the same wrong address.
    Colluding,
    /// Each says a wrong address of its own.
    Lying,
}

/// A home, five operators that can go wrong, and a provider that cannot.
struct World {
    lab: Lab,
    fake: FakeCloudflare,
    folder: PathBuf,
    runs: std::cell::Cell<u32>,
    _servers: Vec<Server>,
}

impl World {
    fn new(name: &str) -> Option<Self> {
        let lab = Lab::new(Shape::Plain)?;
        let fake = FakeCloudflare::new();
        fake.token(TOKEN, Grant::all());
        fake.zone(FakeZone::new("example.com"));
        fake.record(
            "example.com",
            FakeRecord::new("A", "home.example.com", "203.0.113.5").comment("dynflare"),
        );
        let provider = Server::http_on(lab.listen(Place::INTERNET, "198.51.100.90:80"), fake.handler());
        let mut servers = vec![provider];
        for number in 1..=OPERATORS {
            let listen = |port: u16| lab.listen(Place::INTERNET, &format!("198.51.100.{number}0:{port}"));
            servers.push(echo(listen(80)));
            let lie = |text: String| handler(move |_| std::future::ready(reply(200, text.clone())));
            servers.push(Server::http_on(listen(81), lie("203.0.113.66".to_owned())));
            servers.push(Server::http_on(listen(82), lie(format!("203.0.113.1{number}0"))));
        }
        let folder = std::env::temp_dir().join(format!("dynflare-panel-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        Some(Self { lab, fake, folder, runs: std::cell::Cell::new(0), _servers: servers })
    }

    /// Makes these operators ill, and the others well.
    fn sicken(&self, operators: &[u8], ill: Ill) {
        self.lab.unhinder(Place::INTERNET);
        self.lab.nft(Place::INTERNET, "table ip lie {}\ndelete table ip lie");
        for number in operators {
            let to = format!("ip daddr 198.51.100.{number}0 tcp dport 80");
            match ill {
                Ill::Dead => self.lab.hinder(Place::INTERNET, &to, Fate::Reject),
                Ill::Silent => self.lab.hinder(Place::INTERNET, &to, Fate::Drop),
                Ill::Colluding | Ill::Lying => {
                    let port = if matches!(ill, Ill::Colluding) { 81 } else { 82 };
                    self.lab.nft(
                        Place::INTERNET,
                        &format!(
                            "table ip lie {{\nchain pre {{\ntype nat hook prerouting priority -100;\n}}\n}}\n\
                             add rule ip lie pre {to} redirect to :{port}"
                        ),
                    );
                }
            }
        }
    }

    /// Runs the program anew, without memory: it would hold back so many changes.
    fn update(&self) -> Output {
        let run = self.runs.get();
        self.runs.set(run + 1);
        let pool: Vec<String> =
            (1..=OPERATORS).map(|number| format!("\"url:http://198.51.100.{number}0/\"")).collect();
        let text = format!(
            "version = 1\nrecords = [\"cloudflare:example.com:A:home\"]\npool = [{}]\n\
             allow = [\"203.0.113.0/24\"]\nstate_dir = \"{}/{run}\"\n\
             [providers.cloudflare]\nbase_url = \"http://198.51.100.90/client/v4\"\ntoken = \"{TOKEN}\"\n",
            pool.join(", "),
            self.folder.display()
        );
        let file = self.folder.join("dynflare.toml").display().to_string();
        std::fs::write(&file, text).expect("a file of our own");
        dynflare(&self.lab, Place::HOME, &["update", "--config", &file])
    }

    fn contents(&self) -> Vec<String> {
        self.fake.contents("example.com", "home.example.com", "A")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// Every set of `size` operators.
fn subsets(size: u32) -> Vec<Vec<u8>> {
    let all = (0..1_u8 << OPERATORS).filter(|set| set.count_ones() == size);
    all.map(|set| (1..=OPERATORS).filter(|number| set & (1 << (number - 1)) != 0).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_two_of_five_operators_dead_silent_or_lying_change_nothing() {
    let Some(world) = World::new("two") else { return };
    let truths = ["203.0.113.6", "203.0.113.5"];
    let sets: Vec<Vec<u8>> = (0..=2).flat_map(subsets).collect();
    assert_eq!(sets.len(), 16);
    let mut next = truths.iter().cycle();
    for ill in [Ill::Dead, Ill::Silent, Ill::Colluding, Ill::Lying] {
        for set in &sets {
            // The truth moves each time, so that the record has to follow it.
            let truth = *next.next().expect("it never ends");
            world.lab.set_wan(truth.parse().expect("an address"));
            world.sicken(set, ill);
            let output = world.update();
            assert_eq!(output.status.code(), Some(0), "{set:?} {ill:?}: {}", said(&output));
            assert_eq!(world.contents(), [truth], "{set:?} {ill:?}: {}", said(&output));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_three_of_five_gone_or_at_odds_nothing_is_written() {
    let Some(world) = World::new("three") else { return };
    world.lab.set_wan("203.0.113.6".parse().expect("an address"));
    for ill in [Ill::Dead, Ill::Lying] {
        for set in subsets(3) {
            world.sicken(&set, ill);
            let output = world.update();
            assert_eq!(output.status.code(), Some(3), "{set:?} {ill:?}: {}", said(&output));
            assert_eq!(world.contents(), ["203.0.113.5"], "{set:?} {ill:?}: {}", said(&output));
        }
    }
    assert!(world.fake.writes().is_empty());
}
