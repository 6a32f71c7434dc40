//! Where text leaves the program. A reader that has gone away (`dynflare records | head`) is no failure.

use super::args::Verbosity;
use super::terminal;
use crate::config::Colour;
use crate::report::clean::Cleaner;
use crate::report::event::Event;
use crate::report::human::{self, Stream, Volume};
use serde_json::Value;
use std::io::{self, IsTerminal, Write};

/// Standard output and standard error, and how much goes there.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// How much is said.
    pub(super) volume: Volume,
    /// Whether the output is one JSON value in place of text.
    pub(super) format: Format,
    /// What must not be seen.
    pub(super) cleaner: Cleaner,
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// People.
    Text,
    /// Programs: one JSON value on standard output.
    Json,
}

impl Output {
    /// Output before anything is configured, or where nothing is to be hidden.
    pub(super) fn plain(format: Format) -> Self {
        Self { volume: Self::volume(Verbosity::Normal), format, cleaner: Cleaner::default() }
    }

    /// What is said at this verbosity: all on a terminal, changes elsewhere.
    pub(super) fn volume(verbosity: Verbosity) -> Volume {
        match verbosity {
            Verbosity::Quiet => Volume::Quiet,
            Verbosity::Normal if io::stdout().is_terminal() => Volume::All,
            Verbosity::Normal => Volume::Changes,
            Verbosity::Verbose | Verbosity::Debug => Volume::Verbose,
        }
    }

    /// Says an event, if it is to be said.
    pub(super) fn event(&self, event: &Event) {
        if self.format == Format::Json && !matches!(event, Event::Notice(_)) {
            return;
        }
        match human::render(event, self.volume, &self.cleaner) {
            Some((Stream::Out, text)) => self.line(&text),
            Some((Stream::Err, text)) => self.error(&text),
            None => {}
        }
    }

    /// A line on standard output, without secrets.
    pub(super) fn line(&self, text: &str) {
        let colour = terminal::colour(&io::stdout());
        write(&mut io::stdout().lock(), &coloured(self.cleaner.masked(text), colour));
    }

    /// A line on standard error, without secrets.
    pub(super) fn error(&self, text: &str) {
        let colour = terminal::colour(&io::stderr());
        write(&mut io::stderr().lock(), &coloured(self.cleaner.masked(text), colour));
    }

    /// The one value of `--json`, without secrets.
    pub(super) fn json(&self, value: &Value) {
        let masked = self.without_secrets(value);
        let text = serde_json::to_string_pretty(&masked).expect("a JSON value can always be written");
        write(&mut io::stdout().lock(), &text);
    }

    /// One of several values of `--json`, on a line of its own, without secrets.
    pub(super) fn json_line(&self, value: &Value) {
        write(&mut io::stdout().lock(), &self.without_secrets(value).to_string());
    }

    /// Masked before it is written: in writing, a quote inside a secret would hide the secret from the search.
    fn without_secrets(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.cleaner.masked(text)),
            Value::Array(items) => items.iter().map(|item| self.without_secrets(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(key, field)| (key.clone(), self.without_secrets(field))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

fn coloured(text: String, colour: Colour) -> String {
    match colour {
        Colour::Ansi => terminal::painted(&text),
        Colour::Never => text,
    }
}

fn write(stream: &mut dyn Write, text: &str) {
    // Nobody is left to be told that nobody listens.
    let _closed = writeln!(stream, "{text}").and_then(|()| stream.flush());
}
