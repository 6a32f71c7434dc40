//! Direction: main → cli → round → {source, provider, report}; all → core, net, secret.

use crate::files;

/// A part, and the parts it must never name.
const NEVER: &[(&str, &[&str])] = &[
    ("src/config/", &["cli", "report", "round", "demo"]),
    ("src/confirm/", &["cli", "config", "daemon", "memory", "provider", "round", "server", "source"]),
    ("src/daemon/trigger/", &["cli", "demo", "memory", "provider", "report"]),
    ("src/doctor/", &["cli", "daemon", "demo", "memory", "round", "server"]),
    ("src/memory", &["cli", "config", "provider", "report", "round", "source"]),
    ("src/net/", &["cli", "config", "memory", "provider", "report", "round", "source"]),
    ("src/notify/", &["cli", "config", "daemon", "provider", "round", "source"]),
    ("src/page/", &["cli", "config", "daemon", "memory", "net", "provider", "round", "server", "source"]),
    ("src/provider/", &["cli", "config", "memory", "report", "round", "source"]),
    ("src/report/", &["cli", "config", "round"]),
    ("src/round", &["cli", "demo"]),
    ("src/server/", &["cli", "config", "daemon", "memory", "provider", "report", "round", "source"]),
    ("src/source/", &["cli", "config", "memory", "provider", "report", "round"]),
];

/// What a part may name of another all the same: values without a way back.
const BUT: &[(&str, &str)] = &[
    ("src/server/", "crate::daemon::trigger"),
    ("src/server/", "crate::report::news"),
    ("src/server/", "crate::report::status"),
];

#[test]
fn no_part_imports_what_stands_above_or_beside_it() {
    let mut broken = Vec::new();
    for (path, text) in files("src", "rs") {
        for (part, never) in NEVER {
            if !path.starts_with(part) {
                continue;
            }
            for name in *never {
                let named = format!("crate::{name}");
                for (number, line) in text.lines().enumerate() {
                    if BUT.iter().any(|(may, what)| may == part && line.contains(what)) {
                        continue;
                    }
                    let after = line.split(&named).nth(1);
                    if after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
                    {
                        broken.push(format!("{path}:{}: {}", number + 1, line.trim()));
                    }
                }
            }
        }
    }
    assert!(broken.is_empty(), "imports against the direction of the house:\n{}", broken.join("\n"));
}

#[test]
fn the_rules_name_parts_that_exist() {
    for (part, _) in NEVER {
        let found = files("src", "rs").iter().any(|(path, _)| path.starts_with(part));
        assert!(found, "no file starts with {part}");
    }
}

#[test]
fn sources_and_providers_do_not_sleep_or_read_clocks_for_retries() {
    let mut broken = Vec::new();
    for (path, text) in files("src", "rs") {
        let translating = path.starts_with("src/provider/") || path.starts_with("src/source/");
        // The driver of a detection owns its timers; it is no engine.
        let driving = path.starts_with("src/source/ask") || path == "src/source/pace.rs";
        // Nor is what looks, for all REST providers, whether a change that a provider has taken up is made.
        let driving = driving || path == "src/provider/rest/exchange.rs";
        if !translating || driving {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if code.contains("time::sleep") {
            broken.push(path);
        }
    }
    assert!(broken.is_empty(), "engines and adapters never sleep: {broken:?}");
}

#[test]
fn core_has_no_dependencies_and_no_std() {
    let manifest =
        std::fs::read_to_string(crate::root().join("crates/core/Cargo.toml")).expect("core's manifest");
    assert!(!manifest.contains("\n[dependencies]"), "core depends on nothing");
    let root = std::fs::read_to_string(crate::root().join("crates/core/src/lib.rs")).expect("core's root");
    assert!(root.contains("#![no_std]"));
}
