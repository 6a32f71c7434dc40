//! The packages, installed into a machine that runs, used there, and removed again.

use crate::world::World;
use dynflare_testkit::cargo::cargo;
use dynflare_testkit::lab::installed;
use dynflare_testkit::machine::Machine;
use std::path::{Path, PathBuf};

const UNIT: &str = "dynflare.service";

/// Where the package lies before it is installed.
const PACKAGE: &str = "/opt/package";

/// What is in every package.
const FILES: &[&str] = &[
    "/usr/bin/dynflare",
    "/usr/lib/systemd/system/dynflare.service",
    "/usr/lib/systemd/system/dynflare.socket",
    "/usr/share/bash-completion/completions/dynflare",
    "/usr/share/man/man1/dynflare.1",
];

/// A package of this kind of the program that is tested.
fn packed(kind: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("machine-{kind}"));
    let ran = cargo(Path::new(env!("CARGO_MANIFEST_DIR")))
        .args(["run", "--quiet", "--package", "xtask", "--", "package", kind, env!("CARGO_BIN_EXE_dynflare")])
        .arg(place)
        .output()
        .expect("cargo runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).trim().into()
}

/// A machine that has the package as a file, and everything it takes to install it.
fn machine(world: &World, kind: &str) -> Option<Machine> {
    let machine = World::configured(&World::config(&["home"], ""), "")?;
    machine.copy(&packed(kind), &PACKAGE[1..]);
    for file in ["status", "available"] {
        machine.write(&format!("var/lib/dpkg/{file}"), "");
    }
    machine.write("var/lib/dpkg/info/format", "1\n");
    world.start(machine)
}

/// From the installed package to a record, and away again.
#[track_caller]
fn lives(world: &World, machine: &Machine, remove: &[&str]) {
    machine.does(&[&["ls"], FILES].concat());
    assert_eq!(machine.does(&["dynflare", "--version"]), format!("dynflare {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(machine.property(UNIT, "ActiveState"), "inactive", "nothing runs before somebody wants it");
    machine.does(&["systemctl", "enable", "--now", UNIT]);
    machine.wait_until("the record is written", |_| world.contents("home") == ["203.0.113.5"]);
    assert!(machine.does(&["dynflare", "status"]).contains("home.example.org"));
    machine.does(remove);
    assert_eq!(machine.property(UNIT, "ActiveState"), "inactive", "it ends with its package");
    assert_eq!(machine.property(UNIT, "LoadState"), "not-found");
    for file in FILES {
        assert!(!machine.run(&["ls", file]).status.success(), "{file}");
    }
    assert_eq!(world.contents("home"), ["203.0.113.5"], "the record stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debian_package_brings_a_service_that_starts() {
    if !installed(&["dpkg", "dpkg-deb", "strip"], "dpkg binutils") {
        return;
    }
    let Some(world) = World::new() else { return };
    let Some(machine) = machine(&world, "deb") else { return };
    // The list of packages in there is empty, so what it depends on cannot be in it.
    machine.does(&["dpkg", "--force-depends", "--install", PACKAGE]);
    let told = machine.does(&["dpkg", "--status", "dynflare"]);
    assert!(told.contains("Status: install ok installed"), "{told}");
    assert!(told.contains("Depends: libc6 (>= 2."), "{told}");
    lives(&world, &machine, &["dpkg", "--purge", "dynflare"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_rpm_package_brings_a_service_that_starts() {
    if !installed(&["rpm", "rpmbuild", "strip"], "rpm binutils") {
        return;
    }
    let Some(world) = World::new() else { return };
    let Some(machine) = machine(&world, "rpm") else { return };
    machine.does(&["rpm", "--nodeps", "--install", PACKAGE]);
    lives(&world, &machine, &["rpm", "--nodeps", "--erase", "dynflare"]);
}
