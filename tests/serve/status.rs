//! The pages that the daemon shows of itself: what they say, in which forms, and to whom.

use crate::{body, exchange, get};
use dynflare::report::news::Subject;
use dynflare::report::status::{
    AddressStatus, Confirmation, Counters, NextRound, RecordStatus, Status, TriggerStatus,
};
use dynflare::server::listen::Server;
use dynflare::server::{metrics, status};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

const PROMTOOL: &str = "/usr/bin/promtool";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// A daemon in the middle of its life: one record right, one not.
pub(crate) fn snapshot(now: u64) -> Status {
    let record = |name: &str, right| RecordStatus {
        record: Subject { account: "cloudflare".into(), name: name.into(), rtype: "A".into() },
        right,
        since: now - 1000,
        values: Some(vec!["203.0.113.7".into()]),
        state: if right { "unchanged" } else { "failed" }.into(),
        failures: if right { 0 } else { 3 },
        changed: right.then_some(now - 1000),
        confirmation: right.then(|| Confirmation { servers: 4, right: 4, ..Confirmation::default() }),
        ..RecordStatus::default()
    };
    let mut counters =
        Counters { rounds: 12, rounds_failed: 2, changes: 3, notifications: [5, 1], ..Counters::default() };
    for took in [80, 400, 12_500, 700_000] {
        counters.add_round(took);
    }
    counters.failures.insert("denied".into(), 2);
    counters.sources.insert("url:http://\"odd\"\\\n.example.org".into(), [9, 2, 1]);
    counters.requests.insert("cloudflare".into(), 40);
    Status {
        version: "0.1.0".into(),
        pid: 4711,
        started: now - 5000,
        at: now - 3,
        interval: Some(300),
        fine: Some(now - 3),
        healthy_until: now + 900,
        next: Some(NextRound { at: now + 297, cause: "schedule".into() }),
        addresses: vec![AddressStatus {
            family: 4,
            address: "203.0.113.7".parse().ok(),
            since: Some(now - 1000),
            verdict: "agreed".into(),
            ..AddressStatus::default()
        }],
        records: vec![record("home.example.org", true), record("www.example.org", false)],
        triggers: vec![TriggerStatus {
            name: "router".into(),
            watching: true,
            fired: 2,
            ..TriggerStatus::default()
        }],
        counters,
        ..Status::default()
    }
}

struct Stage {
    server: Server,
    status: watch::Sender<Arc<Status>>,
}

impl Stage {
    async fn new(at: &str) -> Self {
        let (status, seen) = watch::channel(Arc::new(snapshot(now())));
        let server = status::bind(at.parse().expect("an address"), seen).await.expect("it listens");
        Self { server, status }
    }

    async fn get(&self, path: &str, headers: &str) -> String {
        get(self.server.address(), path, headers).await
    }

    /// What is answered to a request for this `Host`.
    async fn of_host(&self, host: &str) -> String {
        exchange(self.server.address(), format!("GET /healthz HTTP/1.1\r\n{host}\r\n").as_bytes()).await
    }
}

#[tokio::test]
async fn healthz_is_200_while_the_daemon_is_healthy_and_503_with_the_reason_after() {
    let stage = Stage::new("127.0.0.1:0").await;
    let answer = stage.get("/healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let value: serde_json::Value = serde_json::from_str(body(&answer)).expect("JSON");
    assert_eq!((&value["healthy"], &value["why"]), (&true.into(), &serde_json::Value::Null));
    stage.status.send_modify(|status| Arc::make_mut(status).healthy_until = now() - 1);
    let answer = stage.get("/healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let value: serde_json::Value = serde_json::from_str(body(&answer)).expect("JSON");
    let why = value["why"].as_str().expect("a reason");
    assert!(why.starts_with("the last round in which all came right was "), "{why}");
    assert!(why.ends_with(", 1 record not right"), "{why}");
}

#[tokio::test]
async fn ur_58_a_name_that_resolves_to_something_else_is_healthy() {
    let stage = Stage::new("127.0.0.1:0").await;
    stage.status.send_modify(|status| {
        let confirmation =
            Confirmation { servers: 4, right: 0, state: "partly".into(), ..Confirmation::default() };
        Arc::make_mut(status).records[0].confirmation = Some(confirmation);
    });
    assert!(stage.get("/healthz", "").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn the_snapshot_is_there_as_json() {
    let stage = Stage::new("[::1]:0").await;
    let answer = stage.get("/status", "").await;
    assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
    let status: Status = serde_json::from_str(body(&answer)).expect("a snapshot");
    assert_eq!(status, **stage.status.borrow());
    assert!(stage.get("/else", "").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn the_metrics_come_in_the_form_that_is_accepted() {
    let stage = Stage::new("127.0.0.1:0").await;
    let plain = stage.get("/metrics", "").await;
    assert!(plain.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{plain}");
    for line in [
        "# TYPE dynflare_rounds_total counter",
        "dynflare_rounds_total 12",
        "dynflare_record_right{account=\"cloudflare\",name=\"home.example.org\",type=\"A\"} 1",
        "dynflare_record_right{account=\"cloudflare\",name=\"www.example.org\",type=\"A\"} 0",
        "dynflare_address_info{family=\"ipv4\",uplink=\"\",address=\"203.0.113.7\"} 1",
        "dynflare_source_answers_total{source=\"url:http://\\\"odd\\\"\\\\\\n.example.org\"} 9",
        "dynflare_round_duration_seconds_bucket{le=\"0.1\"} 1",
        "dynflare_round_duration_seconds_bucket{le=\"30\"} 3",
        "dynflare_round_duration_seconds_bucket{le=\"+Inf\"} 4",
        "dynflare_round_duration_seconds_sum 712.98",
        "dynflare_round_duration_seconds_count 4",
    ] {
        assert!(plain.lines().any(|one| one == line), "no {line} in:\n{plain}");
    }
    let open = stage
        .get("/metrics", "Accept: application/openmetrics-text; version=1.0.0,text/plain;q=0.5\r\n")
        .await;
    assert!(
        open.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
        "{open}"
    );
    for line in [
        "# TYPE dynflare_rounds counter",
        "# TYPE dynflare_build info",
        "# UNIT dynflare_round_duration_seconds seconds",
        "dynflare_round_duration_seconds_bucket{le=\"30.0\"} 3",
        "dynflare_rounds_total 12",
    ] {
        assert!(open.lines().any(|one| one == line), "no {line} in:\n{open}");
    }
    assert!(open.ends_with("\n# EOF\n"), "{open}");
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics() {
    if !Path::new(PROMTOOL).exists() {
        #[expect(clippy::disallowed_methods, reason = "CI is a property of the surroundings")]
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!ci, "{PROMTOOL} is needed (apt-get install prometheus)");
        #[expect(clippy::print_stdout, reason = "a test that is left out says so")]
        {
            println!("not run: {PROMTOOL} is not there (apt-get install prometheus)");
        }
        return;
    }
    for status in [snapshot(1_800_000_000), Status::default()] {
        let mut promtool = Command::new(PROMTOOL)
            .args(["check", "metrics", "--extended"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool starts");
        let page = metrics::page(&status, 1_800_000_000, metrics::Form::Prometheus);
        promtool.stdin.take().expect("a pipe").write_all(page.as_bytes()).expect("it reads");
        let said = promtool.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.status.success() && text.is_empty(), "{text}\n{page}");
    }
}

#[test]
fn the_table_of_metrics_is_sorted_and_every_name_says_its_unit() {
    assert!(metrics::METRICS.is_sorted_by_key(|metric| metric.name));
    for metric in metrics::METRICS {
        assert!(metric.name.starts_with("dynflare_"), "{}", metric.name);
        assert!(metric.about.ends_with('.'), "{}", metric.name);
        assert_eq!(metric.about.contains("seconds since 1970"), metric.name.ends_with("_timestamp_seconds"));
    }
}

#[tokio::test]
async fn on_loopback_only_names_that_cannot_be_made_to_point_here_are_answered() {
    let stage = Stage::new("127.0.0.1:0").await;
    for host in ["Host: localhost:9000\r\n", "Host: 127.0.0.1\r\n", "Host: [::1]:9000\r\n"] {
        assert!(stage.of_host(host).await.starts_with("HTTP/1.1 200 "), "{host}");
    }
    for host in [
        "Host: rebound.example.org\r\n",
        "Host: rebound.example.org:9000\r\n",
        "Host: localhost\r\nHost: rebound.example.org\r\n",
        "Host: 127.0.0.1.example.org\r\n",
        "Host: \r\n",
        "Host: \u{e4}\r\n",
    ] {
        let answer = stage.of_host(host).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{host}: {answer}");
        assert!(!answer.contains("healthy"), "{host}: {answer}");
    }
}

#[tokio::test]
async fn everywhere_else_too_only_names_that_were_listed_are_answered() {
    let (_status, seen) = watch::channel(Arc::new(snapshot(now())));
    let shown = status::Shown::from(seen);
    let names = shown.names.clone();
    let server = status::bind("0.0.0.0:0".parse().expect("an address"), shown).await.expect("it listens");
    let to = ([127, 0, 0, 1], server.address().port()).into();
    let ask = async |host: &str| {
        exchange(to, format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await
    };
    assert!(ask("192.0.2.7:9153").await.starts_with("HTTP/1.1 200 "));
    let away = ask("nas.example.org:9153").await;
    assert!(away.starts_with("HTTP/1.1 421 ") && away.contains("`listen_names`"), "{away}");
    names.set(&["nas.example.org".to_owned()]);
    for host in ["nas.example.org", "NAS.example.org.:9153"] {
        let answer = ask(host).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
    for host in ["example.org", "evil.nas.example.org", "nas.example.org.example.com"] {
        assert!(ask(host).await.starts_with("HTTP/1.1 421 "), "{host}");
    }
}

#[tokio::test]
async fn nothing_can_be_changed_and_nothing_large_is_read() {
    let stage = Stage::new("127.0.0.1:0").await;
    let to = stage.server.address();
    let posted =
        exchange(to, b"POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde").await;
    assert!(posted.starts_with("HTTP/1.1 405 "), "{posted}");
    let large = stage.get("/status", &format!("X: {}\r\n", "x".repeat(20_000))).await;
    assert!(!large.starts_with("HTTP/1.1 200"), "{large}");
}

#[tokio::test]
async fn a_listener_that_is_handed_over_serves_the_same() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let (_status, seen) = watch::channel(Arc::new(snapshot(now())));
    let server = status::from_listener(listener, seen).expect("it starts");
    assert!(get(server.address(), "/healthz", "").await.starts_with("HTTP/1.1 200 "));
}
