//! The metrics of a daemon at work, as promtool and a real Prometheus see them.

use crate::daemon::Daemon;
use dynflare_testkit::nameserver::skip;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const PROMTOOL: &str = "/usr/bin/promtool";
const PROMETHEUS: &str = "/usr/bin/prometheus";

/// How long something may take on a busy machine; a generous limit, never a measure.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has a value once there was a round; the names are those that users' rules and pictures hold.
const SERIES: [(&str, &str); 5] = [
    ("dynflare_api_requests_total{account=\"cloudflare\"}", "3"),
    ("dynflare_changes_total", "1"),
    ("dynflare_record_right{account=\"cloudflare\",name=\"home.example.org\",type=\"A\"}", "1"),
    ("dynflare_round_duration_seconds_count", "1"),
    ("dynflare_rounds_total", "1"),
];

async fn get(at: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(at).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    answer
}

/// A daemon that has had its first round, and where its pages are.
async fn daemon(name: &str) -> (Daemon, String) {
    let mut daemon = Daemon::start(name, &["--json", "--listen", "127.0.0.1:0"]).await;
    let note = daemon.says("status pages at http://").await;
    let note: serde_json::Value = serde_json::from_str(&note).expect("an object a line");
    let at = note["text"].as_str().expect("a text").rsplit('/').next().expect("an address").to_owned();
    daemon.says("\"outcome\":\"changed\"").await;
    (daemon, at)
}

fn there(program: &str) -> bool {
    let there = Path::new(program).exists();
    if !there {
        skip(&format!("{program} is not there (apt-get install prometheus)"));
    }
    there
}

#[tokio::test]
async fn the_requests_of_every_account_are_counted_where_they_are_sent_and_promtool_is_content() {
    if !there(PROMTOOL) {
        return;
    }
    let (daemon, at) = daemon("counted").await;
    let answer = get(&at, "/metrics").await;
    let (_, page) = answer.split_once("\r\n\r\n").expect("a body");
    let sent = daemon.lab.cloudflare.log().len();
    let line = format!("\ndynflare_api_requests_total{{account=\"cloudflare\"}} {sent}\n");
    assert!(page.contains(&line), "{line}{page}");
    let mut promtool = std::process::Command::new(PROMTOOL)
        .args(["check", "metrics", "--extended"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    promtool.stdin.take().expect("a pipe").write_all(page.as_bytes()).expect("it reads");
    let said = promtool.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success() && text.is_empty(), "{text}\n{page}");
    daemon.stop().await;
}

/// A Prometheus that looks at one target five times in a second. It goes with the value.
struct Prometheus {
    _child: Child,
    at: String,
}

impl Prometheus {
    async fn start(folder: &Path, target: &str) -> Self {
        let config = folder.join("prometheus.yml");
        let text = format!(
            "scrape_configs:\n  - job_name: dynflare\n    scrape_interval: 200ms\n    scrape_timeout: 200ms\n    \
             static_configs: [{{targets: [\"{target}\"]}}]\n"
        );
        std::fs::write(&config, text).expect("our folder");
        let mut child = Command::new(PROMETHEUS)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("series").display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("prometheus starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut at = None;
        while let Some(line) = lines.next_line().await.expect("text") {
            if line.contains("msg=\"Listening on\"") {
                at = line.rsplit("address=").next().map(str::to_owned);
            }
            if line.contains("Server is ready") {
                break;
            }
        }
        // It goes on to write, and nobody has to listen.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { _child: child, at: at.expect("it says where it listens") }
    }

    /// The value of a query, once there is one.
    async fn value(&self, query: &str) -> String {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = get(&self.at, &format!("/api/v1/query?query={query}")).await;
            let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
            let told: serde_json::Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(told["status"], "success", "{body}");
            if let Some(value) = told["data"]["result"][0]["value"][1].as_str() {
                return value.to_owned();
            }
            assert!(Instant::now() < end, "{query} never has a value: {body}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_real_prometheus_takes_the_metrics_and_gives_them_back() {
    if !there(PROMETHEUS) {
        return;
    }
    let (daemon, at) = daemon("scraped").await;
    let prometheus = Prometheus::start(daemon.lab.folder.path(), &at).await;
    assert_eq!(prometheus.value("up{job=\"dynflare\"} == 1").await, "1");
    for (series, value) in SERIES {
        assert_eq!(prometheus.value(series).await, value, "{series}");
    }
    daemon.stop().await;
}
