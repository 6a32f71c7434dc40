//! The walk of `docs/guide/own-server.md`, as somebody takes it who has a server, a zone and a router at home.
//!
//! Every command and every line is taken from the page or from what the program printed; what has to be different here
//! is one table in `vps`.

use crate::vps::{ADDRESSES, GUIDE, VPS, Vps, after, between, commands};
use dynflare_testkit::lab::{Lab, Place, Shape, Tree, installed};
use dynflare_testkit::machine::PATIENCE;
use std::path::PathBuf;
use std::process::Output;
use std::time::Instant;

const CLIENTS: [&str; 4] = ["curl", "ddclient", "inadyn", "turnutils_natdiscovery"];

/// A folder of the home's; it goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("dynflare-walk-{}", std::process::id()));
        let _gone = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the temporary directory can be written");
        Self(path)
    }

    /// Writes a file that only its owner reads; its path.
    fn file(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("our own folder");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("our own file");
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// The home and its world.
struct Home<'l> {
    lab: &'l Lab,
    vps: Vps,
    folder: Folder,
}

impl Home<'_> {
    /// Runs a command line at a place that trusts the authority.
    fn run(&self, place: Place, line: &str) -> Output {
        let mut command = self.lab.command_in(place, "sh");
        command.arg("-c").arg(line).env("CURL_CA_BUNDLE", &self.vps.roots);
        command.env("PATH", "/usr/bin:/usr/sbin:/bin:/sbin").output().expect("there is a shell")
    }

    /// Waits until something is so; what was seen last is shown where it never is.
    #[track_caller]
    fn wait(&self, what: &str, mut look: impl FnMut() -> (bool, String)) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let (is_so, seen) = look();
            if is_so {
                return seen;
            }
            assert!(
                Instant::now() < until,
                "it never came to be that {what}: {seen}\n{}",
                self.vps.machine.journal()
            );
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    /// Waits until somebody else in the world finds just this at a name, by way of the delegation.
    #[track_caller]
    fn world_sees(&self, name: &str, rtype: &str, value: &str) {
        self.wait(&format!("{name} is {value}"), || {
            let found = Tree::resolve(self.lab, Place::INTERNET, (name, rtype));
            (found == [value], format!("{found:?}"))
        });
    }

    /// What a router does whose address has changed: the URL with its blanks filled in.
    #[track_caller]
    fn router_updates(&self, (url, user, password): (&str, &str, &str), name: &str) -> String {
        let v4 = self.lab.wan().to_string();
        let url = url.replace("<domain>", name).replace("<ipaddr>", &v4).replace("<ip6addr>", "");
        let line = format!("curl -sS -4 -u '{user}:{password}' '{}'", url.trim_end_matches(','));
        let output = self.run(Place::ROUTER, &line);
        assert!(output.status.success(), "{}", said(&output));
        said(&output).trim().to_owned()
    }

    fn dynflare(&self, arguments: &[&str]) -> Output {
        let mut command = self.lab.command_in(Place::HOME, "env");
        command.arg("-i").arg(format!("STATE_DIRECTORY={}/state", self.folder.0.display()));
        command.arg(env!("CARGO_BIN_EXE_dynflare")).args(arguments);
        command.output().expect("the program can be started")
    }

    /// The client of the guide: its configuration, with these values where they are one's own.
    fn client(&self, (token, public_key): (&str, &str)) -> String {
        let (_, section) = GUIDE.split_once("\n## Dynflare at home\n").expect("the guide has it");
        let block = section.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        let block = block.expect("a configuration");
        let shown = after(block, "public_key = ");
        let config = block
            .replacen(
                "version = 1\n",
                &format!(
                    "version = 1\nca_file = \"{}\"\nallow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\n",
                    self.vps.roots.display()
                ),
                1,
            )
            .replacen("/etc/dynflare/token", &self.folder.file("token", token), 1)
            .replacen(&shown, &format!("\"{public_key}\""), 1);
        self.folder.file("dynflare.toml", &config)
    }
}

/// What `detect` says of one source: its row.
fn row<'t>(text: &'t str, source: &str) -> &'t str {
    text.lines().find(|line| line.contains(source)).unwrap_or_else(|| panic!("{source} in\n{text}"))
}

#[test]
fn the_walk_of_the_guide_leads_from_an_empty_server_to_names_that_follow_the_home() {
    if !installed(&CLIENTS, "curl ddclient inadyn coturn") {
        return;
    }
    let Some(mut lab) = Lab::new(Shape::Plain) else { return };
    Vps::wire(&mut lab);
    for place in [Place::HOME, Place::ROUTER, Place::INTERNET, VPS] {
        lab.resolver(place, Tree::RESOLVER);
    }
    let Some(vps) = Vps::new(&lab, "") else { return };
    let home = Home { lab: &lab, vps, folder: Folder::new() };

    // "Then see whether it answers, from anywhere."
    let checks = &commands("Two minutes")[1..];
    assert_eq!(checks.len(), 2, "a look at the name server, and one at the web side");
    home.wait("the name server answers", || {
        let text = said(&home.run(Place::HOME, &checks[0]));
        (text.contains("status: NOERROR") && text.contains("SOA\tns.dyn.example.org."), text)
    });
    home.world_sees("dyn.example.org", "A", ADDRESSES[0]);
    home.world_sees("ns.dyn.example.org", "AAAA", ADDRESSES[1]);
    home.wait("a certificate has come", || {
        let text = said(&home.run(Place::HOME, &checks[1]));
        (text.contains(&lab.wan6().to_string()), text)
    });

    // "What to enter in the router."
    let told = home.vps.told.clone();
    let [server, host, user, password] =
        ["server ", "host ", "user ", "password "].map(|word| after(&told, word));
    assert_eq!((server.as_str(), host.as_str()), ("dyn.example.org", "home.dyn.example.org"));
    let url = "https://dyn.example.org/nic/update?hostname=<domain>&myip=<ipaddr>,<ip6addr>";
    let as_router = (url, user.as_str(), password.as_str());
    assert_eq!(home.router_updates(as_router, &host), "good 203.0.113.5");
    assert_eq!(home.router_updates(as_router, &host), "nochg 203.0.113.5");
    home.world_sees(&host, "A", "203.0.113.5");

    // "More accounts": a FRITZ!Box, ddclient and inadyn, by the lines that were printed for them.
    let add = &commands("More accounts")[0];
    let told = home.vps.does(add);
    let table = between(&told, "what it may set\n", "\n# the password").join("\n");
    home.vps.configure(&table);
    let password = between(&told, "shown only now\n", "\n#").join("");
    let url = told.lines().find(|line| line.starts_with("https://")).expect("the update URL of a FRITZ!Box");
    assert!(url.starts_with("https://dyn.example.org/"), "{url}");
    home.wait("the account is there", || {
        let text = home.router_updates((url, "nas", &password), "nas.dyn.example.org");
        (text == "good 203.0.113.5", text)
    });
    home.world_sees("nas.dyn.example.org", "A", "203.0.113.5");
    let list =
        GUIDE.split('`').find(|span| span.starts_with("dynflare serve account list")).expect("a command");
    assert!(home.vps.does(list).contains("nas.dyn.example.org"));
    lab.set_wan("203.0.113.21".parse().expect("an address"));
    let ddclient = between(&told, "# ddclient\n", "\n# inadyn").join("\n");
    ddclient_sets(&home, &ddclient);
    home.world_sees("nas.dyn.example.org", "A", "203.0.113.21");
    lab.set_wan("203.0.113.22".parse().expect("an address"));
    let (_, inadyn) = told.split_once("# inadyn\n").expect("its lines");
    inadyn_sets(&home, inadyn);
    home.world_sees("nas.dyn.example.org", "A", "203.0.113.22");

    // "Dynflare at home", and "what else is there".
    let add = commands("Dynflare at home");
    let told = home.vps.does(&add[0]);
    home.vps.configure(&between(&told, "what it may set\n", "\n# the token").join("\n"));
    let token = between(&told, "shown only now\n", "\n#").join("");
    let key = home.vps.does(&add[1]);
    let lines: Vec<&str> = key.lines().collect();
    home.vps.machine.write("etc/dynflare/echo.key", lines[1]);
    home.vps.does("chgrp dynflare-serve /etc/dynflare/echo.key && chmod 640 /etc/dynflare/echo.key");
    let line = |span: &str| GUIDE.split('`').find(|text| text.starts_with(span)).expect("the guide names it");
    home.vps.configure(&["echo_key = ", "stun = ", "whoami = "].map(line).join("\n"));
    let public_key =
        key.lines().find_map(|line| line.strip_prefix("public_key = ")).expect("its public half");
    // The page's own key is another one, and its server would be somebody else.
    let other = home.client((&token, after(GUIDE, "public_key = ").trim_matches('"')));
    home.wait("answers are signed", || {
        let text = said(&home.dynflare(&["detect", "--config", &other]));
        (text.contains("the signature of the answer is not the server's"), text)
    });
    let config = home.client((&token, public_key.trim_matches('"')));
    let detect = ["detect", "--config", &config];
    home.wait("the signed echo is enough", || {
        let output = home.dynflare(&detect);
        (output.status.success(), said(&output))
    });
    sources_tell(&home, &config);
    lab.set_wan("203.0.113.77".parse().expect("an address"));
    let updated = home.dynflare(&["update", "--config", &config]);
    assert!(updated.status.success(), "{}", said(&updated));
    home.world_sees("laptop.dyn.example.org", "A", "203.0.113.77");
    home.world_sees("laptop.dyn.example.org", "AAAA", &lab.wan6().to_string());

    // The address changes for everybody, and whoever looks sees the new one.
    assert_eq!(home.router_updates(as_router, &host), "good 203.0.113.77");
    home.world_sees(&host, "A", "203.0.113.77");
    assert_eq!(home.router_updates((url, "nas", "a-wrong-one"), "nas.dyn.example.org"), "badauth");
    let log = home.vps.machine.journal();
    for secret in [password.as_str(), &token] {
        assert!(!log.contains(secret), "no secret is shown: {log}");
    }
}

/// ddclient with the lines that were printed; it asks the server's own echo for its address.
fn ddclient_sets(home: &Home<'_>, lines: &str) {
    let own = format!(
        "daemon=0\nssl_ca_file={}\nuse=web, web=https://dyn.example.org/ip\n",
        home.vps.roots.display()
    );
    let file = home.folder.file("ddclient.conf", &(own + lines + "\n"));
    let cache = home.folder.0.join("ddclient.cache").display().to_string();
    // By IPv4: what it asks for its address has both families, and it sends what it hears.
    home.lab.hosts(Place::HOME, &[("dyn.example.org", ADDRESSES[0])]);
    let line = format!("ddclient -daemon=0 -noquiet -verbose -file {file} -cache {cache}");
    let output = home.run(Place::HOME, &line);
    home.lab.hosts(Place::HOME, &[]);
    let text = said(&output);
    assert!(output.status.success() && text.contains("good"), "{text}");
}

/// inadyn with the lines that were printed.
fn inadyn_sets(home: &Home<'_>, lines: &str) {
    let wan = home.lab.wan();
    let lines = lines.trim_end().strip_suffix('}').expect("a section");
    let own = format!("allow-ipv6 = false\nca-trust-file = \"{}\"\n", home.vps.roots.display());
    let text = format!("{own}{lines}    checkip-command = \"echo {wan}\"\n}}\n");
    let file = home.folder.file("inadyn.conf", &text);
    let cache = home.folder.0.join("inadyn");
    std::fs::create_dir_all(&cache).expect("our own folder");
    let line = format!("inadyn -1 -n --no-pidfile -l debug -f {file} --cache-dir={}", cache.display());
    let output = home.run(Place::HOME, &line);
    assert!(output.status.success() && said(&output).contains("good"), "{}", said(&output));
}

/// Everything that the server tells addresses by tells the home its own, to Dynflare and to coturn's client.
fn sources_tell(home: &Home<'_>, config: &str) {
    let (v4, v6) = (home.lab.wan().to_string(), home.lab.wan6().to_string());
    let [server, server_v6] = ADDRESSES;
    let mut sources = Vec::new();
    for transport in ["udp", "tcp"] {
        sources.push((format!("stun:{transport}://{server}"), v4.clone()));
        sources.push((format!("stun:{transport}://[{server_v6}]"), v6.clone()));
        sources.push((format!("dns:{transport}://{server}/whoami.dyn.example.org"), v4.clone()));
        sources.push((format!("dns:{transport}://[{server_v6}]/whoami.dyn.example.org"), v6.clone()));
    }
    for (source, address) in sources {
        let output = home.dynflare(&["detect", "--config", config, "-s", "vps", "-s", &source]);
        let text = said(&output);
        // The other source, which votes, is shown by its name.
        let at = if source.contains(server) { server } else { server_v6 };
        assert!(row(&text, at).contains(&address), "{source} tells {address}: {text}");
    }
    let text = said(&home.dynflare(&["detect", "--config", config]));
    for address in [&v4, &v6] {
        assert!(text.contains(&format!(": {address}, agreed by 1 operator")), "{text}");
    }
    let output = home.run(Place::HOME, &format!("timeout 20 turnutils_natdiscovery -m {server}"));
    let text = said(&output);
    assert!(text.contains(&v4), "{text}");
}
