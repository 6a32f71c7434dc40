//! `dig` and `nsupdate`: the view and the hand of somebody other than Dynflare.

use super::{Key, process};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// Whether `dig` and `nsupdate` are there; where not, the test is skipped in plain words (see `skip`).
pub fn installed() -> bool {
    process::installed(&["dig", "nsupdate"], "bind9-dnsutils")
}

/// Asks `server` with `dig` over TCP: time to live and data of each record of that type, sorted by data.
pub fn read(server: SocketAddr, name: &str, rtype: &str) -> Vec<(u32, String)> {
    read_by(Command::new("dig"), server, name, rtype)
}

/// The same by this `dig`, which may run elsewhere.
pub(crate) fn read_by(dig: Command, server: SocketAddr, name: &str, rtype: &str) -> Vec<(u32, String)> {
    let text = dig_by(dig, server, &["+tcp", "+noall", "+answer", name, rtype]);
    let mut records: Vec<(u32, String)> = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (_, ttl, _, found) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
            let data = fields.collect::<Vec<_>>().join(" ");
            (found == rtype).then(|| Some((ttl.parse().ok()?, data)))?
        })
        .collect();
    records.sort_by(|a, b| a.1.cmp(&b.1));
    records
}

/// Runs `dig` without recursion against `server` and returns what it printed.
pub fn dig(server: SocketAddr, arguments: &[&str]) -> String {
    dig_by(Command::new("dig"), server, arguments)
}

/// The same by this `dig`, which may run elsewhere.
pub(crate) fn dig_by(mut dig: Command, server: SocketAddr, arguments: &[&str]) -> String {
    let output = dig
        .args([&format!("@{}", server.ip()), "-p", &server.port().to_string(), "+norecurse", "+tries=3"])
        .args(arguments)
        .output()
        .expect("dig was found before the server was started");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs `nsupdate` against `server` and returns what it complained about; nothing means that the update was taken.
pub fn nsupdate(server: SocketAddr, key: Option<Key>, commands: &str) -> String {
    nsupdate_by(Command::new("nsupdate"), server, key, commands)
}

/// The same by this `nsupdate`, which may run elsewhere.
pub(crate) fn nsupdate_by(
    mut command: Command,
    server: SocketAddr,
    key: Option<Key>,
    commands: &str,
) -> String {
    if let Some(key) = key {
        command.arg("-y").arg(format!("{}:{}:{}", key.algorithm, key.name, key.secret));
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nsupdate was found before the server was started");
    let script = format!("server {} {}\n{commands}\nsend\n", server.ip(), server.port());
    child
        .stdin
        .take()
        .expect("standard input is piped")
        .write_all(script.as_bytes())
        .expect("nsupdate reads");
    let output = child.wait_with_output().expect("nsupdate runs");
    [output.stdout, output.stderr].iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}
