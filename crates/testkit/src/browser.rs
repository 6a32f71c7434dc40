//! A real browser: Chromium from the distribution, driven by playwright-core, with axe-core to judge accessibility.
//!
//! A small script (`browser.js`) takes one command at a time. It sends nothing anywhere but to the address it is told to
//! open. Where something is not to be had the test says so and does not run, which under `CI=true` is a failure.

use crate::nameserver::skip;
use crate::npm;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const CHROMIUM: &str = "/usr/bin/chromium";

/// The versions that were tried.
const PACKAGES: [npm::Package; 2] = [("playwright-core", "1.65.1"), ("axe-core", "4.14.1")];

const SCRIPT: &str = include_str!("browser.js");

/// A running browser. Dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    _child: Child,
    commands: ChildStdin,
    results: Lines<BufReader<ChildStdout>>,
}

impl Browser {
    /// Starts one. `None` where it cannot run; under `CI=true` that is a failed test. Needs a tokio runtime.
    pub async fn start() -> Option<Self> {
        if !Path::new(CHROMIUM).exists() {
            skip(&format!("{CHROMIUM} is not there (apt-get install chromium)"));
            return None;
        }
        let installed = tokio::task::spawn_blocking(|| npm::install("browser", &PACKAGES)).await;
        match installed.expect("it was waited for") {
            Ok(modules) => Some(Self::with(&modules)),
            Err(why) => {
                skip(&format!("no browser can be driven: {why}"));
                None
            }
        }
    }

    fn with(modules: &Path) -> Self {
        let mut child = Command::new("node")
            .args(["-e", SCRIPT, "--", CHROMIUM])
            .env("NODE_PATH", modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts");
        let commands = child.stdin.take().expect("a pipe");
        let results = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { _child: child, commands, results }
    }

    /// Has one command done; the error is what the browser says.
    pub async fn try_do(&mut self, command: &str, mut with: Value) -> Result<Value, String> {
        with["command"] = command.into();
        let line = format!("{with}\n");
        self.commands.write_all(line.as_bytes()).await.map_err(|error| error.to_string())?;
        let line = self.results.next_line().await.map_err(|error| error.to_string())?;
        let line = line.ok_or("the browser has gone")?;
        let mut result: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        match result["error"].take() {
            Value::String(error) => Err(error),
            _ => Ok(result["ok"].take()),
        }
    }

    async fn done(&mut self, command: &str, with: Value) -> Value {
        let shown = with.to_string();
        self.try_do(command, with).await.unwrap_or_else(|error| panic!("{command} {shown}: {error}"))
    }

    /// Opens an address in a window of its own: `script`, `scheme`, `width` may be in `how`. The status and the headers.
    pub async fn open(&mut self, url: &str, mut how: Value) -> Value {
        how["url"] = url.into();
        self.done("open", how).await
    }

    /// The value of an expression in the page.
    pub async fn evaluate(&mut self, code: &str) -> Value {
        self.done("evaluate", json!({ "code": code })).await
    }

    /// The text that is seen of every element that the selector finds.
    pub async fn text(&mut self, selector: &str) -> Vec<String> {
        let texts = self.done("text", json!({ "selector": selector })).await;
        texts.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Waits until an expression in the page is true.
    pub async fn until(&mut self, code: &str) {
        self.done("until", json!({ "code": code })).await;
    }

    /// Presses a key.
    pub async fn press(&mut self, key: &str) {
        self.done("press", json!({ "key": key })).await;
    }

    /// Keeps a picture of the whole page under `target/screenshots`.
    pub async fn picture(&mut self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder in the target folder");
        let file = folder.join(format!("{name}.png"));
        self.done("picture", json!({ "file": file })).await;
        file
    }

    /// What axe has to say: rules that are broken, and what it could not judge.
    pub async fn axe(&mut self) -> Value {
        self.done("axe", json!({})).await
    }

    /// What the console said that is an error or a warning, errors nobody caught, dialogs, and requests to elsewhere.
    pub async fn complaints(&mut self) -> Value {
        self.done("complaints", json!({})).await
    }
}
