//! Addresses as a real kernel has them: set by hand, and learnt from a real router's advertisements.

use crate::{dynflare, said};
use dynflare_testkit::lab::{Lab, Place, Shape, installed};
use serde_json::Value;
use std::time::{Duration, Instant};

/// What the interface of the default route is found to hold, one family, as JSON.
fn detected(lab: &Lab, family: &str, spec: &str) -> Value {
    let arguments =
        ["detect", "--json", "--quorum", "1", "--allow", "2001:db8::/32", "--allow", "203.0.113.0/24"];
    let output = dynflare(lab, Place::HOME, &[arguments.as_slice(), &["-s", spec]].concat());
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let detections = value["detections"].as_array().cloned().unwrap_or_default();
    detections.into_iter().find(|one| one["family"] == family).expect("both families are asked about")
}

fn notes(detection: &Value) -> String {
    let notes = detection["asked"][0]["notes"].as_array().cloned().unwrap_or_default();
    notes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

#[test]
fn ur_14_among_addresses_of_every_kind_the_stable_global_one_is_found() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.ip(
        Place::HOME,
        "addr add fd5e::50/64 dev lan0 nodad
         addr add 2001:db8:1:100::dead/64 dev lan0 nodad valid_lft 3600 preferred_lft 0
         addr add 2001:db8:1:100::30/64 dev lan0 nodad valid_lft 3600 preferred_lft 1800",
    );
    let v6 = detected(&lab, "IPv6", "interface");
    assert_eq!(v6["address"], "2001:db8:1:100::50", "{v6:#}");
    assert_eq!(v6["asked"][0]["network"], "2001:db8:1:100::/64");
    let notes = notes(&v6);
    for note in [
        "lan0: 2001:db8:1:100::50/64 taken (preferred for ever)",
        "lan0: 2001:db8:1:100::dead passed over: deprecated",
        "lan0: fd5e::50 passed over: unique local (RFC 4193) (fc00::/7)",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
    assert!(notes.contains("lan0: 2001:db8:1:100::30 passed over: preferred for 1"), "{notes}");

    lab.ip(Place::HOME, "addr del 2001:db8:1:100::50/64 dev lan0");
    assert_eq!(detected(&lab, "IPv6", "interface:lan0")["address"], "2001:db8:1:100::30");
    let filtered = detected(&lab, "IPv6", "interface:lan0?prefix=2001:db8:2::/48");
    assert_eq!(filtered["address"], "no address", "{filtered:#}");
    let down = detected(&lab, "IPv6", "interface:wan7");
    assert_eq!(down["asked"][0]["fault"]["what"], "there is no interface wan7", "{down:#}");
}

#[test]
fn all_addresses_of_an_interface_are_taken_where_the_user_wants_them() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    lab.ip(
        Place::HOME,
        "addr add fd5e::50/64 dev lan0 nodad
         addr add 2001:db8:1:200::50/64 dev lan0 nodad valid_lft 3600 preferred_lft 1800",
    );
    let v6 = detected(&lab, "IPv6", "interface:lan0?all");
    assert_eq!(v6["address"], "2001:db8:1:100::50", "{v6:#}");
    assert_eq!(v6["beside"], serde_json::json!(["2001:db8:1:200::50"]), "{v6:#}");
    let notes = notes(&v6);
    assert!(notes.contains("2001:db8:1:200::50/64 taken beside it"), "{notes}");
    assert!(notes.contains("fd5e::50 passed over: unique local"), "{notes}");
}

#[test]
fn an_address_behind_translation_is_no_public_one_and_a_public_one_is() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    let v4 = detected(&lab, "IPv4", "interface");
    let what = v4["asked"][0]["fault"]["what"].as_str().unwrap_or_default();
    assert!(what.contains("192.168.77.50: private use"), "{v4:#}");
    lab.ip(Place::HOME, "addr add 203.0.113.9/24 dev lan0");
    assert_eq!(detected(&lab, "IPv4", "interface")["address"], "203.0.113.9");
}

/// A router's advertisements: the old prefix is no longer preferred, the new one is.
const ADVERTISING: &str = "interface lan0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  prefix 2001:db8:1:100::/64 { AdvValidLifetime 600; AdvPreferredLifetime 0; DecrementLifetimes off; };
  prefix 2001:db8:1:200::/64 { AdvValidLifetime 600; AdvPreferredLifetime 300; };
};
";

#[test]
fn ur_14_of_what_a_router_advertises_the_stable_address_in_the_prefix_in_use_is_found() {
    let Some(lab) = Lab::new(Shape::Plain) else { return };
    if !installed(&["radvd"], "radvd") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("dynflare-radvd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder of our own");
    let (config, process) = (folder.join("radvd.conf"), folder.join("radvd.pid"));
    std::fs::write(&config, ADVERTISING).expect("a file of our own");
    let proc = "cd /proc/sys/net/ipv6/conf/lan0 && echo 2 > use_tempaddr && echo 1 > accept_ra";
    let set = lab.run_in(Place::HOME, &["sh", "-c", proc]);
    assert!(set.status.success(), "{}", said(&set));
    lab.ip(Place::HOME, "addr del 2001:db8:1:100::50/64 dev lan0");
    let (config, process) = (config.display().to_string(), process.display().to_string());
    let _radvd = lab.spawn_in(Place::ROUTER, &["radvd", "-n", "-m", "stderr", "-C", &config, "-p", &process]);

    let until = Instant::now() + Duration::from_secs(20);
    let found = loop {
        let found = detected(&lab, "IPv6", "interface");
        let complete = ["passed over: temporary", "passed over: deprecated", "taken"];
        if complete.iter().all(|part| notes(&found).contains(part)) {
            break found;
        }
        assert!(Instant::now() < until, "{found:#}");
        std::thread::sleep(Duration::from_millis(100));
    };
    let address = found["address"].as_str().unwrap_or_default();
    assert!(address.starts_with("2001:db8:1:200:"), "{found:#}");
    // The stable one is made from the hardware address (RFC 4291, appendix A).
    assert!(address.contains("ff:fe"), "{found:#}");

    let _gone = std::fs::remove_dir_all(folder);
}
