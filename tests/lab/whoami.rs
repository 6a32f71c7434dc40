//! Name servers and STUN servers on the internet, asked from home: they see the router's address, and so must the
//! program. A router that answers for other name servers is found out.

use crate::{dynflare, said};
use dynflare::net::{Network, NetworkSettings, Route};
use dynflare::source::interception::{Finding, Probes, Said, judge, observe};
use dynflare::source::{Filters, Question};
use dynflare_core::address::Family;
use dynflare_testkit::lab::{Lab, Place, Shape, Spawned, installed};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

const ZONE: &str = "whoami.example.org";
const NAME_SERVERS: [&str; 2] = ["198.51.100.50", "2001:db8:cafe::50"];
const STUN_SERVERS: [&str; 2] = ["198.51.100.30", "2001:db8:cafe::30"];

/// A folder for a server's files; it goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dynflare-lab-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary directory can be written");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Knot, which tells who asks, on port 53.
fn knot(lab: &Lab, folder: &Path) -> Spawned {
    let path = folder.display();
    fs::write(
        folder.join(format!("{ZONE}.zone")),
        format!(
            "$TTL 60\n{ZONE}. SOA ns.{ZONE}. hostmaster.{ZONE}. 1 3600 600 86400 60\n{ZONE}. NS ns.{ZONE}.\n"
        ),
    )
    .expect("the folder can be written");
    let listen = NAME_SERVERS.map(|address| format!("\"{address}@53\"")).join(", ");
    let text = format!(
        "server:\n  rundir: \"{path}\"\n  listen: [{listen}]\n  udp-workers: 1\n  tcp-workers: 1\n\
         log:\n  - target: stderr\n    any: info\n\
         database:\n  storage: \"{path}\"\n  journal-db-max-size: 16M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n\
         template:\n  - id: default\n    storage: \"{path}\"\n    file: \"%s.zone\"\n\
         zone:\n  - domain: {ZONE}\n    module: mod-whoami\n"
    );
    let file = folder.join("knot.conf");
    fs::write(&file, text).expect("the folder can be written");
    let knot = lab.spawn_in(Place::INTERNET, &["knotd", "-c", &file.to_string_lossy()]);
    knot.wait_for("server started");
    knot
}

/// coturn on the usual port.
fn coturn(lab: &Lab, folder: &Path) -> Spawned {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let [v4, v6] = STUN_SERVERS;
    let fixed = ["turnserver", "-n", "--stun-only", "--no-cli", "--no-tls", "--no-dtls", "--no-rfc5780"];
    let (pid, users) = (file("turnserver.pid"), file("users.db"));
    let given = ["--log-file", "stdout", "-L", v4, "-L", v6, "--pidfile", &pid, "--userdb", &users];
    let coturn = lab.spawn_in(Place::INTERNET, &[fixed.as_slice(), given.as_slice()].concat());
    coturn.wait_for("Total General servers");
    coturn
}

/// What the program at home shows about one source, which only bears witness: another has the vote.
fn seen(lab: &Lab, source: &str) -> String {
    let voter = "static:203.0.113.99,2001:db8::99";
    let allow = ["--allow", "203.0.113.0/24", "--allow", "2001:db8::/32"];
    let arguments = ["detect", "--panel", "1", "-s", voter, "-s", source];
    let said = said(&dynflare(lab, Place::HOME, &[arguments.as_slice(), &allow].concat()));
    let rows: Vec<&str> =
        said.lines().filter(|line| line.contains("://") || line.contains("stun:")).collect();
    if rows.is_empty() { said } else { rows.join("\n") }
}

#[test]
fn name_servers_and_stun_servers_see_the_router_and_follow_its_change() {
    if !installed(&["knotd"], "knot") || !installed(&["turnserver"], "coturn") {
        return;
    }
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    let folder = Folder::new("whoami");
    let _servers = (knot(&lab, folder.path()), coturn(&lab, folder.path()));
    for address in ["203.0.113.5", "203.0.113.77"] {
        lab.set_wan(address.parse().expect("an address"));
        for transport in ["udp", "tcp"] {
            let [v4, v6] = NAME_SERVERS;
            let text = seen(&lab, &format!("dns:{transport}://{v4}/{ZONE}"));
            assert!(text.contains(address), "{text}");
            let text = seen(&lab, &format!("dns:{transport}://[{v6}]/{ZONE}"));
            assert!(text.contains("2001:db8:1:100::50"), "{text}");
            let [v4, v6] = STUN_SERVERS;
            let text = seen(&lab, &format!("stun:{transport}://{v4}"));
            assert!(text.contains(address), "{text}");
            let text = seen(&lab, &format!("stun:{transport}://[{v6}]"));
            assert!(text.contains("2001:db8:1:100::50"), "{text}");
        }
    }
}

#[test]
fn a_router_that_answers_for_other_name_servers_is_found_out() {
    if !installed(&["knotd"], "knot") {
        return;
    }
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    let folder = Folder::new("interception");
    let _knot = knot(&lab, folder.path());
    let wan = lab.wan();
    let find = || {
        lab.enter(Place::HOME, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let service = format!("udp://{}/{ZONE}", NAME_SERVERS[0]);
            let nowhere = format!("udp://198.51.100.90/{ZONE}");
            let specs = [service.as_str(), service.as_str(), nowhere.as_str()];
            let probes = Probes::new(specs, specs).expect("questions");
            let (network, family) = (Network::new(NetworkSettings::default()), Family::V4);
            let (filters, aside) = (Filters::default(), Mutex::default());
            let (route, timeout) = (Route::only(family), Duration::from_secs(2));
            let question =
                Question { family, route, network: &network, timeout, filters: &filters, aside: &aside };
            let asked = observe(&probes, Some(wan), question);
            judge(&runtime.expect("a runtime").block_on(asked))
        })
    };
    assert_eq!(find(), Finding::Clear);
    let steal = format!(
        "table ip steal {{ chain pre {{ type nat hook prerouting priority -110; \
         iifname lan0 udp dport 53 dnat to {}; }}; }}",
        NAME_SERVERS[0]
    );
    lab.nft(Place::ROUTER, &steal);
    assert_eq!(find(), Finding::FromNowhere(Said::Address(wan)));
}
