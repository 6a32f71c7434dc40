//! What the program is run against: five echo sources of five operators and a fake Cloudflare, all as far away.

use super::child::{self, Run};
use super::{Case, Records};
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant};
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::serve::Server;
use dynflare_testkit::slow;
use dynflare_testkit::tls::Authority;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is in DNS before a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The right address.
    Right,
    /// Another one.
    Stale,
}

const ADDRESS: &str = "203.0.113.7";
const STALE: &str = "203.0.113.200";
const TOKEN: &str = "cfut_loopbackTokenOfTheBenchmark0123456789abcdefghijk";
const ZONE: &str = "example.org";
const ZONES: [&str; 5] = ["a.example", "b.example", "c.example", "d.example", "e.example"];
/// Built-in sources of five operators that answer with the bare address.
const SOURCES: [&str; 5] = ["amazon", "desec", "hetzner", "ipify", "ipinfo"];

pub(super) struct World {
    cloudflare: FakeCloudflare,
    api: Server,
    sources: Vec<Echo>,
    authority: Authority,
    zone_id: String,
    folder: PathBuf,
}

impl World {
    pub(super) async fn new(away: Duration) -> Result<Self, String> {
        let authority = Authority::new();
        let identity = authority.loopback();
        let cloudflare = FakeCloudflare::new();
        cloudflare.token(TOKEN, Grant::all());
        let zone_id = cloudflare.zone(FakeZone::new(ZONE));
        for zone in ZONES {
            cloudflare.zone(FakeZone::new(zone));
        }
        let far = !away.is_zero();
        let api = if far {
            slow::https(&identity, away, cloudflare.handler()).await
        } else {
            Server::https(&identity, cloudflare.handler()).await
        };
        let mut sources = Vec::new();
        for _ in SOURCES {
            let say = Say::address(ADDRESS);
            sources.push(if far {
                Echo::slow(&identity, away, say).await
            } else {
                Echo::https(&identity, say).await
            });
        }
        let folder = std::env::temp_dir().join(format!("dynflare-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        Ok(Self { cloudflare, api, sources, authority, zone_id, folder })
    }

    /// One run from the beginning of the case, and how many requests the API had.
    pub(super) async fn run(&self, program: &Path, case: &Case) -> Result<(Run, usize), String> {
        self.restore(case.start);
        let config = self.folder.join("dynflare.toml");
        let state = self.folder.join("state");
        // A run is the first of its kind: nothing is remembered.
        let _absent = std::fs::remove_dir_all(&state);
        std::fs::write(&config, self.config(case.records))
            .map_err(|error| format!("cannot write {}: {error}", config.display()))?;
        let arguments = vec!["--config".to_owned(), config.display().to_string()];
        let variables = vec![
            ("CLOUDFLARE_API_TOKEN", TOKEN.to_owned()),
            ("SSL_CERT_FILE", self.authority.file().display().to_string()),
            ("STATE_DIRECTORY", state.display().to_string()),
        ];
        let program = program.to_owned();
        let run = tokio::task::spawn_blocking(move || child::run(&program, &arguments, &variables))
            .await
            .map_err(|error| error.to_string())??;
        self.check(case)?;
        Ok((run, self.cloudflare.log().len()))
    }

    fn restore(&self, start: Start) {
        let content = match start {
            Start::Right => ADDRESS,
            Start::Stale => STALE,
        };
        for (zone, count) in zones() {
            for record in self.cloudflare.records(zone) {
                self.cloudflare.remove_record(&record.id);
            }
            for name in names(zone, count) {
                self.cloudflare.record(zone, FakeRecord::new("A", &name, content));
            }
        }
        self.cloudflare.clear_log();
    }

    /// That the run has done what it was for.
    fn check(&self, case: &Case) -> Result<(), String> {
        for (zone, count) in zones() {
            let asked = (zone == ZONE) != (case.records == Records::Hundred);
            for name in names(zone, count).filter(|_| asked) {
                let found = self.cloudflare.contents(zone, &name, "A");
                if found != [ADDRESS] {
                    return Err(format!("{name} is {found:?} after the run"));
                }
            }
        }
        Ok(())
    }

    fn config(&self, records: Records) -> String {
        let records: Vec<String> = match records {
            Records::One => vec![format!("cloudflare:{ZONE}:A:h0")],
            Records::OneWithZoneId => vec![format!("cloudflare:{ZONE}:A:h0?zone_id={}", self.zone_id)],
            Records::Hundred => {
                let of = |zone| (0..20).map(move |number| format!("cloudflare:{zone}:A:h{number}"));
                ZONES.into_iter().flat_map(of).collect()
            }
        };
        let mut text = format!(
            "version = 1\nrecords = {records:?}\npool = {SOURCES:?}\nallow = [\"203.0.113.0/24\"]\n\n\
             [providers.cloudflare]\nbase_url = \"{}/client/v4\"\n",
            named(self.api.base())
        );
        for (id, source) in SOURCES.iter().zip(&self.sources) {
            write!(text, "\n[sources.{id}]\nurl = \"{}\"\n", named(source.base()))
                .expect("writing to a String");
        }
        text
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// Servers are asked by name, since resolving names is part of every real run.
fn named(base: &str) -> String {
    base.replace("127.0.0.1", "localhost")
}

/// Every zone and how many records it has.
fn zones() -> impl Iterator<Item = (&'static str, u32)> {
    std::iter::once((ZONE, 1)).chain(ZONES.into_iter().map(|zone| (zone, 20)))
}

fn names(zone: &str, count: u32) -> impl Iterator<Item = String> {
    (0..count).map(move |number| format!("h{number}.{zone}"))
}
