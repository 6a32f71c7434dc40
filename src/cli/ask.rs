//! Where a daemon of this user or of this machine may listen, and asking it there.

use crate::config::{self, Diagnostic, Environment};
use std::path::PathBuf;

/// Where the unit that comes with the program has its state (`StateDirectory=dynflare`; systemd.exec(5)).
const OF_SERVICE: &str = "/var/lib/dynflare";

/// Where to look for a daemon.
#[derive(Debug)]
pub(super) struct Folders {
    /// The state directories in question, the configured one first.
    pub(super) all: Vec<PathBuf>,
    /// What is wrong with the configuration. A daemon that runs does so with an older one, so it is asked all the same.
    pub(super) mistakes: Vec<Diagnostic>,
}

impl Folders {
    /// The configured one, and that of the service where none was configured.
    pub(super) fn find(world: &Environment, arguments: &config::Arguments) -> Self {
        let (set, mistakes) = config::state_dir(world, arguments);
        let mut all: Vec<PathBuf> = set.value.into_iter().collect();
        let usual = match &set.origin {
            config::Origin::Default => true,
            config::Origin::Variable(name) => matches!(&**name, "HOME" | "LOCALAPPDATA" | "XDG_STATE_HOME"),
            config::Origin::File { .. } | config::Origin::Argument(_) => false,
        };
        let service = PathBuf::from(OF_SERVICE);
        if usual && !all.contains(&service) && service.exists() {
            all.push(service);
        }
        Self { all, mistakes }
    }
}
