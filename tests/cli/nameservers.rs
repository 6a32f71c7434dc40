//! `dynflare -r rfc2136:…` at real BIND, Knot and PowerDNS, as seen by `dig`.

use crate::lab::{Lab, Ran, program};
use dynflare_testkit::nameserver::{KEYS, Kind, NameServer, ZONE};

/// Runs the program against a server, with its key in the environment.
async fn run(lab: &Lab, server: &NameServer, arguments: &[&str]) -> Ran {
    let config = lab.folder.file("dynflare.toml", &lab.config(""));
    let state = lab.folder.path().join(format!("state-{:?}", server.kind()));
    let key = &KEYS[0];
    let variables = [
        ("DYNFLARE_CONFIG", config.display().to_string()),
        ("RFC2136_SERVER", server.v4().to_string()),
        ("RFC2136_KEY", format!("{}:{}:{}", key.algorithm, key.name, key.secret)),
        ("STATE_DIRECTORY", state.display().to_string()),
    ];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    program(arguments.iter().map(|argument| (*argument).to_owned()).collect(), variables).await
}

fn servers() -> impl Iterator<Item = NameServer> {
    Kind::ALL.into_iter().filter_map(NameServer::start)
}

#[tokio::test]
async fn a_record_is_planned_changed_and_left_alone_at_every_server() {
    let lab = Lab::new().await;
    for server in servers() {
        let record = format!("rfc2136:{ZONE}:A:cli");
        let name = format!("cli.{ZONE}");
        let plan = run(&lab, &server, &["-r", &record, "plan"]).await.exits(4).warns("");
        assert!(plan.stdout.contains("\n  create 203.0.113.7 with TTL 300 s\n"), "{}", plan.stdout);
        assert!(server.read(&name, "A").is_empty());
        run(&lab, &server, &["-r", &record]).await.exits(0).warns("");
        assert_eq!(server.read(&name, "A"), ["203.0.113.7"]);
        assert_eq!(server.ttl(&name, "A"), Some(300));
        run(&lab, &server, &["-r", &record]).await.exits(0).says("").warns("");
        (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
        let changed = run(&lab, &server, &["-r", &record]).await.exits(0).warns("");
        assert!(
            changed
                .stdout
                .starts_with("cli.example.org A at rfc2136: 203.0.113.7 -> 203.0.113.8 (agreed by ")
        );
        assert_eq!(server.read(&name, "A"), ["203.0.113.8"]);
        (0..5).for_each(|source| lab.say(source, "203.0.113.7"));
    }
}

#[tokio::test]
async fn ur_22_values_of_others_in_the_set_are_kept() {
    let lab = Lab::new().await;
    for server in servers() {
        let record = format!("rfc2136:{ZONE}:A:shared");
        let name = format!("shared.{ZONE}");
        run(&lab, &server, &["-r", &record]).await.exits(0);
        server.change(&format!("update add {name} 300 A 198.51.100.200\nsend\n"));
        (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
        let changed = run(&lab, &server, &["-r", &record]).await.exits(0);
        let mut values = server.read(&name, "A");
        values.sort();
        assert_eq!(values, ["198.51.100.200", "203.0.113.8"], "{:?}", server.kind());
        assert!(
            changed.stdout.contains("note: 198.51.100.200 carries no mark of ours"),
            "{}",
            changed.stdout
        );
        (0..5).for_each(|source| lab.say(source, "203.0.113.7"));
    }
}

#[tokio::test]
async fn several_values_of_nobody_are_a_refusal() {
    let lab = Lab::new().await;
    for server in servers() {
        let name = format!("several.{ZONE}");
        server.change(&format!(
            "update add {name} 60 A 198.51.100.1\nupdate add {name} 60 A 198.51.100.2\nsend\n"
        ));
        let ran = run(&lab, &server, &["-r", &format!("rfc2136:{ZONE}:A:several")]).await.exits(1);
        ran.says("").warns(
            "error: will not update several.example.org A at rfc2136\n  \
             cause: 2 values are there, and nothing says which is ours: 198.51.100.1 and 198.51.100.2\n  \
             hint: remove all values but one at the provider\n\
             the record was kept as it is\n",
        );
    }
}

#[tokio::test]
async fn a_wrong_key_changes_nothing_and_is_said_at_every_server() {
    let lab = Lab::new().await;
    for server in servers() {
        let config = lab.folder.file("dynflare.toml", &lab.config(""));
        let variables = [
            ("DYNFLARE_CONFIG", config.display().to_string()),
            ("RFC2136_SERVER", server.v4().to_string()),
            ("RFC2136_KEY", format!("{}:bm90IHRoZSByaWdodCBvbmU=", KEYS[0].name)),
        ];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let arguments = ["-r".to_owned(), format!("rfc2136:{ZONE}:A:refused")].to_vec();
        let ran = program(arguments, variables).await;
        assert_eq!(ran.code, 1, "{:?}: {ran:?}", server.kind());
        assert!(
            ran.stderr.starts_with("error: cannot update refused.example.org A at rfc2136\n  cause: "),
            "{ran:?}"
        );
        assert!(ran.stderr.contains("\n  hint: ") && !ran.stderr.contains("bm90IHRo"), "{ran:?}");
        assert!(server.read(&format!("refused.{ZONE}"), "A").is_empty());
    }
}

#[tokio::test]
async fn the_names_of_a_zone_are_printed() {
    let lab = Lab::new().await;
    for server in servers() {
        server.change(&format!("update add printed.{ZONE} 120 A 198.51.100.9\nsend\n"));
        let ran = run(&lab, &server, &["-r", &format!("rfc2136:{ZONE}:A:printed"), "-p"]).await.exits(0);
        assert!(ran.stdout.contains("printed.example.org  A"), "{}", ran.stdout);
        assert!(ran.stdout.contains("198.51.100.9"), "{}", ran.stdout);
    }
}
