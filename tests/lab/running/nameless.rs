//! UR-47: names do not resolve, until the system is told of another name server.

use super::{PATIENCE, PROVIDER, SOURCES, World, v4};
use dynflare_testkit::lab::{Bind, Place};

/// Where the name server is that says nothing.
const DEAD: &str = "198.51.100.50";

/// More questions than three rounds ask: three sources and the provider, each twice.
const QUESTIONS: usize = 3 * 4 * 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ur_47_a_daemon_whose_resolver_was_dead_is_right_after_resolv_conf_has_changed() {
    let Some(world) = World::new("nameless") else { return };
    let Some(bind) = Bind::start(&world.lab) else { return };
    let name = |server: u8| format!("server{server}.example.org");
    for server in SOURCES.iter().chain([&PROVIDER]) {
        bind.change(&world.lab, &format!("update add {} 60 A {}", name(*server), v4(*server)));
    }
    // It takes every question and answers none.
    let dead = world.lab.udp(Place::INTERNET, &format!("{DEAD}:53"));
    dead.set_read_timeout(Some(PATIENCE)).expect("a socket can be set up");
    world.lab.resolver(Place::HOME, DEAD);
    let sources = SOURCES.map(name);
    let daemon = world.run(Place::HOME, sources.each_ref().map(String::as_str), &name(PROVIDER));
    daemon.wait_for("cannot update home.example.com A");
    for question in 0..QUESTIONS {
        let asked = dead.recv(&mut [0; 512]);
        assert!(asked.is_ok(), "question {question} is not asked: {}", daemon.log());
    }
    assert!(world.fake.log().is_empty(), "{}", daemon.log());
    assert_eq!(world.contents(), ["203.0.113.99"]);

    // Nobody tells it: it asks the system each time.
    world.lab.resolver(Place::HOME, Bind::V4);
    daemon.wait_for("home.example.com A at cloudflare: 203.0.113.99 -> 203.0.113.5");
    assert_eq!((world.contents(), world.fake.writes().len()), (vec!["203.0.113.5".to_owned()], 1));
}
