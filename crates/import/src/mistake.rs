//! Why a file cannot be imported at all.

use std::fmt;

/// Why a file cannot be imported at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line it is about, from 1; `None` where it is about the file.
    pub line: Option<usize>,
    /// What is wrong, as a sentence without its end.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Mistake {
    /// One about a line.
    pub(crate) fn at(line: usize, message: String) -> Self {
        Self { line: Some(line), message, hint: None }
    }

    /// One about the whole file.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { line: None, message: message.into(), hint: None }
    }

    /// The same with what to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
