//! `dynflare status`: what the daemon says of itself; without one, what the last run left behind.

use super::ask::Folders;
use super::exit::Exit;
use super::output::{Format, Output};
use super::table::table;
use super::terminal;
use crate::history;
use crate::memory::Store;
use crate::report::news::{News, Subject, What};
use crate::report::status::columns::{self, Piece};
use crate::report::status::{Status, page};
use crate::report::{when, words};
use crate::setup;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What is wanted to know.
#[derive(clap::Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Say in one line whether the daemon is healthy; exit 0 if so, and 1 if not
    #[arg(long)]
    pub check: bool,
    /// Say in one line whether a daemon answers, however its rounds go; exit 0 if so, and 1 if not
    #[arg(long, conflicts_with = "check")]
    pub alive: bool,
}

/// Asks, and shows.
pub(super) async fn run(arguments: Arguments, folders: &Folders, output: &Output) -> Exit {
    let mut why = None;
    for folder in &folders.all {
        match ask(folder).await {
            Ok(_) if arguments.alive => return alive(Ok(()), output),
            Ok(status) => return show(arguments, &status, output),
            Err(unanswered) => {
                why.get_or_insert(unanswered);
            }
        }
    }
    let why = why.unwrap_or_else(|| "nothing says where its state is: set `state_dir`, or $HOME".to_owned());
    if arguments.alive {
        return alive(Err(&why), output);
    }
    if arguments.check {
        match output.format {
            Format::Text => output.line(&format!("not healthy: {why}")),
            Format::Json => {
                output.json(&json!({ "healthy": false, "why": why, "exit": Exit::Failed.code() }));
            }
        }
        return Exit::Failed;
    }
    // It may be the mistake's fault that the wrong place was asked.
    for mistake in &folders.mistakes {
        output.error(&format!("note: {}", mistake.message));
    }
    let left = folders.all.first().map(|folder| Left::read(folder)).unwrap_or_default();
    match output.format {
        Format::Text => output.line(&left.page(&why)),
        Format::Json => output.json(&json!({
            "running": false, "why": why, "records": left.records, "exit": Exit::AsDesired.code(),
        })),
    }
    Exit::AsDesired
}

fn alive(answers: Result<(), &str>, output: &Output) -> Exit {
    let exit = if answers.is_ok() { Exit::AsDesired } else { Exit::Failed };
    match (output.format, answers) {
        (Format::Json, answers) => {
            output.json(&json!({ "alive": answers.is_ok(), "why": answers.err(), "exit": exit.code() }));
        }
        (Format::Text, Ok(())) => output.line("alive"),
        (Format::Text, Err(why)) => output.line(&format!("not alive: {why}")),
    }
    exit
}

fn show(arguments: Arguments, status: &Status, output: &Output) -> Exit {
    let now = setup::now();
    let health = status.health(now);
    let exit = if arguments.check && health.is_err() { Exit::Failed } else { Exit::AsDesired };
    match (output.format, arguments.check) {
        (Format::Text, true) => output.line(&page::verdict(status, now)),
        (Format::Text, false) if terminal::is_looked_at() => {
            output.line(&in_columns(&columns::columns(status, now, output.volume)));
        }
        (Format::Text, false) => output.line(&page::page(status, now, output.volume)),
        (Format::Json, check) => {
            let mut value = json!({
                "running": true, "healthy": health.is_ok(), "why": health.err(), "exit": exit.code(),
            });
            if !check {
                value["status"] = serde_json::to_value(status).expect("a snapshot always becomes JSON");
            }
            output.json(&value);
        }
    }
    exit
}

fn in_columns(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Table(headings, rows) => table(headings, rows.clone()),
    };
    pieces.iter().map(piece).collect::<Vec<_>>().join("\n\n")
}

#[cfg(unix)]
async fn ask(folder: &Path) -> Result<Status, String> {
    use crate::server::control::{Request, ask};
    let value = ask(folder, Request::Status).await.map_err(|error| error.to_string())?;
    let garbled = |error| format!("the daemon is of another version, and its answer cannot be used: {error}");
    serde_json::from_value(value).map_err(garbled)
}

#[cfg(not(unix))]
async fn ask(_: &Path) -> Result<Status, String> {
    std::future::ready(Err("a daemon cannot be asked on this system; see `listen`".to_owned())).await
}

/// What is known of one record.
#[derive(Default)]
struct Known {
    values: Vec<String>,
    written: Option<u64>,
    last: Option<News>,
}

/// What the last run left behind.
#[derive(Default)]
struct Left {
    records: Vec<Value>,
    lines: Vec<String>,
}

impl Left {
    fn read(folder: &Path) -> Self {
        let (_, memory, _) = Store::open(folder);
        // A history that cannot be read says nothing, and `dynflare history` says why.
        let past = history::read(folder).unwrap_or_default();
        let now = setup::now();
        let mut known: BTreeMap<Subject, Known> = BTreeMap::new();
        for (place, entry) in memory.entries() {
            let (account, key) = (place.account.clone(), &place.key);
            let record = Subject { account, name: key.name.to_string(), rtype: key.rtype.to_string() };
            let values = entry.published.clone();
            known.insert(record, Known { values, written: entry.written, last: None });
        }
        for news in past.news {
            let Some(record) = &news.record else { continue };
            let entry = known.entry(record.clone()).or_default();
            if let What::Changed { to, .. } = &news.what
                && entry.written.is_none_or(|written| written < news.at)
            {
                (entry.values, entry.written) = (to.clone(), Some(news.at));
            }
            entry.last = Some(news);
        }
        let mut left = Self::default();
        for (record, Known { values, written, last }) in known {
            let mut parts = vec![match values.as_slice() {
                [] => format!("{record}: nothing published that is known"),
                values => format!("{record}: {}", words::and(values)),
            }];
            parts.extend(written.map(|at| format!("written {}", when::ago_of(at, now))));
            let trouble = |news: &&News| matches!(news.what, What::Failing { .. } | What::Refused { .. });
            parts.extend(last.as_ref().filter(trouble).map(|news| {
                format!("{} when last heard of, {}", news.what.sentence(news.at), when::ago_of(news.at, now))
            }));
            left.lines.push(parts.join(", "));
            left.records.push(json!({
                "account": record.account, "name": record.name, "type": record.rtype,
                "values": values, "written": written, "last_news": last,
            }));
        }
        left
    }

    fn page(&self, why: &str) -> String {
        if self.lines.is_empty() {
            return format!("{why}, and nothing is known of an earlier run");
        }
        let cleaner = crate::report::clean::Cleaner::default();
        let lines: Vec<String> = self.lines.iter().map(|line| cleaner.whole(line)).collect();
        format!("{why}; as of the last run:\n{}", lines.join("\n"))
    }
}
