//! One network namespace: made, entered, filled by `ip -batch`, removed on drop.

use crate::nameserver::process::command;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// What the names of all our namespaces begin with.
const PREFIX: &str = "dfl-";

/// A namespace known to `ip netns`, and its folder of files that stand for those of `/etc`.
#[derive(Debug)]
pub(super) struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes `dfl-<process>-<number>-<place>`, with loopback up and without duplicate address detection, which
    /// would keep every IPv6 address waiting for a second.
    pub(super) fn new(number: u32, place: &str) -> Result<Self, String> {
        let name = format!("{PREFIX}{}-{number}-{place}", std::process::id());
        run(command("ip").args(["netns", "add", &name]))?;
        let namespace = Self { name };
        namespace.batch("link set lo up")?;
        namespace.proc("net/ipv6/conf/default/accept_dad", "0")?;
        Ok(namespace)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A program that will run inside.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut inside = command("ip");
        inside.args(["netns", "exec", &self.name]).arg(command(program).get_program());
        inside
    }

    /// Lines for `ip`, without the word itself; empty lines are left out.
    pub(super) fn batch(&self, lines: &str) -> Result<(), String> {
        feed(command("ip").args(["-n", &self.name, "-batch", "-"]), lines)
    }

    /// A script for `nft`.
    pub(super) fn nft(&self, script: &str) -> Result<(), String> {
        feed(self.command("nft").args(["-f", "-"]), script)
    }

    /// Sets a file below `/proc/sys`.
    pub(super) fn proc(&self, file: &str, value: &str) -> Result<(), String> {
        let path = Path::new("/proc/sys").join(file);
        // What lies below `net` is that of the namespace of the thread that opens it.
        self.enter(move || fs::write(&path, value).map_err(|error| format!("{}: {error}", path.display())))
    }

    /// Does something on a thread inside. Sockets made there stay inside, whoever uses them later.
    pub(super) fn enter<T: Send>(&self, inside: impl FnOnce() -> T + Send) -> T {
        let handle = File::open(Path::new("/run/netns").join(&self.name)).expect("the namespace is there");
        let enter = || {
            move_into_link_name_space(handle.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("root may enter a namespace");
            inside()
        };
        thread::scope(|scope| match scope.spawn(enter).join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Writes a file that programs inside see as `/etc/<file>`. What runs already sees it if there was one before: it is
    /// the same file then.
    pub(super) fn etc(&self, file: &str, text: &str) -> Result<(), String> {
        let folder = folder(&self.name);
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(file), text))
            .map_err(|error| format!("{}: {error}", folder.display()))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// The folder whose files `ip netns exec` lays over those of `/etc`.
fn folder(name: &str) -> PathBuf {
    Path::new("/etc/netns").join(name)
}

fn remove(name: &str) {
    // What cannot be removed now is found again by the next sweep.
    let _gone = run(command("ip").args(["netns", "del", name]));
    let _gone = fs::remove_dir_all(folder(name));
}

/// Removes what test processes left behind that were killed before they could.
pub(super) fn sweep() {
    let Ok(entries) = fs::read_dir("/run/netns") else { return };
    for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let maker = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if maker.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists()) {
            remove(&name);
        }
    }
}

/// Whether this machine lets us make namespaces at all.
pub(super) fn can_be_made() -> bool {
    let probe = format!("{PREFIX}{}-probe", std::process::id());
    let made = run(command("ip").args(["netns", "add", &probe])).is_ok();
    remove(&probe);
    made
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn feed(command: &mut Command, text: &str) -> Result<(), String> {
    let fault = |error: &dyn std::fmt::Display| format!("{error}, fed with:\n{text}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| fault(&error))?;
    if let Some(mut pipe) = child.stdin.take() {
        let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty());
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        pipe.write_all(text.as_bytes()).map_err(|error| fault(&error))?;
    }
    let output = child.wait_with_output().map_err(|error| fault(&error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(fault(&String::from_utf8_lossy(&output.stderr)))
}
