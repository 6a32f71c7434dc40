//! Single values: what a user wrote, and the readers that make it a number, a duration, a prefix.
//!
//! Values from the file have a type. Values from variables, arguments and record options are only text and become what
//! the setting needs. A reader either returns the value or says what it expected and where.

use super::diagnostic::Diagnostic;
use super::origin::Place;
use crate::secret::Secret;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// What a user wrote for one setting.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Text without a type: a variable, an argument, an option inside a record string.
    Written(String),
    /// A string in the file.
    Text(String),
    /// A whole number in the file.
    Integer(i64),
    /// `true` or `false` in the file.
    Boolean(bool),
    /// An array, or the pieces of a comma-separated text.
    List(Vec<Given>),
    /// A table: keys and values in the order of the file.
    Table(Vec<(Given, Given)>),
    /// The value of a key that is not known to be harmless.
    Secret(Secret),
    /// Anything else, by what it is called: "a date".
    Other(&'static str),
}

impl Value {
    fn called(&self) -> &'static str {
        match self {
            Self::Written(_) | Self::Text(_) | Self::Secret(_) => "a string",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "`true` or `false`",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// What was written.
    pub value: Value,
    /// Where.
    pub place: Place,
}

impl Given {
    /// Untyped text.
    pub(super) fn written(text: impl Into<String>, place: Place) -> Self {
        Self { value: Value::Written(text.into()), place }
    }

    fn mistyped(&self, expected: &str) -> Diagnostic {
        Diagnostic::error(format!("expected {expected}, found {}", self.value.called()), &self.place)
    }

    /// The text.
    pub(super) fn text(&self) -> Result<&str, Diagnostic> {
        match &self.value {
            Value::Written(text) | Value::Text(text) => Ok(text),
            Value::Integer(_)
            | Value::Boolean(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Secret(_)
            | Value::Other(_) => Err(self.mistyped("a string")),
        }
    }

    /// A whole number within `range`.
    pub(super) fn integer(&self, range: RangeInclusive<u32>) -> Result<u32, Diagnostic> {
        let number = match &self.value {
            Value::Written(text) => text.trim().parse::<i64>().map_err(|_| {
                Diagnostic::error(format!("expected a whole number, found `{}`", text.trim()), &self.place)
            })?,
            Value::Integer(number) => *number,
            Value::Text(_)
            | Value::Boolean(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Secret(_)
            | Value::Other(_) => {
                return Err(self.mistyped("a whole number"));
            }
        };
        u32::try_from(number).ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let message =
                format!("expected a number from {} to {}, found {number}", range.start(), range.end());
            Diagnostic::error(message, &self.place)
        })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self) -> Result<bool, Diagnostic> {
        match &self.value {
            Value::Boolean(value) => Ok(*value),
            Value::Written(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok(true),
                "false" | "no" | "off" | "0" => Ok(false),
                other => Err(Diagnostic::error(
                    format!("expected `true` or `false`, found `{other}`"),
                    &self.place,
                )),
            },
            Value::Text(_)
            | Value::Integer(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Secret(_)
            | Value::Other(_) => Err(self.mistyped("`true` or `false`")),
        }
    }

    /// A duration such as `10s`, `500ms` or `2m`, within `range`.
    pub(super) fn duration(&self, range: RangeInclusive<Duration>) -> Result<Duration, Diagnostic> {
        let text = match &self.value {
            Value::Written(text) | Value::Text(text) => text.trim(),
            Value::Integer(number) => {
                let found = format!("expected a duration such as \"10s\", found the number {number}");
                return Err(
                    Diagnostic::error(found, &self.place).hint(format!("write the unit: \"{number}s\""))
                );
            }
            Value::Boolean(_) | Value::List(_) | Value::Table(_) | Value::Secret(_) | Value::Other(_) => {
                return Err(self.mistyped("a duration such as \"10s\""));
            }
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let milliseconds = match unit.trim() {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" | "min" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        let read = number.parse::<u64>().ok().zip(milliseconds).and_then(|(n, unit)| n.checked_mul(unit));
        let Some(read) = read.map(Duration::from_millis) else {
            let found = format!("expected a duration such as `10s`, `500ms` or `2m`, found `{text}`");
            let hint = (digits > 0 && unit.is_empty()).then(|| format!("write the unit: `{number}s`"));
            return Err(Diagnostic::error(found, &self.place).hint_if(hint));
        };
        if range.contains(&read) {
            return Ok(read);
        }
        let (least, most) = (show_duration(*range.start()), show_duration(*range.end()));
        let message = format!("expected a duration from {least} to {most}, found {}", show_duration(read));
        Err(Diagnostic::error(message, &self.place))
    }

    /// A value of a type that reads itself; its error is the message.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self) -> Result<T, Diagnostic> {
        let text = self.text()?.trim();
        text.parse().map_err(|error| Diagnostic::error(format!("{error}"), &self.place))
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Diagnostic> {
        let text = self.text()?.trim();
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let names = || words.iter().map(|(word, _)| *word);
        let hint = super::suggest::nearest(text, names()).map(|word| format!("did you mean `{word}`?"));
        let message = format!("expected one of {}, found `{text}`", super::suggest::enumerate(names()));
        Err(Diagnostic::error(message, &self.place).hint_if(hint))
    }

    /// The items of an array, or of a comma-separated text; a single string in the file is a list of one.
    pub(super) fn items(&self) -> Result<Vec<Self>, Diagnostic> {
        match &self.value {
            Value::List(items) => Ok(items.clone()),
            Value::Text(_) => Ok(vec![self.clone()]),
            Value::Written(text) => Ok(split(text, &self.place)),
            Value::Integer(_) | Value::Boolean(_) | Value::Table(_) | Value::Secret(_) | Value::Other(_) => {
                Err(self.mistyped("an array of strings"))
            }
        }
    }
}

/// The pieces of a text that is separated by commas or line ends, without the empty ones.
pub(super) fn split(text: &str, place: &Place) -> Vec<Given> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for piece in text.split([',', '\n']) {
        let trimmed = piece.trim();
        if !trimmed.is_empty() {
            let from = start + (piece.len() - piece.trim_start().len());
            pieces.push(Given::written(trimmed, place.part(from..from + trimmed.len())));
        }
        start += piece.len() + 1;
    }
    pieces
}

/// A duration as a user would write it.
pub(super) fn show_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match milliseconds {
        0 => "0s".to_owned(),
        ms if ms % 86_400_000 == 0 => format!("{}d", ms / 86_400_000),
        ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        ms if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    }
}
