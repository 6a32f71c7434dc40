//! What is wrong with the configuration, where exactly, and what to do about it.
//!
//! A diagnostic is built where the mistake is found and rendered here, as text in the message style or as JSON. It
//! holds no secret: the [`Text`] it points into was masked when it was read.
//!
//! [`Text`]: super::origin::Text

#[cfg(feature = "snippets")]
use super::origin::Medium;
use super::origin::Place;
#[cfg(feature = "snippets")]
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};
use std::fmt;

/// Whether a finding stops the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is done until it is put right.
    Error,
    /// It works, but the user should know.
    Note,
}

/// One finding about the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the program.
    pub severity: Severity,
    /// What is wrong, lower case, without a final period.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What stands at the place, in a few words.
    pub label: Option<String>,
    /// What the user can do.
    pub hint: Option<String>,
    /// Whether it is that somebody else can read a secret.
    pub exposes: bool,
}

/// A finding that does not stop the program.
pub type Notice = Diagnostic;

impl Diagnostic {
    /// A mistake at a place.
    pub fn error(message: impl Into<String>, place: &Place) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: Some(place.clone()),
            label: None,
            hint: None,
            exposes: false,
        }
    }

    /// Something is asked for that this program was built without.
    pub fn left_out(what: impl fmt::Display, feature: &str, place: &Place) -> Self {
        Self::error(format!("this program was built without {what}"), place)
            .hint(format!("use one that was built with the feature `{feature}`"))
    }

    /// A mistake that stands nowhere, such as something missing.
    pub fn absence(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: None,
            label: None,
            hint: None,
            exposes: false,
        }
    }

    /// Something worth knowing.
    pub fn note(message: impl Into<String>, place: Option<&Place>) -> Self {
        Self {
            severity: Severity::Note,
            message: message.into(),
            place: place.cloned(),
            label: None,
            hint: None,
            exposes: false,
        }
    }

    /// The same, about a secret that somebody else can read.
    #[must_use]
    pub fn exposing(self) -> Self {
        Self { exposes: true, ..self }
    }

    /// Adds words under the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what to do, where something is known.
    #[must_use]
    pub fn hint_if(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// The finding in one line, with where it is: for logs and news.
    pub fn sentence(&self) -> String {
        match &self.place {
            Some(place) => format!("{}: {}", place.origin(), self.message),
            None => self.message.clone(),
        }
    }

    /// The finding as text of several lines: this program was built without colours for them.
    #[cfg(not(feature = "snippets"))]
    pub fn render(&self, _: Colour) -> String {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        };
        let place = self.place.as_ref().map(|place| self.excerpt(place)).unwrap_or_default();
        let hint = self.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        format!("{severity}: {}{place}{hint}", self.message)
    }

    /// The finding as text of several lines, with ANSI colours if `colour` says so.
    #[cfg(feature = "snippets")]
    pub fn render(&self, colour: Colour) -> String {
        let renderer = match colour {
            Colour::Never => Renderer::plain(),
            Colour::Ansi => Renderer::styled(),
        };
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Note => Level::NOTE,
        };
        let mut group = Group::with_title(level.primary_title(self.message.as_str()));
        let mut outside_files = String::new();
        if let Some(place) = &self.place {
            match &place.text().medium {
                Medium::File(path) => {
                    let span = AnnotationKind::Primary.span(place.shown_range()).label(self.label.as_deref());
                    let snippet = Snippet::source(place.text().shown()).path(path.as_ref());
                    group = group.element(snippet.annotation(span));
                }
                Medium::Variable(_) | Medium::Argument(_) => outside_files = self.excerpt(place),
            }
        }
        let mut text = renderer.render(&[group]);
        text.push_str(&outside_files);
        if let Some(hint) = &self.hint {
            text.push_str("\n  hint: ");
            text.push_str(hint);
        }
        text
    }

    /// The line of a variable or an argument with the place marked; far ends of a long line are cut off.
    fn excerpt(&self, place: &Place) -> String {
        let (shown, range) = (place.text().shown(), place.shown_range());
        let start = shown[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = shown[range.start..].find('\n').map_or(shown.len(), |at| range.start + at);
        let before: Vec<char> = shown[start..range.start].chars().collect();
        let marked = shown[range.start..range.end.min(end)].chars().count();
        let after: Vec<char> = shown[range.end.min(end)..end].chars().collect();
        let cut = before.len().saturating_sub(CONTEXT);
        let ellipsis = if cut > 0 { "…" } else { "" };
        let mut line: String = ellipsis.to_owned();
        line.extend(&before[cut..]);
        let indent = line.chars().count();
        line.push_str(&shown[range.start..range.end.min(end)]);
        line.extend(after.iter().take(CONTEXT));
        if after.len() > CONTEXT {
            line.push('…');
        }
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let marks = "^".repeat(marked.max(1));
        let label = self.label.as_deref().map(|label| format!(" {label}")).unwrap_or_default();
        format!("\n  --> {}\n   | {line}\n   | {:indent$}{marks}{label}", place.origin(), "")
    }

    /// The finding for machines.
    pub fn to_json(&self) -> Value {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        };
        json!({
            "severity": severity,
            "message": self.message,
            "origin": self.place.as_ref().map(|place| place.origin().to_string()),
            "line": self.place.as_ref().map(Place::line),
            "column": self.place.as_ref().map(Place::column),
            "text": self.place.as_ref().map(|place| &place.text().shown()[place.shown_range()]),
            "label": self.label,
            "hint": self.hint,
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Colour::Never))
    }
}

/// How many characters of a line are shown on each side of a place outside files.
const CONTEXT: usize = 60;

/// Whether rendered text carries ANSI colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI escape sequences.
    Ansi,
}
