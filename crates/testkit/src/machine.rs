//! A whole machine with systemd as its first process, in a container, on the network of a lab's place.
//!
//! Its `/usr` is that of this machine, and what is installed into it stays in memory; everything else is made for it and
//! goes with it. So it is there in seconds and has the same systemd. It takes root, `systemd-nspawn`, and a kernel with
//! the unified control groups: elsewhere a test is skipped in plain words, except under `CI=true`.

use crate::lab::{Lab, Place, installed};
use crate::nameserver::process::{Directory, command, skip};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long something may take on a busy machine; a generous limit, never a measure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where the program is inside.
pub const PROGRAM: &str = "/opt/dynflare";

/// Begins the container in a mount namespace and a control group of its own: `$1` is the group, `$2` a folder for what
/// is written to `/usr`, the rest the command.
const BEGIN: &str = "mount --make-rprivate / && { umount -R /sys/fs/cgroup 2>/dev/null; true; } && \
                     mount -t cgroup2 none /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/$1 && \
                     mount -t tmpfs none $2 && mkdir $2/usr && \
                     echo $$ > /sys/fs/cgroup/$1/cgroup.procs && shift 2 && exec \"$@\"";

/// Removes what is left of the group.
const END: &str = "mount --make-rprivate / && { umount -R /sys/fs/cgroup 2>/dev/null; true; } && \
                   mount -t cgroup2 none /sys/fs/cgroup && \
                   find /sys/fs/cgroup/$1 -depth -type d -exec rmdir {} \\;";

/// A running machine. It is switched off, without asking it, when the value is dropped.
pub struct Machine {
    container: Child,
    /// Its first process, as this machine counts.
    first: u32,
    group: String,
    directory: Directory,
}

/// A machine that is not switched on yet.
pub struct Prepared {
    directory: Directory,
}

impl Prepared {
    /// A machine with nothing but an empty configuration; `None` where there can be none, which is said.
    pub fn new() -> Option<Self> {
        if !installed(&["systemd-nspawn", "nsenter", "unshare"], "systemd-container util-linux") {
            return None;
        }
        if !Path::new("/usr/lib/systemd/systemd").exists() || !Path::new("/bin").is_symlink() {
            skip("a machine takes its programs from /usr, which has no systemd or does not hold all of them");
            return None;
        }
        let machine =
            Self { directory: Directory::new().expect("the directory for temporary files can be written") };
        for folder in
            ["dev", "etc/systemd/system", "opt", "proc", "root", "run", "sys", "tmp", "usr", "var/lib"]
        {
            fs::create_dir_all(machine.root().join(folder)).expect("our own directory");
        }
        for folder in ["bin", "lib", "lib64", "sbin"] {
            symlink(format!("usr/{folder}"), machine.root().join(folder)).expect("our own directory");
        }
        for (path, text) in [
            ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
            ("etc/hosts", "127.0.0.1 localhost\n"),
            // One that is set: a first start would look for more to do.
            ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
            ("etc/nsswitch.conf", "passwd: files systemd\ngroup: files systemd\nhosts: files dns\n"),
            ("etc/os-release", "ID=machine\n"),
            (
                "etc/passwd",
                "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
            ),
        ] {
            machine.write(path, text);
        }
        let target = machine.root().join("etc/systemd/system/default.target");
        symlink("/usr/lib/systemd/system/multi-user.target", target).expect("our own directory");
        Some(machine)
    }

    /// Writes a file; a path without its first `/`.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.root(), path, text);
    }

    /// Copies a file of this machine; a path without its first `/`.
    pub fn copy(&self, from: &Path, path: &str) {
        let to = self.root().join(path);
        let folder = to.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).and_then(|()| fs::copy(from, &to)).expect("our own directory");
    }

    /// Switches it on, with this program at [`PROGRAM`], and waits until it is up. `None` where this machine does not
    /// let us, which is said.
    pub fn start(self, lab: &Lab, place: Place, program: &str) -> Option<Machine> {
        self.write("opt/dynflare", "");
        let root = self.root();
        let group = lab.name(place).to_owned();
        let mut begin = command("unshare");
        let over = self.directory.0.join("over");
        fs::create_dir_all(&over).expect("our own directory");
        begin.args(["-m", "sh", "-c", BEGIN, "sh", &group]).arg(&over);
        begin.args(["systemd-nspawn", "--quiet", "--boot", "-D"]).arg(&root);
        begin.arg(format!("--overlay=/usr:{}/usr:/usr", over.display()));
        begin.arg(format!("--bind-ro={program}:{PROGRAM}"));
        begin.args([
            "--private-users=no",
            "--register=no",
            "--keep-unit",
            "--console=pipe",
            "--machine=machine",
        ]);
        begin.arg(format!("--network-namespace-path=/run/netns/{}", lab.name(place)));
        let log = fs::File::create(self.directory.0.join("log")).expect("our own directory");
        let errors = log.try_clone().expect("a file can be shared");
        begin.stdin(Stdio::null()).stdout(log).stderr(errors);
        let container = begin.spawn().expect("unshare is installed");
        let mut machine = Machine { container, first: 0, group, directory: self.directory };
        if let Err(why) = machine.wait_until_up() {
            skip(&format!("this machine lets nobody start another: {why}"));
            return None;
        }
        Some(machine)
    }

    fn root(&self) -> PathBuf {
        self.directory.0.join("root")
    }
}

impl Machine {
    fn wait_until_up(&mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        let log = || fs::read_to_string(self.directory.0.join("log")).unwrap_or_default();
        while Instant::now() < until {
            if let Ok(Some(status)) = self.container.try_wait() {
                return Err(format!("{status}: {}", log()));
            }
            if let Some(first) = self.child() {
                self.first = first;
                let state = text(&self.run(&["systemctl", "is-system-running"]));
                if ["running", "degraded"].contains(&state.as_str()) {
                    return Ok(());
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("it was not up in time: {}", log()))
    }

    /// The container's first process, where there is one by now.
    fn child(&self) -> Option<u32> {
        let id = self.container.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// Writes a file; a path without its first `/`.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.directory.0.join("root"), path, text);
    }

    /// Runs a program inside, with an environment of its own.
    pub fn run(&self, argv: &[&str]) -> Output {
        let mut inside = command("nsenter");
        inside.args(["-a", "-t", &self.first.to_string(), "env", "-i", "PATH=/usr/bin:/usr/sbin"]).args(argv);
        inside.stdin(Stdio::null()).output().expect("nsenter is installed")
    }

    /// Runs a program inside that has to succeed; what it printed.
    #[track_caller]
    pub fn does(&self, argv: &[&str]) -> String {
        let output = self.run(argv);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{argv:?}: {}{said}\n{}", text(&output), self.journal());
        text(&output)
    }

    /// A property of a unit, as `systemctl show` says it.
    pub fn property(&self, unit: &str, name: &str) -> String {
        text(&self.run(&["systemctl", "show", "--value", "--property", name, unit]))
    }

    /// Waits until something is so; the journal is shown where it never is.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < until, "it never came to be that {what}\n{}", self.journal());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What its services said.
    pub fn journal(&self) -> String {
        text(&self.run(&["journalctl", "--no-pager", "--output=short-monotonic", "--lines=80"]))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With the first process of its namespace everything inside ends. It does not end with the container.
        let first = self.child().and_then(|first| Pid::from_raw(i32::try_from(first).ok()?));
        if let Some(first) = first {
            let _ended = kill_process(first, Signal::KILL);
        }
        let _ended = self.container.kill();
        let _ended = self.container.wait();
        let end = |_| {
            let mut end = command("unshare");
            end.args(["-m", "sh", "-c", END, "sh", &self.group]).stdin(Stdio::null()).stderr(Stdio::null());
            let gone = end.status().is_ok_and(|status| status.success());
            if !gone {
                std::thread::sleep(Duration::from_millis(100));
            }
            gone
        };
        // A group can be removed once the last of its processes is gone.
        let _gone = (0..50).any(end);
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    let folder = path.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)).expect("our own directory");
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// For tests that look at a unit without starting a machine: what `systemd-analyze` says, where it is installed.
pub fn analyze(arguments: &[&str]) -> Option<Output> {
    if !installed(&["systemd-analyze"], "systemd") {
        return None;
    }
    let mut analyze: Command = command("systemd-analyze");
    Some(analyze.args(arguments).stdin(Stdio::null()).output().expect("it is installed"))
}
