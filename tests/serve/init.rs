//! `serve init`: what it writes can be used as it is, and nothing is written over.

use super::standing::Folder;
use dynflare_testkit::machine::analyze;
use std::fs;

fn init(folder: &Folder, more: &[&str]) -> (Option<i32>, String, String) {
    let into = folder.0.join("new");
    let into = into.to_str().expect("UTF-8");
    let mut arguments = vec!["serve", "init", "dyn.example.org", "--into", into];
    arguments.extend(more);
    let ran = folder.command(&arguments).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

const ADDRESSES: [&str; 4] = ["--address", "192.0.2.53", "--address", "2001:db8::53"];

#[test]
fn the_lines_for_the_parent_zone_and_for_the_router_are_shown() {
    let folder = Folder::new("init");
    let (code, told, wrong) = init(&folder, &ADDRESSES);
    assert_eq!(code, Some(0), "{wrong}");
    for line in [
        "1. At whoever has the zone example.org, add these records:\n",
        "\ndyn.example.org. 3600 IN NS ns.dyn.example.org.\n",
        "\nns.dyn.example.org. 3600 IN A 192.0.2.53\n",
        "\nns.dyn.example.org. 3600 IN AAAA 2001:db8::53\n",
        "\nhost      home.dyn.example.org\n",
        "\nuser      router\n",
    ] {
        assert!(told.contains(line), "{line:?} in\n{told}");
    }
    let file = folder.0.join("new/serve.toml");
    let ran =
        folder.command(&["check", "--config", file.to_str().expect("UTF-8")]).output().expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        said.contains("`serve` has 1 zone and 1 account"),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let text = fs::read_to_string(&file).expect("it was written");
    let password = told.lines().find_map(|line| line.strip_prefix("password  ")).expect("a password");
    assert!(!text.contains(password) && text.contains("$argon2id$"), "{text}");
}

#[test]
fn nothing_is_written_over_unless_that_is_asked_for() {
    let folder = Folder::new("init-twice");
    assert_eq!(init(&folder, &ADDRESSES).0, Some(0));
    let before = fs::read(folder.0.join("new/serve.toml")).expect("it was written");
    let (code, _, wrong) = init(&folder, &ADDRESSES);
    assert_eq!(code, Some(1));
    assert!(
        wrong.contains("error: nothing was written\n  cause: ")
            && wrong.contains("serve.toml is there already"),
        "{wrong}"
    );
    assert_eq!(fs::read(folder.0.join("new/serve.toml")).expect("it is there"), before);
    let (code, told, _) = init(&folder, &[&ADDRESSES[..], &["--force", "--json"]].concat());
    assert_eq!(code, Some(0));
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["delegation"][1], "ns.dyn.example.org. 3600 IN A 192.0.2.53");
    assert_ne!(fs::read(folder.0.join("new/serve.toml")).expect("it is there"), before);
}

#[test]
fn what_is_no_zone_or_no_name_is_refused_with_what_to_do() {
    let folder = Folder::new("init-wrong");
    for (arguments, expected) in [
        (vec!["serve", "init", "org"], "`org` is no zone that could be delegated to you"),
        (vec!["serve", "init", "*.example.org"], "is no zone that could be delegated to you"),
        (vec!["serve", "init", "dyn.example.org", "--address", "192.0.2.1", "--host", "a..b"], "`a..b`"),
    ] {
        let ran = folder.command(&arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(2) && said.contains(expected), "{said}");
    }
}

#[test]
fn the_units_are_whole_and_as_little_exposed_as_a_server_can_be() {
    let folder = Folder::new("init-units");
    assert_eq!(init(&folder, &ADDRESSES).0, Some(0));
    let path = |name: &str| folder.0.join("new").join(name);
    let service = fs::read_to_string(path("dynflare-serve.service")).expect("it was written");
    let service: Vec<&str> = service.lines().filter(|line| !line.starts_with("Documentation=man:")).collect();
    let service = service.join("\n").replace("/usr/bin/dynflare serve", "/bin/true serve");
    fs::write(path("dynflare-serve.service"), service).expect("our own folder");
    let socket = fs::read_to_string(path("dynflare-serve.socket")).expect("it was written");
    for line in ["ListenStream=[::]:443", "ListenStream=[::]:80", "ListenStream=127.0.0.1:9353"] {
        assert!(socket.contains(line), "{socket}");
    }
    assert!(!socket.contains('@'), "{socket}");
    let socket: Vec<&str> = socket.lines().filter(|line| !line.starts_with("Documentation=man:")).collect();
    fs::write(path("dynflare-serve.socket"), socket.join("\n")).expect("our own folder");
    let shown = |name| path(name).display().to_string();
    let (service, socket) = (shown("dynflare-serve.service"), shown("dynflare-serve.socket"));
    let Some(output) = analyze(&["verify", &service, &socket]) else { return };
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output.stderr));
    let output = analyze(&["security", "--offline=true", "--threshold=15", &service]).expect("as before");
    assert!(output.status.success(), "{}{}", said(&output.stdout), said(&output.stderr));
}
