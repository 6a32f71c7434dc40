//! Real servers anywhere in a lab: nginx, haproxy, dnsdist and coturn, each in the foreground with files of its own.

use super::{Lab, Place, Spawned, installed};
use crate::nameserver::process::Directory;
use crate::tls::Identity;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a server may take to be there; a generous limit for a busy machine, never a measure.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. It ends when the value is dropped.
pub struct Daemon {
    /// Its process, and what it says.
    pub process: Spawned,
    /// Kept for its drop, after that of the process.
    _directory: Directory,
}

/// A certificate and its key, as the paths of files.
pub struct Pem {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
    _directory: Directory,
}

impl Pem {
    /// Writes an identity to files, which go with the value.
    pub fn new(identity: &Identity) -> Self {
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let certificate = directory.file("certificate.pem", &identity.pem().certificate);
        let key = directory.file("key.pem", &identity.pem().key);
        Self { certificate, key, _directory: directory }
    }

    /// Certificate and key in one file, as haproxy wants them.
    pub fn both(&self) -> String {
        let read = |path: &str| std::fs::read_to_string(path).expect("our own file");
        let path = Path::new(&self.key).with_file_name("both.pem");
        std::fs::write(&path, read(&self.certificate) + &read(&self.key)).expect("a file in our directory");
        path.display().to_string()
    }
}

impl Daemon {
    /// nginx with these `server` blocks; `None` where it is not installed. It is there once `ready` takes connections.
    #[track_caller]
    pub fn nginx(lab: &Lab, place: Place, servers: &str, ready: &str) -> Option<Self> {
        if !installed(&["nginx"], "nginx") {
            return None;
        }
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let path = directory.0.display();
        let text = format!(
            "daemon off; master_process off; pid {path}/pid; error_log stderr notice; events {{}}\n\
             http {{ access_log off;\n\
             client_body_temp_path {path}/a; proxy_temp_path {path}/b; fastcgi_temp_path {path}/c;\n\
             uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;\n{servers}\n}}\n"
        );
        let conf = directory.file("conf", &text);
        let argv = ["nginx", "-e", "stderr", "-p", &path.to_string(), "-c", &conf];
        Some(Self::start(lab, (place, ready), &argv, directory))
    }

    /// haproxy with these sections behind its `defaults`; `None` where it is not installed.
    #[track_caller]
    pub fn haproxy(lab: &Lab, place: Place, sections: &str, ready: &str) -> Option<Self> {
        if !installed(&["haproxy"], "haproxy") {
            return None;
        }
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let text = format!(
            "defaults\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n{sections}\n"
        );
        let conf = directory.file("conf", &text);
        Some(Self::start(lab, (place, ready), &["haproxy", "-db", "-f", &conf], directory))
    }

    /// dnsdist on the internet, at these addresses: it tells whoever asks for [`WHOAMI`](crate::nameserver::WHOAMI)
    /// (A, AAAA, TXT) who that is, over UDP, TCP, TLS (853) and HTTPS (`/dns-query`), and refuses everything else.
    /// `None` where it is not installed.
    #[track_caller]
    pub fn dnsdist(lab: &Lab, [v4, v6]: [&str; 2], pem: &Pem) -> Option<Self> {
        if !installed(&["dnsdist"], "dnsdist") {
            return None;
        }
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let Pem { certificate, key, .. } = pem;
        let mut text = String::from("setACL({'0.0.0.0/0', '::/0'})\nsetSecurityPollSuffix('')\n");
        for (word, address) in [("setLocal", v4.to_owned()), ("addLocal", format!("[{v6}]"))] {
            text.extend([
                format!("{word}('{address}:53')\n"),
                format!("addTLSLocal('{address}:853', '{certificate}', '{key}')\n"),
                format!("addDOHLocal('{address}:443', '{certificate}', '{key}', '/dns-query')\n"),
            ]);
        }
        text.push_str(
            "function text(dq) local a = dq.remoteaddr:toString(); return DNSAction.SpoofRaw, string.char(#a)..a end\n\
             function plain(dq) return DNSAction.Spoof, dq.remoteaddr:toString() end\n\
             whoami = QNameRule('whoami.example.org.')\n\
             addAction(AndRule({whoami, QTypeRule(DNSQType.TXT)}), LuaAction(text))\n\
             addAction(whoami, LuaAction(plain))\n\
             addAction(AllRule(), RCodeAction(DNSRCode.REFUSED))\n",
        );
        let conf = directory.file("conf", &text);
        let argv = ["dnsdist", "-C", &conf, "--supervised", "--disable-syslog"];
        Some(Self::start(lab, (Place::INTERNET, &format!("{v4}:443")), &argv, directory))
    }

    /// coturn on the internet, at these addresses: STUN over UDP and TCP (3478) and TLS (5349). `None` where it is not
    /// installed.
    #[track_caller]
    pub fn coturn(lab: &Lab, [v4, v6]: [&str; 2], pem: &Pem) -> Option<Self> {
        if !installed(&["turnserver"], "coturn") {
            return None;
        }
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let path = |name: &str| directory.0.join(name).display().to_string();
        let (pid, users) = (path("pid"), path("users.db"));
        let fixed = ["turnserver", "-n", "--stun-only", "--no-cli", "--no-dtls", "--no-rfc5780"];
        let given = ["--log-file", "stdout", "-L", v4, "-L", v6, "--pidfile", &pid, "--userdb", &users];
        let tls = ["--cert", pem.certificate.as_str(), "--pkey", &pem.key];
        let argv = [fixed.as_slice(), &given, &tls].concat();
        Some(Self::start(lab, (Place::INTERNET, &format!("{v4}:5349")), &argv, directory))
    }

    #[track_caller]
    pub(super) fn start(
        lab: &Lab,
        (place, ready): (Place, &str),
        argv: &[&str],
        directory: Directory,
    ) -> Self {
        let process = lab.spawn_in(place, argv);
        lab.wait_until_listening(place, ready, &process);
        Self { process, _directory: directory }
    }
}

impl Lab {
    /// Waits until a server takes connections at this address of its own place.
    #[track_caller]
    pub fn wait_until_listening(&self, place: Place, address: &str, process: &Spawned) {
        let address: SocketAddr = address.parse().expect("a socket address");
        let deadline = Instant::now() + PATIENCE;
        while self.enter(place, || TcpStream::connect_timeout(&address, PATIENCE)).is_err() {
            assert!(Instant::now() < deadline, "nobody listens at {address}: {}", process.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
