//! The service that `serve init` writes: without root at ports 53, 80 and 443, through reload, restart and a sudden end.

use crate::vps::{ADDRESSES, SERVICE, VPS, Vps, after};
use dynflare_testkit::lab::{Lab, Place, Shape, Tree, installed};
use dynflare_testkit::machine::Machine;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

const SOCKET: &str = "dynflare-serve.socket";

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn curl(lab: &Lab, roots: &Path, arguments: &[&str]) -> Output {
    let mut command = lab.command_in(Place::ROUTER, "curl");
    command.args(["-sS", "-4", "--fail", "--max-time", "60"]).env("CURL_CA_BUNDLE", roots);
    command.args(arguments).output().expect("curl is installed")
}

/// Asks for a page until it comes.
#[track_caller]
fn answers(lab: &Lab, vps: &Vps) {
    let roots = &vps.roots;
    vps.machine.wait_until("the web side answers", |_| {
        curl(lab, roots, &["https://dyn.example.org/ip"]).status.success()
    });
}

fn is_running(machine: &Machine) -> bool {
    machine.property(SERVICE, "SubState") == "running"
}

/// Asks the web side and the name server over and over while something happens: nobody is turned away, over TCP.
fn nobody_is_turned_away(lab: &Lab, vps: &Vps, what: impl FnOnce()) {
    let (roots, machine) = (&vps.roots, &vps.machine);
    let over = AtomicBool::new(false);
    let (asked, named) = std::thread::scope(|scope| {
        let web = scope.spawn(|| {
            let mut asked = 0;
            while !over.load(Ordering::Relaxed) || asked == 0 {
                let output = curl(lab, roots, &["https://dyn.example.org/ip"]);
                assert!(output.status.success(), "after {asked}: {}\n{}", said(&output), machine.journal());
                asked += 1;
            }
            asked
        });
        let names = scope.spawn(|| {
            let mut asked = 0;
            while !over.load(Ordering::Relaxed) || asked == 0 {
                // Over TCP, so that nothing is lost on the way; as every resolver it asks again where one is cut off.
                let question = ["+tcp", "+tries=3", "+timeout=60", "home.dyn.example.org", "A"];
                let text = lab.dig(Place::INTERNET, ADDRESSES[0], &question);
                assert!(text.contains("203.0.113.5"), "after {asked}: {text}\n{}", machine.journal());
                asked += 1;
            }
            asked
        });
        what();
        over.store(true, Ordering::Relaxed);
        (web.join().expect("every request was answered"), names.join().expect("every question was answered"))
    });
    assert!(asked > 0 && named > 0);
}

#[test]
fn the_service_of_serve_init_needs_no_root_and_outlives_reload_restart_and_a_sudden_end() {
    if !installed(&["curl"], "curl") {
        return;
    }
    let Some(mut lab) = Lab::new(Shape::Plain) else { return };
    Vps::wire(&mut lab);
    for place in [Place::ROUTER, VPS] {
        lab.resolver(place, Tree::RESOLVER);
    }
    let Some(vps) = Vps::new(&lab, "RestartSec=100ms") else { return };
    let machine = &vps.machine;
    let process = || machine.property(SERVICE, "MainPID");
    answers(&lab, &vps);

    // It is a plain user's process, and nothing of root is left to it.
    let status = machine.does(&["cat", &format!("/proc/{}/status", process())]);
    for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    assert!(!status.contains("Uid:\t0"), "{status}");
    // At 80 it leads to 443, and the names are at 53.
    let output =
        curl(&lab, &vps.roots, &["-o", "/dev/null", "-w", "%{redirect_url}", "http://dyn.example.org/ip"]);
    assert_eq!(said(&output), "https://dyn.example.org/ip");
    let [user, password] = ["user ", "password "].map(|word| after(&vps.told, word));
    let url = "https://dyn.example.org/nic/update?hostname=home.dyn.example.org&myip=203.0.113.5";
    let who = format!("{user}:{password}");
    assert_eq!(said(&curl(&lab, &vps.roots, &["-u", &who, url])).trim(), "good 203.0.113.5");

    // A reload: other zones are there, and everybody was answered all the time.
    let first = process();
    nobody_is_turned_away(&lab, &vps, || {
        vps.configure("[serve.zones.\"more.example.org\"]\nprovider = \"local\"");
        machine.does(&["systemctl", "reload", SERVICE]);
        let more = || lab.dig(Place::INTERNET, ADDRESSES[0], &["more.example.org", "SOA"]);
        machine.wait_until("the new zone is served", |_| more().contains("status: NOERROR"));
    });
    assert_eq!(process(), first, "the same process");

    // A restart, and a sudden end: whoever comes meanwhile waits, and what was answered `good` is there.
    nobody_is_turned_away(&lab, &vps, || {
        machine.does(&["systemctl", "restart", SERVICE]);
    });
    let second = process();
    assert_ne!(second, first);
    assert!(is_running(machine), "{}", machine.journal());
    machine.does(&["systemctl", "kill", "--signal=KILL", SERVICE]);
    machine.wait_until("it was started again", |machine| {
        machine.property(SERVICE, "NRestarts") == "1" && is_running(machine) && process() != second
    });
    assert_eq!(said(&curl(&lab, &vps.roots, &["-u", &who, url])).trim(), "nochg 203.0.113.5");

    // Stopped, it is started by whoever asks, at any of its ports.
    machine.does(&["systemctl", "stop", SERVICE]);
    assert_eq!(machine.property(SERVICE, "Result"), "success", "{}", machine.journal());
    assert_eq!(machine.property(SOCKET, "ActiveState"), "active");
    let text =
        lab.dig(Place::INTERNET, ADDRESSES[1], &["+tries=5", "+timeout=12", "home.dyn.example.org", "A"]);
    assert!(text.contains("203.0.113.5"), "{text}\n{}", machine.journal());
    machine.wait_until("asking has started it", is_running);

    // A configuration that cannot be used changes nothing, and is said.
    let before = process();
    machine.does(&["sh", "-c", "echo 'nonsense = 1' >> /etc/dynflare/serve.toml"]);
    machine.does(&["systemctl", "reload", SERVICE]);
    machine.wait_until("it says so", |machine| {
        machine.journal().contains("the configuration cannot be used, and the one before it stays")
    });
    answers(&lab, &vps);
    assert_eq!(process(), before);
}
