//! A daemon of the real binary, watched from outside: its lines, its socket, its pages, its history.

use crate::daemon::Daemon;
use crate::lab::{TOKEN, program};
use std::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn get(at: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(at).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    answer
}

#[tokio::test]
async fn a_daemon_can_be_asked_kicked_scraped_and_looked_up_later() {
    let mut daemon = Daemon::start("whole", &["--json", "--listen", "127.0.0.1:0"]).await;
    let note = daemon.says("status pages at http://").await;
    let note: serde_json::Value = serde_json::from_str(&note).expect("an object a line");
    assert_eq!(note["event"], "note");
    let at = note["text"].as_str().expect("a text").rsplit('/').next().expect("an address").to_owned();
    let line = daemon.says("\"event\":\"record\"").await;
    let record: serde_json::Value = serde_json::from_str(&line).expect("an object a line");
    assert_eq!((&record["outcome"], &record["name"]), (&"changed".into(), &"home.example.org".into()));
    assert!(record["at"].as_u64().is_some() && record["detections"][0]["address"] == "203.0.113.7");

    let shown = daemon.asked(&["status"]).await.exits(0);
    assert!(shown.stdout.starts_with("healthy: "), "{shown:?}");
    assert!(shown.stdout.contains("home.example.org A at cloudflare: 203.0.113.7, right for "), "{shown:?}");
    daemon.asked(&["status", "--check"]).await.exits(0);
    assert!(get(&at, "/healthz").await.starts_with("HTTP/1.1 200 "));
    let metrics = get(&at, "/metrics").await;
    let right = "dynflare_record_right{account=\"cloudflare\",name=\"home.example.org\",type=\"A\"} 1\n";
    assert!(metrics.contains(right) && metrics.contains("\ndynflare_changes_total 1\n"), "{metrics}");
    assert!(metrics.contains("\ndynflare_round_duration_seconds_count 1\n"), "{metrics}");

    (0..5).for_each(|source| daemon.lab.say(source, "203.0.113.8"));
    daemon.asked(&["kick"]).await.exits(0);
    daemon.says("203.0.113.8").await;
    assert_eq!(daemon.lab.cloudflare.contents("example.org", "home.example.org", "A"), ["203.0.113.8"]);
    let history = daemon.asked(&["history"]).await.exits(0);
    assert!(
        history.stdout.contains("home.example.org A at cloudflare: 203.0.113.7 -> 203.0.113.8"),
        "{history:?}"
    );
    daemon.stop().await;
}

#[tokio::test]
async fn a_second_daemon_with_the_same_state_is_refused() {
    let mut daemon = Daemon::start("second", &[]).await;
    daemon.says("created 203.0.113.7").await;
    let config = daemon.lab.folder.path().join("dynflare.toml").display().to_string();
    let state = daemon.state.display().to_string();
    let variables = vec![
        ("STATE_DIRECTORY".to_owned(), state.clone()),
        ("CLOUDFLARE_API_TOKEN".to_owned(), TOKEN.to_owned()),
    ];
    let all = ["run", "--config", &config].map(str::to_owned).to_vec();
    let second = program(all, variables).await.exits(1).says("");
    let pid = daemon.child.id().expect("it runs");
    let expected = format!(
        "error: cannot start\n  cause: already running (pid {pid}) with the state directory {state}\n  \
         hint: stop it, or give each its own `state_dir`\n"
    );
    assert_eq!(second.stderr, expected);
    daemon.asked(&["status", "--check"]).await.exits(0);
    daemon.stop().await;
}

#[tokio::test]
async fn what_happens_has_its_time_in_front_and_an_open_listener_is_remarked_upon() {
    let mut daemon = Daemon::start("stamped", &["--listen", "0.0.0.0:0"]).await;
    let line = daemon.says("created 203.0.113.7").await;
    let (stamp, rest) = line.split_at(26);
    assert!(stamp.starts_with("20") && stamp.ends_with("+00:00 "), "{line}");
    assert!(rest.starts_with("home.example.org A at cloudflare: created 203.0.113.7"), "{line}");
    let said = daemon.stop().await;
    let notice =
        "the status pages at 0.0.0.0:0 are open to whoever can reach them: there is no authentication";
    assert!(said.contains(notice), "{said}");
}

#[tokio::test]
async fn a_place_that_somebody_else_listens_at_is_taken_once_it_is_free() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let at = taken.local_addr().expect("a bound listener has an address").to_string();
    let mut daemon = Daemon::start("taken", &["--json", "--listen", &at]).await;
    let note = daemon.says("cannot listen on").await;
    assert!(note.contains("; it is tried again until it works"), "{note}");
    drop(taken);
    daemon.says(&format!("status pages at http://{at}")).await;
    assert!(get(&at, "/healthz").await.starts_with("HTTP/1.1 200 "));
    daemon.stop().await;
}

#[tokio::test]
async fn a_killed_daemon_leaves_a_socket_that_its_successor_takes_over() {
    let mut daemon = Daemon::start("killed", &[]).await;
    daemon.says("created 203.0.113.7").await;
    daemon.child.kill().await.expect("it is killed");
    assert!(daemon.state.join("control.sock").exists());
    daemon.asked(&["status", "--check"]).await.exits(1);
    daemon.again(&["-v"]);
    daemon.says("unchanged").await;
    daemon.asked(&["status", "--check"]).await.exits(0);
    fs::remove_dir_all(&daemon.state).expect("its state");
}
