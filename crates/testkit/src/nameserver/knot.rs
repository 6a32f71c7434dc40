//! How Knot DNS is set up: one `acl` for the keys that may do anything, one for the limited key.

use super::zone::{write_zone, write_zones};
use super::{HOME_ONLY, KEYS, Launch, Primary, SUBZONE, WHOAMI, ZONE, command};
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::{fs, io};

pub(super) const PROGRAMS: &[&str] = &["knotd"];

pub(super) fn prepare(directory: &Path, port: u16) -> io::Result<Launch> {
    write_zones(directory)?;
    write_zone(directory, WHOAMI)?;
    let path = directory.display();
    let mut text = format!(
        "server:\n  rundir: \"{path}\"\n  listen: [\"127.0.0.1@{port}\", \"::1@{port}\"]\n  \
         udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
         log:\n  - target: stderr\n    any: info\n\
         database:\n  storage: \"{path}\"\n  journal-db-max-size: 16M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n\
         key:\n"
    );
    for key in KEYS.iter().chain([&HOME_ONLY]) {
        writeln!(text, "  - id: {}\n    algorithm: {}\n    secret: {}", key.name, key.algorithm, key.secret)
            .expect("writing to a string");
    }
    let all = KEYS.map(|key| key.name).join(", ");
    write!(
        text,
        "acl:\n  - id: anything\n    key: [{all}]\n    action: [update, transfer]\n  \
         - id: home\n    key: [{}]\n    action: [update]\n    update-owner: name\n    \
         update-owner-name: [home]\n    update-type: [A, AAAA]\n\
         template:\n  - id: default\n    storage: \"{path}\"\n    file: \"%s.zone\"\n    acl: [anything, home]\n    \
         zonefile-sync: -1\n    zonefile-load: difference-no-serial\n    journal-content: all\n\
         zone:\n  - domain: {ZONE}\n  - domain: {SUBZONE}\n  - domain: {WHOAMI}\n    module: mod-whoami\n",
        HOME_ONLY.name
    )
    .expect("writing to a string");
    let file = directory.join("knot.conf");
    fs::write(&file, text)?;
    let mut knotd = command("knotd");
    knotd.arg("-c").arg(file);
    Ok(Launch { command: knotd, ready: "server started" })
}

/// A secondary of `primary` at `address` and the same port.
pub(super) fn prepare_secondary(
    directory: &Path,
    primary: SocketAddr,
    address: Ipv4Addr,
) -> io::Result<Launch> {
    let (path, port) = (directory.display(), primary.port());
    let text = format!(
        "server:\n  rundir: \"{path}\"\n  listen: [\"{address}@{port}\"]\n  \
         udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
         log:\n  - target: stderr\n    any: info\n\
         database:\n  storage: \"{path}\"\n  journal-db-max-size: 16M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n\
         remote:\n  - id: primary\n    address: {}@{port}\n\
         acl:\n  - id: notified\n    address: {}\n    action: notify\n\
         zone:\n  - domain: {ZONE}\n    storage: \"{path}\"\n    master: primary\n    acl: notified\n",
        primary.ip(),
        primary.ip()
    );
    let file = directory.join("knot.conf");
    fs::write(&file, text)?;
    let mut knotd = command("knotd");
    knotd.arg("-c").arg(file);
    Ok(Launch { command: knotd, ready: "server started" })
}

/// A secondary on 127.0.0.1, of whatever primary there.
pub(super) fn prepare_secondary_of(directory: &Path, port: u16, primary: Primary<'_>) -> io::Result<Launch> {
    let path = directory.display();
    let Primary { address, zone, key } = primary;
    let (mut keys, mut with) = (String::new(), String::new());
    if let Some(key) = key {
        let super::Key { name, algorithm, secret } = key;
        keys = format!("key:\n  - id: {name}\n    algorithm: {algorithm}\n    secret: {secret}\n");
        with = format!("    key: {name}\n");
    }
    let text = format!(
        "server:\n  rundir: \"{path}\"\n  listen: [\"127.0.0.1@{port}\"]\n  \
         udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
         log:\n  - target: stderr\n    any: info\n\
         database:\n  storage: \"{path}\"\n  journal-db-max-size: 16M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n\
         {keys}remote:\n  - id: primary\n    address: {}@{}\n{with}\
         acl:\n  - id: notified\n    address: {}\n    action: notify\n{with}\
         zone:\n  - domain: {zone}\n    storage: \"{path}\"\n    master: primary\n    acl: notified\n",
        address.ip(),
        address.port(),
        address.ip(),
    );
    let file = directory.join("knot.conf");
    fs::write(&file, text)?;
    let mut knotd = command("knotd");
    knotd.arg("-c").arg(file);
    Ok(Launch { command: knotd, ready: "server started" })
}
