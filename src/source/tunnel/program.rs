//! The program that opens a tunnel: started without a shell in a process group of its own, listened to until it says
//! where the tunnel is, and ended with everything it started.

use crate::net::http::Base;
use crate::source::beginning;
use dynflare_core::fault::{Class, Fault};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::JoinSet;

/// A running program; dropped, it and its process group are killed.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// Its output is read to the end, so that it never waits for a reader.
    drains: JoinSet<()>,
}

/// How a program is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening<'a> {
    /// The program and its arguments, with `{port}` where the port goes.
    pub(super) command: &'a [String],
    /// The port of this machine that the tunnel is to lead to.
    pub(super) port: u16,
    /// Variables of the environment that it does not get.
    pub(super) without: &'a [String],
}

/// How much a program may say before it has said where the tunnel is, in bytes and for each of its two outputs.
const TALK: u64 = 64 * 1024;

impl Running {
    /// Starts a program whose tunnel is known already.
    pub(super) fn start(opening: &Opening<'_>) -> Result<Self, Fault> {
        let (child, out, err) = spawn(opening)?;
        let mut drains = JoinSet::new();
        drains.spawn(drain(out));
        drains.spawn(drain(err));
        Ok(Self { child, drains })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills a process and its group. That there is nobody left to kill is what is wanted.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    let _ = child.start_kill();
}

/// Starts a program and waits until it names a URL that holds `holding`, without a path.
pub(super) async fn until_spoken(opening: &Opening<'_>, holding: &str) -> Result<(Running, Base), Fault> {
    let (child, out, err) = spawn(opening)?;
    let mut running = Running { child, drains: JoinSet::new() };
    let (mut out, mut err) = (BufReader::new(out.take(TALK)), BufReader::new(err.take(TALK)));
    let (mut line, mut complaint) = (Vec::new(), Vec::new());
    let (mut out_ended, mut err_ended) = (false, false);
    let mut last = String::new();
    while !(out_ended && err_ended) {
        let (read, said) = tokio::select! {
            read = out.read_until(b'\n', &mut line), if !out_ended => (read, Said::Out),
            read = err.read_until(b'\n', &mut complaint), if !err_ended => (read, Said::Err),
        };
        let (bytes, ended) = match said {
            Said::Out => (&mut line, &mut out_ended),
            Said::Err => (&mut complaint, &mut err_ended),
        };
        *ended = !read.is_ok_and(|count| count > 0);
        let text = String::from_utf8_lossy(bytes).into_owned();
        bytes.clear();
        if let Some(url) = url(&text, holding) {
            running.drains.spawn(drain(out.into_inner().into_inner()));
            running.drains.spawn(drain(err.into_inner().into_inner()));
            return Ok((running, url));
        }
        if !text.trim().is_empty() {
            last = text;
        }
    }
    let what =
        format!("{} ended or fell silent without saying where the tunnel is", program(opening.command));
    let fault = Fault::new(Class::Unavailable, what);
    Err(if last.is_empty() { fault } else { fault.said(beginning(last.trim())) })
}

/// Which of its outputs a program used.
enum Said {
    Out,
    Err,
}

fn program(command: &[String]) -> &str {
    command.first().map_or("the command", String::as_str)
}

fn spawn(opening: &Opening<'_>) -> Result<(Child, ChildStdout, ChildStderr), Fault> {
    let Opening { command, port, without } = *opening;
    let fault = |why: &str| Fault::new(Class::Invalid, format!("cannot start {}: {why}", program(command)));
    let (name, arguments) = command.split_first().ok_or_else(|| fault("it is empty"))?;
    let port = port.to_string();
    let mut command = Command::new(name);
    command
        .args(arguments.iter().map(|argument| argument.replace("{port}", &port)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for name in without {
        command.env_remove(name);
    }
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| {
        let text = error.to_string();
        fault(&text.split(" (os error").next().unwrap_or(&text).to_lowercase())
    })?;
    if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
        Ok((child, out, err))
    } else {
        end(&mut child);
        Err(fault("its output was lost"))
    }
}

async fn drain(mut output: impl AsyncRead + Unpin) {
    // Whether it ended well is the program's business.
    let _ = tokio::io::copy(&mut output, &mut tokio::io::sink()).await;
}

/// The first URL of a line that has no path and holds `holding`: links to terms and manuals have one.
fn url(line: &str, holding: &str) -> Option<Base> {
    let starts = line.match_indices("http").map(|(at, _)| &line[at..]);
    let mut found = starts.filter_map(|text| {
        let end = text.find(|c: char| !c.is_ascii_graphic() || "\"'<>|)(,;\\".contains(c));
        let text = text[..end.unwrap_or(text.len())].trim_end_matches(['.', '!']);
        let url: Base = text.parse().ok()?;
        (url.prefix().is_empty() && text.contains(holding)).then_some(url)
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str, holding: &str) -> Option<String> {
        url(line, holding).map(|url| url.to_string())
    }

    #[test]
    fn the_url_is_found_in_what_programs_say() {
        for (line, expected) in [
            (
                "2026-11-23T07:00:00Z INF |  https://four-words-and-more.trycloudflare.com           |",
                "https://four-words-and-more.trycloudflare.com",
            ),
            ("your url is: https://calm-cat-7.loca.lt\n", "https://calm-cat-7.loca.lt"),
            (
                "abc.example.org tunneled with tls termination, https://abc.example.org\r\n",
                "https://abc.example.org",
            ),
            ("{\"url\":\"http://127.0.0.1:18200\",\"id\":1}", "http://127.0.0.1:18200"),
            (
                "see https://www.example.org/terms/ and (https://tunnel.example.org)",
                "https://tunnel.example.org",
            ),
        ] {
            assert_eq!(found(line, "").as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn links_with_a_path_and_other_hosts_are_passed_over() {
        for line in [
            "Terms of Use (https://www.cloudflare.com/website-terms/), and Cloudflare reserves",
            "following: https://developers.cloudflare.com/cloudflare-one/connections/connect-apps",
            "http",
            "https://",
            "https:// x",
            "httpx://a",
            "https://user:password@a.example",
        ] {
            assert_eq!(found(line, ""), None, "{line}");
        }
        assert_eq!(
            found("https://admin.example.org https://x.lhr.life", ".lhr.life").as_deref(),
            Some("https://x.lhr.life")
        );
    }

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    async fn spoken(command: &[String]) -> Result<(Running, Base), Fault> {
        until_spoken(&Opening { command, port: 4711, without: &[] }, "").await
    }

    #[tokio::test]
    async fn a_program_that_says_nothing_of_use_is_quoted() {
        let fault = spoken(&shell("echo no account >&2; exit 1")).await.expect_err("refused");
        assert_eq!(
            fault.to_string(),
            "sh ended or fell silent without saying where the tunnel is (\"no account\")"
        );
        let missing = spoken(&["/nowhere/tunnel".to_owned()]).await.expect_err("refused");
        assert_eq!(missing.what, "cannot start /nowhere/tunnel: no such file or directory");
        let flood = spoken(&shell("exec >&-; yes >&2")).await;
        assert!(flood.is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn it_ends_with_everything_it_started() {
        let script = "sleep 600 & echo http://127.0.0.1:{port} $!; wait";
        let (running, url) = spoken(&shell(script)).await.expect("it speaks");
        assert_eq!(url.to_string(), "http://127.0.0.1:4711");
        let leader = running.child.id().expect("it runs").to_string();
        drop(running);
        // Nobody of the group is left: a signal to it finds nobody.
        let group = format!("-{leader}");
        let alive = || {
            let kill = std::process::Command::new("kill").args(["-0", "--", &group]).output();
            kill.expect("kill runs").status.success()
        };
        while alive() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}
