//! A small world for the real binary: echo sources on loopback, a fake Cloudflare, an empty environment.

use dynflare_testkit::cloudflare::{FakeCloudflare, Grant};
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::serve::Server;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The token that may do everything.
pub(crate) const TOKEN: &str = "cfut_loopbackTokenOfTheTests0123456789abcdefghijklmno";

/// The built-in sources whose bases the lab takes over, each of another operator.
pub(crate) const OPERATED: [&str; 5] = ["akamai", "amazon", "hetzner", "ipify", "mullvad"];

/// What one run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Ran {
    /// The exit code, with everything printed where it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output, literally.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "stderr:\n{}", self.stderr);
        self
    }

    /// Standard error, literally.
    #[track_caller]
    pub(crate) fn warns(self, text: &str) -> Self {
        assert_eq!(self.stderr, text, "stdout:\n{}", self.stdout);
        self
    }
}

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder in the target folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a file in our folder");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// The world.
pub(crate) struct Lab {
    pub(crate) cloudflare: FakeCloudflare,
    pub(crate) sources: Vec<Echo>,
    pub(crate) folder: Folder,
    api: Server,
}

impl Lab {
    /// Five sources that say 203.0.113.7, and one zone, example.org.
    pub(crate) async fn new() -> Self {
        let cloudflare = FakeCloudflare::new();
        cloudflare.token(TOKEN, Grant::all());
        let api = Server::http(cloudflare.handler()).await;
        let mut sources = Vec::new();
        for id in OPERATED {
            sources.push(Echo::http(said(id, "203.0.113.7")).await);
        }
        Self { cloudflare, sources, folder: Folder::new(), api }
    }

    /// Where the fake Cloudflare is, without the path of its API.
    #[cfg(unix)]
    pub(crate) fn api(&self) -> &str {
        self.api.base()
    }

    /// Makes a source say an address in its own form.
    pub(crate) fn say(&self, source: usize, address: &str) {
        self.sources[source].say(said(OPERATED[source], address));
    }

    /// The configuration of this world, with `more` at the top.
    pub(crate) fn config(&self, more: &str) -> String {
        self.config_at(more, self.api.base())
    }

    /// The same with another way to Cloudflare.
    pub(crate) fn config_at(&self, more: &str, api: &str) -> String {
        let pool: Vec<String> = OPERATED.iter().map(|id| format!("{id:?}")).collect();
        let mut text = format!(
            "version = 1\n{more}\npool = [{}]\nallow = [\"203.0.113.0/24\", \"198.51.100.0/24\", \"2001:db8::/32\"]\n\n\
             [providers.cloudflare]\nbase_url = \"{}/client/v4\"\n",
            pool.join(", "),
            api
        );
        for (id, source) in OPERATED.iter().zip(&self.sources) {
            write!(text, "\n[sources.{id}]\nurl = \"{}\"\n", source.base()).expect("writing to a String");
        }
        text
    }

    /// Runs the program in this world, with this configuration file and these arguments.
    pub(crate) async fn run(&self, more: &str, arguments: &[&str]) -> Ran {
        let config = self.folder.file("dynflare.toml", &self.config(more));
        let mut all = vec!["--config".to_owned(), config.display().to_string()];
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let state = self.folder.path().join("state").display().to_string();
        let variables = vec![
            ("CLOUDFLARE_API_TOKEN".to_owned(), TOKEN.to_owned()),
            ("STATE_DIRECTORY".to_owned(), state),
        ];
        program(all, variables).await
    }

    /// Runs it for these records.
    pub(crate) async fn update(&self, records: &[&str], arguments: &[&str]) -> Ran {
        let list: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
        self.run(&format!("records = [{}]", list.join(", ")), arguments).await
    }
}

fn said(id: &str, address: &str) -> Say {
    match id {
        "mullvad" => Say::Text(format!("{{\"ip\":\"{address}\",\"mullvad_exit_ip\":false}}")),
        _ => Say::address(address),
    }
}

/// Runs the program with an empty environment but for these variables.
pub(crate) async fn program(arguments: Vec<String>, variables: Vec<(String, String)>) -> Ran {
    let run = move || {
        let output = Command::new(env!("CARGO_BIN_EXE_dynflare"))
            .args(arguments)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .output()
            .expect("the program can be started");
        Ran {
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
            code: output.status.code().expect("an exit code, not a signal"),
        }
    };
    tokio::task::spawn_blocking(run).await.expect("the program was waited for")
}
