//! The update endpoint and its real clients: ddclient, inadyn, the `PyPI` program `ddns`, and Dynflare itself.
//!
//! Each sets a name to "good", is told "nochg" where it asks again, and is refused where its password or the name is
//! not its own.

use dynflare::secret::Secret;
use dynflare::server::client::Trust;
use dynflare::server::listen::{Limits, Server};
use dynflare::server::update::account::{Account, Pattern};
use dynflare::server::update::audit::{Audit, NAME};
use dynflare::server::update::counters::Counters;
use dynflare::server::update::endpoint::{Endpoint, Settings};
use dynflare::server::update::password::{Kept, KeptToken};
use dynflare::server::update::setter::{Set, Setter, Setting, Want, Wish};
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_testkit::nameserver::skip;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const ADDRESS: &str = "203.0.113.7";

/// Holds what it is told.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<(Name, &'static str), IpAddr>>);

impl Setter for Shelf {
    fn set(&self, wishes: Vec<Wish>) -> Setting<'_> {
        let mut held = self.0.lock().expect("nobody panics with it");
        let one = |wish: &Wish| {
            let mut set = Set::Unchanged;
            for family in Family::BOTH {
                let key = (wish.name.clone(), family.as_str());
                let before = held.get(&key).copied();
                let after = match wish.of(family) {
                    Want::Keep => before,
                    Want::Address(address) => Some(address),
                    Want::Offline => None,
                };
                if before != after {
                    set = Set::Changed;
                    held.remove(&key);
                    held.extend(after.map(|address| (key, address)));
                }
            }
            set
        };
        let sets = wishes.iter().map(one).collect();
        Box::pin(async move { sets })
    }
}

struct Stage {
    server: Server,
    shelf: Arc<Shelf>,
    counters: Arc<Counters>,
    endpoint: Option<Arc<Endpoint>>,
    folder: PathBuf,
}

fn account(own: &str, password: Option<&str>, token: Option<&str>, name: &str) -> Account {
    Account {
        name: own.into(),
        password: password.map(|text| Kept::of(&Secret::new(text)).expect("randomness")),
        token: token.map(|text| KeptToken::of(&Secret::new(text))),
        names: vec![Pattern::of(Name::parse(name).expect("a name"))],
        families: Family::BOTH.to_vec(),
    }
}

impl Stage {
    async fn new(test: &str) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dyndns2-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        let counters = Arc::new(Counters::default());
        let audit = Audit::open(&folder, counters.clone(), |_| {}).expect("a thread");
        let settings = Settings {
            accounts: vec![
                account("router", Some("right"), None, "home.example.org"),
                account("fleet", None, Some("a-token"), "*.fleet.example.org"),
            ],
            trust: Trust::default(),
            allow: ["203.0.113.0/24", "2001:db8::/32"].map(|block| block.parse().expect("a prefix")).to_vec(),
            ..Settings::default()
        };
        let shelf = Arc::new(Shelf::default());
        let endpoint =
            Endpoint::new(settings, shelf.clone(), Some(audit), counters.clone()).expect("randomness");
        let endpoint = Arc::new(endpoint);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has free ports");
        let server = Server::start(listener, None, Limits::open(), endpoint.clone()).expect("it starts");
        Self { server, shelf, counters, endpoint: Some(endpoint), folder }
    }

    fn at(&self) -> String {
        self.server.address().to_string()
    }

    fn held(&self, name: &str) -> Option<String> {
        let key = (Name::parse(name).expect("a name"), Family::V4.as_str());
        self.shelf.0.lock().expect("nobody panics with it").get(&key).map(ToString::to_string)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).expect("a file of the test");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
        path
    }

    fn count(&self, answer: &str) -> u64 {
        let all = self.counters.read().into_iter().flat_map(|one| one.samples);
        all.filter(|(word, _)| *word == answer).map(|(_, count)| count).sum()
    }

    /// Ends the server; the lines of the audit log.
    fn end(mut self) -> String {
        drop(self.server);
        // The last who holds it closes the log.
        drop(self.endpoint.take());
        std::fs::read_to_string(self.folder.join(NAME)).unwrap_or_default()
    }
}

/// Runs a program to its end, beside the server; what it said.
async fn run(mut command: Command) -> String {
    let done = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output());
    let output = done.await.expect("it is waited for").expect("the program is there");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn there(program: &str) -> bool {
    let found = Path::new(program).exists();
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}

/// One client: how it sets a name with a password. Every call is a client that has never run before.
async fn walk(stage: &Stage, set: impl AsyncFn(&str, &str) -> String) {
    let first = set("home.example.org", "right").await;
    assert_eq!(stage.held("home.example.org").as_deref(), Some(ADDRESS), "{first}");
    assert_eq!((stage.count("good"), stage.count("nochg")), (1, 0), "{first}");
    let second = set("home.example.org", "right").await;
    assert_eq!((stage.count("good"), stage.count("nochg")), (1, 1), "{second}");
    let before = stage.count("badauth");
    let wrong = set("home.example.org", "wrong").await;
    assert!(stage.count("badauth") > before, "{wrong}");
    let foreign = set("other.example.org", "right").await;
    assert_eq!((stage.count("nohost"), stage.held("other.example.org")), (1, None), "{foreign}");
    assert_eq!((stage.count("good"), stage.count("nochg")), (1, 1), "nothing else was done: {foreign}");
    for (said, word) in [(&wrong, "badauth"), (&foreign, "nohost")] {
        let told = said.to_lowercase();
        let understood = [word, "401", "auth", "fail", "error", "not exist", "invalid"];
        assert!(
            understood.iter().any(|word| told.contains(word)),
            "it shows its user that it failed: {said}"
        );
    }
}

#[tokio::test]
async fn ddclient_sets_and_is_told_and_is_refused() {
    if !there("/usr/bin/ddclient") {
        return;
    }
    let stage = Stage::new("ddclient").await;
    let at = stage.at();
    walk(&stage, async |name, password| {
        let text = format!(
            "daemon=0\nuse=cmd, cmd='echo {ADDRESS}'\nssl=no\nprotocol=dyndns2\nserver={at}\nlogin=router\npassword='{password}'\n{name}\n"
        );
        let file = stage.file("ddclient.conf", &text);
        let cache = stage.folder.join("ddclient.cache");
        std::fs::remove_file(&cache).ok();
        let mut command = Command::new("/usr/bin/ddclient");
        command.args(["-daemon=0", "-noquiet", "-verbose", "-file"]).arg(file).arg("-cache").arg(cache);
        run(command).await
    })
    .await;
    let log = stage.end();
    assert!(
        log.contains(r#""account":"router","from":"127.0.0.1","answer":"good","name":"home.example.org""#),
        "{log}"
    );
    assert!(!log.contains("right") && !log.contains("wrong"), "no secret is logged: {log}");
}

#[tokio::test]
async fn inadyn_sets_and_is_told_and_is_refused() {
    if !there("/usr/sbin/inadyn") {
        return;
    }
    let stage = Stage::new("inadyn").await;
    let at = stage.at();
    walk(&stage, async |name, password| {
        let text = format!(
            "allow-ipv6 = false\ncustom own {{\n  username = router\n  password = {password}\n  hostname = {name}\n  ssl = false\n  \
             ddns-server = {at}\n  ddns-path = \"/nic/update?hostname=%h&myip=%i\"\n  checkip-command = \"echo {ADDRESS}\"\n}}\n"
        );
        let file = stage.file("inadyn.conf", &text);
        let cache = stage.folder.join("inadyn");
        std::fs::remove_dir_all(&cache).ok();
        std::fs::create_dir_all(&cache).expect("a folder");
        let mut command = Command::new("/usr/sbin/inadyn");
        command.args(["-1", "-n", "--no-pidfile", "-l", "debug", "-f"]).arg(file);
        command.arg(format!("--cache-dir={}", cache.display()));
        run(command).await
    })
    .await;
}

#[tokio::test]
async fn the_program_ddns_asks_first_without_credentials_and_then_with_them() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../testkit/ddns");
    let program = home.join("bin/ddns");
    if !program.exists() {
        let mut venv = Command::new("/usr/bin/python3");
        venv.args(["-m", "venv"]).arg(&home);
        run(venv).await;
        let mut install = Command::new(home.join("bin/pip"));
        install.args(["install", "--quiet", "ddns==4.2.0"]);
        if home.join("bin/pip").exists() {
            run(install).await;
        }
    }
    if !program.exists() {
        skip("the `PyPI` program ddns cannot be installed");
        return;
    }
    let stage = Stage::new("ddns").await;
    let at = stage.at();
    walk(&stage, async |name, password| {
        let mut command = Command::new(&program);
        command.args(["--dns", "noip", "--id", "router", "--token", password, "--no-cache"]);
        command.args(["--endpoint", &format!("http://{at}"), "--index4", &format!("shell:echo {ADDRESS}")]);
        command.args(["--ipv4", name, "--debug"]);
        run(command).await
    })
    .await;
}

#[tokio::test]
async fn dynflare_itself_comes_with_a_password_or_with_a_token() {
    for (provider, credentials, name) in [
        ("dyndns2", "server = \"ddns.example.org\"\nusername = \"router\"\npassword = \"PASSWORD\"", "home"),
        ("dynflare", "server = \"ddns.example.org\"\ntoken = \"PASSWORD\"", "a.fleet"),
    ] {
        let stage = Stage::new(provider).await;
        let (base, right) = (stage.at(), if provider == "dyndns2" { "right" } else { "a-token" });
        let run_with = async |password: &str, name: &str, run_of: &str| {
            let text = format!(
                "version = 1\nrecords = [\"{provider}:example.org:A:{name}\", \"{provider}:example.org:AAAA:{name}\"]\n\
                 pool = [\"here\"]\nquorum = 1\n\
                 allow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\n[sources.here]\nspec = \"static:{ADDRESS},2001:db8::7\"\n\
                 [providers.{provider}]\nbase_url = \"http://{base}\"\n{}\n",
                credentials.replace("PASSWORD", password)
            );
            let file = stage.file("dynflare.toml", &text);
            let mut command = Command::new(env!("CARGO_BIN_EXE_dynflare"));
            // A folder of its own each: it shall ask although it knows what it has said before.
            command.arg("--config").arg(file).env("STATE_DIRECTORY", stage.folder.join(run_of));
            run(command).await
        };
        let first = run_with(right, name, "first").await;
        let whole = format!("{name}.example.org");
        assert_eq!(stage.held(&whole).as_deref(), Some(ADDRESS), "{provider}: {first}");
        let (good, nochg) = (stage.count("good"), stage.count("nochg"));
        assert!(good >= 1 && nochg == 0, "{provider}: {first}");
        let second = run_with(right, name, "second").await;
        assert!(stage.count("good") == good && stage.count("nochg") >= 1, "{provider}: {second}");
        let wrong = run_with("wrong", name, "wrong").await;
        assert!(wrong.contains("the credentials were refused (HTTP 401"), "{provider}: {wrong}");
        let foreign = run_with(right, "other", "foreign").await;
        assert!(foreign.contains("does not exist in this account"), "{provider}: {foreign}");
        assert_eq!(stage.held("other.example.org"), None);
    }
}
