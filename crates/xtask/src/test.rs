//! `cargo xtask test`: the whole set-up and every test, on a fresh Debian machine with Rust.
//!
//! Where something cannot be installed (no root, no apt), the parts that need it are named and left out; with
//! `CI=true` that is a failure.

use std::path::Path;
use std::process::{Command, Stdio};

/// A program the tests need, and the Debian package that brings it.
const PROGRAMS: &[(&str, &str)] = &[
    ("/usr/bin/buildah", "buildah"),
    ("/usr/bin/c++", "g++"),
    ("/usr/bin/chromium", "chromium"),
    ("/usr/bin/curl", "curl"),
    ("/usr/bin/ddclient", "ddclient"),
    ("/usr/bin/dig", "bind9-dnsutils"),
    ("/usr/bin/dnsdist", "dnsdist"),
    ("/usr/bin/dnsperf", "dnsperf"),
    ("/usr/bin/faketime", "faketime"),
    ("/usr/bin/kdig", "knot-dnsutils"),
    ("/usr/bin/mosquitto_sub", "mosquitto-clients"),
    ("/usr/bin/node", "nodejs"),
    ("/usr/bin/npm", "npm"),
    ("/usr/bin/nsupdate", "bind9-dnsutils"),
    ("/usr/bin/pebble", "pebble"),
    ("/usr/bin/podman", "podman"),
    ("/usr/bin/promtool", "prometheus"),
    ("/usr/bin/python3", "python3"),
    ("/usr/bin/rpmbuild", "rpm"),
    ("/usr/bin/ssh", "openssh-client"),
    ("/usr/bin/sqlite3", "sqlite3"),
    ("/usr/bin/strip", "binutils"),
    ("/usr/bin/systemd-nspawn", "systemd-container"),
    ("/usr/bin/turnserver", "coturn"),
    ("/usr/lib/systemd/systemd", "systemd"),
    ("/usr/sbin/haproxy", "haproxy"),
    ("/usr/sbin/inadyn", "inadyn"),
    ("/usr/sbin/ip", "iproute2"),
    ("/usr/sbin/knotd", "knot"),
    ("/usr/sbin/miniupnpd", "miniupnpd-nftables"),
    ("/usr/sbin/mosquitto", "mosquitto"),
    ("/usr/sbin/named", "bind9"),
    ("/usr/sbin/nft", "nftables"),
    ("/usr/sbin/nginx", "nginx"),
    ("/usr/sbin/pdns_server", "pdns-server"),
    ("/usr/sbin/radvd", "radvd"),
    ("/usr/sbin/sshd", "openssh-server"),
];

/// Needed beside the programs: files without a program of their own.
const FILES: &[(&str, &str)] = &[
    ("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql", "pdns-backend-sqlite3"),
    ("/etc/ssl/certs/ca-certificates.crt", "ca-certificates"),
    ("/usr/lib/python3/dist-packages/aiosmtpd/smtp.py", "python3-aiosmtpd"),
    // For ddclient over HTTPS.
    ("/usr/share/perl5/IO/Socket/SSL.pm", "libio-socket-ssl-perl"),
    // For the service of nsupdate.info and for moto, which their tests install from PyPI.
    ("/usr/share/doc/python3-venv/copyright", "python3-venv"),
    // For YAML on the pages.
    ("/usr/lib/python3/dist-packages/yaml/__init__.py", "python3-yaml"),
];

/// Runs everything; the error names what failed.
pub(crate) fn run() -> Result<(), String> {
    let ci = in_ci();
    let mut left_out = install_packages();
    let install = || ci && succeeds("cargo", &["install", "--locked", "--quiet", "cargo-deny"]);
    if !has("cargo-deny") && !install() {
        left_out.push("cargo-deny (cargo install --locked cargo-deny)".to_owned());
    }
    let mut failed = Vec::new();
    for (what, arguments) in steps() {
        println!("== {what}: cargo {}", arguments.join(" "));
        if arguments[0] == "deny" && !has("cargo-deny") {
            continue;
        }
        if !succeeds("cargo", arguments) {
            failed.push(what);
        }
    }
    for part in &left_out {
        println!("not run: {part}");
    }
    if ci && !left_out.is_empty() {
        failed.push("set-up (parts were not run, and CI=true)");
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn steps() -> Vec<(&'static str, &'static [&'static str])> {
    vec![
        ("format", &["fmt", "--all", "--check"]),
        ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        (
            "lints of the minimal build",
            &["clippy", "--no-default-features", "--features", "minimal", "--", "-D", "warnings"],
        ),
        ("tests", &["test", "--workspace", "--no-fail-fast"]),
        (
            "what is left out",
            &["test", "--quiet", "--no-default-features", "--features", "minimal", "--lib", "built_without"],
        ),
        (
            "adversary",
            &["test", "--quiet", "-p", "dynflare-core", "--test", "adversary", "--", "--nocapture"],
        ),
        ("demo", &["run", "--quiet", "--", "demo", "--once"]),
        ("fuzz targets", &["run", "--quiet", "--package", "xtask", "--", "fuzz", "same"]),
        ("generated pages", &["run", "--quiet", "--package", "xtask", "--", "docs", "--check"]),
        ("dependencies", &["deny", "--workspace", "check", "bans", "licenses", "sources"]),
    ]
}

fn install_packages() -> Vec<String> {
    let missing = || -> Vec<&'static str> {
        let mut packages: Vec<&str> =
            PROGRAMS.iter().chain(FILES).filter(|row| !Path::new(row.0).exists()).map(|row| row.1).collect();
        packages.dedup();
        packages
    };
    if !missing().is_empty() && has("apt-get") {
        let packages = missing();
        println!("== installing {}", packages.join(" "));
        let mut install = vec!["install", "-y", "--no-install-recommends"];
        install.extend(packages);
        // Without root this fails, and what is still missing is named below.
        let _installed = succeeds("apt-get", &["update", "-qq"]) && succeeds("apt-get", &install);
    }
    missing()
        .iter()
        .map(|package| format!("the tests that need {package} (apt-get install {package})"))
        .collect()
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[expect(
    clippy::disallowed_methods,
    reason = "CI is a property of the surroundings, not a setting of the program"
)]
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}
