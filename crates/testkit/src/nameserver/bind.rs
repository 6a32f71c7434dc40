//! How BIND 9 is set up: `update-policy` per key, name and type (BIND 9 ARM, "Dynamic Update Policies").

use super::{HOME_ONLY, KEYS, Launch, SUBZONE, ZONE, command, write_zones};
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

pub(super) const PROGRAMS: &[&str] = &["named"];

pub(super) fn prepare(directory: &Path, port: u16) -> io::Result<Launch> {
    write_zones(directory)?;
    let path = directory.display();
    let mut text = String::new();
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
         managed-keys-directory \"{path}\"; listen-on port {port} {{ 127.0.0.1; }};\n\
         listen-on-v6 port {port} {{ ::1; }}; recursion no; dnssec-validation no; notify no; }};\n\
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
