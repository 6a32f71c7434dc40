//! Two ways out of one home, each behind a router and an address of its own.

use crate::said;
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant};
use dynflare_testkit::lab::{Lab, Place, Shape, echo};
use dynflare_testkit::serve::Server;
use std::path::PathBuf;
use std::process::Output;

/// The second router.
const SECOND: Place = Place("second");

/// What the world sees of each.
const FIBRE: &str = "203.0.113.5";
const LTE: &str = "192.0.2.66";
const FIBRE_V6: &str = "2001:db8:1:100::50";
const LTE_V6: &str = "2001:db8:88::50";

/// A home with two routers: `fibre` is `lan0` and the default route, `lte` is `lan1`.
struct Site {
    lab: Lab,
    folder: PathBuf,
    fake: FakeCloudflare,
    _servers: Vec<Server>,
}

impl Site {
    fn new(name: &str) -> Option<Self> {
        let mut lab = Lab::new(Shape::Plain)?;
        lab.add(SECOND);
        lab.cable((Place::HOME, "lan1"), (SECOND, "lan0"));
        lab.cable((SECOND, "wan0"), (Place::INTERNET, "isp1"));
        lab.ip(
            Place::INTERNET,
            "addr add 192.0.2.1/24 dev isp1
             addr add 2001:db8:fffd::1/64 dev isp1 nodad
             link set isp1 up
             route add 2001:db8:88::/48 via 2001:db8:fffd::2",
        );
        lab.ip(
            SECOND,
            "addr add 192.168.88.1/24 dev lan0
             addr add 192.0.2.66/24 dev wan0
             addr add 2001:db8:88::1/64 dev lan0 nodad
             addr add 2001:db8:fffd::2/64 dev wan0 nodad
             link set lan0 up
             link set wan0 up
             route add default via 192.0.2.1
             route add ::/0 via 2001:db8:fffd::1",
        );
        lab.forward(SECOND);
        lab.nft(
            SECOND,
            "table ip nat {\nchain post {\ntype nat hook postrouting priority 100;\noifname \"wan0\" masquerade\n}\n}",
        );
        lab.ip(
            Place::HOME,
            "addr add 192.168.88.50/24 dev lan1
             addr add 2001:db8:88::50/64 dev lan1 nodad
             link set lan1 up
             route add default via 192.168.88.1 dev lan1 metric 500
             route add default via 192.168.88.1 dev lan1 table 88
             rule add from 192.168.88.50 table 88
             rule add fwmark 0x10 table 88
             route add ::/0 via 2001:db8:88::1 dev lan1 metric 2048
             route add ::/0 via 2001:db8:88::1 dev lan1 table 88",
        );
        let lax = "for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $file; done";
        lab.run_in(Place::HOME, &["sh", "-c", lax]);
        let fake = FakeCloudflare::new();
        fake.token("cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno", Grant::all());
        fake.zone(FakeZone::new("example.com"));
        // `ip -batch` takes the family of a rule from its first line.
        for rule in [["from", "2001:db8:88::50"], ["fwmark", "0x10"]] {
            let argv = [["ip", "-6", "rule", "add"].as_slice(), &rule, &["table", "88"]].concat();
            let output = lab.run_in(Place::HOME, &argv);
            assert!(output.status.success(), "{}", said(&output));
        }
        let places = (1..=5).flat_map(|number| {
            let name = format!("echo{number}.example.org");
            [(name.clone(), format!("198.51.100.{number}0")), (name, format!("2001:db8:cafe::{number}0"))]
        });
        let places: Vec<(String, String)> = places.collect();
        let hosts: Vec<(&str, &str)> =
            places.iter().map(|(name, address)| (name.as_str(), address.as_str())).collect();
        lab.hosts(Place::HOME, &hosts);
        let listen = |address: &str| {
            let bracketed = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
            echo(lab.listen(Place::INTERNET, &format!("{bracketed}:80")))
        };
        let mut servers: Vec<Server> = hosts.iter().map(|(_, address)| listen(address)).collect();
        servers.push(Server::http_on(lab.listen(Place::INTERNET, "198.51.100.90:80"), fake.handler()));
        let folder = std::env::temp_dir().join(format!("dynflare-uplinks-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Some(Self { lab, folder, fake, _servers: servers })
    }

    /// Runs the program with these records and uplinks.
    fn run(&self, command: &str, records: &str, uplinks: &str) -> Output {
        let pool: Vec<String> =
            (1..=5).map(|number| format!("\"url:http://echo{number}.example.org/\"")).collect();
        let text = format!(
            "version = 1\nrecords = [{records}]\npool = [{}]\nallow = [\"203.0.113.0/24\", \"192.0.2.0/24\", \"2001:db8::/32\"]\n\
             state_dir = \"{}\"\n[providers.cloudflare]\nbase_url = \"http://198.51.100.90/client/v4\"\ntoken = \"cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno\"\n{uplinks}",
            pool.join(", "),
            self.folder.display()
        );
        let file = self.folder.join("dynflare.toml");
        std::fs::write(&file, text).expect("the folder is ours");
        let file = file.display().to_string();
        crate::dynflare(&self.lab, Place::HOME, &[command, "--config", &file, "-v"])
    }

    fn contents(&self, name: &str) -> Vec<String> {
        self.contents_of(name, "A")
    }

    fn contents_of(&self, name: &str, rtype: &str) -> Vec<String> {
        let mut contents = self.fake.contents("example.com", &format!("{name}.example.com"), rtype);
        contents.sort();
        contents
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// The two by their interfaces.
const BOTH: &str =
    "[uplink.fibre]\ninterface = \"lan0\"\n[uplink.lte]\ninterface = \"lan1\"\nprovider_calls = true\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_uplinks_give_two_right_addresses_at_the_same_time_over_both_families() {
    let Some(site) = Site::new("two") else { return };
    let records = ["default", "fibre?uplink=fibre", "lte?uplink=lte", "all?uplink=all"]
        .map(|name| format!("\"cloudflare:example.com:A+AAAA:{name}\""));
    let output = site.run("update", &records.join(", "), BOTH);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for (name, v4, v6) in [
        ("default", vec![FIBRE], vec![FIBRE_V6]),
        ("fibre", vec![FIBRE], vec![FIBRE_V6]),
        ("lte", vec![LTE], vec![LTE_V6]),
        ("all", vec![LTE, FIBRE], vec![FIBRE_V6, LTE_V6]),
    ] {
        assert_eq!(site.contents(name), v4, "{name}: {}", said(&output));
        assert_eq!(site.contents_of(name, "AAAA"), v6, "{name}: {}", said(&output));
    }
    let shown = said(&site.run("detect", "\"cloudflare:example.com:A+AAAA:x?uplink=all\"", BOTH));
    for (family, uplink, address) in
        [("IPv4", "fibre", FIBRE), ("IPv4", "lte", LTE), ("IPv6", "fibre", FIBRE_V6), ("IPv6", "lte", LTE_V6)]
    {
        assert!(shown.contains(&format!("{family} by {uplink}: {address}, agreed")), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_or_a_mark_binds_as_an_interface_does() {
    let Some(site) = Site::new("binds") else { return };
    for way in ["address = [\"192.168.88.50\", \"2001:db8:88::50\"]", "mark = 0x10", "interface = \"lan1\""] {
        let shown = said(&site.run(
            "detect",
            "\"cloudflare:example.com:A+AAAA:x?uplink=w\"",
            &format!("[uplink.w]\n{way}\n"),
        ));
        for (family, here, there) in [("IPv4", FIBRE, LTE), ("IPv6", FIBRE_V6, LTE_V6)] {
            assert!(shown.contains(&format!("{family}: {here}, agreed")), "{way}: {shown}");
            assert!(shown.contains(&format!("{family} by w: {there}, agreed")), "{way}: {shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_uplink_that_cannot_be_bound_to_fails_and_never_answers_for_another() {
    let Some(site) = Site::new("absent") else { return };
    for way in ["interface = \"gone0\"", "address = \"192.168.99.9\""] {
        let uplinks = format!("[uplink.w]\n{way}\n");
        let output = site.run("update", "\"cloudflare:example.com:A:w?uplink=w\"", &uplinks);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains("cannot go out by"), "{}", said(&output));
        assert!(site.contents("w").is_empty());
    }
    // One that is there and leads nowhere any more is no other's answer either.
    site.fake.record("example.com", FakeRecord::new("A", "lte.example.com", LTE).comment("dynflare"));
    site.lab.link(Place::HOME, "lan1", "down");
    let output = site.run(
        "update",
        "\"cloudflare:example.com:A:lte?uplink=lte\"",
        &BOTH.replace("provider_calls = true", ""),
    );
    assert_ne!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(site.contents("lte"), [LTE]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_fails_over_and_goes_back_after_its_hold_down() {
    let Some(site) = Site::new("list") else { return };
    let held = |hold_down: &str| {
        format!(
            "[uplink.fibre]\ninterface = \"lan0\"\nhold_down = \"{hold_down}\"\n[uplink.lte]\ninterface = \"lan1\"\n"
        )
    };
    let record =
        "\"cloudflare:example.com:A:home?uplink=fibre%2Clte\", \"cloudflare:example.com:A:all?uplink=all\"";
    let update = |hold_down: &str| {
        let output = site.run("update", record, &held(hold_down));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    };
    update("1h");
    assert_eq!(
        (site.contents("home"), site.contents("all")),
        (vec![FIBRE.into()], vec![LTE.into(), FIBRE.into()])
    );
    // The fibre breaks beyond the router; the provider is reached by the other.
    site.lab.link(Place::HOME, "lan0", "down");
    update("1h");
    assert_eq!(site.contents("home"), [LTE]);
    assert_eq!(site.contents("all"), [LTE, FIBRE], "a silent uplink keeps its value");
    site.lab.link(Place::HOME, "lan0", "up");
    site.lab.ip(Place::HOME, "route add default via 192.168.77.1 dev lan0");
    update("1h");
    update("1h");
    assert_eq!(site.contents("home"), [LTE], "the hold-down is not over");
    update("0s");
    assert_eq!(site.contents("home"), [FIBRE]);
}
