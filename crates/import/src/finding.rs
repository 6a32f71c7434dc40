//! What a user should know of how a file was carried over.

/// One thing to know about one setting. No value of a setting is ever in it, unless it cannot be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file it is about, as an index of the files given.
    pub file: usize,
    /// The line, from 1.
    pub line: usize,
    /// The name of the setting, as the other program has it.
    pub setting: String,
    /// What became of it.
    pub kind: Kind,
    /// Why, and what to do.
    pub why: String,
}

/// What became of a setting. In the order in which a user should read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something has to be filled in before the configuration works.
    Missing,
    /// It says something that Dynflare has nothing for.
    Lost,
    /// The other program's documents do not know it either, or not here.
    Unknown,
    /// It was carried over, and behaves a little differently.
    Changed,
    /// Dynflare does it in any case, or has no need of it.
    Needless,
}

impl Kind {
    /// Every kind, in the order in which a user should read them.
    pub const ALL: [Self; 5] = [Self::Missing, Self::Lost, Self::Unknown, Self::Changed, Self::Needless];

    /// The word of `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
            Self::Changed => "changed",
            Self::Needless => "needless",
        }
    }

    /// The heading in a report.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Missing => "To be filled in",
            Self::Lost => "Not carried over",
            Self::Unknown => "Not known",
            Self::Changed => "Carried over, but different",
            Self::Needless => "Not needed",
        }
    }
}
