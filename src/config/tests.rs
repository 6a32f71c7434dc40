//! The whole of it: layers, origins, mistakes with their literal text, and secrets that never show.

use super::file;
use super::layers::Layers;
use super::*;
use dynflare_core::quorum::Rule;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod mistakes;
mod own;
mod schedule;
mod secrets;

/// A file in a directory that goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dynflare-config-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a scratch directory can be made");
        Self(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a directory can be made");
        }
        std::fs::write(&path, text).expect("a scratch file can be written");
        private(&path);
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the temporary directory harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, permissions).expect("one's own file can be made private");
}

#[cfg(not(unix))]
fn private(_: &Path) {}

/// What comes of a file, variables and arguments.
struct Case<'c, const N: usize> {
    file: &'c str,
    world: [(&'c str, &'c str); N],
    arguments: &'c [(&'static str, &'static str, &'c str)],
    secrets: Secrets,
}

type Loaded = Result<(Settings, Vec<Notice>), Vec<Diagnostic>>;

impl<const N: usize> Case<'_, N> {
    fn load(&self) -> Loaded {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let mut arguments = Arguments::default();
        for (key, argument, value) in self.arguments {
            arguments.set(key, argument, vec![(*value).to_owned()]);
        }
        let scratch = Scratch::new(&format!("case-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        if !self.file.is_empty() {
            arguments.set_config(Some(scratch.file("dynflare.toml", self.file)));
        }
        let loaded = load(&Environment::from(self.world), &arguments, self.secrets);
        // The directory has another name in each run.
        let directory = format!("{}/", scratch.0.display());
        loaded.map_err(|mistakes| {
            assert!(!mistakes.is_empty());
            let shorten = |mut mistake: Diagnostic| {
                mistake.message = mistake.message.replace(&directory, "");
                mistake
            };
            mistakes.into_iter().map(shorten).collect()
        })
    }
}

fn from_file(file: &str) -> Loaded {
    Case { file, world: [], arguments: &[], secrets: Secrets::Leave }.load()
}

fn from_world<const N: usize>(world: [(&str, &str); N]) -> Loaded {
    Case { file: "", world, arguments: &[], secrets: Secrets::Read }.load()
}

fn good(loaded: Loaded) -> (Settings, Vec<Notice>) {
    loaded
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.iter().map(ToString::to_string).collect::<String>()))
}

/// The messages of a file under the name `dynflare.toml`, as a user sees them.
fn rendered(text: &str) -> String {
    let mut mistakes = Vec::new();
    let mut layers = Layers::default();
    let _ = file::parse(&"dynflare.toml".into(), text, &mut layers, &mut mistakes);
    let loaded = load::from_layers(layers, mistakes, &Environment::default());
    let mistakes = loaded.expect_err(text);
    mistakes.iter().fold(String::new(), |all, mistake| all + &mistake.to_string() + "\n")
}

const RECORD: &str = "cloudflare:example.org:A:home";

#[test]
fn the_files_that_settings_come_from_are_known() {
    let scratch = Scratch::new("files");
    let token = scratch.file("secrets/token", "a-token\n");
    let authority = scratch.file("ca.pem", "");
    let config = scratch.file(
        "dynflare.toml",
        format!(
            "version = 1\nrecords = [\"{RECORD}\"]\nca_file = [\"{}\"]\n[providers.cloudflare]\ntoken = \"file:secrets/token\"\n",
            authority.display()
        ),
    );
    let mut arguments = Arguments::default();
    arguments.set_config(Some(config.clone()));
    let world = Environment::default();
    for _ in 0..2 {
        let (settings, _) = good(load(&world, &arguments, Secrets::Read));
        assert_eq!(settings.files(), [config.clone(), token.clone(), authority.clone()]);
    }
    let (settings, _) = good(load(&world, &Arguments::default(), Secrets::Leave));
    assert_eq!(settings.files(), [] as [&Path; 0]);
}

#[test]
fn the_router_is_asked_for_reports_only_where_it_is_a_source_or_the_user_says_so() {
    use crate::source::router::events::RouterEvents;
    for (file, events) in [
        ("", RouterEvents::Listen),
        ("pool = [\"ipify\", \"router\"]\nquorum = 1", RouterEvents::Subscribe),
        ("pool = [\"ipify\", \"router\"]\nquorum = 1\nrouter_events = \"listen\"", RouterEvents::Listen),
        ("router_events = \"subscribe\"", RouterEvents::Subscribe),
        ("router_events = \"off\"", RouterEvents::Off),
    ] {
        assert_eq!(good(from_file(&format!("version = 1\n{file}"))).0.router_events.value, events, "{file}");
    }
    assert!(from_file("version = 1\nrouter_events = \"maybe\"").is_err());
}

#[test]
fn the_everyday_configuration_is_five_lines() {
    let scratch = Scratch::new("everyday");
    let token = scratch.file("token", "a-token-of-any-form\n");
    let file = format!(
        "version = 1\nrecords = [\"cloudflare:example.org:A+AAAA:home\"]\n\n[providers.cloudflare]\n\
         token = \"file:{}\"\n",
        token.display()
    );
    let case = Case { file: &file, world: [], arguments: &[], secrets: Secrets::Read };
    let (settings, notes) = good(case.load());
    assert_eq!(notes, []);
    assert_eq!(settings.records.len(), 2);
    let Some(AccountSettings::Cloudflare(account)) = settings.accounts.get("cloudflare") else {
        panic!("{settings:?}");
    };
    assert_eq!(account.base.to_string(), "https://api.cloudflare.com/client/v4");
    assert_eq!(
        settings.secrets().iter().map(crate::secret::Secret::expose).collect::<Vec<_>>(),
        ["a-token-of-any-form"]
    );
}

#[test]
fn nothing_at_all_is_a_good_configuration() {
    let (settings, notes) = good(from_world([]));
    assert_eq!(notes, []);
    assert!(settings.records.is_empty() && settings.accounts.is_empty());
    assert_eq!((settings.rules.panel(), settings.rules.quorum()), (5, 3));
    assert_eq!(settings.deadline.value, Duration::from_secs(12));
    assert_eq!(settings.limits(), dynflare_core::guard::Limits::default());
    assert_eq!(settings.panel.origin, Origin::Default);
    assert_eq!(settings.state_dir, Setting::default_of(None));
}

#[test]
fn arguments_go_before_variables_before_the_file_before_defaults() {
    let file = "version = 1\npanel = 3\nquorum = 2\nowner = \"file\"\n";
    let case = Case {
        file,
        world: [("DYNFLARE_PANEL", "5"), ("DYNFLARE_QUORUM", "4"), ("DYNFLARE_RULE", "majority")],
        arguments: &[("panel", "--panel", "7")],
        secrets: Secrets::Leave,
    };
    let (settings, _) = good(case.load());
    assert_eq!((settings.panel.value, settings.panel.origin.to_string().as_str()), (7, "--panel"));
    assert_eq!((settings.quorum.value, settings.quorum.origin.to_string().as_str()), (4, "$DYNFLARE_QUORUM"));
    assert_eq!(
        (settings.rule.value, settings.rule.origin.to_string().as_str()),
        (Rule::Majority, "$DYNFLARE_RULE")
    );
    assert_eq!(settings.owner.value.to_string(), "dynflare:file");
    assert!(settings.owner.origin.to_string().ends_with("dynflare.toml:4"), "{}", settings.owner.origin);
    assert_eq!(settings.deadline.origin.to_string(), "default");
}

#[test]
fn a_list_of_a_higher_layer_takes_the_place_of_the_one_below() {
    let file = format!("version = 1\nrecords = [\"{RECORD}\"]\n");
    let names = |world: [(&str, &str); 1], arguments: &[(&'static str, &'static str, &str)]| {
        let case = Case { file: &file, world, arguments, secrets: Secrets::Leave };
        let (settings, _) = good(case.load());
        settings.records.iter().map(|wish| format!("{} {}", wish.key().name, wish.origin)).collect::<Vec<_>>()
    };
    let unset = [("RECORDS", "")];
    assert!(names(unset, &[])[0].ends_with("dynflare.toml:2"));
    let set = [("RECORDS", "cloudflare:example.org:A:a, cloudflare:example.org:A:b,\n")];
    assert_eq!(names(set, &[]), ["a.example.org $RECORDS", "b.example.org $RECORDS"]);
    let argument = [("records", "--record", "cloudflare:example.org:A:c?comment=a, b dynflare")];
    assert_eq!(names(set, &argument), ["c.example.org --record"]);
}

#[test]
fn a_value_that_is_covered_is_checked_all_the_same() {
    let case = Case {
        file: "version = 1\npanel = 0\n",
        world: [],
        arguments: &[("panel", "--panel", "3")],
        secrets: Secrets::Leave,
    };
    let mistakes = case.load().expect_err("the file is wrong");
    assert_eq!(mistakes[0].message, "`panel`: expected a number from 1 to 99, found 0");
}

#[test]
fn every_setting_can_come_from_its_variable() {
    let (settings, _) = good(from_world([
        ("DYNFLARE_ALLOW", "203.0.113.0/24,2001:db8::/32"),
        ("DYNFLARE_CA_FILE", "/etc/a.pem"),
        ("SSL_CERT_FILE", "/etc/b.pem"),
        ("DYNFLARE_DEADLINE", "1500ms"),
        ("DYNFLARE_DENY", "198.51.100.0/24"),
        ("DYNFLARE_MAX_CHANGES_PER_HOUR", "4"),
        ("DYNFLARE_MAX_DELETIONS", "2"),
        ("DYNFLARE_OWNER", "attic"),
        ("DYNFLARE_POOL", "static:192.0.2.1,2001:db8::1,ipify"),
        ("DYNFLARE_QUORUM", "1"),
        ("DYNFLARE_STATE_DIR", "/var/lib/x"),
    ]));
    assert_eq!(settings.allow.value.len(), 2);
    assert_eq!(settings.deny.value.len(), 1);
    let files: Vec<_> =
        settings.ca_files.iter().map(|file| file.value.to_string_lossy().into_owned()).collect();
    assert_eq!(files, ["/etc/b.pem", "/etc/a.pem"]);
    assert_eq!(settings.rules.times().deadline, Duration::from_millis(1500));
    assert_eq!((settings.max_deletions.value, settings.max_changes_per_hour.value), (2, 4));
    assert_eq!(settings.owner.value.to_string(), "dynflare:attic");
    let ids: Vec<_> = settings.pool.value.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(ids, ["static:192.0.2.1,2001:db8::1", "ipify"]);
    assert_eq!((settings.rules.panel(), settings.rules.quorum()), (1, 1));
    assert_eq!(settings.state_dir.value.as_deref(), Some(Path::new("/var/lib/x")));
}

#[test]
fn of_two_variables_for_one_setting_ours_counts() {
    let world =
        [("RECORDS", "cloudflare:example.org:A:a"), ("DYNFLARE_RECORDS", "cloudflare:example.org:A:b")];
    let case = Case { file: "", world, arguments: &[], secrets: Secrets::Leave };
    let (settings, notes) = good(case.load());
    assert_eq!(settings.records[0].key().name.as_str(), "b.example.org");
    assert_eq!(notes[0].message, "$RECORDS is not used, since $DYNFLARE_RECORDS is set");
}

#[test]
fn the_state_directory_is_the_first_that_the_system_names() {
    let directory = |world: [(&str, &str); 3]| {
        let (settings, _) = good(from_world(world));
        let path = settings.state_dir.value.map(|path| path.display().to_string());
        (path.unwrap_or_default(), settings.state_dir.origin.to_string())
    };
    let pair = |path: &str, origin: &str| (path.to_owned(), origin.to_owned());
    let world = [("STATE_DIRECTORY", "/var/lib/dynflare:/b"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
    assert_eq!(directory(world), pair("/var/lib/dynflare", "$STATE_DIRECTORY"));
    let world = [("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
    assert_eq!(directory(world), pair("/x/dynflare", "$XDG_STATE_HOME"));
    let world = [("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", ""), ("HOME", "/h")];
    assert_eq!(directory(world), pair("/h/.local/state/dynflare", "$HOME"));
}

#[test]
fn the_file_is_looked_for_in_the_usual_places() {
    let scratch = Scratch::new("places");
    let home = scratch.0.display().to_string();
    scratch.file(".config/dynflare/dynflare.toml", "version = 1\npanel = 7\n");
    let panel = |world: &Environment, path: Option<PathBuf>| {
        let mut arguments = Arguments::default();
        arguments.set_config(path);
        good(load(world, &arguments, Secrets::Leave)).0.panel.value
    };
    let world = Environment::from([("HOME", home.as_str())]);
    assert_eq!(panel(&world, None), 7);
    let xdg = scratch.0.join("xdg").display().to_string();
    scratch.file("xdg/dynflare/dynflare.toml", "version = 1\npanel = 9\n");
    let world = Environment::from([("HOME", home.as_str()), ("XDG_CONFIG_HOME", xdg.as_str())]);
    assert_eq!(panel(&world, None), 9);
    let named = scratch.file("named.toml", "\u{feff}version = 1\r\npanel = 11\r\n").display().to_string();
    let world = Environment::from([("HOME", home.as_str()), ("DYNFLARE_CONFIG", named.as_str())]);
    assert_eq!(panel(&world, None), 11);
    let argument = scratch.file("argument.toml", "version = 1\npanel = 13\n");
    assert_eq!(panel(&world, Some(argument)), 13);
}

#[test]
fn records_can_be_tables_with_their_options_beside_them() {
    for file in [
        "version = 1\nrecords = [{ record = \"cloudflare:example.org:TXT:@\", content = [\"a {ipv4}\"], ttl = 300, \
         proxied = false, tags = [\"x\"], comment = \"dynflare\", enforce = true, zone_id = \"0\" }]",
        "version = 1\n[[records]]\nrecord = \"cloudflare:example.org:TXT:@?ttl=300\"\ncontent = \"a {ipv4}\"\n\
         proxied = false\ntags = \"x\"\ncomment = \"dynflare\"\nenforce = true\nzone_id = \"0\"\n",
    ] {
        let (settings, _) = good(from_file(file));
        let wish = &settings.records[0];
        assert_eq!(wish.attributes.ttl, Some(300));
        assert_eq!(wish.attributes.tags, Some(vec!["x".to_owned()]));
        assert_eq!(wish.zone_id.as_deref(), Some("0"));
    }
}

#[test]
fn the_same_record_twice_is_kept_once() {
    let file =
        format!("version = 1\nrecords = [\"{RECORD}\", \"cloudflare:Example.org:A:home.example.org.\"]\n");
    let (settings, notes) = good(from_file(&file));
    assert_eq!(settings.records.len(), 1);
    assert_eq!(notes[0].message, "home.example.org A at cloudflare is given twice");
}

#[test]
fn own_and_moved_sources_come_from_their_tables() {
    let (settings, notes) = good(from_file(
        "version = 1\npool = [\"mine\", \"ipify\", \"static:192.0.2.1\"]\npanel = 2\n[sources.mine]\n\
         spec = \"url:https://ip.example.org/?key=k\"\noperator = \"me\"\ntrust = \"witness\"\n\
         [sources.ipify]\nurl = \"http://127.0.0.1:8080\"\n[sources.other]\nspec = \"file:/run/address\"\n",
    ));
    let source = |id: &str| settings.pool.value.iter().find(|source| source.id == id).expect(id);
    assert_eq!(source("mine").operator, "me");
    assert_eq!(source("mine").vote, dynflare_core::quorum::Vote::Witness);
    assert!(format!("{:?}", source("ipify")).contains("127.0.0.1"), "{:?}", source("ipify"));
    assert_eq!(notes[0].message, "the source `other` is not in the pool and will not be asked");
    let moved = "version = 1\n[sources.ipify]\nipv4 = \"http://127.0.0.1:8080\"\n";
    let (settings, notes) = good(from_file(moved));
    assert_eq!(notes, []);
    let ipify = settings.pool.value.iter().find(|source| source.id == "ipify").expect("a built-in");
    assert!(format!("{ipify:?}").contains("127.0.0.1"), "{ipify:?}");
}

#[test]
fn kubernetes_service_links_are_no_settings() {
    good(from_world([
        ("DYNFLARE_SERVICE_HOST", "192.0.2.1"),
        ("DYNFLARE_SERVICE_PORT_HTTP", "80"),
        ("DYNFLARE_PORT", "tcp://192.0.2.1:80"),
        ("DYNFLARE_PORT_80_TCP_ADDR", "192.0.2.1"),
        ("DYNFLARE_METRICS_SERVICE_HOST", "192.0.2.1"),
        ("DYNFLARE_METRICS_PORT_9090_TCP", "tcp://192.0.2.1:9090"),
    ]));
}

#[test]
fn effective_settings_name_their_origins() {
    let case = Case {
        file: "version = 1\ndeny = [\"192.0.2.0/24\"]\n[providers.cloudflare]\ntoken = \"s3cret\"\nemail = \"a@example.org\"\n",
        world: [("DYNFLARE_OWNER", "attic"), ("RECORDS", RECORD), ("RFC2136_KEY", "s3cret")],
        arguments: &[("panel", "--panel", "3")],
        secrets: Secrets::Leave,
    };
    let (settings, _) = good(case.load());
    let rows: Vec<String> = settings
        .effective()
        .iter()
        .filter(|row| row.name != "pool")
        .map(|row| {
            let origin = row.origin.to_string();
            let origin = origin.rsplit('/').next().unwrap_or_default();
            format!("{} = {} ({origin})", row.name, row.value)
        })
        .collect();
    assert_eq!(
        rows,
        [
            "allow = none (default)",
            "audit_interval = 1h (default)",
            "confirm = true (default)",
            "confirm_deadline = 1m (default)",
            "deadline = 12s (default)",
            "deny = 192.0.2.0/24 (dynflare.toml:2)",
            "failing_after = 3 (default)",
            "interval = 5m (default)",
            "listen = none (default)",
            "listen_names = none (default)",
            "max_changes_per_hour = 10 (default)",
            "max_deletions = 1 (default)",
            "no_address_grace = 10m (default)",
            "on_no_address = keep (default)",
            "on_stop = keep (default)",
            "owner_mark = dynflare:attic ($DYNFLARE_OWNER)",
            "panel = 3 (--panel)",
            "privacy = open (default)",
            "quorum = 2 (default)",
            "router_events = listen (default)",
            "rule = majority (default)",
            "sentinel = 30s (default)",
            "state_dir = none (default)",
            "providers.cloudflare.token = *** (dynflare.toml:4)",
            "providers.cloudflare.email = a@example.org (dynflare.toml:5)",
            "providers.rfc2136.key = *** ($RFC2136_KEY)",
            "records[0] = cloudflare:example.org:A:home ($RECORDS)",
        ]
    );
    let json = settings.effective()[0].to_json();
    assert_eq!(json.to_string(), r#"{"name":"allow","origin":"default","value":"none"}"#);
}
