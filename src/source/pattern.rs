//! A pattern for one whole line of an answer, with one group around the address.
//!
//! It never matches a part of a line, and an answer in which two lines match says nothing. Patterns are matched in time
//! linear in the answer (no back-references, no look-around), whatever the user writes.

use regex_lite::Regex;

/// The pattern.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// Why a text is not a pattern. The end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// No regular expression.
    #[error("this is no regular expression: {0}")]
    Syntax(String),
    /// No group, or several.
    #[error("exactly one group in parentheses holds the address, and here are {0}; write others as (?:…)")]
    Groups(usize),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl std::str::FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let compiled = |text: &str| Regex::new(text).map_err(|error| PatternError::Syntax(error.to_string()));
        // By itself first: a parenthesis too many would close ours.
        let groups = compiled(text)?.captures_len() - 1;
        if groups != 1 {
            return Err(PatternError::Groups(groups));
        }
        compiled(&format!("^(?:{text})$")).map(Self)
    }
}

impl Pattern {
    /// What the group holds in the one line that matches; `None` where none does, or several do.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut found = text.lines().filter_map(|line| self.0.captures(line.trim()));
        let one = found.next().filter(|_| found.next().is_none())?;
        one.get(1).map(|group| group.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().expect(text)
    }

    #[test]
    fn the_group_of_the_one_line_that_matches_as_a_whole_is_taken() {
        let wan = pattern(r"WAN (?:IP|address): ([0-9.]+)(?: \(up\))?");
        assert_eq!(wan.find("status\n  WAN address: 203.0.113.7 (up)\r\nend"), Some("203.0.113.7"));
        for text in [
            "the WAN IP: 203.0.113.7",
            "WAN IP: 203.0.113.7 and more",
            "WAN IP: 203.0.113.7\nWAN IP: 203.0.113.8",
            "WAN IP: 203.0.113.7\nWAN IP: 203.0.113.7",
            "WAN\nIP: 203.0.113.7",
            "",
        ] {
            assert_eq!(wan.find(text), None, "{text}");
        }
        assert_eq!(pattern("a|(b)").find("xb"), None, "an alternative is anchored too");
    }

    #[test]
    fn a_pattern_without_its_one_group_is_refused() {
        let refused = |text: &str| text.parse::<Pattern>().expect_err(text);
        assert_eq!(refused("WAN .*"), PatternError::Groups(0));
        assert_eq!(refused("(WAN) (.*)"), PatternError::Groups(2));
        for text in ["(", "a)|(b", r"(a)\1", "(?=a)(b)"] {
            assert!(matches!(refused(text), PatternError::Syntax(_)), "{text}");
        }
    }
}
