//! `dynflare generate KIND`: the files that have a system run this program, as they stand in `etc/`.

use super::exit::Exit;
use super::output::{Format, Output};
use serde_json::{Map, json};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

/// What is wanted, and where.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// systemd, cron, launchd, windows, compose or kubernetes
    #[arg(value_name = "KIND", value_parser = kind)]
    pub(super) kind: &'static Kind,
    /// Where the program is, for what starts it by its path [default: this one]
    #[arg(long, value_name = "PATH")]
    pub program: Option<String>,
    /// Write the files into this directory; none of them may be there
    #[arg(long, value_name = "DIRECTORY")]
    pub output: Option<PathBuf>,
}

/// A way to be run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its word.
    id: &'static str,
    /// Names and texts.
    files: &'static [(&'static str, &'static str)],
    /// What to do with them.
    next: &'static str,
}

/// The path of the program in the texts.
const PROGRAM: &str = "/usr/bin/dynflare";

/// All kinds, by their words.
const KINDS: &[Kind] = &[
    Kind {
        id: "compose",
        files: &[("compose.yaml", include_str!("../../etc/container/compose.yaml"))],
        next: "put dynflare.toml and the file cloudflare-token beside it, then: docker compose up -d",
    },
    Kind {
        id: "cron",
        files: &[("crontab", include_str!("../../etc/cron/dynflare"))],
        next: "add the line with: crontab -e",
    },
    Kind {
        id: "kubernetes",
        files: &[
            ("cloudflare-token", include_str!("../../etc/kubernetes/base/cloudflare-token")),
            ("deployment.yaml", include_str!("../../etc/kubernetes/base/deployment.yaml")),
            ("dynflare.toml", include_str!("../../etc/kubernetes/base/dynflare.toml")),
            ("kustomization.yaml", include_str!("../../etc/kubernetes/base/kustomization.yaml")),
            ("namespace.yaml", include_str!("../../etc/kubernetes/base/namespace.yaml")),
        ],
        next: "put your token into cloudflare-token and your records into dynflare.toml, then: kubectl apply -k .",
    },
    Kind {
        id: "launchd",
        files: &[("io.github.dynflare.plist", include_str!("../../etc/launchd/io.github.dynflare.plist"))],
        next: "install it in /Library/LaunchDaemons, then: launchctl bootstrap system /Library/LaunchDaemons/io.github.dynflare.plist",
    },
    Kind {
        id: "systemd",
        files: &[
            ("dynflare.service", include_str!("../../etc/systemd/dynflare.service")),
            ("dynflare.socket", include_str!("../../etc/systemd/dynflare.socket")),
        ],
        next: "install them in /etc/systemd/system, then: systemctl enable --now dynflare",
    },
    Kind {
        id: "windows",
        files: &[("dynflare.xml", include_str!("../../etc/windows/dynflare.xml"))],
        next: "as administrator: schtasks /Create /TN Dynflare /XML dynflare.xml",
    },
];

/// The words of all kinds.
pub(super) fn words() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.id).collect()
}

/// The files of a kind, with this program in them where it is started by its path.
pub(super) fn texts(word: &str) -> Vec<(&'static str, String)> {
    let Ok(kind) = kind(word) else { return Vec::new() };
    let own = std::env::current_exe().ok().and_then(|path| path.to_str().map(str::to_owned));
    let program =
        own.filter(|path| stands(path).is_ok() && !kind.is_inside()).unwrap_or_else(|| PROGRAM.to_owned());
    kind.files.iter().map(|(name, text)| (*name, text.replace(PROGRAM, &program))).collect()
}

/// What to do with the files of a kind.
pub(super) fn next(word: &str) -> &'static str {
    kind(word).map_or("", |kind| kind.next)
}

/// Whether a path can stand in all these texts; else what it cannot have.
fn stands(path: &str) -> Result<(), char> {
    path.chars().find(|c| c.is_control() || matches!(c, '"' | '<' | '>' | '&' | '%')).map_or(Ok(()), Err)
}

impl Kind {
    /// Whether what runs has a program of its own, at [`PROGRAM`].
    fn is_inside(&self) -> bool {
        matches!(self.id, "compose" | "kubernetes")
    }
}

fn kind(word: &str) -> Result<&'static Kind, String> {
    KINDS.iter().find(|kind| kind.id == word).ok_or_else(|| format!("expected one of {}", words().join(", ")))
}

/// Prints the files, or writes them.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Exit {
    let own = std::env::current_exe().ok().and_then(|path| path.to_str().map(str::to_owned));
    let program = arguments.program.clone().or(own).unwrap_or_else(|| PROGRAM.to_owned());
    if let Err(odd) = stands(&program) {
        output.error(&format!("error: `--program`: {odd:?} cannot stand in a path here"));
        return Exit::Usage;
    }
    let program = if arguments.kind.is_inside() { PROGRAM } else { program.as_str() };
    let files: Vec<(&str, String)> =
        arguments.kind.files.iter().map(|(name, text)| (*name, text.replace(PROGRAM, program))).collect();
    if let Some(folder) = &arguments.output {
        return write(folder, &files, arguments.kind, output);
    }
    show(&files, arguments.kind, output);
    Exit::AsDesired
}

fn show(files: &[(&str, String)], kind: &Kind, output: &Output) {
    match (output.format, files) {
        (Format::Json, files) => {
            let texts: Map<String, serde_json::Value> =
                files.iter().map(|(name, text)| ((*name).to_owned(), text.as_str().into())).collect();
            output.json(&json!({ "files": texts, "next": kind.next, "exit": 0 }));
        }
        (Format::Text, [(_, text)]) => output.line(text.trim_end()),
        (Format::Text, files) => {
            for (name, text) in files {
                output.line(&format!("### {name}\n{}\n", text.trim_end()));
            }
            let words = "### several files: --output DIRECTORY writes them";
            output.line(words);
        }
    }
}

fn write(folder: &std::path::Path, files: &[(&str, String)], kind: &Kind, output: &Output) -> Exit {
    let cannot = |path: &std::path::Path, error: std::io::Error| {
        output.error(&format!("error: cannot write {}\n  cause: {error}", path.display()));
        Exit::Usage
    };
    if let Err(error) = std::fs::create_dir_all(folder) {
        return cannot(folder, error);
    }
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        let path = folder.join(name);
        output.error(&format!(
            "error: {} is there already\n  hint: name another directory, or move the file away\nnothing was written",
            path.display()
        ));
        return Exit::Usage;
    }
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let opened = OpenOptions::new().write(true).create_new(true).open(&path);
        if let Err(error) = opened.and_then(|mut file| file.write_all(text.as_bytes())) {
            return cannot(&path, error);
        }
        written.push(path.display().to_string());
    }
    match output.format {
        Format::Json => output.json(&json!({ "written": written, "next": kind.next, "exit": 0 })),
        Format::Text => output.line(&format!("wrote {}\nnext: {}", written.join(", "), kind.next)),
    }
    Exit::AsDesired
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_and_every_path_that_can_be_moved_stands_in_their_texts() {
        assert!(KINDS.is_sorted_by_key(|kind| kind.id));
        for kind in KINDS {
            assert!(kind.files.is_sorted_by_key(|file| file.0), "{}", kind.id);
            if !matches!(kind.id, "compose" | "kubernetes") {
                assert!(kind.files.iter().any(|(_, text)| text.contains(PROGRAM)), "{}", kind.id);
            }
        }
        assert!(kind("sysv").is_err_and(|told| told.contains("systemd")));
    }
}
