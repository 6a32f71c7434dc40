//! Programs of this machine: what they are given, how they end, and that nothing of them is left.

use crate::{changed, network, of, told};
use dynflare::notify::Settings;
use dynflare::notify::settings::Value;
use dynflare_core::fault::Class;
use std::path::PathBuf;
use std::time::Duration;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("notify-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder in the target folder");
        Self(path)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// A shell script; a shell is a program like any other.
    fn script(&self, text: &str) -> Settings {
        let text = text.replace("HERE", &self.0.display().to_string());
        of("program").with("command", Value::List(vec!["/bin/sh".into(), "-c".into(), text]))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_program_is_given_the_news_on_its_input_and_in_variables_and_no_credentials() {
    let folder = Folder::new("given");
    let mut settings = folder.script("cat > HERE/input; env > HERE/environment");
    settings.without = vec!["CARGO_PKG_NAME".to_owned()];
    told(settings, &network(), &changed()).await.expect("it succeeds");
    let input: serde_json::Value = serde_json::from_str(&folder.read("input")).expect("JSON");
    assert_eq!((&input["kind"], &input["to"][0]), (&"changed".into(), &"203.0.113.7".into()));
    let environment = folder.read("environment");
    for line in [
        "DYNFLARE_ACCOUNT=cloudflare",
        "DYNFLARE_FROM=203.0.113.5",
        "DYNFLARE_KIND=changed",
        "DYNFLARE_NAME=home.example.org",
        "DYNFLARE_TITLE=home.example.org A changed",
        "DYNFLARE_TO=203.0.113.7",
        "DYNFLARE_TYPE=A",
    ] {
        assert!(environment.lines().any(|other| other == line), "{line}\n{environment}");
    }
    // Both are in the environment of every test.
    assert!(
        environment.contains("CARGO_PKG_VERSION=") && !environment.contains("CARGO_PKG_NAME="),
        "{environment}"
    );
}

#[tokio::test]
async fn arguments_are_passed_as_they_are_and_not_to_a_shell() {
    let folder = Folder::new("arguments");
    let target = folder.0.join("$(x) ; * 'y'").display().to_string();
    let settings = of("program")
        .with("command", Value::List(vec!["/usr/bin/touch".into(), "--".into(), target.clone()]));
    told(settings, &network(), &changed()).await.expect("it succeeds");
    assert!(std::fs::exists(target).expect("readable"));
}

#[tokio::test]
async fn a_program_that_fails_is_told_with_its_last_words() {
    let folder = Folder::new("fails");
    let fault =
        told(folder.script("echo one >&2; echo no such phone >&2; exit 3"), &network(), &changed()).await;
    let fault = fault.expect_err("it fails");
    assert_eq!(fault.to_string(), "/bin/sh failed (exit status: 3 \"no such phone\")");
    assert_eq!(fault.class, Class::Invalid);
    let missing = of("program").with("command", Value::List(vec!["/nowhere/at/all".into()]));
    let fault = told(missing, &network(), &changed()).await.expect_err("it is not there");
    assert_eq!(fault.to_string(), "cannot start /nowhere/at/all: no such file or directory");
}

#[tokio::test]
async fn a_program_that_asks_for_another_try_gets_it() {
    let folder = Folder::new("again");
    let script = "if test -e HERE/tried; then exit 0; fi; touch HERE/tried; exit 75";
    told(folder.script(script), &network(), &changed()).await.expect("the second time");
}

#[tokio::test]
async fn a_program_that_does_not_end_is_killed_with_all_it_started_and_not_started_again() {
    let folder = Folder::new("hangs");
    let pipe = folder.0.join("alive");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    // What it starts holds the other end of a pipe, which the kernel closes when that is dead, and not before.
    let dead = tokio::task::spawn_blocking(move || std::fs::read(pipe));
    let script = "echo start >> HERE/starts; sleep 1000 > HERE/alive & wait";
    let settings = folder.script(script).with("timeout", Value::Duration(Duration::from_millis(300)));
    let fault = told(settings, &network(), &changed()).await.expect_err("it hangs");
    assert_eq!(fault.to_string(), "/bin/sh did not end within 0.3 s and was killed");
    assert_eq!((fault.class, folder.read("starts").lines().count()), (Class::Unconfirmed, 1));
    let dead = tokio::time::timeout(Duration::from_secs(60), dead).await.expect("nothing of it lives");
    assert_eq!(dead.expect("it was waited for").expect("a pipe"), b"");
}

#[tokio::test]
async fn what_a_program_leaves_running_holds_nothing_up() {
    let folder = Folder::new("leaves");
    told(folder.script("sleep 3 & exit 0"), &network(), &changed()).await.expect("it succeeds");
}
