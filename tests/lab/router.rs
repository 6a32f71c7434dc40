//! The router as a source: real miniupnpd over PCP, NAT-PMP and UPnP, alone and behind a carrier.

use crate::{dynflare, said};
use dynflare_testkit::lab::{Fate, Lab, Miniupnpd, Place, Shape};

/// An address that miniupnpd believes to be public; nothing in a lab can reach anybody who has it.
const WAN: &str = "11.22.33.44";

/// What the program at home hears from one source.
pub(crate) fn detect(lab: &Lab, source: &str) -> String {
    said(&dynflare(lab, Place::HOME, &["detect", "--panel", "1", "-s", source]))
}

#[test]
fn a_real_router_tells_its_address_in_every_way() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.set_wan(WAN.parse().expect("an address"));
    let Some(_router) = Miniupnpd::start(&lab) else { return };
    let described = "upnp:http://192.168.77.1:5000/rootDesc.xml";
    for source in ["pcp", "nat-pmp", "upnp", "router", "pcp:192.168.77.1", "nat-pmp:192.168.77.1", described]
    {
        let said = detect(&lab, source);
        assert!(said.contains("ms  11.22.33.44\n"), "{source}: {said}");
    }
    lab.set_wan("11.22.33.45".parse().expect("an address"));
    for source in ["pcp", "nat-pmp", "upnp", "router"] {
        let said = detect(&lab, source);
        assert!(said.contains("ms  11.22.33.45\n"), "{source}: {said}");
    }
}

#[test]
fn a_mapping_made_to_learn_the_address_is_taken_back() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.set_wan(WAN.parse().expect("an address"));
    let Some(router) = Miniupnpd::start(&lab) else { return };
    for source in ["pcp", "router"] {
        detect(&lab, source);
        // Once for the source, and once for the report about NAT.
        for _ in 0..2 {
            router.process.wait_for("PCP MAP: added mapping");
            router.process.wait_for("mapping removed");
        }
    }
    let rules = lab.run_in(Place::ROUTER, &["nft", "list", "table", "inet", "upnp"]);
    let rules = String::from_utf8_lossy(&rules.stdout).into_owned();
    assert!(rules.contains("chain prerouting_miniupnpd") && !rules.contains("dnat"), "{rules}");
}

#[test]
fn a_router_behind_a_carrier_says_why_the_name_will_not_be_reachable() {
    let Some(lab) = Lab::new(Shape::CarrierGrade) else { return };
    let Some(_router) = Miniupnpd::start(&lab) else { return };
    let behind =
        "the router itself has 100.64.9.2, which is not public: shared address space of carrier-grade NAT";
    for (source, words) in [
        ("pcp", behind),
        ("router", behind),
        ("nat-pmp", "the router has no public address itself, or is not connected (NAT-PMP result 3)"),
        ("upnp", "the router says that it has no external address"),
    ] {
        let said = detect(&lab, source);
        assert!(said.contains(words), "{source}: {said}");
    }
}

#[test]
fn detect_names_the_carrier_in_the_way_and_the_router_alone() {
    let Some(lab) = Lab::new(Shape::CarrierGrade) else { return };
    let Some(_router) = Miniupnpd::start(&lab) else { return };
    let public = "static:198.51.100.200";
    let arguments = ["detect", "--quorum", "1", "--allow", "198.51.100.0/24", "-s", public, "-s", "router"];
    let behind_carrier = said(&dynflare(&lab, Place::HOME, &arguments));
    assert!(behind_carrier.contains("carrier-grade NAT"), "{behind_carrier}");
    assert!(behind_carrier.contains("not be reachable"), "{behind_carrier}");

    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.set_wan(WAN.parse().expect("an address"));
    let Some(_router) = Miniupnpd::start(&lab) else { return };
    let arguments = ["detect", "--quorum", "1", "-s", &format!("static:{WAN}"), "-s", "router"];
    let at_home = said(&dynflare(&lab, Place::HOME, &arguments));
    assert!(at_home.contains("behind NAT"), "{at_home}");
    assert!(!at_home.contains("carrier-grade"), "{at_home}");
}

#[test]
fn the_router_is_asked_for_the_report_where_the_user_says_so_and_not_otherwise() {
    let Some(lab) = Lab::new(Shape::CarrierGrade) else { return };
    let public = ["--quorum", "1", "--allow", "198.51.100.0/24", "-s", "static:198.51.100.200"];
    let run = |more: &[&str]| said(&dynflare(&lab, Place::HOME, &[&["detect"], more, &public].concat()));
    let silent = run(&["--router"]);
    assert!(silent.contains("router: 192.168.77.1 does not tell its address (pcp: "), "{silent}");
    let Some(_router) = Miniupnpd::start(&lab) else { return };
    let (without, with) = (run(&[]), run(&["--router"]));
    assert!(!without.contains("carrier-grade NAT") && !without.contains("router:"), "{without}");
    assert!(with.contains("carrier-grade NAT"), "{with}");
    let value: serde_json::Value = serde_json::from_str(&run(&["--router", "--json"])).expect("JSON alone");
    assert_eq!(value["router"]["gateway"], "192.168.77.1", "{value:#}");
    assert_eq!(value["router"]["external"], "100.64.9.2", "{value:#}");
    assert_eq!(value["nat"][0]["standing"], "carrier-grade-nat", "{value:#}");
}

/// `doctor --router` at home, for one record of a provider that is a program; what it says.
fn doctor(lab: &Lab, name: &str, seen: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("doctor-{name}"));
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let (script, config) = (folder.join("provider"), folder.join("dynflare.toml"));
    let answers = "#!/bin/sh\ncase $(cat) in\n*list-zones*) echo '{\"zones\": [\"example.org\"]}' ;;\n\
                   *) echo '{\"values\": [], \"ttl\": null}' ;;\nesac\n";
    let lines = format!(
        "version = 1\nrecords = [\"mine:example.org:A:home\"]\npool = [\"static:{seen}\"]\nquorum = 1\n\
         allow = [\"198.51.100.0/24\"]\n[providers.mine]\ntype = \"exec\"\ncommand = [\"/bin/sh\", \"{}\"]\n",
        script.display()
    );
    std::fs::write(&script, answers).expect("our own folder");
    std::fs::write(&config, lines).expect("our own folder");
    let (config, state) = (config.display().to_string(), folder.join("state").display().to_string());
    said(&dynflare(lab, Place::HOME, &["doctor", "--router", "--config", &config, "--state-dir", &state]))
}

#[test]
fn doctor_with_the_router_tells_what_lies_between_this_machine_and_the_internet() {
    let Some(lab) = Lab::new(Shape::CarrierGrade) else { return };
    let silent = doctor(&lab, "silent", "198.51.100.200");
    assert!(silent.contains("the router does not tell its own address"), "{silent}");
    let Some(_router) = Miniupnpd::start(&lab) else { return };
    let told = doctor(&lab, "carrier", "198.51.100.200");
    let line = told.lines().find(|line| line.contains("connection ") && line.contains("carrier-grade NAT"));
    assert!(line.is_some_and(|line| !line.starts_with("ok:")), "{told}");
    assert!(!told.contains("the router does not tell"), "{told}");
    assert!(told.contains("to be done: create 198.51.100.200"), "the rest is there too: {told}");
}

#[test]
fn a_router_that_speaks_none_of_it_is_said_to_be_silent() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    for (source, words) in [
        ("pcp", "192.168.77.1 does not speak PCP"),
        ("nat-pmp", "192.168.77.1 does not speak NAT-PMP"),
        ("upnp", "192.168.77.1 does not answer UPnP"),
        ("router", "192.168.77.1 answers neither PCP nor NAT-PMP nor UPnP"),
    ] {
        let said = detect(&lab, source);
        assert!(said.contains(words), "{source}: {said}");
    }
    lab.hinder(Place::ROUTER, "iifname lan0 udp dport { 1900, 5351 }", Fate::Drop);
    let said = detect(&lab, "nat-pmp");
    assert!(said.contains("192.168.77.1 does not answer NAT-PMP"), "{said}");
    lab.ip(Place::HOME, "route del default");
    let said = detect(&lab, "router");
    assert!(said.contains("IPv4: this machine has no way to the Internet over IPv4"), "{said}");
}
