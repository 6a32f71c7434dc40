//! The daemon's life under systemd, from its start to its end, through all that may happen to it in between.

use crate::world::{PROVIDER, World};
use dynflare_testkit::lab::{Fate, Place};
use dynflare_testkit::machine::Machine;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const UNIT: &str = "dynflare.service";

/// Seconds instead of minutes where the unit waits; nothing else is changed.
const IMPATIENT: &str = "WatchdogSec=3s\nRestartSec=100ms\nTimeoutStopSec=5s";

fn is_active(machine: &Machine) -> bool {
    machine.property(UNIT, "ActiveState") == "active" && machine.property(UNIT, "SubState") == "running"
}

/// Waits until the provider holds this address at a name.
#[track_caller]
fn holds(world: &World, machine: &Machine, name: &str, address: &str) {
    machine.wait_until(&format!("{name} holds {address}"), |_| world.contents(name) == [address]);
}

#[track_caller]
fn says(machine: &Machine, text: &str) {
    machine.wait_until(&format!("the status holds {text:?}"), |machine| {
        machine.property(UNIT, "StatusText").contains(text)
    });
}

/// The answer of the status pages to one request, from inside.
fn page(world: &World, path: &str) -> String {
    world.lab.enter(Place::HOME, || {
        let mut answer = String::new();
        let mut stream = TcpStream::connect("127.0.0.1:9353").expect("the socket listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("the socket takes it");
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    })
}

fn move_to(world: &World, address: &str) {
    world.lab.set_wan(address.parse().expect("an address"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ur_56_a_service_starts_is_watched_reloads_heals_and_ends() {
    let Some(world) = World::new() else { return };
    let Some(machine) = world.machine(&World::config(&["home"], ""), IMPATIENT) else { return };

    // It is ready when it says so, and has a user, a folder and a credential that go with it.
    machine.does(&["systemctl", "start", UNIT]);
    assert!(is_active(&machine), "{}", machine.journal());
    holds(&world, &machine, "home", "203.0.113.5");
    says(&machine, "1 of 1 records as desired; 203.0.113.5");
    let first = machine.property(UNIT, "MainPID");
    assert!(machine.does(&["ls", "/var/lib/dynflare/"]).contains("memory.json"));

    // It is watched: what does not turn any more is ended and started again.
    machine.does(&["kill", "-STOP", &first]);
    machine.wait_until("it was started again", |machine| machine.property(UNIT, "NRestarts") == "1");
    machine.wait_until("it runs again", |machine| {
        is_active(machine) && machine.property(UNIT, "MainPID") != first
    });
    says(&machine, "1 of 1 records as desired");

    // It reads its configuration again; one that cannot be used changes nothing and is said.
    let process = machine.property(UNIT, "MainPID");
    machine.write("etc/dynflare/dynflare.toml", &World::config(&["home", "more"], ""));
    machine.does(&["systemctl", "reload", UNIT]);
    holds(&world, &machine, "more", "203.0.113.5");
    machine.write("etc/dynflare/dynflare.toml", "version = 1\nrecordz = []\n");
    machine.does(&["systemctl", "reload", UNIT]);
    says(&machine, "the configuration on disk is not used");
    assert!(is_active(&machine), "{}", machine.journal());

    // It outlives the loss of its network and an address that changed meanwhile.
    world.lab.hinder(Place::HOME, "ip daddr 198.51.100.0/24", Fate::Drop);
    machine.does(&["systemctl", "kill", "--signal=USR1", UNIT]);
    move_to(&world, "203.0.113.9");
    says(&machine, "0 of 2 records as desired");
    world.lab.unhinder(Place::HOME);
    machine.does(&["systemctl", "kill", "--signal=USR1", UNIT]);
    holds(&world, &machine, "home", "203.0.113.9");

    // And that of its provider.
    world.lab.hinder(Place::HOME, &format!("ip daddr {PROVIDER}"), Fate::Reject);
    move_to(&world, "203.0.113.21");
    machine.does(&["systemctl", "kill", "--signal=USR1", UNIT]);
    says(&machine, "0 of 2 records as desired");
    world.lab.unhinder(Place::HOME);
    machine.does(&["systemctl", "kill", "--signal=USR1", UNIT]);
    holds(&world, &machine, "more", "203.0.113.21");
    assert_eq!(machine.property(UNIT, "MainPID"), process, "all in one life");
    assert_eq!(machine.property(UNIT, "NRestarts"), "1");

    // It ends in time: within TimeoutStopSec, or the result would be another.
    machine.does(&["systemctl", "stop", UNIT]);
    assert_eq!(machine.property(UNIT, "Result"), "success", "{}", machine.journal());
    assert_eq!(world.contents("home"), ["203.0.113.21"], "kept unless asked for");

    // Its status pages are there before it is.
    machine.write("etc/dynflare/dynflare.toml", &World::config(&["home"], "on_stop = \"delete\""));
    machine.does(&["systemctl", "start", "dynflare.socket"]);
    let health = page(&world, "/healthz");
    assert!(health.starts_with("HTTP/1.1 "), "{health}");
    assert!(is_active(&machine), "asking started it: {}", machine.journal());
    says(&machine, "1 of 1 records as desired");
    let metrics = page(&world, "/metrics");
    assert!(metrics.contains("# TYPE"), "{metrics}");

    // UR-23: where its user asks for that, what is ours goes with it.
    machine.does(&["systemctl", "stop", "dynflare.socket", UNIT]);
    assert_eq!(machine.property(UNIT, "Result"), "success", "{}", machine.journal());
    assert!(world.contents("home").is_empty(), "{}", machine.journal());
    assert_eq!(world.contents("more"), ["203.0.113.21"], "no longer wanted, and not asked to go");
}
