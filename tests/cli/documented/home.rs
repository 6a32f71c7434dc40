//! The home of somebody who reads a page: its configuration at the usual place, the program in the path, and a small
//! world in place of the real one.

use super::pages::Block;
use super::tables::How;
use crate::lab::{Lab, TOKEN};
use dynflare_testkit::cloudflare::FakeZone;
use dynflare_testkit::port;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// How long a command may take that ends by itself, and a daemon until it is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a reader has who has come no further than the start.
const START: &str = include_str!("../../../docs/guide/start.md");

pub(crate) struct Home {
    lab: Lab,
    /// Short enough for the path of a socket.
    folder: PathBuf,
    port: u16,
}

impl Drop for Home {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

impl Home {
    /// With the first configuration among these blocks, or else that of the start.
    pub(crate) async fn new(blocks: &[Block]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let lab = Lab::new().await;
        for zone in ["example.org", "example.com"] {
            lab.cloudflare.zone(FakeZone::new(zone));
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("dfl-read-{}-{number}", std::process::id()));
        let _gone = fs::remove_dir_all(&folder);
        for part in [".config/dynflare", "bin", "etc/dynflare", "here"] {
            fs::create_dir_all(folder.join(part)).expect("the temporary directory can be written");
        }
        let home = Self { lab, folder, port: port::free().expect("a port") };
        let start = super::pages::blocks("docs/guide/start.md", START);
        let is_one = |block: &&Block| {
            block.language == "toml"
                && block.text.contains("[providers.cloudflare]")
                && block.text.contains("\nrecords = ")
        };
        let shown = blocks.iter().find(is_one).or_else(|| start.iter().find(is_one));
        // The sources of this world have no IPv6.
        let shown = shown.expect("the start shows one").text.replace(":A+AAAA:", ":A:");
        let config = home.adapted(&shown, "confirm = false\nrouter_events = \"off\"\n");
        for place in [".config/dynflare", "etc/dynflare", "here"] {
            home.file(&format!("{place}/dynflare.toml"), &config);
        }
        home.file("etc/dynflare/token", TOKEN);
        home.program();
        home
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("our own folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own file");
        path
    }

    /// `dynflare` in the path: the program. `init` is told of this world, since it begins with no configuration.
    fn program(&self) {
        let text = format!(
            "#!/bin/sh\ncase $1 in\ninit) set -- \"$@\" --base-url '{}/client/v4' --allow 203.0.113.0/24 \
             --source 'url:{}/' --panel 1 --quorum 1 ;;\nesac\nexec '{}' \"$@\"\n",
            self.lab.api(),
            self.lab.sources[0].base(),
            env!("CARGO_BIN_EXE_dynflare")
        );
        let path = self.file("bin/dynflare", &text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("our own file");
    }

    /// A configuration as it has to be in this world: its sources, its Cloudflare, and paths below this home.
    fn adapted(&self, shown: &str, more: &str) -> String {
        let ours = self.lab.config(more);
        let (head, tables) = ours.split_once("\n\n[providers.cloudflare]\n").expect("the lab's form");
        let (cloudflare, sources) = tables.split_once("\n\n").expect("the lab's form");
        let head = head.strip_prefix("version = 1\n").expect("the lab's form");
        let own_pool = shown.contains("\npool = ");
        let head = head.lines().filter(|line| !(own_pool && line.starts_with("pool = ")));
        let head = head.collect::<Vec<_>>().join("\n") + "\n";
        let body = shown.strip_prefix("version = 1\n").unwrap_or(shown);
        let at_home = format!("{}/etc/dynflare", self.folder.display());
        let body = body
            .replace("[providers.cloudflare]\n", &format!("[providers.cloudflare]\n{cloudflare}\n"))
            .replace("/etc/dynflare", &at_home);
        format!("version = 1\n{head}{body}\n{sources}")
    }

    /// A configuration of a page is taken by `check`, a part of one together with that of the page; or what is wrong.
    pub(crate) async fn takes(&self, block: &Block) -> Result<(), String> {
        for (secret, text) in [
            ("copy.key", "hmac-sha256:copy:bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIG9mIG9uZQ=="),
            ("tsig", "hmac-sha256:home:bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIG9mIG9uZQ=="),
        ] {
            self.file(&format!("etc/dynflare/{secret}"), text);
        }
        for name in
            block.text.split("\"file:/etc/dynflare/").skip(1).filter_map(|rest| rest.split('"').next())
        {
            if !self.folder.join("etc/dynflare").join(name).exists() {
                self.file(&format!("etc/dynflare/{name}"), TOKEN);
            }
        }
        let is_whole = ["records = ", "[serve"].iter().any(|key| block.text.contains(key));
        let text = if is_whole {
            self.adapted(&block.text, "")
        } else {
            let start = fs::read_to_string(self.folder.join("here/dynflare.toml")).expect("it is there");
            let at_home = format!("{}/etc/dynflare", self.folder.display());
            let part = block.text.replace("/etc/dynflare", &at_home);
            // Keys stand before the first table, tables behind the last.
            match start.split_once("\n[") {
                Some((keys, tables)) if !part.starts_with('[') => format!("{keys}\n{part}\n[{tables}"),
                _ => format!("{start}\n{part}"),
            }
        };
        self.file("here/shown.toml", &text);
        let command = "dynflare check --config shown.toml";
        let (code, said) = self.run(command, &["CLOUDFLARE_API_TOKEN", "HEALTHCHECKS_URL"]).await;
        if code == Some(0) { Ok(()) } else { Err(format!("{}\n{said}", block.text)) }
    }

    /// A shell in this home, that is going to run a line of a page.
    fn shell(&self, line: &str) -> Command {
        let line = line
            .replace("cargo run --release --", "dynflare")
            .replace("/etc/dynflare", &format!("{}/etc/dynflare", self.folder.display()))
            .replace("/var/lib/dynflare", &format!("{}/state", self.folder.display()))
            .replace("127.0.0.1:9153", &format!("127.0.0.1:{}", self.port));
        let mut shell = Command::new("/bin/sh");
        // The program takes the shell's place, so that what ends the one ends the other.
        let line = if line.starts_with("dynflare ") { format!("exec {line}") } else { line };
        // A conversation that begins anew begins where nothing is.
        let place = if line.contains("dynflare init") { "empty" } else { "here" };
        let place = self.folder.join(place);
        fs::create_dir_all(&place).expect("our own folder");
        shell.args(["-euc", &line]).current_dir(place).env_clear();
        shell.env("PATH", format!("{}:/usr/bin:/bin", self.folder.join("bin").display()));
        shell.env("HOME", &self.folder).env("TOKEN", TOKEN).env("TZ", "UTC");
        shell.env("STATE_DIRECTORY", self.folder.join("state")).kill_on_drop(true);
        shell.stdin(std::process::Stdio::piped());
        shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        shell
    }

    /// Runs it to its end, with a token for whoever reads one; the exit code and everything it said.
    async fn run(&self, line: &str, variables: &[&str]) -> (Option<i32>, String) {
        let mut shell = self.shell(line);
        let value = |name: &str| if name.ends_with("_URL") { "https://hc.example.org/a-b-c" } else { TOKEN };
        shell.envs(variables.iter().map(|name| (name, value(name))));
        let mut child = shell.spawn().expect("there is a shell");
        let mut input = child.stdin.take().expect("a pipe");
        // Whoever does not read it has ended, which is no mistake.
        let _unread = input.write_all(format!("{TOKEN}\n").as_bytes()).await;
        drop(input);
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let ended = ended.map(|output| output.expect("it ran"));
        let Ok(output) = ended else { return (None, "it does not end by itself".to_owned()) };
        let said = [output.stdout, output.stderr].map(|octets| String::from_utf8_lossy(&octets).into_owned());
        (output.status.code(), said.concat())
    }

    /// Does what a page shows; what is wrong with that.
    pub(crate) async fn does(&self, line: &str, how: How) -> Result<(), String> {
        match how {
            How::Exits(codes) => {
                let (code, said) = self.run(line, &[]).await;
                let right = code.is_some_and(|code| codes.contains(&code));
                if !right || said.contains(TOKEN) {
                    return Err(format!("`{line}` ended with {code:?}:\n{said}"));
                }
            }
            How::BesideDaemon => {
                let of_page = line.starts_with("dynflare run");
                let mut daemon = self.shell(if of_page { line } else { "dynflare run" });
                let mut daemon = daemon.spawn().expect("there is a shell");
                self.is_well(line, &mut daemon).await?;
                if !of_page {
                    let (code, said) = self.run(line, &[]).await;
                    if code != Some(0) {
                        return Err(format!("`{line}` ended with {code:?}:\n{said}"));
                    }
                }
                end(daemon, line).await?;
            }
        }
        Ok(())
    }

    /// Waits until a daemon has had a good round.
    async fn is_well(&self, line: &str, daemon: &mut Child) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let (code, said) = self.run("dynflare status --check", &[]).await;
            if code == Some(0) {
                return Ok(());
            }
            if let Some(status) = daemon.try_wait().expect("it is ours") {
                return Err(format!("the daemon of `{line}` ended at once: {status}"));
            }
            if Instant::now() > until {
                return Err(format!("beside `{line}`: {said}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Tells a daemon to end.
async fn end(daemon: Child, line: &str) -> Result<(), String> {
    let id = daemon.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(id.expect("it runs"), rustix::process::Signal::TERM).expect("it is ours");
    let output = tokio::time::timeout(PATIENCE, daemon.wait_with_output()).await;
    let output = output.map_err(|_| format!("the daemon of `{line}` does not end"))?.expect("it ran");
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(0) { Ok(()) } else { Err(format!("`{line}` at its end:\n{said}")) }
}
