//! Real reverse proxies and tunnel servers in front of a port of this machine: nginx, haproxy, OpenSSH, localtunnel.
//!
//! A proxy reaches what is behind it from [`PROXY`], so that it can be told apart from its clients, which come from
//! 127.0.0.1. Each is one process group with a directory of its own, and goes when the value is dropped. Where a
//! program is not installed the test is skipped in plain words, except under `CI=true`, where it fails.

use crate::nameserver::process::{Directory, command, follow, installed};
use crate::port;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) mod localtunnel;
pub(crate) mod ssh;

pub use localtunnel::Localtunnel;
pub use ssh::Sshd;

/// The address from which a proxy reaches what is behind it.
pub const PROXY: &str = "127.0.0.2";

/// How long a program may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running proxy.
#[derive(Debug)]
pub struct Front {
    child: Child,
    port: u16,
    log: Arc<Mutex<String>>,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

impl Front {
    /// nginx before a port, with these lines in its `location`; `None` where it is not installed.
    pub fn nginx(to: u16, lines: &str) -> Option<Self> {
        if !installed(&["nginx"], "nginx") {
            return None;
        }
        let directory = Directory::new().expect("the temporary directory can be written");
        let port = port::free().expect("loopback has free ports");
        let path = directory.0.display();
        let text = format!(
            "daemon off; master_process off; pid {path}/pid; error_log stderr notice; events {{}}\n\
             http {{ access_log off;\n\
             client_body_temp_path {path}/a; proxy_temp_path {path}/b; fastcgi_temp_path {path}/c;\n\
             uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;\n\
             server {{ listen 127.0.0.1:{port}; listen [::1]:{port}; location / {{\n\
             proxy_pass http://127.0.0.1:{to}; proxy_bind {PROXY}; {lines}\n}} }} }}\n"
        );
        std::fs::write(directory.0.join("conf"), text).expect("our directory");
        let mut program = command("nginx");
        program.args(["-e", "stderr", "-p"]).arg(&directory.0).arg("-c").arg(directory.0.join("conf"));
        Some(Self::start(program, port, directory))
    }

    /// haproxy before a port, with these options on the line of its server; `None` where it is not installed.
    pub fn haproxy(to: u16, mode: &str, options: &str) -> Option<Self> {
        if !installed(&["haproxy"], "haproxy") {
            return None;
        }
        let directory = Directory::new().expect("the temporary directory can be written");
        let port = port::free().expect("loopback has free ports");
        let text = format!(
            "defaults\n  mode {mode}\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n\
             frontend f\n  bind 127.0.0.1:{port}\n  default_backend b\n\
             backend b\n  server s 127.0.0.1:{to} source {PROXY} {options}\n"
        );
        std::fs::write(directory.0.join("conf"), text).expect("our directory");
        let mut program = command("haproxy");
        program.arg("-db").arg("-f").arg(directory.0.join("conf"));
        Some(Self::start(program, port, directory))
    }

    fn start(mut program: Command, port: u16, directory: Directory) -> Self {
        let program = program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("a program that is installed can be started");
        let (_, log) = follow(&mut child);
        let mut front = Self { child, port, log, _directory: directory };
        let log = Arc::clone(&front.log);
        wait(&mut front.child, port, &log);
        front
    }

    /// Its base URL.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a port takes connections; these programs do not say it in any better way.
fn wait(child: &mut Child, port: u16, log: &Mutex<String>) {
    let deadline = Instant::now() + PATIENCE;
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    while TcpStream::connect_timeout(&to, PATIENCE).is_err() {
        let ended = child.try_wait().ok().flatten().is_some();
        assert!(!ended && Instant::now() < deadline, "it does not start: {:?}", log.lock());
        std::thread::sleep(Duration::from_millis(20));
    }
}
