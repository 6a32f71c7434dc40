//! The real program on both sides: `serve --echo` with a fresh key and a certificate, and `detect` with `quorum = 1`.

use dynflare_testkit::tls::{Authority, Validity};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

struct Running {
    child: Child,
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynflare"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn serve(arguments: &[&str]) -> Running {
    let mut all = vec!["serve", "--echo", "--listen", "127.0.0.1:0"];
    all.extend(arguments);
    let mut child = program(&all).stdout(Stdio::piped()).spawn().expect("the program can be started");
    let mut line = String::new();
    let output = child.stdout.take().expect("a pipe");
    BufReader::new(output).read_line(&mut line).expect("it says where it listens");
    let url = line.split_whitespace().nth(2).unwrap_or_default().trim_end_matches(';').to_owned();
    assert!(url.starts_with("http"), "{line}");
    Running { child, url }
}

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("serve-{}-{name}", std::process::id()));
    fs::create_dir_all(&path).expect("a folder in the target folder");
    path
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// What `--new-key` prints, as the server's file and the lines of the client's table below `spec`.
fn new_key(kind: &str, folder: &Path) -> (String, String) {
    let made = program(&["serve", "--echo", "--new-key", kind]).output().expect("it runs");
    assert!(made.status.success(), "{}", text(&made.stderr));
    let made = text(&made.stdout);
    let lines: Vec<&str> = made.lines().collect();
    let key = folder.join("server.key");
    fs::write(&key, lines[1]).expect("a file");
    (format!("file:{}", key.display()), (*lines.last().expect("lines")).to_owned())
}

fn detect(config: &str, folder: &Path) -> (String, Option<i32>) {
    let file = folder.join("dynflare.toml");
    fs::write(&file, config).expect("a file");
    let file = file.display().to_string();
    let ran = program(&["detect", "--config", &file]).output().expect("it runs");
    (format!("{}{}", text(&ran.stdout), text(&ran.stderr)), ran.status.code())
}

fn config(url: &str, line: &str, more: &str) -> String {
    format!(
        "version = 1\nallow = [\"127.0.0.0/8\"]\nquorum = 1\npool = [\"vps\"]\n{more}\n\
         [sources.vps]\nspec = \"echo:{url}\"\n{line}\n"
    )
}

#[test]
fn what_new_key_prints_makes_one_signed_server_enough() {
    for kind in ["ed25519", "hmac-sha256"] {
        let folder = folder(kind);
        let (key, line) = new_key(kind, &folder);
        let server = serve(&["--key", &key]);
        let (said, code) = detect(&config(&server.url, &line, ""), &folder);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with("IPv4: 127.0.0.1, agreed by 1 operator"), "{said}");
        let (_, other) = new_key(kind, &folder);
        let (said, code) = detect(&config(&server.url, &other, ""), &folder);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("the signature of the answer is not the server's"), "{said}");
        // Without its key it is a witness, and a witness alone decides nothing.
        let (said, code) = detect(&config(&server.url, "", ""), &folder);
        assert_eq!(code, Some(3), "{said}");
        fs::remove_dir_all(&folder).expect("our folder");
    }
}

#[test]
fn a_key_by_reference_is_read_and_never_shown() {
    let folder = folder("reference");
    let (key, line) = new_key("hmac-sha256", &folder);
    let secret = line.split('"').nth(1).expect("a quoted key").to_owned();
    let server = serve(&["--key", &key]);
    for line in
        [format!("key = \"{key}\""), format!("key = \"cmd:cat {}\"", folder.join("server.key").display())]
    {
        let (said, code) = detect(&config(&server.url, &line, ""), &folder);
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains(&secret), "{said}");
    }
    fs::remove_dir_all(&folder).expect("our folder");
}

#[test]
fn a_certificate_from_files_is_served_and_checked() {
    let folder = folder("tls");
    let authority = Authority::new();
    let identity = authority.issue(&["localhost", "127.0.0.1"], Validity::Current);
    let (chain, private) = (folder.join("chain.pem"), folder.join("key.pem"));
    fs::write(&chain, identity.pem().certificate.as_str()).expect("a file");
    fs::write(&private, identity.pem().key.as_str()).expect("a file");
    let server =
        serve(&["--tls-cert", chain.to_str().expect("UTF-8"), "--tls-key", private.to_str().expect("UTF-8")]);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let trusting = format!("ca_file = \"{}\"", authority.file().display());
    let (said, code) = detect(&config(&server.url, "", &trusting), &folder);
    assert_eq!(code, Some(0), "{said}");
    let (said, code) = detect(&config(&server.url, "", ""), &folder);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("issued by nobody this machine trusts"), "{said}");
    fs::remove_dir_all(&folder).expect("our folder");
}

#[test]
fn what_cannot_be_served_is_told_before_anything_listens() {
    for (arguments, expected) in [
        (vec!["--key", "a-literal-secret"], "`--key` takes the place of a key and not the key"),
        (
            vec!["--key", "file:/nowhere/key"],
            "cannot read the key: `/nowhere/key`: no such file or directory",
        ),
        (vec!["--trusted-proxy", "everybody"], "--trusted-proxy `everybody`"),
        (
            vec!["--tls-cert", "/nowhere/a", "--tls-key", "/nowhere/b"],
            "/nowhere/a: no such file or directory",
        ),
        (vec!["--tls-cert", "/nowhere/a"], "--tls-key"),
        (vec!["--client-from", "forwarded"], "--trusted-proxy"),
    ] {
        let mut all = vec!["serve", "--echo"];
        all.extend(arguments);
        let ran = program(&all).output().expect("it runs");
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        assert!(said.contains(expected) && !said.contains("a-literal-secret"), "{said}");
    }
}

#[test]
fn it_ends_in_good_order_when_it_is_told_to() {
    let mut server = serve(&[]);
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
}
