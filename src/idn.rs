//! Names in any script to names as DNS has them: UTS #46, non-transitional (`ß` stays `ß`), to A-labels.
//!
//! Names in ASCII are taken as they are: DNS allows more than UTS #46 does (`_acme-challenge`, `r3---x`, `*`).

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::borrow::Cow;

/// The name in ASCII; nothing where it has characters that cannot stand in an internationalised name.
pub(crate) fn to_ascii(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore).ok()
}
