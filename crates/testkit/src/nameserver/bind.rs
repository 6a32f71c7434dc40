//! How BIND 9 is set up: `update-policy` per key, name and type (BIND 9 ARM, "Dynamic Update Policies").

use super::zone::write_zones;
use super::{HOME_ONLY, KEYS, Launch, Primary, SUBZONE, ZONE, command};
use crate::port;
use crate::tls::Identity;
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

pub(crate) const PROGRAMS: &[&str] = &["named"];

/// Where a secured server listens beside the usual, on 127.0.0.1.
#[derive(Clone, Copy, Debug)]
pub struct Secured {
    /// DNS over TLS.
    pub tls: u16,
    /// DNS over HTTPS, at `/dns-query`.
    pub https: u16,
    /// What `version.bind` says in the class CH.
    pub version: &'static str,
}

pub(super) fn prepare(directory: &Path, port: u16) -> io::Result<Launch> {
    launch(directory, LOOPBACK, port, [String::new(), String::new()])
}

/// The same at these two addresses and port 53, for a namespace of its own.
pub(crate) fn prepare_at(directory: &Path, addresses: [&str; 2]) -> io::Result<Launch> {
    launch(directory, addresses, 53, [String::new(), String::new()])
}

/// The same with DNS over TLS and HTTPS (BIND 9 ARM, "tls" and "http" blocks).
pub(super) fn prepare_secured(
    directory: &Path,
    port: u16,
    identity: &Identity,
) -> io::Result<(Launch, Secured)> {
    let secured = Secured { tls: port::free()?, https: port::free()?, version: "203.0.113.9" };
    let path = directory.display();
    fs::write(directory.join("certificate.pem"), &identity.pem().certificate)?;
    fs::write(directory.join("key.pem"), &identity.pem().key)?;
    let blocks = format!(
        "tls own {{ cert-file \"{path}/certificate.pem\"; key-file \"{path}/key.pem\"; }};\n\
         http own {{ endpoints {{ \"/dns-query\"; }}; }};\n"
    );
    let options = format!(
        "listen-on port {} tls own {{ 127.0.0.1; }};\nlisten-on port {} tls own http own {{ 127.0.0.1; }};\n\
         version \"{}\";\n",
        secured.tls, secured.https, secured.version
    );
    Ok((launch(directory, LOOPBACK, port, [blocks, options])?, secured))
}

/// Where a server listens that has no namespace of its own.
const LOOPBACK: [&str; 2] = ["127.0.0.1", "::1"];

/// `more` are further blocks and further options.
fn launch(directory: &Path, [v4, v6]: [&str; 2], port: u16, more: [String; 2]) -> io::Result<Launch> {
    write_zones(directory)?;
    let [blocks, options] = more;
    let path = directory.display();
    let mut text = blocks;
    for key in KEYS.iter().chain([&HOME_ONLY]) {
        writeln!(
            text,
            "key \"{}.\" {{ algorithm {}; secret \"{}\"; }};",
            key.name, key.algorithm, key.secret
        )
        .expect("writing to a string");
    }
    let grants = KEYS.map(|key| format!("grant {}. zonesub ANY; ", key.name)).concat();
    write!(
        text,
        "options {{ directory \"{path}\"; pid-file \"named.pid\"; lock-file none; session-keyfile none;\n\
         managed-keys-directory \"{path}\"; listen-on port {port} {{ {v4}; }};\n\
         listen-on-v6 port {port} {{ {v6}; }}; recursion no; dnssec-validation no; notify no;\n\
         {options}}};\n\
         controls {{ }};\n"
    )
    .expect("writing to a string");
    for zone in [ZONE, SUBZONE] {
        writeln!(
            text,
            "zone \"{zone}\" {{ type primary; file \"{zone}.zone\"; update-policy {{ {grants}\
             grant {}. name home.{ZONE}. A AAAA; }}; }};",
            HOME_ONLY.name
        )
        .expect("writing to a string");
    }
    let file = directory.join("named.conf");
    fs::write(&file, text)?;
    let mut named = command("named");
    // One worker thread is enough, and -g keeps it in the foreground with its log on standard error.
    named.args(["-g", "-n", "1", "-c"]).arg(file);
    Ok(Launch { command: named, ready: "all zones loaded" })
}

/// A secondary on 127.0.0.1.
pub(super) fn prepare_secondary_of(directory: &Path, port: u16, primary: Primary<'_>) -> io::Result<Launch> {
    let path = directory.display();
    let Primary { address, zone, key } = primary;
    let (mut text, mut with, mut notify) = (String::new(), String::new(), "127.0.0.1;".to_owned());
    if let Some(key) = key {
        let super::Key { name, algorithm, secret } = key;
        text = format!("key \"{name}.\" {{ algorithm {algorithm}; secret \"{secret}\"; }};\n");
        with = format!(" key \"{name}.\"");
        notify = format!("key \"{name}.\";");
    }
    write!(
        text,
        "options {{ directory \"{path}\"; pid-file \"named.pid\"; lock-file none; session-keyfile none;\n\
         managed-keys-directory \"{path}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
         recursion no; dnssec-validation no; notify no; }};\n\
         controls {{ }};\n\
         zone \"{zone}\" {{ type secondary; file \"secondary.zone\"; allow-notify {{ {notify} }};\n\
         primaries {{ {} port {}{with}; }}; }};\n",
        address.ip(),
        address.port(),
    )
    .expect("writing to a string");
    let file = directory.join("named.conf");
    fs::write(&file, text)?;
    let mut named = command("named");
    named.args(["-g", "-n", "1", "-c"]).arg(file);
    Ok(Launch { command: named, ready: "all zones loaded" })
}
