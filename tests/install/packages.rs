//! Packages for Debian and RPM systems, made and unpacked by the systems' own tools.

use crate::{folder, root, text};
use dynflare_testkit::lab::installed;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is in every package, by its path.
const FILES: &[&str] = &[
    "usr/bin/dynflare",
    "usr/lib/systemd/system/dynflare.service",
    "usr/lib/systemd/system/dynflare.socket",
    "usr/share/bash-completion/completions/dynflare",
    "usr/share/man/man1/dynflare.1",
];

/// A package of this kind of the program that is tested.
fn packed(kind: &str, place: &Path) -> PathBuf {
    let ran = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "xtask", "--", "package", kind, env!("CARGO_BIN_EXE_dynflare")])
        .arg(place)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    text(&ran.stdout).trim().into()
}

#[track_caller]
fn holds_everything(system: &Path) {
    for path in FILES {
        assert!(system.join(path).is_file(), "{path}");
    }
    let ran =
        Command::new(system.join("usr/bin/dynflare")).arg("--version").output().expect("it is a program");
    assert_eq!(text(&ran.stdout), format!("dynflare {}\n", env!("CARGO_PKG_VERSION")));
    let man = fs::read_to_string(system.join("usr/share/man/man1/dynflare.1")).expect("a page");
    assert!(man.contains("dynflare"), "{man}");
}

#[test]
fn a_debian_package_installs_and_goes() {
    if !installed(&["dpkg", "dpkg-deb", "strip"], "dpkg binutils") {
        return;
    }
    let place = folder("deb");
    let package = packed("deb", &place);
    let system = place.join("system");
    fs::create_dir_all(system.join("var/lib/dpkg/info")).expect("our own folder");
    for name in ["status", "available"] {
        fs::write(system.join("var/lib/dpkg").join(name), "").expect("our own folder");
    }
    let dpkg = |words: &[&str]| {
        let ran = Command::new("dpkg")
            .arg(format!("--root={}", system.display()))
            // What it depends on is not in a system that holds nothing else.
            .args(["--force-script-chrootless", "--force-depends", "--force-not-root", "--no-triggers"])
            .args(words)
            .output()
            .expect("dpkg is installed");
        assert!(ran.status.success(), "{words:?}: {}", text(&ran.stderr));
        text(&ran.stdout)
    };
    dpkg(&["--install", &package.display().to_string()]);
    holds_everything(&system);
    let told = dpkg(&["--status", "dynflare"]);
    assert!(told.contains("Status: install ok installed"), "{told}");
    assert!(told.contains("Depends: libc6 (>= 2."), "{told}");
    dpkg(&["--purge", "dynflare"]);
    assert!(!system.join("usr/bin").exists());
}

#[test]
fn an_rpm_package_installs() {
    if !installed(&["rpm", "rpmbuild", "strip"], "rpm binutils") {
        return;
    }
    let place = folder("rpm");
    let package = packed("rpm", &place);
    let system = place.join("system");
    fs::create_dir_all(&system).expect("our own folder");
    let ran = Command::new("rpm")
        .args(["--root", &system.display().to_string(), "--nodeps", "--noscripts", "--install"])
        .arg(&package)
        .output()
        .expect("rpm is installed");
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    holds_everything(&system);
}
