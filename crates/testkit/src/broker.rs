//! A real MQTT broker, mosquitto: open to all or only with a password, with or without TLS.

use crate::nameserver::process::{Directory, command, follow, installed, run};
use crate::port;
use crate::tls::Identity;
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, io};

/// The login that a broker with a password knows; it may publish only below `dynflare/` and `homeassistant/`.
pub const LOGIN: (&str, &str) = ("dynflare", "s3cret-of-the-broker");

/// A running broker.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    child: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
    tls: bool,
    directory: Directory,
}

/// Who may speak to a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever has [`LOGIN`].
    Login,
}

impl Broker {
    /// Starts a broker and waits until it listens; `None` where it is not installed.
    pub fn start(access: Access, identity: Option<&Identity>) -> Option<Self> {
        if !installed(&["mosquitto", "mosquitto_passwd"], "mosquitto")
            || !installed(&["mosquitto_sub"], "mosquitto-clients")
        {
            return None;
        }
        let started = Self::try_start(access, identity);
        Some(started.unwrap_or_else(|error| panic!("mosquitto does not start: {error}")))
    }

    fn try_start(access: Access, identity: Option<&Identity>) -> io::Result<Self> {
        let directory = Directory::new()?;
        let port = port::free()?;
        let path = directory.0.as_path();
        let mut lines = vec![
            format!("listener {port} 127.0.0.1"),
            "user root".to_owned(),
            "persistence false".to_owned(),
            "log_dest stderr".to_owned(),
            "log_type all".to_owned(),
            format!("allow_anonymous {}", access == Access::Open),
        ];
        if access == Access::Login {
            let (passwords, rights) = (path.join("passwords"), path.join("rights"));
            let (user, password) = LOGIN;
            run(command("mosquitto_passwd").args(["-b", "-c"]).arg(&passwords).args([user, password]))?;
            let rule = format!("user {user}\ntopic readwrite dynflare/#\ntopic readwrite homeassistant/#\n");
            fs::write(&rights, rule)?;
            lines.push(format!("password_file {}", passwords.display()));
            lines.push(format!("acl_file {}", rights.display()));
        }
        if let Some(identity) = identity {
            for (key, file, text) in [
                ("certfile", "cert.pem", &identity.pem().certificate),
                ("keyfile", "key.pem", &identity.pem().key),
            ] {
                fs::write(path.join(file), text)?;
                lines.push(format!("{key} {}", path.join(file).display()));
            }
        }
        let config = path.join("mosquitto.conf");
        fs::write(&config, lines.join("\n") + "\n")?;
        let mut command = command("mosquitto");
        command.arg("-c").arg(&config).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (lines, log) = follow(&mut child);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let broker = Self { address, child, lines, log, tls: identity.is_some(), directory };
        broker.wait(" running").map(|()| broker)
    }

    fn wait(&self, ready: &str) -> io::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let line = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            match line {
                Ok(line) if line.contains(ready) => return Ok(()),
                Ok(_) => {}
                Err(_) => return Err(io::Error::other(self.log())),
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }

    /// Listens to all topics, from now on and to what is retained. `authority` is the file of the certificate's issuer.
    pub fn listen(&self, access: Access, authority: Option<&std::path::Path>) -> Listener {
        // Into a pipe it would keep to itself that it is subscribed.
        let mut command = command("stdbuf");
        let port = self.address.port().to_string();
        command.args(["-oL", "mosquitto_sub"]);
        command.args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", "#", "-d", "-F", "%r %t %p"]);
        if access == Access::Login {
            command.args(["-u", LOGIN.0, "-P", LOGIN.1]);
        }
        if let Some(file) = authority.filter(|_| self.tls) {
            command.arg("--cafile").arg(file);
        }
        command
            .current_dir(&self.directory.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("mosquitto_sub was found");
        let (lines, _) = follow(&mut child);
        let listener = Listener { child, lines };
        let subscribed = std::iter::from_fn(|| listener.line()).any(|line| line.starts_with("Subscribed"));
        assert!(subscribed, "the broker has no listener: {}", self.log());
        listener
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who is subscribed to everything.
#[derive(Debug)]
pub struct Listener {
    child: Child,
    lines: Receiver<String>,
}

impl Listener {
    fn line(&self) -> Option<String> {
        self.lines.recv_timeout(Duration::from_secs(15)).ok()
    }

    /// The next `count` messages: whether each was retained, its topic and its payload.
    pub fn messages(&self, count: usize) -> Vec<(bool, String, String)> {
        let read = |line: String| {
            let (retained, rest) = line.split_once(' ')?;
            let (topic, payload) = rest.split_once(' ')?;
            let retained = ["0", "1"].iter().position(|digit| *digit == retained)? == 1;
            Some((retained, topic.to_owned(), payload.to_owned()))
        };
        let lines = std::iter::from_fn(|| self.line());
        lines.filter_map(read).take(count).collect()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
