//! The names of a lab's world as a tree: a root, `example.org` below it with whatever a test puts in, and a resolver
//! that begins at the root. Both are real BIND 9.

use super::{Lab, Place, Spawned, installed};
use crate::nameserver::process::Directory;
use crate::nameserver::{ZONE, bind, client};

/// Two name servers on the internet. They end when the value is dropped.
pub struct Tree {
    _servers: [Spawned; 2],
    /// Kept for its drop, after those of the processes.
    _directory: Directory,
}

impl Tree {
    /// Where the root and `example.org` are.
    pub const PARENT: &str = "198.51.100.60";

    /// Where the resolver is. It forgets everything after a second, whatever its time to live.
    pub const RESOLVER: &str = "198.51.100.70";

    /// Starts both, with these lines pasted into the zone `example.org`; `None` where BIND is not installed, which is
    /// said.
    pub fn start(lab: &Lab, lines: &[String]) -> Option<Self> {
        if !client::installed() || !installed(bind::PROGRAMS, "bind9") {
            return None;
        }
        let directory = Directory::new().expect("the directory for temporary files can be written");
        let (parent, resolver) = (Self::PARENT, Self::RESOLVER);
        let soa = "ns1.example.org. hostmaster.example.org. 1 3600 600 86400 60";
        let root = directory.file(
            "root.zone",
            &format!(
                "$TTL 3600\n. IN SOA {soa}\n. IN NS ns.root.\nns.root. IN A {parent}\n\
                 {ZONE}. IN NS ns1.{ZONE}.\nns1.{ZONE}. IN A {parent}\n"
            ),
        );
        let zone = directory.file(
            "parent.zone",
            &format!(
                "$TTL 3600\n{ZONE}. IN SOA {soa}\n{ZONE}. IN NS ns1.{ZONE}.\nns1.{ZONE}. IN A {parent}\n{}\n",
                lines.join("\n")
            ),
        );
        let hints = directory.file("hints", &format!(". 3600000 NS ns.root.\nns.root. 3600000 A {parent}\n"));
        let path = directory.0.display();
        let common = |name: &str, at: &str| {
            format!(
                "directory \"{path}\"; pid-file \"{name}.pid\"; lock-file none; session-keyfile none;\n\
                 managed-keys-directory \"{path}\"; listen-on {{ {at}; }}; listen-on-v6 {{ none; }};\n\
                 dnssec-validation no; notify no;"
            )
        };
        let served = directory.file(
            "parent.conf",
            &format!(
                "options {{ {} recursion no; }};\ncontrols {{ }};\n\
                 zone \".\" {{ type primary; file \"{root}\"; }};\n\
                 zone \"{ZONE}\" {{ type primary; file \"{zone}\"; }};\n",
                common("parent", parent)
            ),
        );
        let resolving = directory.file(
            "resolver.conf",
            &format!(
                "options {{ {} recursion yes; allow-query {{ any; }}; allow-recursion {{ any; }};\n\
                 empty-zones-enable no; max-cache-ttl 1; max-ncache-ttl 1; servfail-ttl 0; }};\ncontrols {{ }};\n\
                 zone \".\" {{ type hint; file \"{hints}\"; }};\n",
                common("resolver", resolver)
            ),
        );
        let servers = [(served, "all zones loaded"), (resolving, "running")].map(|(file, ready)| {
            let named = ["named", "-4", "-g", "-n", "1", "-c", &file];
            let process = lab.spawn_in(Place::INTERNET, &named);
            process.wait_for(ready);
            process
        });
        Some(Self { _servers: servers, _directory: directory })
    }

    /// What somebody at a place, who knows nothing but the resolver, finds at a name; sorted.
    pub fn resolve(lab: &Lab, place: Place, (name, rtype): (&str, &str)) -> Vec<String> {
        let resolver = format!("@{}", Self::RESOLVER);
        let output = lab.run_in(place, &["dig", &resolver, "+short", "+tries=1", "+timeout=3", name, rtype]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut found: Vec<String> =
            text.lines().filter(|line| !line.starts_with(';')).map(str::to_owned).collect();
        found.sort();
        found
    }
}
