//! Snapshots worth looking at, and a server that shows them.

use dynflare::page::Chronicle;
use dynflare::report::news::{News, Said, Subject, What};
use dynflare::report::status::{
    AddressStatus, Confirmation, Counters, Detected, NextRound, RecordStatus, RoundStatus, Status,
    TriggerStatus,
};
use dynflare::server::listen::Server;
use dynflare::server::status::{self, Shown};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn subject(name: &str, rtype: &str) -> Subject {
    Subject { account: "cloudflare".into(), name: name.into(), rtype: rtype.into() }
}

fn record(name: &str, rtype: &str, value: &str, now: u64) -> RecordStatus {
    RecordStatus {
        record: subject(name, rtype),
        zone: Some("example.org".into()),
        values: Some(vec![value.into()]),
        state: "unchanged".into(),
        right: true,
        since: now - 9 * DAY,
        changed: Some(now - 7 * HOUR - 700),
        confirmation: Some(Confirmation {
            servers: 4,
            right: 4,
            took_ms: Some(812),
            state: "confirmed".into(),
            why: None,
        }),
        ..RecordStatus::default()
    }
}

fn said(source: &str, operator: &str, said: &str, took_ms: u64) -> Said {
    let family = if said.contains(':') { 6 } else { 4 };
    Said {
        source: source.into(),
        operator: operator.into(),
        family,
        said: said.into(),
        took_ms: Some(took_ms),
    }
}

/// Detections every five minutes, mostly quick.
fn recent(now: u64, base: u64, missed: &[u64]) -> Vec<Detected> {
    let took = |number: u64| base + number * 37 % 61 + if number % 23 == 5 { base * 6 } else { 0 };
    (0..96)
        .map(|number| Detected {
            at: now - (96 - number) * 300,
            took_ms: if missed.contains(&number) { 12_000 } else { took(number) },
            agreed: !missed.contains(&number),
        })
        .collect()
}

fn address(family: u8, address: &str, now: u64) -> AddressStatus {
    AddressStatus {
        family,
        address: address.parse::<IpAddr>().ok(),
        since: Some(now - 7 * HOUR - 702),
        agreed_at: Some(now - 42),
        verdict: "agreed".into(),
        panel: 5,
        quorum: 3,
        ..AddressStatus::default()
    }
}

/// A line like many: a few records, two families, one dissenter, one failure.
pub(crate) fn ordinary(now: u64) -> Status {
    let v4 = AddressStatus {
        ballots: vec![
            said("ipify", "ipify", "203.0.113.77", 61),
            said("akamai", "Akamai", "203.0.113.77", 48),
            said("icanhazip", "Cloudflare", "198.51.100.9", 74),
            said("mullvad", "Mullvad", "203.0.113.77", 112),
            said("hetzner", "Hetzner", "it does not answer in time (no connection within 3 s)", 96),
        ],
        recent: [recent(now, 90, &[40]), vec![Detected { at: now - 42, took_ms: 114, agreed: true }]]
            .concat(),
        ..address(4, "203.0.113.77", now)
    };
    let v6 = AddressStatus {
        ballots: vec![
            said("ipify", "ipify", "2001:db8:77:1:21f:5bff:fe3c:9d02", 38),
            said("akamai", "Akamai", "2001:db8:77:1:21f:5bff:fe3c:9d02", 52),
            said("dns:o-o.myaddr.l.google.com", "Google", "2001:db8:77:1:21f:5bff:fe3c:9d02", 31),
        ],
        recent: [recent(now, 45, &[]), vec![Detected { at: now - 42, took_ms: 54, agreed: true }]].concat(),
        ..address(6, "2001:db8:77:1:21f:5bff:fe3c:9d02", now)
    };
    let mut counters = Counters {
        rounds: 2_611,
        rounds_failed: 4,
        changes: 6,
        notifications: [7, 0],
        ..Counters::default()
    };
    for (source, counts) in [
        ("akamai", [2_540, 3, 0]),
        ("dns:o-o.myaddr.l.google.com", [811, 0, 0]),
        ("hetzner", [1_902, 41, 0]),
        ("icanhazip", [2_120, 0, 18]),
        ("ipify", [2_433, 9, 0]),
        ("mullvad", [1_377, 2, 0]),
    ] {
        counters.sources.insert(source.into(), counts);
    }
    counters.requests.insert("cloudflare".into(), 1_240);
    counters.failures.insert("unavailable".into(), 4);
    let trigger = |name: &str, fired: u64| TriggerStatus {
        name: name.into(),
        watching: true,
        fired,
        last: (fired > 0).then_some(now - 7 * HOUR - 705),
        ..TriggerStatus::default()
    };
    let blind = TriggerStatus {
        name: "router".into(),
        why: Some("192.168.1.1 does not announce changes".into()),
        ..TriggerStatus::default()
    };
    Status {
        version: "0.1.0".into(),
        pid: 4711,
        started: now - 9 * DAY - 3 * HOUR,
        at: now - 1,
        interval: Some(300),
        fine: Some(now - 42),
        healthy_until: now + 900,
        round: Some(RoundStatus { at: now - 42, took_ms: 131, cause: "schedule".into(), fine: true }),
        next: Some(NextRound { at: now + 258, cause: "schedule".into() }),
        addresses: vec![v4, v6],
        records: vec![
            record("home.example.org", "A", "203.0.113.77", now),
            record("home.example.org", "AAAA", "2001:db8:77:1:21f:5bff:fe3c:9d02", now),
            RecordStatus {
                confirmation: Some(Confirmation::by_api()),
                ..record("www.example.org", "A", "203.0.113.77", now)
            },
            record("nas.example.org", "AAAA", "2001:db8:77:1::1234", now),
        ],
        triggers: vec![trigger("interfaces", 3), trigger("resume", 0), blind, trigger("sentinel", 1)],
        counters,
        ..Status::default()
    }
}

/// The same with trouble of three kinds.
pub(crate) fn troubled(now: u64) -> Status {
    let mut status = ordinary(now);
    let wrong = |mut one: RecordStatus, state: &str, cause: &str, hint: &str| {
        one.right = false;
        one.since = now - 25 * 60;
        one.state = state.into();
        (one.cause, one.hint) = (Some(cause.into()), Some(hint.into()));
        one
    };
    let refused = "the token was refused (HTTP 403 \"9109 Invalid access token\")";
    let permit = "give the token Zone.DNS:Edit on example.org (dash.cloudflare.com, My Profile, API Tokens)";
    let failed = wrong(status.records[2].clone(), "failed", refused, permit);
    status.records[2] = RecordStatus { failures: 3, next_try: Some(now + 540), ..failed };
    status.records[3] = wrong(
        status.records[3].clone(),
        "refused",
        "3 values are there, and nothing says which is ours: 2001:db8:1::1, 2001:db8:2::1 and 2001:db8:3::1",
        "write `dynflare` into the comment of the one to be kept right, or delete all but one",
    );
    status.config_mistake = Some("dynflare.toml:12: unknown key `pannel`; did you mean `panel`?".to_owned());
    status.healthy_until = now - 60;
    status.fine = Some(now - 25 * 60);
    let v6 = &mut status.addresses[1];
    "split".clone_into(&mut v6.verdict);
    v6.agreed_at = Some(now - 25 * 60);
    v6.ballots = vec![
        said("ipify", "ipify", "2001:db8:77:1:21f:5bff:fe3c:9d02", 38),
        said("akamai", "Akamai", "2001:db8:99::7", 52),
        said("icanhazip", "Cloudflare", "2001:db8:99::7", 44),
        said("mullvad", "Mullvad", "2001:db8:77:1:21f:5bff:fe3c:9d02", 61),
        said("hetzner", "Hetzner", "HTTP 503 \"<html><head><title>Service Unavailable</title>\"", 49),
    ];
    v6.recent.extend((0..5).map(|number| Detected {
        at: now - 1500 + number * 300,
        took_ms: 12_000,
        agreed: false,
    }));
    status
}

/// Two months of a line whose address changes now and then.
pub(crate) fn past(now: u64) -> Vec<News> {
    let changed = |ago: u64, name: &str, from: &str, to: &str| News {
        at: now - ago,
        record: Some(subject(name, if to.contains(':') { "AAAA" } else { "A" })),
        what: What::Changed {
            from: Vec::from_iter((!from.is_empty()).then(|| from.into())),
            to: vec![to.into()],
        },
        ballots: Vec::new(),
    };
    let v4 = ["203.0.113.5", "203.0.113.41", "203.0.113.5", "203.0.113.130", "203.0.113.77"];
    let mut news = Vec::new();
    for (number, ago) in [58 * DAY, 40 * DAY, 22 * DAY, 9 * DAY, 7 * HOUR + 700].into_iter().enumerate() {
        let from = number.checked_sub(1).map_or("", |before| v4[before]);
        news.push(changed(ago, "home.example.org", from, v4[number]));
        news.push(changed(ago - 1, "www.example.org", from, v4[number]));
    }
    news.push(changed(31 * DAY, "home.example.org", "", "2001:db8:41:1:21f:5bff:fe3c:9d02"));
    news.push(changed(
        7 * HOUR + 700,
        "home.example.org",
        "2001:db8:41:1:21f:5bff:fe3c:9d02",
        "2001:db8:77:1:21f:5bff:fe3c:9d02",
    ));
    let about = |ago: u64, what| News {
        at: now - ago,
        record: Some(subject("www.example.org", "A")),
        what,
        ballots: Vec::new(),
    };
    let cause = "the provider does not answer (HTTP 503)".to_owned();
    news.push(about(3 * DAY, What::Failing { times: 3, since: now - 3 * DAY - 720, cause }));
    news.push(about(3 * DAY - 1_900, What::Recovered { since: now - 3 * DAY - 720 }));
    news.sort_by_key(|one| one.at);
    news
}

/// A server on loopback that shows a snapshot.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) status: watch::Sender<Arc<Status>>,
}

impl Stage {
    pub(crate) async fn showing(status: Status, news: &[News]) -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address"), status, news).await
    }

    pub(crate) async fn at(at: SocketAddr, status: Status, news: &[News]) -> Self {
        let (status, seen) = watch::channel(Arc::new(status));
        let past = Arc::new(Chronicle::default());
        for one in news {
            past.add(one);
        }
        let server = status::bind(at, Shown { past, ..Shown::from(seen) }).await.expect("it listens");
        Self { server, status }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.server.address())
    }
}
