//! The real program with a configuration: what it says, what it serves, and how it turns to another one.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("standing-{}-{name}", std::process::id()));
        let _gone = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder in the target folder");
        Self(path)
    }

    pub(crate) fn write(&self, text: &str) -> PathBuf {
        let path = self.0.join("serve.toml");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // It may hold a secret, and that everybody can read it would be worth a line.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).and_then(|mut file| file.write_all(text.as_bytes())).expect("a file");
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dynflare"));
        command.args(arguments).env_clear().env("STATE_DIRECTORY", self.0.join("state")).stdin(Stdio::null());
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// A server that runs, with what it says.
pub(crate) struct Serving {
    pub(crate) child: Child,
    said: BufReader<std::io::PipeReader>,
    /// Where it is, by what it is.
    pub(crate) places: Vec<(String, String)>,
}

impl Serving {
    /// Starts it; a place of each of these kinds is waited for.
    pub(crate) fn start(folder: &Folder, config: &str, kinds: &[&str]) -> Self {
        let file = folder.write(config);
        let file = file.to_str().expect("UTF-8");
        let mut command = folder.command(&["serve", "--config", file]);
        let (reader, writer) = std::io::pipe().expect("the system has pipes");
        command.stdout(writer.try_clone().expect("a pipe has clones")).stderr(writer);
        let child = command.spawn().expect("the program can be started");
        // Its own ends are the only ones left: the pipe closes when it ends.
        drop(command);
        let mut said = BufReader::new(reader);
        let mut places = Vec::new();
        for _ in kinds {
            let mut line = String::new();
            said.read_line(&mut line).expect("it says where it is");
            let (kind, at) = line.trim().split_once(" at ").unwrap_or_else(|| panic!("{line:?}"));
            places.push((kind.to_owned(), at.to_owned()));
        }
        Self { child, said, places }
    }

    pub(crate) fn at(&self, kind: &str) -> String {
        let found = self.places.iter().find(|(there, _)| there == kind);
        let at = &found.unwrap_or_else(|| panic!("{kind} in {:?}", self.places)).1;
        at.split(" and ").next().expect("a place").trim_start_matches("http://").to_owned()
    }

    /// The next line that holds these words.
    pub(crate) fn says(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.said.read_line(&mut line).expect("a pipe") > 0, "it ended before it said {words:?}");
            if line.contains(words) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("kill runs").success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request over a connection that stays.
pub(crate) fn ask(connection: &mut TcpStream, path: &str, more: &str) -> String {
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n").expect("it is open");
    let mut head = String::new();
    let mut octet = [0];
    while !head.ends_with("\r\n\r\n") {
        assert_eq!(connection.read(&mut octet).expect("an answer"), 1, "closed after {head:?}");
        head.push(char::from(octet[0]));
    }
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
        .expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    connection.read_exact(&mut body).expect("the whole body");
    format!("{}\n{}", head.lines().next().expect("a status line"), String::from_utf8_lossy(&body))
}

pub(crate) fn get(at: &str, path: &str, more: &str) -> String {
    let mut connection = TcpStream::connect(at).expect("it listens");
    ask(&mut connection, path, &format!("Connection: close\r\n{more}"))
}

const PLAIN: &str = "version = 1\n[serve]\nlisten = [\"127.0.0.1:0\"]\nstatus = [\"127.0.0.1:0\"]\n";

#[test]
fn everybody_is_told_their_address_and_the_pages_are_apart() {
    let folder = Folder::new("echo");
    let serving = Serving::start(&folder, PLAIN, &["web", "status"]);
    let (web, status) = (serving.at("web"), serving.at("status"));
    assert_eq!(get(&web, "/", ""), "HTTP/1.1 200 OK\n127.0.0.1\n");
    let trace = get(&web, "/trace", "");
    assert!(trace.contains("\nip=127.0.0.1\nts="), "{trace}");
    assert!(get(&web, "/healthz", "").starts_with("HTTP/1.1 404"));
    let health = get(&status, "/healthz", "");
    assert!(health.starts_with("HTTP/1.1 200") && health.contains("\"healthy\":true"), "{health}");
    let metrics = get(&status, "/metrics", "");
    assert!(metrics.contains("# TYPE dynflare_serve_info gauge\ndynflare_serve_info{version="), "{metrics}");
}

#[test]
fn another_configuration_is_taken_over_and_connections_stay() {
    let folder = Folder::new("reload");
    let mut serving = Serving::start(&folder, PLAIN, &["web", "status"]);
    let mut connection = TcpStream::connect(serving.at("web")).expect("it listens");
    let nonce = "0".repeat(64);
    let path = format!("/json?nonce={nonce}");
    assert!(!ask(&mut connection, &path, "").contains("hmac-sha256"));
    let key = folder.0.join("key");
    fs::write(&key, "hmac-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").expect("a file");
    // A mistake first: the old configuration stays, and that is said.
    folder.write(&format!("{PLAIN}nmae = \"x.example.org\"\n"));
    let said = serving.says("cannot be used, and the one before it stays");
    assert!(said.contains("unknown key in `[serve]`: `nmae`"), "{said}");
    assert!(ask(&mut connection, "/", "").contains("127.0.0.1"));
    folder.write(&format!("{PLAIN}client_from = \"forwarded\"\ntrusted_proxies = [\"127.0.0.0/8\"]\n"));
    serving.says("the configuration has changed and is in use");
    let told = ask(&mut connection, "/", "Forwarded: for=203.0.113.9\r\n");
    assert!(told.contains("203.0.113.9"), "{told}");
    serving.signal("-HUP");
    serving.says("the configuration was read again and is in use");
    assert!(ask(&mut connection, "/", "").contains("127.0.0.1"));
}

#[test]
fn it_ends_in_good_order_when_it_is_told_to() {
    let folder = Folder::new("term");
    let mut serving = Serving::start(&folder, PLAIN, &["web", "status"]);
    // A connection that is kept does not hold it up.
    let mut kept = TcpStream::connect(serving.at("web")).expect("it listens");
    ask(&mut kept, "/", "");
    serving.signal("-TERM");
    assert_eq!(serving.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn what_cannot_be_served_is_told_with_what_to_do() {
    let folder = Folder::new("refused");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let at = taken.local_addr().expect("a bound listener has an address");
    for (config, code, expected) in [
        (
            "version = 1\n".to_owned(),
            2,
            "error: cannot start\n  cause: the configuration does not say what is to be served\n  hint: add a table `[serve]`; \
             `dynflare serve init NAME` writes one, and `serve --echo` needs none",
        ),
        (
            "version = 1\n[serve]\nlisten = [\"0.0.0.0:8080\"]\n".to_owned(),
            2,
            "error: `listen`: 0.0.0.0:8080 can be reached from outside, and passwords would cross the net in the clear",
        ),
        (
            format!("version = 1\n[serve]\nlisten = [\"{at}\"]\n"),
            75,
            "cause: address already in use\n  hint: another program listens there, or this one, which a restart would free",
        ),
    ] {
        let file = folder.write(&config);
        let ran =
            folder.command(&["serve", "--config", file.to_str().expect("UTF-8")]).output().expect("it runs");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn check_looks_at_what_is_served_without_any_record() {
    let folder = Folder::new("check");
    let file = folder.write(PLAIN);
    let file = file.to_str().expect("UTF-8");
    let ran = folder.command(&["check", "--config", file]).output().expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(ran.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("`serve` has no zones and no accounts"), "{said}");
}
