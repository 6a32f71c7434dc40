//! Where a value comes from, to the character.
//!
//! Every value that a user wrote carries a [`Place`]: the text it stands in (the file, one variable, one argument) and
//! the range inside it. An [`Origin`] is what is left of that when the value has been accepted.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Where a setting got its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Built in.
    Default,
    /// A line of the configuration file.
    File {
        /// The path as it was given or found.
        path: Arc<str>,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable, by its name.
    Variable(Arc<str>),
    /// A command-line argument, by its long name: `--panel`.
    Argument(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Argument(name) => f.write_str(name),
        }
    }
}

/// The three kinds of text that a user configures with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A TOML file, by its path.
    File(Arc<str>),
    /// An environment variable, by its name.
    Variable(Arc<str>),
    /// An argument, by its long name.
    Argument(Arc<str>),
}

/// A text that values stand in.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    /// What kind of text it is, and its name.
    pub medium: Medium,
    /// The text as it may be shown: secrets are replaced before it gets here, see [`Text::hiding`].
    shown: String,
    /// Ranges of the original text that were replaced, in order.
    hidden: Vec<Range<usize>>,
}

/// What stands in for a secret wherever text is shown.
pub const MASK: &str = "***";

impl Text {
    /// A text without secrets.
    pub fn new(medium: Medium, text: &str) -> Arc<Self> {
        Self::hiding(medium, text, Vec::new())
    }

    /// A text of which some ranges (sorted, not overlapping, at character boundaries) must not be shown; only
    /// their mask is kept.
    pub fn hiding(medium: Medium, text: &str, hidden: Vec<Range<usize>>) -> Arc<Self> {
        let mut shown = String::with_capacity(text.len());
        let mut from = 0;
        for range in &hidden {
            shown.push_str(&text[from..range.start]);
            shown.push_str(MASK);
            from = range.end;
        }
        shown.push_str(&text[from..]);
        Arc::new(Self { medium, shown, hidden })
    }

    /// A text of which nothing may be shown, as one place.
    pub fn secret(medium: Medium) -> Place {
        let text = Arc::new(Self { medium, shown: MASK.to_owned(), hidden: Vec::new() });
        Place::indivisible(&text, 0..MASK.len())
    }

    /// The text with its secrets masked.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Where a range of the original lies in the shown text; a range inside a secret becomes its mask.
    fn shown_range(&self, range: &Range<usize>) -> Range<usize> {
        let move_to = |offset: usize, inside_goes_to_end: bool| {
            let (mut removed, mut added) = (0, 0);
            for hidden in &self.hidden {
                if hidden.end <= offset {
                    removed += hidden.len();
                    added += MASK.len();
                } else if hidden.start < offset {
                    let start = hidden.start - removed + added;
                    return if inside_goes_to_end { start + MASK.len() } else { start };
                }
            }
            offset - removed + added
        };
        let start = move_to(range.start, false);
        start..move_to(range.end, true).max(start)
    }
}

/// A range inside a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    text: Arc<Text>,
    range: Range<usize>,
    divisible: bool,
}

impl Place {
    /// A range of a text. It can be divided by [`Place::part`] where the value is written literally.
    pub fn new(text: &Arc<Text>, range: Range<usize>) -> Self {
        Self { text: Arc::clone(text), range, divisible: true }
    }

    /// A range whose value is not the text as it stands (escapes): its parts cannot be told apart.
    pub fn indivisible(text: &Arc<Text>, range: Range<usize>) -> Self {
        Self { text: Arc::clone(text), range, divisible: false }
    }

    /// This place without parts.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { divisible: false, ..self }
    }

    /// The part at `range`, counted from the start of this place.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        if !self.divisible {
            return self.clone();
        }
        let start = (self.range.start + range.start).min(self.range.end);
        let end = (self.range.start + range.end).min(self.range.end);
        Self { text: Arc::clone(&self.text), range: start..end.max(start), divisible: true }
    }

    /// The text it lies in.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The range in [`Text::shown`].
    pub fn shown_range(&self) -> Range<usize> {
        self.text.shown_range(&self.range)
    }

    /// The origin of a value that stands here.
    pub fn origin(&self) -> Origin {
        match &self.text.medium {
            Medium::File(path) => Origin::File { path: Arc::clone(path), line: self.line() },
            Medium::Variable(name) => Origin::Variable(Arc::clone(name)),
            Medium::Argument(name) => Origin::Argument(Arc::clone(name)),
        }
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        1 + self.before().matches('\n').count()
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> usize {
        1 + self.before().rsplit('\n').next().unwrap_or_default().chars().count()
    }

    fn before(&self) -> &str {
        let end = self.shown_range().start;
        self.text.shown.get(..end).unwrap_or(&self.text.shown)
    }
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A built-in value.
    pub fn default_of(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// A value that a user wrote.
    pub fn at(value: T, place: &Place) -> Self {
        Self { value, origin: place.origin() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, hidden: Vec<Range<usize>>) -> Arc<Text> {
        Text::hiding(Medium::File("dynflare.toml".into()), text, hidden)
    }

    #[test]
    fn an_origin_reads_as_the_user_wrote_it() {
        let text = file("a = 1\nb = 2\n", vec![]);
        assert_eq!(Place::new(&text, 10..11).origin().to_string(), "dynflare.toml:2");
        assert_eq!(Origin::Variable("DYNFLARE_PANEL".into()).to_string(), "$DYNFLARE_PANEL");
        assert_eq!(Origin::Argument("--panel".into()).to_string(), "--panel");
        assert_eq!(Origin::Default.to_string(), "default");
    }

    #[test]
    fn ranges_follow_when_a_secret_is_masked() {
        // token = "abcdefgh" x = 1
        let text = file("token = \"abcdefgh\" x = 1", std::iter::once(9..17).collect());
        assert_eq!(text.shown(), "token = \"***\" x = 1");
        let at = |range| text.shown()[Place::new(&text, range).shown_range()].to_owned();
        assert_eq!(at(0..5), "token");
        assert_eq!(at(8..18), "\"***\"");
        assert_eq!(at(9..17), "***");
        assert_eq!(at(11..13), "***");
        assert_eq!(at(19..20), "x");
    }

    #[test]
    fn a_part_stays_inside_its_place() {
        let text = file("abcdef", vec![]);
        let place = Place::new(&text, 1..4);
        assert_eq!(place.part(1..2).shown_range(), 2..3);
        assert_eq!(place.part(2..9).shown_range(), 3..4);
        assert_eq!(Place::indivisible(&text, 1..4).part(1..2).shown_range(), 1..4);
    }
}
