//! `dynflare kick`: asks the daemon for a round now, and waits for nothing.

use super::ask::Folders;
use super::exit::Exit;
use super::output::{Format, Output};
use crate::report::human::block;
use serde_json::json;
use std::path::Path;

/// Asks the first daemon that answers.
pub(super) async fn run(folders: &Folders, output: &Output) -> Exit {
    let mut why = None;
    for folder in &folders.all {
        match ask(folder).await {
            Ok(()) => {
                match output.format {
                    Format::Text => output.line("the daemon begins a round"),
                    Format::Json => output.json(&json!({ "taken": true, "exit": Exit::AsDesired.code() })),
                }
                return Exit::AsDesired;
            }
            Err(unanswered) => {
                why.get_or_insert(unanswered);
            }
        }
    }
    let why = why.unwrap_or_else(|| "nothing says where its state is".to_owned());
    match output.format {
        Format::Text => {
            let hint = "`dynflare run` is the daemon; `dynflare update` makes a round of its own";
            output.error(&block("cannot ask for a round", &why, Some(hint), ""));
        }
        Format::Json => output.json(&json!({ "taken": false, "why": why, "exit": Exit::Failed.code() })),
    }
    Exit::Failed
}

#[cfg(unix)]
async fn ask(folder: &Path) -> Result<(), String> {
    use crate::server::control::{Request, ask};
    ask(folder, Request::Kick).await.map(|_| ()).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
async fn ask(_: &Path) -> Result<(), String> {
    std::future::ready(Err("a daemon cannot be asked on this system".to_owned())).await
}
