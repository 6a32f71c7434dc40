//! The control socket: what it answers, who may ask, and what becomes of a socket whose daemon is gone.

use crate::status::snapshot;
use dynflare::daemon::trigger::Trigger;
use dynflare::report::status::Status;
use dynflare::server::control::{Control, Error, NAME, Request, Unanswered, ask};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};

/// A folder that goes with the test. A socket's path is short, so it is not in the target folder.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("dfl-control-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join(NAME)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A daemon's ends of everything.
struct Daemon {
    control: Control,
    triggers: mpsc::Receiver<Trigger>,
    _status: watch::Sender<Arc<Status>>,
}

fn daemon(folder: &Path) -> Result<Daemon, Error> {
    let (status, seen) = watch::channel(Arc::new(snapshot(1_800_000_000)));
    let (sender, triggers) = mpsc::channel(2);
    let control = Control::start(folder, seen, sender)?;
    Ok(Daemon { control, triggers, _status: status })
}

async fn exchange(folder: &Folder, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(folder.socket()).await.expect("it listens");
    // Who has had enough may close first.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn the_snapshot_comes_as_one_line() {
    let folder = Folder::new();
    let _daemon = daemon(&folder.0).expect("it listens");
    let value = ask(&folder.0, Request::Status).await.expect("it answers");
    let status: Status = serde_json::from_value(value).expect("a snapshot");
    assert_eq!(status, snapshot(1_800_000_000));
    assert_eq!(exchange(&folder, b"status\n").await.matches('\n').count(), 1);
}

#[tokio::test]
async fn a_kick_reaches_the_daemon_and_many_are_as_good_as_one() {
    let folder = Folder::new();
    let mut daemon = daemon(&folder.0).expect("it listens");
    for _ in 0..10 {
        assert_eq!(ask(&folder.0, Request::Kick).await.expect("it is taken")["taken"], true);
    }
    assert_eq!(daemon.triggers.recv().await, Some(Trigger::Kick));
    daemon.triggers.close();
    while daemon.triggers.recv().await.is_some() {}
    let refused = ask(&folder.0, Request::Kick).await.expect_err("nobody is there to take it");
    assert!(matches!(refused, Unanswered::Refused(_)), "{refused}");
}

#[tokio::test]
async fn only_its_owner_can_ask_and_it_goes_with_the_daemon() {
    let folder = Folder::new();
    let daemon = daemon(&folder.0).expect("it listens");
    let mode = fs::metadata(folder.socket()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(daemon.control);
    assert!(!folder.socket().exists());
    let unanswered = ask(&folder.0, Request::Status).await.expect_err("nobody listens");
    assert!(matches!(unanswered, Unanswered::NoDaemon { .. }), "{unanswered}");
}

#[tokio::test]
async fn a_second_daemon_is_refused_by_the_first_ones_process() {
    let folder = Folder::new();
    let _first = daemon(&folder.0).expect("it listens");
    let refused = daemon(&folder.0).err().expect("two would write the same records");
    let expected = format!(
        "already running (pid {}) with the state directory {}",
        std::process::id(),
        folder.0.display()
    );
    assert_eq!(refused.to_string(), expected);
    assert!(ask(&folder.0, Request::Status).await.is_ok(), "the first is none the worse");
}

#[tokio::test]
async fn what_a_dead_daemon_left_is_replaced() {
    let folder = Folder::new();
    // Closed without being removed, as a killed process leaves it.
    drop(std::os::unix::net::UnixListener::bind(folder.socket()).expect("it binds"));
    assert!(folder.socket().exists());
    let _daemon = daemon(&folder.0).expect("the name is free");
    assert!(ask(&folder.0, Request::Status).await.is_ok());
}

#[tokio::test]
async fn a_daemon_that_goes_leaves_the_socket_of_its_successor_alone() {
    let folder = Folder::new();
    let first = daemon(&folder.0).expect("it listens");
    fs::remove_file(folder.socket()).expect("somebody tidied up");
    let _second = daemon(&folder.0).expect("the name is free");
    drop(first.control);
    assert!(ask(&folder.0, Request::Status).await.is_ok());
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_not_removed() {
    let folder = Folder::new();
    fs::write(folder.socket(), "somebody's").expect("a file");
    // The kernel calls it a refused connection as well.
    let started = daemon(&folder.0);
    assert!(matches!(started, Err(Error::System { .. })), "{:?}", started.map(|_| ()));
    assert_eq!(fs::read_to_string(folder.socket()).expect("it is still there"), "somebody's");
}

#[tokio::test]
async fn a_path_that_is_too_long_is_a_clear_error() {
    let folder = Folder::new();
    let long = folder.0.join("x".repeat(120));
    fs::create_dir_all(&long).expect("a folder");
    let error = daemon(&long).err().expect("it does not fit").to_string();
    assert!(error.contains("is too long for a socket; set a shorter `state_dir`"), "{error}");
    let error = ask(&long, Request::Status).await.expect_err("nobody can listen there");
    assert!(matches!(error, Unanswered::TooLong { .. }), "{error}");
}

#[tokio::test]
async fn requests_that_are_huge_or_nonsense_get_a_short_answer() {
    let folder = Folder::new();
    let mut daemon = daemon(&folder.0).expect("it listens");
    let huge = vec![0xff; 1_000_000];
    for hostile in [&b"\n"[..], b"", b"kick me\n", b"KICK\n", b"GET / HTTP/1.1\r\n\r\n", &huge] {
        let answer = exchange(&folder, hostile).await;
        assert!(answer.len() < 100 && !answer.contains("taken"), "{answer}");
    }
    assert!(daemon.triggers.try_recv().is_err());
    assert!(ask(&folder.0, Request::Status).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn quiet_clients_lose_their_places() {
    let folder = Folder::new();
    let _daemon = daemon(&folder.0).expect("it listens");
    let mut quiet = Vec::new();
    for _ in 0..20 {
        quiet.push(UnixStream::connect(folder.socket()).await.expect("it listens"));
    }
    for stream in &mut quiet {
        let mut rest = Vec::new();
        // Its time is up without an answer, and the place is free for the next.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
    assert!(ask(&folder.0, Request::Status).await.is_ok());
}
