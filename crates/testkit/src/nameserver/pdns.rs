//! How PowerDNS is set up: a SQLite database filled with `sqlite3` and `pdnsutil`, all caches off.
//!
//! PowerDNS grants updates per zone and key. A key that may change one name alone takes a policy script, which then
//! decides over every update and replaces the other settings (manual, "Dynamic DNS Update Policy").

use super::zone::write_zones;
use super::{HOME_ONLY, KEYS, Kind, Launch, NameServer, SUBZONE, ZONE, client, command, installed, run};
use crate::port;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::{fs, io};

pub(super) const PROGRAMS: &[&str] = &["pdns_server", "pdnsutil", "sqlite3"];

const SCHEMA: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

pub(super) fn prepare(directory: &Path, port: u16) -> io::Result<Launch> {
    write_zones(directory)?;
    let path = directory.display();
    let policy = directory.join("policy.lua");
    fs::write(&policy, policy_text())?;
    fs::write(
        directory.join("pdns.conf"),
        format!(
            "daemon=no\nguardian=no\nsetuid=\nsetgid=\nsocket-dir={path}\nlaunch=gsqlite3\n\
             gsqlite3-database={path}/zones.db\ngsqlite3-dnssec=yes\nlocal-address=127.0.0.1,::1\nlocal-port={port}\n\
             dnsupdate=yes\nenable-lua-records=yes\nallow-dnsupdate-from=127.0.0.0/8,::1\nlua-dnsupdate-policy-script={}\n\
             cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\n\
             receiver-threads=1\nlog-dns-queries=no\nloglevel=6\nsecurity-poll-suffix=\n",
            policy.display()
        ),
    )?;
    run(command("sqlite3").arg(directory.join("zones.db")).arg(format!(".read {SCHEMA}")))?;
    let pdnsutil = |arguments: &[&str]| {
        run(command("pdnsutil").arg(format!("--config-dir={path}")).args(arguments).stdout(Stdio::null()))
    };
    for zone in [ZONE, SUBZONE] {
        pdnsutil(&["load-zone", zone, &format!("{path}/{zone}.zone")])?;
    }
    pdnsutil(&["add-record", ZONE, "whoami", "LUA", "0", "TXT \"bestwho:toString()\""])?;
    for key in KEYS.iter().chain([&HOME_ONLY]) {
        pdnsutil(&["import-tsig-key", key.name, key.algorithm, key.secret])?;
        for zone in [ZONE, SUBZONE] {
            pdnsutil(&["add-meta", zone, "TSIG-ALLOW-DNSUPDATE", key.name])?;
        }
    }
    let mut server = command("pdns_server");
    server.arg(format!("--config-dir={path}"));
    Ok(Launch { command: server, ready: "ready to distribute questions" })
}

/// Where a server's HTTP API is, and the key that it wants.
#[derive(Clone, Debug)]
pub struct Api {
    /// Such as `http://127.0.0.1:8081`.
    pub base: String,
    /// For the header `X-API-Key`.
    pub key: &'static str,
}

impl NameServer {
    /// Starts PowerDNS with its HTTP API.
    ///
    /// `None` where it is not installed; under `CI=true` that is a failed test.
    pub fn start_with_api() -> Option<(Self, Api)> {
        if !client::installed() || !installed(PROGRAMS, Kind::PowerDns.packages()) {
            return None;
        }
        let mut last = String::new();
        for _ in 0..5 {
            match Self::try_start_with(Kind::PowerDns, prepare_with_api) {
                Ok(started) => return Some(started),
                Err(error) => last = error,
            }
        }
        panic!("PowerDNS does not start: {last}")
    }
}

fn prepare_with_api(directory: &Path, port: u16) -> io::Result<(Launch, Api)> {
    let launch = prepare(directory, port)?;
    let (web, key) = (port::free()?, "the-api-key");
    let mut settings = fs::OpenOptions::new().append(true).open(directory.join("pdns.conf"))?;
    write!(
        settings,
        "webserver=yes\nwebserver-address=127.0.0.1\nwebserver-port={web}\nwebserver-allow-from=127.0.0.1\napi=yes\n\
         api-key={key}\n"
    )?;
    Ok((launch, Api { base: format!("http://127.0.0.1:{web}"), key }))
}

/// A secondary of `primary` at `address` and the same port.
pub(super) fn prepare_secondary(
    directory: &Path,
    primary: SocketAddr,
    address: Ipv4Addr,
) -> io::Result<Launch> {
    let (path, port) = (directory.display(), primary.port());
    fs::write(
        directory.join("pdns.conf"),
        format!(
            "daemon=no\nguardian=no\nsetuid=\nsetgid=\nsocket-dir={path}\nlaunch=gsqlite3\n\
             gsqlite3-database={path}/zones.db\nlocal-address={address}\nlocal-port={port}\nsecondary=yes\n\
             cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\n\
             receiver-threads=1\nretrieval-threads=1\nlog-dns-queries=no\nloglevel=6\nsecurity-poll-suffix=\n"
        ),
    )?;
    run(command("sqlite3").arg(directory.join("zones.db")).arg(format!(".read {SCHEMA}")))?;
    run(command("pdnsutil")
        .arg(format!("--config-dir={path}"))
        .args(["create-secondary-zone", ZONE, &primary.to_string()])
        .stdout(Stdio::null()))?;
    let mut server = command("pdns_server");
    server.arg(format!("--config-dir={path}"));
    Ok(Launch { command: server, ready: "ready to distribute questions" })
}

fn policy_text() -> String {
    let all = KEYS.map(|key| format!("'{}'", key.name)).join(", ");
    format!(
        "function updatepolicy(input)\n  \
         local signed, key = pcall(function() return input:getTsigName():toStringNoDot() end)\n  \
         if not signed then return false end\n  \
         for _, full in ipairs({{ {all} }}) do if key == full then return true end end\n  \
         local name = input:getQName():toStringNoDot()\n  local type = input:getQType()\n  \
         return key == '{}' and name == 'home.{ZONE}' and (type == pdns.A or type == pdns.AAAA)\nend\n",
        HOME_ONLY.name
    )
}
