//! OpenSSH's server on loopback, for `ssh -R`: a key of its own, one client key, forwarding and nothing else.

use super::wait;
use crate::nameserver::process::{Directory, command, follow, installed, run};
use crate::port;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A running server.
#[derive(Debug)]
pub struct Sshd {
    child: Child,
    files: Files,
}

/// The files of a server, and where it listens.
#[derive(Debug)]
pub(crate) struct Files {
    listen: SocketAddr,
    directory: Directory,
}

impl Sshd {
    /// Starts it; `None` where it is not installed.
    pub fn start() -> Option<Self> {
        if !installed(&["sshd", "ssh", "ssh-keygen"], "openssh-server openssh-client") {
            return None;
        }
        let port = port::free().expect("loopback has free ports");
        let files = Files::new(SocketAddr::from(([127, 0, 0, 1], port)));
        let mut program: Command = command("sshd");
        program.args(files.arguments());
        program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("a program that is installed can be started");
        let (_, log) = follow(&mut child);
        wait(&mut child, port, &log);
        Some(Self { child, files })
    }

    /// The command that forwards a port of the server's machine to `{port}` of this one, until it is ended.
    pub fn command(&self, far: u16) -> String {
        self.files.command(far)
    }
}

impl Files {
    /// Keys and settings of a server that will listen there.
    pub(crate) fn new(listen: SocketAddr) -> Self {
        // Where the server, started by root, separates its privileges; the package makes it only at boot.
        let _ = std::fs::create_dir_all("/run/sshd");
        let directory = Directory::new().expect("the temporary directory can be written");
        for key in ["host", "client"] {
            let mut make = command("ssh-keygen");
            make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(directory.0.join(key));
            run(&mut make).expect("a key can be made");
        }
        let path = directory.0.display();
        let text = format!(
            "ListenAddress {listen}\nHostKey {path}/host\nPidFile {path}/pid\nAuthorizedKeysFile {path}/client.pub\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n\
             AllowTcpForwarding remote\nUseDNS no\n"
        );
        std::fs::write(directory.0.join("sshd_config"), text).expect("our directory");
        Self { listen, directory }
    }

    /// What `sshd` is started with, to stay in the foreground and log to standard error.
    pub(crate) fn arguments(&self) -> [String; 4] {
        ["-D".into(), "-e".into(), "-f".into(), self.directory.0.join("sshd_config").display().to_string()]
    }

    /// See [`Sshd::command`].
    pub(crate) fn command(&self, far: u16) -> String {
        let path = self.directory.0.display();
        let options =
            "-o BatchMode=yes -o StrictHostKeyChecking=no -o LogLevel=ERROR -o ExitOnForwardFailure=yes";
        let user = Command::new("id").arg("-un").output().expect("id runs").stdout;
        let user = String::from_utf8_lossy(&user).trim().to_owned();
        format!(
            "ssh -N -F /dev/null {options} -o IdentitiesOnly=yes -o UserKnownHostsFile={path}/known -i {path}/client \
             -p {} -R 127.0.0.1:{far}:127.0.0.1:{{port}} {user}@{}",
            self.listen.port(),
            self.listen.ip()
        )
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // Failing means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
