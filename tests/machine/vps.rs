//! A server on the internet of a lab, with systemd, set up as the guide says; the tree of names above it, and a
//! certificate authority that finds it by its name.

use dynflare_testkit::lab::{Lab, Place, Tree};
use dynflare_testkit::machine::{Machine, PROGRAM, Prepared};
use dynflare_testkit::pebble::{Options, Pebble};
use dynflare_testkit::tls::Authority;
use std::path::PathBuf;

/// Where the server is.
pub(crate) const VPS: Place = Place("vps");

/// Its addresses; the first is also the guide's.
pub(crate) const ADDRESSES: [&str; 2] = ["192.0.2.53", "2001:db8:53::53"];

pub(crate) const GUIDE: &str = include_str!("../../docs/guide/own-server.md");

pub(crate) const SERVICE: &str = "dynflare-serve.service";

/// What is different here from what the guide and `serve init` say, and nothing else is: documentation addresses are
/// nobody's and would be refused, and the certificate authority is not Let's Encrypt.
const ADAPTED: [(&str, &str); 3] = [
    (
        "dynflare serve init dyn.example.org --into dynflare-serve",
        "dynflare serve init dyn.example.org --into dynflare-serve --address 192.0.2.53 --address 2001:db8:53::53",
    ),
    ("version = 1\n", "version = 1\nallow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\n"),
    (
        "acme = true\n",
        "acme = true\ndirectory = \"@DIRECTORY@\"\nca_file = \"/etc/dynflare/authority.pem\"\n",
    ),
];

/// A text as it has to be here; every row that is looked for is in it.
#[track_caller]
fn adapted(text: &str, rows: &[usize]) -> String {
    rows.iter().fold(text.to_owned(), |text, row| {
        let (there, here) = ADAPTED[*row];
        assert!(text.contains(there), "{there:?} in\n{text}");
        text.replacen(there, here, 1)
    })
}

/// The commands of the guide below a heading, in their order.
#[track_caller]
pub(crate) fn commands(heading: &str) -> Vec<String> {
    let (_, section) = GUIDE.split_once(&format!("\n## {heading}\n")).expect("the guide has the heading");
    let section = section.split("\n## ").next().expect("a text has a beginning");
    let blocks = section.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

/// The lines between two others.
#[track_caller]
pub(crate) fn between(text: &str, begin: &str, end: &str) -> Vec<String> {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{begin:?} in\n{text}"));
    let (lines, _) = rest.split_once(end).unwrap_or_else(|| panic!("{end:?} in\n{text}"));
    lines.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What follows a word at the beginning of a line.
#[track_caller]
pub(crate) fn after(text: &str, word: &str) -> String {
    let found = text.lines().find_map(|line| line.strip_prefix(word));
    found.unwrap_or_else(|| panic!("{word:?} in\n{text}")).trim().to_owned()
}

/// The server and what is around it.
pub(crate) struct Vps {
    pub(crate) machine: Machine,
    /// What `serve init` said.
    pub(crate) told: String,
    /// The certificates that clients have to trust, as a file.
    pub(crate) roots: PathBuf,
    _names: Tree,
    _authority: Pebble,
    _tls: Authority,
}

impl Vps {
    /// Lays the cable to the server's place.
    pub(crate) fn wire(lab: &mut Lab) {
        lab.add(VPS);
        lab.cable((Place::INTERNET, "vps0"), (VPS, "wan0"));
        lab.ip(
            Place::INTERNET,
            "addr add 192.0.2.1/24 dev vps0
             addr add 2001:db8:53::1/64 dev vps0 nodad
             link set vps0 up",
        );
        lab.ip(
            VPS,
            "addr add 192.0.2.53/24 dev wan0
             addr add 2001:db8:53::53/64 dev wan0 nodad
             link set wan0 up
             route add default via 192.0.2.1
             route add ::/0 via 2001:db8:53::1",
        );
        lab.forward(Place::INTERNET);
    }

    /// Does what the guide says, up to a server that runs; `None` where that cannot be tried here, which is said.
    pub(crate) fn new(lab: &Lab, service: &str) -> Option<Self> {
        let machine = Prepared::new()?;
        machine.write("etc/login.defs", "");
        // The unit as it is, but for where the program is.
        let lines = format!(
            "[Service]\nExecStart=\nExecStart={PROGRAM} serve --config /etc/dynflare/serve.toml\n{service}\n"
        );
        machine.write(&format!("etc/systemd/system/{SERVICE}.d/here.conf"), &lines);
        let machine = machine.start(lab, VPS, env!("CARGO_BIN_EXE_dynflare"))?;

        // "On the server, as root".
        let [init] = &commands("Two minutes")[..1] else { panic!("the guide begins with `serve init`") };
        let told = as_root(&machine, &adapted(init, &[0]));
        let delegation = between(&told, "add these records:\n", "\n2. ");
        let names = Tree::start(lab, &delegation)?;
        let tls = Authority::new();
        let options = Options { tls_port: 443, http_port: 80, ..Options::default() };
        let authority = Pebble::start_in(lab, Tree::RESOLVER, &options, &tls)?;
        machine.write("etc/dynflare/authority.pem", tls.pem());
        let file = "root/dynflare-serve/serve.toml";
        let config = machine.does(&["cat", &format!("/{file}")]) + "\n";
        machine.write(file, &adapted(&config, &[1, 2]).replace("@DIRECTORY@", &authority.directory()));
        for command in between(&told, "On this machine, as root:\n", "\n3. ") {
            as_root(&machine, &command);
        }
        let roots = Self::roots(lab, &authority, &tls);
        Some(Self { machine, told, roots, _names: names, _authority: authority, _tls: tls })
    }

    /// What clients have to trust: pebble's root is another one at every start.
    fn roots(lab: &Lab, authority: &Pebble, tls: &Authority) -> PathBuf {
        let url = format!("https://{}/roots/0", authority.management());
        let trusted = tls.file().display().to_string();
        let got = lab.run_in(Place::INTERNET, &["curl", "-sS", "--fail", "--cacert", &trusted, &url]);
        assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
        let path = tls.file().with_extension("roots.pem");
        std::fs::write(&path, got.stdout).expect("the temporary directory can be written");
        path
    }

    /// Adds lines to the configuration: a table at its end, or keys below `[serve]`.
    pub(crate) fn configure(&self, more: &str) {
        let path = "etc/dynflare/serve.toml";
        let config = self.machine.does(&["cat", &format!("/{path}")]) + "\n";
        let config = if more.starts_with('[') {
            format!("{config}\n{more}\n")
        } else {
            config.replacen("[serve]\n", &format!("[serve]\n{more}\n"), 1)
        };
        self.machine.write(path, &config);
    }

    /// Runs a command as root on the server, as a user who has just logged in; what it printed.
    #[track_caller]
    pub(crate) fn does(&self, command: &str) -> String {
        as_root(&self.machine, command)
    }
}

impl Drop for Vps {
    fn drop(&mut self) {
        // What is left is in the temporary directory, where it hurts nobody.
        let _gone = std::fs::remove_file(&self.roots);
    }
}

#[track_caller]
fn as_root(machine: &Machine, command: &str) -> String {
    machine.does(&["sh", "-c", &format!("cd /root && PATH=/opt:$PATH && {command}")])
}
