//! `dynflare notify test`: what it says, what it exits with, and what it does not say.

use crate::lab::{Folder, program};
use dynflare_testkit::serve::{Server, handler, reply};
use serde_json::{Value, json};

/// The arguments of a run with this file.
fn arguments(folder: &Folder, file: &str, more: &[&str]) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.file("dynflare.toml", &format!("version = 1\n{file}"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("our own file");
    let first = ["--config".to_owned(), path.display().to_string(), "notify".to_owned(), "test".to_owned()];
    first.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
}

/// A server that takes what comes to `/good` and refuses the rest with the words it was sent.
async fn server() -> Server {
    Server::http(handler(|request: hyper::Request<hyper::body::Bytes>| async move {
        match request.uri().path() {
            "/good" => reply(204, ""),
            path => reply(403, format!("no_such_hook: {path}")),
        }
    }))
    .await
}

fn targets(server: &Server) -> String {
    let base = server.base();
    format!(
        "[notify.chat]\ntype = \"slack\"\nwebhook_url = \"{base}/s3cret-s3cret\"\n\n\
         [notify.webhook]\nwebhook_url = \"{base}/good\"\n"
    )
}

#[tokio::test]
async fn every_target_is_tested_and_one_that_fails_is_told_with_its_cause() {
    let (folder, server) = (Folder::new(), server().await);
    let ran = program(arguments(&folder, &targets(&server), &[]), vec![]).await;
    ran.exits(1).says("webhook: any HTTP endpoint has taken a test message\n").warns(
        "error: cannot tell chat (Slack)\n  cause: the credentials were refused (HTTP 403 \"no_such_hook: /***\")\n  \
         hint: check the token, or the name and the password\n",
    );
}

#[tokio::test]
async fn one_target_can_be_tested_alone_and_told_to_programs() {
    let (folder, server) = (Folder::new(), server().await);
    let ran = program(arguments(&folder, &targets(&server), &["webhook", "--json"]), vec![]).await.exits(0);
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(
        told,
        json!({
            "targets": [{
                "name": "webhook", "type": "webhook", "delivered": true, "class": null, "cause": null, "hint": null,
                "retry_after_seconds": null,
            }],
            "exit": 0,
        })
    );
    let ran = program(arguments(&folder, &targets(&server), &["--json"]), vec![]).await.exits(1);
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((&told["targets"][0]["class"], &told["exit"]), (&json!("denied"), &json!(1)));
    assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_target_that_is_not_there_and_nobody_at_all_are_mistakes() {
    let (folder, server) = (Folder::new(), server().await);
    let ran = program(arguments(&folder, &targets(&server), &["phone"]), vec![]).await;
    ran.exits(2).warns("error: there is no target `phone`\n  hint: there are chat, webhook\n");
    let ran = program(arguments(&folder, "", &[]), vec![]).await;
    ran.exits(2).warns(
        "error: there is nobody to tell\n  hint: add a table such as `[notify.ntfy]` with `topic = \"…\"` to the file\n",
    );
}

#[tokio::test]
async fn ur_45_the_settings_of_targets_are_shown_without_their_secrets() {
    let (folder, server) = (Folder::new(), server().await);
    let mut words = arguments(&folder, &targets(&server), &[]);
    words.truncate(2);
    words.push("config".to_owned());
    let ran = program(words, vec![]).await.exits(0);
    assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
    let row =
        |name: &str| ran.stdout.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(row("notify.chat.webhook_url").contains("***"), "{}", ran.stdout);
    assert!(row("notify.chat.type").contains("slack"), "{}", ran.stdout);
}
