//! Secrets: where they are read from, and what is cleaned off them.
//!
//! A secret is written as itself or as where it is: `file:PATH`, `env:NAME`, `cmd:PROGRAM ARGUMENT …` (no shell) or
//! `credential:NAME` (a systemd credential). It is read only when an account needs it. Its form is not checked beyond
//! what no header could carry: forms change, and a check would lock out good ones.

use super::diagnostic::{Diagnostic, Notice};
use super::environment::Environment;
use super::origin::{Medium, Place, Text};
use crate::secret::Secret;
use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The most bytes of a secret's file or of a command's output.
const LIMIT: u64 = 64 * 1024;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A secret as it was written, not yet read.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// The secret, or where it is.
    pub(super) text: Secret,
    /// Whether the text is a path, as in `CLOUDFLARE_API_TOKEN_FILE`.
    pub(super) kind: Kind,
    /// Where it was written.
    pub(super) place: Place,
    /// What it is called in a sentence: "the token".
    pub(super) noun: Cow<'static, str>,
}

/// How the text of a reference is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The secret itself, or `file:`, `env:`, `cmd:`, `credential:`.
    Value,
    /// As [`Kind::Value`], for a whole header, in which `Bearer` has its place.
    Header,
    /// The path of a file that holds it.
    Path,
}

/// Reads a secret that an argument says the place of. One that stands there itself is refused: every user of the
/// machine could see it.
pub fn from_argument(
    argument: &'static str,
    text: &str,
    world: &Environment,
) -> Result<(Secret, Vec<Notice>), Diagnostic> {
    let refers = ["file:", "env:", "cmd:", "credential:"].iter().any(|kind| text.trim().starts_with(kind));
    let medium = Medium::Argument(argument.into());
    if !refers {
        let message =
            format!("`{argument}` takes the place of a key and not the key, which every user could see");
        let mistake = Diagnostic::error(message, &Text::secret(medium));
        return Err(mistake.hint(format!("write {argument} file:PATH, env:NAME or credential:NAME")));
    }
    let place = Place::new(&Text::new(medium, text), 0..text.len());
    let reference = Reference { text: Secret::new(text), kind: Kind::Value, place, noun: "the key".into() };
    let mut notes = Vec::new();
    reference.read(world, &mut notes).map(|secret| (secret, notes))
}

/// Reads a secret that was typed or handed over, or that is said the place of; cleaned, with notes of what was taken off.
/// `from` says where that text stands.
pub fn from_prompt(
    text: &Secret,
    (noun, from): (&'static str, &str),
    world: &Environment,
) -> Result<(Secret, Vec<Notice>), Diagnostic> {
    let place = Text::secret(Medium::Argument(from.into()));
    let reference = Reference { text: text.clone(), kind: Kind::Value, place, noun: noun.into() };
    let mut notes = Vec::new();
    reference.read(world, &mut notes).map(|secret| (secret, notes))
}

/// Reads a secret from the first of these variables that is set, or from the file that one names with `_FILE` behind it;
/// with the name of that variable.
pub fn from_variables(
    names: &[String],
    noun: &'static str,
    world: &Environment,
) -> Option<Result<(Secret, String), Diagnostic>> {
    let (mut mistakes, mut notes) = (Vec::new(), Vec::new());
    let names = names.iter().map(String::as_str);
    let found = super::environment::credential(names, noun, world, &mut mistakes, &mut notes);
    match (found, mistakes.into_iter().next()) {
        (_, Some(mistake)) => Some(Err(mistake)),
        (None, None) => None,
        (Some(reference), None) => {
            let origin = reference.place.origin().to_string();
            Some(reference.read(world, &mut notes).map(|secret| (secret, origin)))
        }
    }
}

impl Reference {
    /// Reads the secret and cleans it.
    pub(super) fn read(&self, world: &Environment, notes: &mut Vec<Notice>) -> Result<Secret, Diagnostic> {
        let written = self.text.expose().trim();
        let (kind, rest) = match (self.kind, written.split_once(':')) {
            (Kind::Path, _) => ("file", written),
            (Kind::Value | Kind::Header, Some((kind @ ("file" | "env" | "cmd" | "credential"), rest))) => {
                (kind, rest.trim())
            }
            (Kind::Value | Kind::Header, Some(_) | None) => return self.clean(self.text.expose(), notes),
        };
        if rest.is_empty() {
            return Err(self.error(&format!("nothing stands behind `{kind}:`")));
        }
        match kind {
            "env" => match world.get(rest) {
                Some(text) => self.clean(text, notes),
                None => Err(self.error(&format!("the variable `{rest}` is not set"))),
            },
            "cmd" => self.clean_file(&self.run(rest)?, notes),
            "credential" => {
                let directory = world.get("CREDENTIALS_DIRECTORY").ok_or_else(|| {
                    self.error("there are no systemd credentials: $CREDENTIALS_DIRECTORY is not set")
                        .hint(format!("give the unit LoadCredential={rest}:PATH"))
                })?;
                if rest.contains('/') || rest == ".." {
                    return Err(self.error(&format!("`{rest}` is no name of a systemd credential")));
                }
                let path = Path::new(directory).join(rest);
                world.opens(&path);
                self.file(&path, notes)
            }
            _ => {
                let path = self.resolve(rest, world);
                world.opens(&path);
                self.file(&path, notes)
            }
        }
    }

    fn error(&self, message: &str) -> Diagnostic {
        Diagnostic::error(format!("cannot read {}: {message}", self.noun), &self.place)
    }

    /// A path: `~/` is the home directory, and a relative one in the file starts beside the file.
    fn resolve(&self, path: &str, world: &Environment) -> PathBuf {
        if let (Some(rest), Some(home)) = (path.strip_prefix("~/"), world.get("HOME")) {
            return Path::new(home).join(rest);
        }
        match &self.place.text().medium {
            Medium::File(file) => Path::new(file.as_ref()).parent().unwrap_or(Path::new("")).join(path),
            Medium::Variable(_) | Medium::Argument(_) => PathBuf::from(path),
        }
    }

    fn file(&self, path: &Path, notes: &mut Vec<Notice>) -> Result<Secret, Diagnostic> {
        let shown = path.display();
        let failed = |error: std::io::Error| self.error(&format!("`{shown}`: {}", plain(&error)));
        let file = std::fs::File::open(path).map_err(failed)?;
        if readable_by_all(&file) {
            let message = format!("every user of this machine can read {} in `{shown}`", self.noun);
            let notice = Notice::note(message, Some(&self.place)).exposing();
            notes.push(notice.hint(format!("chmod 600 {shown}")));
        }
        let mut bytes = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LIMIT {
            return Err(self.error(&format!("`{shown}` is larger than 64 KiB")));
        }
        let text =
            String::from_utf8(bytes).map_err(|_| self.error(&format!("`{shown}` is not UTF-8 text")))?;
        self.clean_file(&text, notes)
    }

    /// The output of a program, without a shell in between.
    fn run(&self, line: &str) -> Result<String, Diagnostic> {
        let mut words = line.split_whitespace();
        let program = words.next().unwrap_or_default();
        let failed = |why: String| self.error(&format!("the command `{program}` {why}"));
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| failed(format!("cannot be started: {}", plain(&error))))?;
        let output = child.stdout.take().expect("invariant: standard output was asked for as a pipe");
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = output.take(LIMIT).read_to_string(&mut text);
            // Nobody listens any more once the patience is over.
            let _ = sender.send(read.map(|_| text));
        });
        let read = receiver.recv_timeout(PATIENCE);
        if read.is_err() {
            // It may have ended by itself in this moment; either way it is gone.
            let _ = child.kill();
        }
        let status = child.wait().map_err(|error| failed(format!("was lost: {}", plain(&error))))?;
        let text = read
            .map_err(|_| failed(format!("did not end within {} s", PATIENCE.as_secs())))?
            .map_err(|_| failed("did not print UTF-8 text".to_owned()))?;
        if status.success() { Ok(text) } else { Err(failed(format!("failed ({status})"))) }
    }

    /// What stands in a file ends with its line; that needs no note.
    fn clean_file(&self, text: &str, notes: &mut Vec<Notice>) -> Result<Secret, Diagnostic> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        self.clean(text, notes)
    }

    /// Takes off what got in by copying: blanks, line ends, a byte order mark, quotes, `Bearer `.
    fn clean(&self, text: &str, notes: &mut Vec<Notice>) -> Result<Secret, Diagnostic> {
        let (clean, removed) = strip(text, self.kind);
        if clean.is_empty() {
            return Err(Diagnostic::error(format!("{} is empty", self.noun), &self.place));
        }
        if clean.chars().any(char::is_control) {
            let message = format!("{} has a line end or another control character inside", self.noun);
            return Err(Diagnostic::error(message, &self.place));
        }
        if !removed.is_empty() {
            let message = format!("took {} off {}", removed.join(" and "), self.noun);
            notes.push(Notice::note(message, Some(&self.place)));
        }
        Ok(Secret::new(clean))
    }
}

/// The text without what does not belong to it, and what that was.
fn strip(text: &str, kind: Kind) -> (&str, Vec<&'static str>) {
    let mut removed = Vec::new();
    let mut note = |what: &'static str| {
        if !removed.contains(&what) {
            removed.push(what);
        }
    };
    let mut clean = text;
    loop {
        let before = clean;
        if let Some(rest) = clean.strip_prefix('\u{feff}') {
            note("a byte order mark");
            clean = rest;
        }
        if clean.trim() != clean {
            note(if clean.trim_matches(' ') == clean.trim() { "blanks" } else { "line ends" });
            clean = clean.trim();
        }
        for quote in ['"', '\''] {
            let inner = clean.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
            if let Some(inner) = inner {
                note("quotes");
                clean = inner;
            }
        }
        if let Some((word, rest)) = clean.split_once(' ')
            && kind != Kind::Header
            && word.eq_ignore_ascii_case("bearer")
        {
            note("`Bearer`");
            clean = rest;
        }
        if clean == before {
            return (clean, removed);
        }
    }
}

/// What the system says, without its number.
pub(super) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_lowercase().collect::<String>() + characters.as_str())
        .unwrap_or_default()
}

#[cfg(unix)]
pub(super) fn readable_by_all(file: &std::fs::File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o004 != 0)
}

/// Elsewhere there are no such bits.
#[cfg(not(unix))]
pub(super) fn readable_by_all(_: &std::fs::File) -> bool {
    false
}
