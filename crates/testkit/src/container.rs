//! Containers by a real podman, from an image in an archive, on the network of whoever starts them.
//!
//! It takes root and `podman`. Control groups are switched off and shown as unified ones, because a test may run where
//! nobody may have groups of his own.

use crate::lab::installed;
use crate::nameserver::process::{Directory, command};
use std::path::Path;
use std::process::{Output, Stdio};

/// Begins podman in a mount namespace with unified control groups.
const BEGIN: &str = "mount --make-rprivate / && { umount -R /sys/fs/cgroup 2>/dev/null; true; } && \
                     mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"";

/// A store with one image in it, which goes with the value.
pub struct Image {
    store: Directory,
    name: String,
}

impl Image {
    /// Loads an archive that `docker save` would have made; `None` where podman is not installed, which is said.
    pub fn load(archive: &Path, name: &str) -> Option<Self> {
        if !installed(&["podman", "unshare"], "podman util-linux") {
            return None;
        }
        let store = Directory::new().expect("the directory for temporary files can be written");
        let image = Self { store, name: name.to_owned() };
        let output = image.podman(&["load", "--quiet", "--input", &archive.display().to_string()]);
        assert!(output.status.success(), "podman load: {}", String::from_utf8_lossy(&output.stderr));
        Some(image)
    }

    /// Runs it to its end: nothing in it can be written, it has no capabilities, and this is its user and group.
    pub fn run(&self, user: u32, options: &[&str], arguments: &[&str]) -> Output {
        let user = format!("--user={user}:{user}");
        let fixed = ["run", "--rm", "--network=host", "--read-only", "--cap-drop=ALL", "--no-healthcheck"];
        // Without these podman wants more of the machine than a test has.
        let limits = ["--cgroups=disabled", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
        self.podman(&[&fixed, &limits[..], &[&user], options, &[&self.name], arguments].concat())
    }

    fn podman(&self, arguments: &[&str]) -> Output {
        let store = &self.store.0;
        let mut podman = command("unshare");
        podman.args(["-m", "sh", "-c", BEGIN, "sh", "podman", "--cgroup-manager=cgroupfs"]);
        podman.arg("--root").arg(store.join("root")).arg("--runroot").arg(store.join("run")).args(arguments);
        podman.env("STORAGE_DRIVER", "vfs").stdin(Stdio::null()).output().expect("unshare is installed")
    }
}
