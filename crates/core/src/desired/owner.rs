//! The owner mark: how a record says in its comment whose it is.
//!
//! Comments are the only place that every plan of the one provider with record attributes offers, and they are short;
//! so the mark is one word, which may stand anywhere in a comment.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// The word that marks a record.
const WORD: &str = "dynflare";

/// The longest owner.
const LONGEST: usize = 32;

/// The mark of one instance: `dynflare`, or `dynflare:OWNER` where several instances share a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerMark(Option<String>);

/// The text is no owner: 1 to 32 of `A-Z a-z 0-9 _ -`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerError;

impl fmt::Display for OwnerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an owner is 1 to 32 letters, digits, `_` or `-`")
    }
}

impl core::error::Error for OwnerError {}

/// What a comment says about ownership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It carries our mark, and no other.
    Ours,
    /// It carries another instance's mark.
    Others,
    /// It carries no mark.
    None,
}

impl OwnerMark {
    /// The mark without an owner.
    pub fn plain() -> Self {
        Self(None)
    }

    /// The mark of `owner`.
    pub fn of(owner: &str) -> Result<Self, OwnerError> {
        let fine = (1..=LONGEST).contains(&owner.len()) && owner.chars().all(is_owner);
        if fine { Ok(Self(Some(owner.to_owned()))) } else { Err(OwnerError) }
    }

    /// Whose mark a comment carries. Case counts; the mark is a word of its own, so an address such as
    /// `dynflare.example.org` is none. Another's mark beside ours makes it another's: what is in doubt is not ours.
    pub fn found_in(&self, comment: &str) -> Mark {
        let mut found = Mark::None;
        for (at, _) in comment.match_indices(WORD) {
            let (before, rest) = (&comment[..at], &comment[at + WORD.len()..]);
            if !before.chars().next_back().is_none_or(ends_word) {
                continue;
            }
            let owner =
                rest.strip_prefix(':').map(|rest| rest.split(|c| !is_owner(c)).next().unwrap_or_default());
            let owner = owner.filter(|owner| !owner.is_empty());
            let after = owner.map_or(rest, |owner| &rest[1 + owner.len()..]);
            if !starts_anew(after) {
                continue;
            }
            if owner == self.0.as_deref() {
                found = Mark::Ours;
            } else {
                return Mark::Others;
            }
        }
        found
    }
}

impl fmt::Display for OwnerMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WORD)?;
        self.0.as_ref().map_or(Ok(()), |owner| write!(f, ":{owner}"))
    }
}

fn is_owner(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether a word may begin after this character. What glues names, paths and addresses together does not end one.
fn ends_word(c: char) -> bool {
    !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '@'))
}

/// Whether the word before `rest` is over: a dot or a colon ends it at the end of a clause only.
fn starts_anew(rest: &str) -> bool {
    let rest = rest.strip_prefix(['.', ':']).unwrap_or(rest);
    rest.chars().next().is_none_or(ends_word)
}

#[cfg(test)]
mod tests;
